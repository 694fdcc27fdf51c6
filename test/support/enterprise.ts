/** A GitHub Enterprise Server before the emulated GitHub: TLS by an authority that nobody else knows, private mode, no rate limits, its name in its deliveries. */
import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { createServer as createPlainServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo, Server } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Emulator } from "../emulator/emulator.ts";

const run = promisify(execFile);

export type Enterprise = {
  /** `https://localhost:…`: what people see, and where git fetches from. */
  readonly url: string;
  /** Of its authority, as `NODE_EXTRA_CA_CERTS` takes it. */
  readonly certificate: string;
  /** Paths by which it was reached, such as `/api/v3/repos/acme/shop` and `/acme/shop.git/info/refs`. */
  readonly paths: ReadonlySet<string>;
  /** Has the emulator deliver to the App as such a server does. */
  deliverTo(url: string): void;
  close(): Promise<void>;
};

const makeCertificate = async (folder: string): Promise<{ readonly key: string; readonly certificate: string }> => {
  const [settings, key, certificate] = ["tls.cnf", "tls.key", "tls.pem"].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  await writeFile(
    settings,
    "[req]\ndistinguished_name=dn\nx509_extensions=ext\nprompt=no\n[dn]\nCN=localhost\n[ext]\nsubjectAltName=DNS:localhost\nbasicConstraints=critical,CA:TRUE\n",
  );
  const made = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
  await run("openssl", ["req", "-x509", ...made, "-keyout", key, "-out", certificate, "-config", settings]);
  return { key, certificate };
};

const bytesOf = async (stream: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
};

const listen = (server: Server): Promise<number> =>
  new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port)));

/** Sends on and hands back, with other headers and another body where they are changed on the way. */
const forward = (
  to: URL,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  change: (body: Buffer, type: string) => Buffer,
  headers: Readonly<Record<string, string>> = {},
): void => {
  const { method, headers: given } = incoming;
  const out = request(to, { method: method ?? "GET", headers: { ...given, ...headers, host: to.host } }, (reply) => {
    bytesOf(reply).then(
      (body) => {
        const kept = Object.entries(reply.headers).filter(
          ([name]) => !/^(x-ratelimit-|transfer-|content-length)/.test(name),
        );
        const changed = change(body, reply.headers["content-type"] ?? "");
        outgoing
          .writeHead(reply.statusCode ?? 500, { ...Object.fromEntries(kept), "content-length": changed.byteLength })
          .end(changed);
      },
      (error: unknown) => outgoing.destroy(error as Error),
    );
  });
  out.once("error", (error) => outgoing.destroy(error));
  incoming.pipe(out);
};

export const startEnterprise = async (emulator: Emulator, folder: string): Promise<Enterprise> => {
  const { key, certificate } = await makeCertificate(folder);
  const paths = new Set<string>();
  let url = "";
  const rename = (body: Buffer, type: string): Buffer =>
    /json|html/.test(type) ? Buffer.from(body.toString().replaceAll(emulator.url, url)) : body;
  const front = createServer({ key: await readFile(key), cert: await readFile(certificate) }, (incoming, outgoing) => {
    const to = new URL(incoming.url ?? "/", emulator.url);
    paths.add(to.pathname);
    if (to.pathname.startsWith("/api/") && incoming.headers.authorization === undefined) {
      const refusal = JSON.stringify({ message: "Must authenticate to access this API.", status: "401" });
      outgoing.writeHead(401, { "content-type": "application/json; charset=utf-8" }).end(refusal);
      return;
    }
    forward(to, incoming, outgoing, rename);
  });
  const port = await listen(front);
  url = `https://localhost:${port}`;
  let app = "";
  const mark = { "x-github-enterprise-host": "localhost", "x-github-enterprise-version": "3.17.0" };
  const deliveries = createPlainServer((incoming, outgoing) =>
    forward(new URL(app), incoming, outgoing, (body) => body, mark),
  );
  const deliveriesPort = await listen(deliveries);
  return {
    ...{ url, certificate, paths },
    deliverTo: (to) => {
      app = to;
      emulator.setWebhookUrl(`http://127.0.0.1:${deliveriesPort}/`);
    },
    close: async () => {
      for (const server of [front, deliveries]) {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
    },
  };
};
