/** The proxy of set-ups over real sockets: every name is looked up in a table here, and every public address leads to this machine. */
import { mkdtempSync } from "node:fs";
import { createServer, type IncomingHttpHeaders, type RequestListener, request, type Server } from "node:http";
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from "node:net";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { removeFolder } from "../../src/workspace/disk.ts";
import { type Egress, type EgressOptions, openEgress } from "../../src/workspace/egress.ts";

const folder = mkdtempSync(join(tmpdir(), "egress-"));
const path = join(folder, "proxy");
const publicAddress = "93.184.216.34";

let web: Server;
let seen: { readonly url: string | undefined; readonly headers: IncomingHttpHeaders; readonly body: string }[] = [];
let dialled: string[] = [];
let egress: Egress;

const serve: RequestListener = (incoming, response) => {
  let body = "";
  incoming.on("data", (chunk: Buffer) => {
    body += chunk.toString();
  });
  incoming.on("end", () => {
    seen.push({ url: incoming.url, headers: incoming.headers, body });
    if (incoming.url === "/away") response.writeHead(302, { location: "http://127.0.0.1/" }).end();
    else if (incoming.url === "/large") response.end("y".repeat(300_000));
    else response.writeHead(200, { "x-kept": "1", "keep-alive": "timeout=9" }).end("hello");
  });
};

beforeAll(async () => {
  web = createServer(serve);
  await new Promise<void>((resolve) => web.listen(0, "127.0.0.1", resolve));
});
afterEach(async () => {
  await egress.close();
  seen = [];
  dialled = [];
});
afterAll(async () => {
  web.close();
  await removeFolder(folder);
});

const names: Readonly<Record<string, readonly string[]>> = {
  "good.example.com": [publicAddress],
  "second.example.com": ["93.184.216.35", publicAddress],
  "loop.example.com": ["127.0.0.1"],
  "mixed.example.com": [publicAddress, "10.0.0.7"],
  "meta.example.com": ["169.254.169.254"],
  "six.example.com": ["::ffff:127.0.0.1"],
};

const open = async (over: Partial<EgressOptions> = {}): Promise<void> => {
  egress = await openEgress(path, {
    hosts: [...Object.keys(names), "own.example.com", "nowhere.example.com"].map((host) => ({
      host,
      ports: [80, 443],
    })),
    maxBytes: 1_000_000,
    resolve: async (host) => names[host] ?? [],
    dial: (address, port) => {
      dialled.push(`${address}:${port}`);
      const { port: here } = web.address() as AddressInfo;
      return address === publicAddress ? connect(here, "127.0.0.1") : connect({ path: join(folder, "nothing") });
    },
    ...over,
  });
};

type Answer = { readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: string };

const get = (url: string, headers: Record<string, string> = {}, body?: string): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const asked = request({
      socketPath: path,
      path: url,
      headers,
      method: body === undefined ? "GET" : "POST",
      agent: false,
    });
    asked.once("error", reject).once("response", (response) => {
      let text = "";
      response.on("data", (chunk: Buffer) => {
        text += chunk.toString();
      });
      response.once("error", reject);
      response.once("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }));
    });
    asked.end(body);
  });

const tunnel = (authority: string): Promise<{ readonly status: string; readonly socket: Socket }> =>
  new Promise((resolve, reject) => {
    const socket = connect(path, () => socket.write(`CONNECT ${authority} HTTP/1.1\r\nhost: ${authority}\r\n\r\n`));
    socket.once("error", reject);
    socket.once("data", (chunk) => resolve({ status: chunk.toString().split("\r\n")[0] ?? "", socket }));
  });

test("a page is fetched from the address that was looked up, with the headers that are meant for its server", async () => {
  await open();
  const headers = { "proxy-authorization": "Basic x", "x-own": "1", connection: "x-hop", "x-hop": "1", accept: "*/*" };
  const answer = await get("http://good.example.com/simple/?a=b", { host: "other.example.com", ...headers });
  expect(answer).toMatchObject({ status: 200, body: "hello", headers: { "x-kept": "1" } });
  expect(dialled).toEqual([`${publicAddress}:80`]);
  expect(seen[0]?.url).toBe("/simple/?a=b");
  expect(seen[0]?.headers).toEqual({ host: "good.example.com", connection: "close", "x-own": "1", accept: "*/*" });
  expect(egress.refusals()).toEqual([]);
});

test("what is sent along arrives", async () => {
  await open();
  await get("http://good.example.com/", { "content-type": "text/plain" }, "a body");
  expect(seen[0]?.body).toBe("a body");
});

test("a tunnel carries bytes in both directions", async () => {
  await open();
  const { status, socket } = await tunnel("GOOD.example.com:443");
  expect(status).toBe("HTTP/1.1 200 Connection established");
  socket.write("GET /through HTTP/1.1\r\nhost: good.example.com\r\nconnection: close\r\n\r\n");
  let text = "";
  for await (const chunk of socket) text += String(chunk);
  expect(text).toMatch(/^HTTP\/1\.1 200 OK[\s\S]*hello/);
});

test("the next address is tried where one does not answer", async () => {
  await open();
  expect((await get("http://second.example.com/")).status).toBe(200);
  expect(dialled).toEqual(["93.184.216.35:80", `${publicAddress}:80`]);
});

test.each([
  [
    "a host that is not listed",
    "evil.example.com",
    "evil.example.com:80 is not among the hosts that the operator allows",
  ],
  ["one below a listed one", "a.good.example.com", "a.good.example.com:80 is not among"],
  ["another port", "good.example.com:8080", "good.example.com:8080 is not among"],
  ["the loopback by its address", "127.0.0.1", "127.0.0.1:80 is not among"],
  ["the loopback by its name", "localhost", "localhost:80 is not among"],
  ["the loopback as a number", "2130706433", "127.0.0.1:80 is not among"],
  ["the loopback of IPv6", "[::1]", "[::1]:80 is not among"],
  ["a public address", publicAddress, `${publicAddress}:80 is not among`],
  [
    "a listed name that leads to the loopback",
    "loop.example.com",
    "loop.example.com leads to 127.0.0.1, which is no public address",
  ],
  ["one that leads there in the clothes of IPv6", "six.example.com", "six.example.com leads to ::ffff:127.0.0.1"],
  ["one that leads to a cloud's metadata", "meta.example.com", "meta.example.com leads to 169.254.169.254"],
  ["one that leads to a private address, too", "mixed.example.com", "mixed.example.com leads to 10.0.0.7"],
])("%s is refused, in the open and by tunnel, before anything is dialled", async (_, host, reason) => {
  await open();
  const answer = await get(`http://${host}/`);
  expect([403, answer.body]).toEqual([answer.status, expect.stringContaining(reason)]);
  const { status } = await tunnel(
    host.includes(":8080") || host.startsWith("[") ? host.replace(/\]$/, "]:80") : `${host}:80`,
  );
  expect(status).toMatch(/^HTTP\/1\.1 40[03] /);
  expect([dialled, seen]).toEqual([[], []]);
  expect(egress.refusals()[0]).toContain(reason);
});

test("an address of this machine is refused, however public it looks", async () => {
  const own = Object.values(networkInterfaces())
    .flatMap((all) => all ?? [])
    .find(({ family }) => family === "IPv4")?.address;
  await open({ resolve: async () => [own ?? "127.0.0.1"] });
  expect((await get("http://own.example.com/")).status).toBe(403);
});

test("a name is looked up once, and its answer is what is dialled: another answer later leads nowhere else", async () => {
  let asked = 0;
  await open({ resolve: async () => (asked++ === 0 ? [publicAddress] : ["127.0.0.1"]) });
  expect((await get("http://good.example.com/")).status).toBe(200);
  expect(dialled).toEqual([`${publicAddress}:80`]);
  expect((await get("http://good.example.com/")).status).toBe(403);
});

test("a redirect is handed on, and where it leads is asked for anew", async () => {
  await open();
  const answer = await get("http://good.example.com/away");
  expect(answer.status).toBe(302);
  expect((await get(answer.headers.location ?? "")).status).toBe(403);
  expect(seen).toHaveLength(1);
});

test("what has no address or no server behind it is said", async () => {
  await open({ dial: () => connect({ path: join(folder, "nothing") }) });
  expect(await get("http://nowhere.example.com/")).toMatchObject({
    status: 502,
    body: "nowhere.example.com has no address\n",
  });
  expect((await get("http://good.example.com/")).body).toBe("good.example.com:80 does not answer\n");
});

test.each(["/", "ftp://good.example.com/", "http://user:word@good.example.com/", "https://good.example.com/"])(
  "%s cannot be asked for",
  async (url) => {
    await open();
    expect((await get(url)).status).toBe(400);
  },
);

test("at its bound of bytes everything ends, and nothing begins", async () => {
  await open({ maxBytes: 100_000 });
  await expect(get("http://good.example.com/large")).rejects.toThrow();
  expect((await get("http://good.example.com/")).status).toBe(507);
  expect(egress.refusals()[0]).toMatch(/went over the network/);
});

test("closing ends what is open", async () => {
  const silent = createTcpServer();
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  await open({ dial: () => connect((silent.address() as AddressInfo).port, "127.0.0.1") });
  const { socket } = await tunnel("good.example.com:443");
  const ended = new Promise((resolve) => socket.once("close", resolve));
  await egress.close();
  await ended;
  silent.close();
  await open();
});
