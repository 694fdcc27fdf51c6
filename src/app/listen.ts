/** Where the App's server can be reached. Knows nothing of what it answers. */
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";

/** @param port 0 for one that is free @returns its address, such as http://127.0.0.1:3000 */
export const listen = async (
  server: Server,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<string> => {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(port, host, resolve);
  });
  const name = host.includes(":") ? `[${host}]` : host;
  return `http://${name}:${(server.address() as AddressInfo).port}`;
};
