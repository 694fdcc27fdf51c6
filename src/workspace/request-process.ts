/**
 * Starts a server inside the sandbox, waits until it is ready, asks it what stdin says, and ends it; one JSON object on
 * stdout says what came of it. Runs alone there: it imports nothing of ours, and nothing of what it is told gets to a shell
 * but the server's command.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { request as httpRequest, type IncomingHttpHeaders, type OutgoingHttpHeaders } from "node:http";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { setTimeout as pause } from "node:timers/promises";
import type {
  Body,
  Capture,
  HttpAnswer,
  HttpRequest,
  HttpSession,
  HttpSessionResult,
  Template,
} from "../domain/http.ts";

const maxBodyBytes = 256 * 1024;
const maxLogChars = 6_000;
const maxShownChars = 2_000;
const maxResultChars = 200_000;
const maxRedirects = 5;
const lookEveryMs = 40;
const hosts = ["127.0.0.1", "::1"];

type Server = { readonly child: ChildProcess; readonly log: () => string; exitCode: number | undefined };

const startServer = (command: string): Server => {
  const child = spawn("/bin/bash", ["-c", command], { detached: true, stdio: ["ignore", "pipe", "pipe"] });
  let log = "";
  const keep = (chunk: Buffer): void => {
    log = `${log}${chunk.toString("utf8")}`.slice(-2 * maxLogChars);
  };
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  const server: Server = { child, log: () => log.slice(-maxLogChars), exitCode: undefined };
  child.once("error", () => {
    server.exitCode = 127;
  });
  child.once("exit", (code) => {
    server.exitCode = code ?? 137;
  });
  return server;
};

const endServer = ({ child }: Server): void => {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    child.kill("SIGKILL");
  }
};

// -------------------------------------------------------------------------------------------------------------- readiness

const listens = (host: string, port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 1_000 });
    const done = (good: boolean) => (): void => {
      socket.destroy();
      resolve(good);
    };
    socket.once("connect", done(true)).once("error", done(false)).once("timeout", done(false));
  });

/** @returns the address that it listens on; undefined where it does not, or has failed */
const waitFor = async (server: Server, session: HttpSession, until: number): Promise<string | undefined> => {
  while (performance.now() < until) {
    // One that put itself in the background ended well, and may listen all the same.
    if (server.exitCode !== undefined && server.exitCode !== 0) return undefined;
    for (const host of hosts) if ((await listens(host, session.port)) && (await isHealthy(host, session))) return host;
    await pause(lookEveryMs);
  }
  return undefined;
};

const isHealthy = async (host: string, { health, port, requestMs }: HttpSession): Promise<boolean> => {
  if (health === undefined) return true;
  const { status } = await send({ host, port, method: "GET", path: health, headers: {}, timeoutMs: requestMs });
  return status !== undefined && status < 500;
};

// --------------------------------------------------------------------------------------------------------------- requests

type Wire = {
  readonly host: string;
  readonly port: number;
  readonly method: string;
  readonly path: string;
  readonly headers: OutgoingHttpHeaders;
  readonly body?: Buffer | undefined;
  readonly timeoutMs: number;
};

type Received = {
  readonly status?: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly problem?: string;
};

const failed = (problem: string): Received => ({ headers: {}, body: "", problem });

const send = (wire: Wire): Promise<Received> =>
  new Promise((resolve) => {
    const { host, port, method, path, headers, body, timeoutMs } = wire;
    const defaults = {
      Host: `localhost:${port}`,
      Accept: "*/*",
      "User-Agent": "backend-architect",
      Connection: "close",
    };
    const length = body === undefined ? {} : { "Content-Length": body.byteLength };
    const sent = httpRequest({ host, port, method, path, headers: { ...defaults, ...headers, ...length } });
    const timer = setTimeout(() => {
      resolve(failed(`there was no answer within ${timeoutMs / 1_000} s`));
      sent.destroy();
    }, timeoutMs);
    sent.once("error", (error) => {
      clearTimeout(timer);
      resolve(failed(`the connection broke: ${error.message}`));
    });
    sent.once("response", (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on("data", (chunk: Buffer) => {
        if (bytes < maxBodyBytes) chunks.push(chunk);
        bytes += chunk.byteLength;
        if (bytes >= maxBodyBytes) response.destroy();
      });
      response.on("error", () => undefined);
      response.once("close", () => {
        clearTimeout(timer);
        const { statusCode, headers: received } = response;
        const answer = { headers: received, body: Buffer.concat(chunks).toString("utf8") };
        resolve(statusCode === undefined ? failed("it was no HTTP") : { ...answer, status: statusCode });
      });
    });
    sent.end(body);
  });

class NoValue extends Error {}

type Values = Map<string, { readonly value: string } | { readonly missing: string }>;

const fill = (template: Template, values: Values): string =>
  template
    .map((piece) => {
      if (typeof piece === "string") return piece;
      const known = values.get(piece.variable);
      if (known && "value" in known) return known.value;
      throw new NoValue(`$${piece.variable} has no value${known ? `: ${known.missing}` : ""}`);
    })
    .join("");

const maxFileBytes = 8 * 1024 * 1024;

const fillBody = (body: Body, values: Values): Buffer =>
  Buffer.concat(
    body.map((piece) => {
      if (typeof piece === "string" || "variable" in piece) return Buffer.from(fill([piece], values));
      const found = statSync(piece.file, { throwIfNoEntry: false });
      if (!found?.isFile()) throw new NoValue(`there is no file ${piece.file} in the repository`);
      if (found.size > maxFileBytes) throw new NoValue(`${piece.file} is larger than ${maxFileBytes >> 20} MiB`);
      return readFileSync(piece.file);
    }),
  );

const keep = ({ name, path }: Capture, received: Received, values: Values): void => {
  const shown = path.map((step) => (typeof step === "number" ? `[${step}]` : `.${step}`)).join("");
  let value: unknown;
  try {
    value = JSON.parse(received.body);
  } catch {
    value = undefined;
  }
  for (const step of path)
    value = typeof value === "object" && value !== null ? (value as Record<string | number, unknown>)[step] : undefined;
  const isValue = ["string", "number", "boolean"].includes(typeof value);
  const missing = `the answer that it comes from (${received.status ?? "none"}) has no ${shown}`;
  values.set(name, isValue ? { value: String(value) } : { missing });
};

const headersOf = (request: HttpRequest, values: Values): OutgoingHttpHeaders => {
  const headers: Record<string, string | string[]> = {};
  for (const { name, value } of request.headers) headers[name] = fill(value, values);
  return headers;
};

/** A path as a client sends it: what no URL can hold is encoded. */
const encoded = (path: string): string => path.replace(/[^\x21-\x7e]/g, (character) => encodeURIComponent(character));

const ask = async (host: string, request: HttpRequest, values: Values, timeoutMs: number): Promise<HttpAnswer> => {
  const begun = performance.now();
  let path = "";
  let received: Received;
  try {
    path = encoded(fill(request.path, values));
    received = await follow(request, {
      ...{ host, port: request.port, method: request.method, path, timeoutMs },
      headers: headersOf(request, values),
      body: request.body && fillBody(request.body, values),
    });
  } catch (error) {
    received = failed(error instanceof Error ? error.message : String(error));
  }
  if (request.capture) keep(request.capture, received, values);
  const { status, headers, body, problem } = received;
  return {
    path:
      path === ""
        ? request.path.map((piece) => (typeof piece === "string" ? piece : `$${piece.variable}`)).join("")
        : path,
    ...(status === undefined ? {} : { status }),
    contentType: String(headers["content-type"] ?? ""),
    location: String(headers.location ?? ""),
    body,
    durationMs: Math.round(performance.now() - begun),
    ...(problem === undefined ? {} : { problem }),
  };
};

const follow = async (request: HttpRequest, first: Wire): Promise<Received> => {
  let wire = first;
  for (let hops = 0; ; hops++) {
    const received = await send(wire);
    const { status = 0, headers } = received;
    if (!request.follow || ![301, 302, 303, 307, 308].includes(status) || !headers.location) return received;
    const to = new URL(headers.location, `http://localhost:${wire.port}${wire.path}`);
    if (Number(to.port) !== wire.port || !["localhost", ...hosts].includes(to.hostname)) return received;
    if (hops === maxRedirects) return failed(`it was sent on more than ${maxRedirects} times`);
    const again = status === 307 || status === 308;
    wire = { ...wire, path: to.pathname + to.search, ...(again ? {} : { method: "GET", body: undefined }) };
  }
};

// -------------------------------------------------------------------------------------------------------------- the session

const run = async (session: HttpSession): Promise<HttpSessionResult> => {
  const begun = performance.now();
  const end = begun + session.totalMs;
  const server = startServer(session.command);
  try {
    const host = await waitFor(server, session, Math.min(end, begun + session.readyWithinMs));
    const exit = () => (server.exitCode === undefined ? {} : { exitCode: server.exitCode });
    if (host === undefined) return { ...exit(), log: server.log(), answers: [] };
    const readyMs = Math.round(performance.now() - begun);
    const answers: HttpAnswer[] = [];
    const values: Values = new Map();
    for (const request of session.requests)
      answers.push(await ask(host, request, values, Math.max(1, Math.min(session.requestMs, end - performance.now()))));
    return { readyMs, ...exit(), log: server.log(), answers };
  } finally {
    endServer(server);
  }
};

/** Plain ASCII, and short enough for whoever reads it. */
const render = (result: HttpSessionResult, shown = maxShownChars): string => {
  const cut = {
    ...result,
    answers: result.answers.map((answer) => ({ ...answer, body: answer.body.slice(0, shown) })),
  };
  const json = JSON.stringify(cut).replace(
    /[^\x20-\x7e]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return json.length <= maxResultChars || shown < 50 ? json : render(result, shown / 2);
};

const session = JSON.parse(await text(process.stdin)) as HttpSession;
const result = render(await run(session));
process.stdout.write(result, () => process.exit(0));
