/** Stands before the emulated GitHub's API: names each write of the App and can be its end at one of them. Knows nothing of the App. */
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** Where the App ends: its `nth` write (from 1) of this name never reaches GitHub, or its answer never reaches the App. */
export type Point = { readonly when: "before" | "after"; readonly write: string; readonly nth: number };

export type Gate = {
  /** In place of the emulator's. */
  readonly api: string;
  /** Those since `arm`, in their order, such as `POST issues/1/comments`. */
  readonly writes: readonly string[];
  /** Tokens that the App holds. */
  tokens(): number;
  /** A request of the App is under way: GitHub may have done it already, and the App does not know yet. */
  isPassing(): boolean;
  /** Counts from here on, and lets nothing through any more once the point is reached. */
  arm(point?: Point): void;
  close(): Promise<void>;
};

export const nameOf = ({ when, write, nth }: Point): string => `${when} ${write}${nth > 1 ? ` (${nth})` : ""}`;

/** Every moment at which the App can end between two of these writes. */
export const pointsOf = (writes: readonly string[]): readonly Point[] =>
  writes.flatMap((write, index) => {
    const nth = writes.slice(0, index + 1).filter((one) => one === write).length;
    return [
      { when: "before", write, nth },
      { when: "after", write, nth },
    ] as const;
  });

/** @param onReached told at once, before anything else can happen */
export const startGate = async (api: string, onReached: () => void): Promise<Gate> => {
  let writes: string[] = [];
  let wanted: Point | undefined;
  let isShut = false;
  let tokens = 0;
  let inFlight = 0;

  const shut = (): void => {
    isShut = true;
    onReached();
  };
  const isWanted = (when: Point["when"], write: string, nth: number): boolean =>
    wanted?.when === when && wanted.write === write && wanted.nth === nth;

  const pass = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const body = await bytesOf(incoming);
    if (isShut) return;
    const { method = "GET", url = "/" } = incoming;
    const write = writeOf(method, url, body);
    if (write !== undefined) writes.push(write);
    const nth = writes.filter((one) => one === write).length;
    if (write !== undefined && isWanted("before", write, nth)) return shut();
    const answer = await forward(api, incoming, body);
    if (isShut) return;
    if (write !== undefined && isWanted("after", write, nth)) return shut();
    if (/\/access_tokens$/.test(url) && answer.status === 201) tokens += 1;
    if (method === "DELETE" && url.endsWith("/installation/token")) tokens -= 1;
    outgoing.writeHead(answer.status, answer.headers).end(answer.body);
  };

  const server = createServer((incoming, outgoing) => {
    inFlight += 1;
    pass(incoming, outgoing)
      .catch((error: unknown) => outgoing.destroy(error as Error))
      .finally(() => {
        inFlight -= 1;
      });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    api: `http://127.0.0.1:${(server.address() as AddressInfo).port}${new URL(api).pathname}`,
    get writes() {
      return writes;
    },
    tokens: () => tokens,
    isPassing: () => inFlight > 0,
    arm: (point) => {
      writes = [];
      wanted = point;
    },
    close: async () => {
      isShut = true;
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};

/** Undefined where nothing that people can see is changed: reading, and tokens. */
const writeOf = (method: string, url: string, body: Buffer): string | undefined => {
  const path = decodeURIComponent(new URL(url, "http://localhost").pathname);
  if (method === "GET" || method === "HEAD" || /\/access_tokens$|\/installation\/token$/.test(path)) return undefined;
  if (path.endsWith("/graphql")) return mutationOf(body);
  const place = path.replace(/^.*?\/repos\/[^/]+\/[^/]+\//, "");
  return `${method} ${place.replace(/\b[0-9a-f]{40}\b/g, ":sha").replace(/\b\d{5,}\b/g, ":id")}`;
};

const mutationOf = (body: Buffer): string | undefined => {
  const { query = "" } = JSON.parse(body.toString()) as { query?: string };
  const [, name] = /^\s*mutation\b[^{]*\{\s*(\w+)/.exec(query) ?? [];
  return name === undefined ? undefined : `mutation ${name}`;
};

const bytesOf = async (stream: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
};

type Answer = { readonly status: number; readonly headers: IncomingMessage["headers"]; readonly body: Buffer };

const forward = (api: string, { method, url, headers }: IncomingMessage, body: Buffer): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const { port, hostname } = new URL(api);
    const out = request({ hostname, port, method, path: url, headers }, (reply) => {
      bytesOf(reply).then(
        (read) => resolve({ status: reply.statusCode ?? 500, headers: reply.headers, body: read }),
        reject,
      );
    });
    out.once("error", reject);
    out.end(body);
  });
