/**
 * Runs inside the sandbox, in front of a set-up command: what that one sends to a port of its own loopback goes to the
 * Unix socket of the App's proxy. Copied there as one file, so it can share nothing with others.
 */
import { spawn } from "node:child_process";
import { connect, createServer } from "node:net";
import { constants } from "node:os";

const [socket = "", port = "", file = "", ...args] = process.argv.slice(2);

const server = createServer((client) => {
  const proxy = connect(socket);
  const end = (): void => {
    client.destroy();
    proxy.destroy();
  };
  for (const side of [client, proxy]) side.once("error", end).once("close", end);
  client.pipe(proxy).pipe(client);
});

server.listen(Number(port), "127.0.0.1", () => {
  const child = spawn(file, args, { stdio: "inherit" });
  child.once("error", (error) => {
    process.stderr.write(`${error.message}\n`);
    process.exit(127);
  });
  child.once("exit", (code, signal) => process.exit(code ?? 128 + (signal ? constants.signals[signal] : 0)));
});
