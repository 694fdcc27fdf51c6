/**
 * The one way out of a set-up: an HTTP proxy on a Unix socket, to hosts that the operator names and to public addresses
 * alone. It looks every name up itself and connects to the very address that it checked. Knows no sandbox.
 */
import { lookup } from "node:dns/promises";
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type IncomingMessage, request, type ServerResponse } from "node:http";
import { connect, type Socket } from "node:net";
import { networkInterfaces } from "node:os";
import type { Duplex } from "node:stream";
import { isPublicAddress } from "./public-address.ts";

export type AllowedHost = { readonly host: string; readonly ports: readonly number[] };

/** How names are looked up and addresses reached: the system's ways. */
export type Network = {
  readonly resolve: (host: string) => Promise<readonly string[]>;
  readonly dial: (address: string, port: number) => Socket;
};

export type EgressOptions = Network & {
  readonly hosts: readonly AllowedHost[];
  /** In both directions together. */
  readonly maxBytes: number;
};

export type Egress = {
  /** Sentences about what was not let through, each once. */
  refusals(): readonly string[];
  close(): Promise<void>;
};

export const systemNetwork: Network = {
  resolve: async (host) => (await lookup(host, { all: true })).map(({ address }) => address),
  dial: (address, port) => connect({ host: address, port }),
};

const maxConnections = 64;
const maxRefusals = 20;
const idleMs = 120_000;
const dialMs = 15_000;

type Refusal = { readonly status: number; readonly reason: string };
type Target = { readonly host: string; readonly port: number };

/** @param path of the socket; whoever may enter its folder can connect */
export const openEgress = async (path: string, options: EgressOptions): Promise<Egress> => {
  const refusals = new Set<string>();
  const sockets = new Set<Duplex>();
  let bytes = 0;

  const refuse = (status: number, reason: string): Refusal => {
    if (refusals.size < maxRefusals) refusals.add(reason);
    return { status, reason };
  };
  const count = (chunk: Buffer): void => {
    bytes += chunk.byteLength;
    if (bytes <= options.maxBytes) return;
    refuse(507, `more than ${Math.round(options.maxBytes / 1024 ** 2)} MiB went over the network`);
    for (const socket of sockets) socket.destroy();
  };
  const watch = <T extends Duplex>(socket: T): T => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    return socket;
  };
  const open = async (target: Target): Promise<Socket | Refusal> => {
    if (bytes > options.maxBytes) return refuse(507, "nothing more may go over the network");
    const addresses = await addressesOf(target, options);
    if ("reason" in addresses) return refuse(addresses.status, addresses.reason);
    const upstream = await dialFirst(addresses.list, target.port, options.dial);
    if (!upstream) return refuse(502, `${target.host}:${target.port} does not answer`);
    watch(upstream).setTimeout(idleMs, () => upstream.destroy());
    return upstream;
  };

  const server = createServer((incoming, response) => void forward(incoming, response, open, count));
  server.maxConnections = maxConnections;
  server.on("connection", watch);
  server.on("upgrade", (_, socket) => answer(socket, { status: 501, reason: "no upgrades" }));
  server.on("connect", (incoming, client, head) => void tunnel(incoming, watch(client), head, open, count));
  server.listen({ path, writableAll: true });
  await once(server, "listening");
  return {
    refusals: () => [...refusals],
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      server.closeAllConnections();
      await closed;
    },
  };
};

type Open = (target: Target) => Promise<Socket | Refusal>;
type Count = (chunk: Buffer) => void;

/** Every address of the name has to be public: one that is not says that somebody wants to lead us astray. */
const addressesOf = async (
  { host, port }: Target,
  { hosts, resolve }: EgressOptions,
): Promise<{ readonly list: readonly string[] } | Refusal> => {
  if (!hosts.some((allowed) => allowed.host === host && allowed.ports.includes(port)))
    return { status: 403, reason: `${host}:${port} is not among the hosts that the operator allows` };
  const list = await resolve(host).catch(() => []);
  if (list.length === 0) return { status: 502, reason: `${host} has no address` };
  const own = ownAddresses();
  const wrong = list.find((address) => !isPublicAddress(address) || own.has(address));
  if (wrong === undefined) return { list };
  return { status: 403, reason: `${host} leads to ${wrong}, which is no public address` };
};

const ownAddresses = (): ReadonlySet<string> =>
  new Set(Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ address }) => address)));

const dialFirst = async (
  addresses: readonly string[],
  port: number,
  dial: Network["dial"],
): Promise<Socket | undefined> => {
  for (const address of addresses) {
    const socket = dial(address, port);
    const connected = await new Promise<boolean>((resolve) => {
      socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
      socket.setTimeout(dialMs, () => resolve(false));
    });
    if (connected) return socket;
    socket.destroy();
  }
  return undefined;
};

const hostPattern = /^([a-z0-9_-]+(?:\.[a-z0-9_-]+)*)\.?:(\d{1,5})$/i;

/** Pip and its like show people the words of the status line. */
const answer = (socket: Duplex, { status, reason }: Refusal): void => {
  if (!socket.writable) return;
  socket.end(`HTTP/1.1 ${status} ${reason}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`);
};

const tunnel = async (
  { url = "" }: IncomingMessage,
  client: Duplex,
  head: Buffer,
  open: Open,
  count: Count,
): Promise<void> => {
  const [, host, port] = hostPattern.exec(url) ?? [];
  if (host === undefined) return answer(client, { status: 400, reason: "CONNECT takes a host name and a port" });
  const upstream = await open({ host: host.toLowerCase(), port: Number(port) });
  if ("reason" in upstream) return answer(client, upstream);
  client.once("close", () => upstream.destroy());
  upstream.once("close", () => client.destroy());
  client.on("data", count);
  upstream.on("data", count);
  client.write("HTTP/1.1 200 Connection established\r\n\r\n");
  upstream.write(head);
  client.pipe(upstream);
  upstream.pipe(client);
};

const hopByHop = /^(connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade)$/;

const endToEnd = (headers: IncomingHttpHeaders): IncomingHttpHeaders => {
  const named = new Set(headers.connection?.toLowerCase().split(/,\s*/));
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !hopByHop.test(name) && !named.has(name)));
};

/** Plain HTTP: `GET http://host/path`. Redirects go back to who asked, and come here again as requests of their own. */
const forward = async (
  incoming: IncomingMessage,
  response: ServerResponse,
  open: Open,
  count: Count,
): Promise<void> => {
  const refuse = ({ status, reason }: Refusal): void => {
    incoming.resume();
    response.writeHead(status, reason, { "content-type": "text/plain", connection: "close" }).end(`${reason}\n`);
  };
  const url = URL.canParse(incoming.url ?? "") ? new URL(incoming.url ?? "") : undefined;
  if (url?.protocol !== "http:" || url.username !== "" || url.password !== "")
    return refuse({ status: 400, reason: "only http:// URLs without a user can be asked for" });
  const target = { host: url.hostname.replace(/\.$/, ""), port: Number(url.port || 80) };
  const upstream = await open(target);
  if ("reason" in upstream) return refuse(upstream);
  const asked = request({
    createConnection: () => upstream,
    method: incoming.method,
    path: `${url.pathname}${url.search}`,
    headers: { ...endToEnd(incoming.headers), host: url.host, connection: "close" },
  });
  asked.once("response", (answered) => {
    response.writeHead(answered.statusCode ?? 502, endToEnd(answered.headers));
    answered.pipe(response);
  });
  upstream.on("data", count);
  asked.once("error", () => response.destroy());
  response.once("close", () => upstream.destroy());
  incoming.on("data", count);
  incoming.pipe(asked);
};
