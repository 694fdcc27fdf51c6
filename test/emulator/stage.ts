/** What the emulator's own tests stand on: one started emulator, an App with its key, and a receiver of its webhooks. */
import { createSign, generateKeyPairSync } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type IncomingHttpHeaders } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Emulator, type EmulatorOptions, startEmulator } from "./emulator.ts";
import { createGit, type Git } from "./git/run-git.ts";
import type { Level, RepositoryOptions } from "./options.ts";

type Json = Record<string, unknown>;
export type Received = { readonly headers: IncomingHttpHeaders; readonly raw: string };
/** A reply as tests look at it: `body` is parsed JSON, or the text. */
export type Answer = { readonly status: number; readonly headers: Headers; readonly body: Json & Json[] & string };

export type Stage = {
  readonly emulator: Emulator;
  readonly received: Received[];
  readonly secret: string;
  /** What the receiver answers; 202 at first. */
  answerWith(status: number): void;
  jwt(claims?: { iss?: string; iat?: number; exp?: number }, key?: string): string;
  /** Mints an installation token. */
  token(narrow?: { permissions?: Record<string, Level>; repositories?: string[] }): Promise<string>;
  /** Below `/api/v3`; GraphQL at `/graphql`. */
  call(method: string, path: string, options?: { token?: string; body?: unknown; accept?: string }): Promise<Answer>;
  /** `git` in a fresh folder beside the repositories, with a token in the header. */
  git(token?: string): Promise<{ git: Git; folder: string }>;
  close(): Promise<void>;
};

export const PERMISSIONS: Record<string, Level> = {
  contents: "write",
  issues: "write",
  pull_requests: "write",
  checks: "write",
  metadata: "read",
  actions: "read",
};

const EVENTS = [
  "issues",
  "issue_comment",
  "pull_request",
  "pull_request_review",
  "pull_request_review_comment",
  "pull_request_review_thread",
  "check_run",
  "check_suite",
  "push",
];

export const makeKey = (): string =>
  generateKeyPairSync("rsa", {
    modulusLength: 2048,
    privateKeyEncoding: { type: "pkcs1", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  }).privateKey;

const TEN_LINES = "one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\nnine\nten\n";

export const HERE = "/repos/acme/shop";

type StageOptions = {
  readonly app?: Partial<EmulatorOptions["app"]>;
  readonly repositories?: readonly RepositoryOptions[];
  readonly clock?: () => Date;
};

export async function openStage(options: StageOptions = {}): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), "emulator-"));
  const privateKey = makeKey();
  const secret = "a-secret-of-at-least-thirty-two-bytes";
  const receiver = await openReceiver();
  const emulator = await startEmulator({
    root: join(folder, "repositories"),
    app: {
      id: 7,
      slug: "backend-architect",
      privateKey,
      webhookSecret: secret,
      webhookUrl: receiver.url,
      permissions: PERMISSIONS,
      events: EVENTS,
      installationId: 100,
      ...options.app,
    },
    users: {
      maintainer: { token: "maintainer-token", permission: "write" },
      reviewer: { token: "reviewer-token", permission: "write" },
      triager: { token: "triager-token", permission: "triage" },
      stranger: { token: "stranger-token", permission: "none" },
    },
    repositories: options.repositories ?? [
      { owner: "acme", name: "shop", files: { "lines.txt": TEN_LINES, "app/main.py": "x = 1\n" } },
    ],
    ...(options.clock === undefined ? {} : { clock: options.clock }),
  });
  const now = (): number => Math.floor((options.clock?.() ?? new Date()).getTime() / 1000);

  const jwt: Stage["jwt"] = (claims = {}, key = privateKey) => {
    const encode = (part: unknown): string => Buffer.from(JSON.stringify(part)).toString("base64url");
    const text = `${encode({ alg: "RS256", typ: "JWT" })}.${encode({ iss: "7", iat: now() - 30, exp: now() + 540, ...claims })}`;
    return `${text}.${createSign("RSA-SHA256").update(text).sign(key, "base64url")}`;
  };

  const call: Stage["call"] = async (
    method,
    path,
    { token = "maintainer-token", body, accept = "application/json" } = {},
  ) => {
    const base = path === "/graphql" ? `${emulator.url}/api` : emulator.api;
    const reply = await fetch(base + path, {
      method,
      headers: { authorization: `Bearer ${token}`, accept },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await reply.text();
    const isJson = reply.headers.get("content-type")?.startsWith("application/json") ?? false;
    return { status: reply.status, headers: reply.headers, body: (isJson ? JSON.parse(text) : text) as Answer["body"] };
  };

  const token: Stage["token"] = async (narrow = {}) => {
    const { body } = await call("POST", "/app/installations/100/access_tokens", { token: jwt(), body: narrow });
    return body["token"] as string;
  };

  return {
    emulator,
    received: receiver.received,
    secret,
    answerWith: receiver.answerWith,
    jwt,
    token,
    call,
    git: async (withToken) => {
      const work = await mkdtemp(join(folder, "clone-"));
      const header =
        withToken === undefined
          ? []
          : [
              "-c",
              `http.extraHeader=Authorization: Basic ${Buffer.from(`x-access-token:${withToken}`).toString("base64")}`,
            ];
      const person = ["-c", "user.name=maintainer", "-c", "user.email=1001+maintainer@users.noreply.github.com"];
      const git = createGit(work);
      return { folder: work, git: (args, extra) => git([...header, ...person, ...args], extra) };
    },
    close: async () => {
      await emulator.close();
      await receiver.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function openReceiver() {
  const received: Received[] = [];
  let status = 202;
  const server = createServer((request, response) => {
    let raw = "";
    request.on("data", (chunk: Buffer) => {
      raw += chunk.toString();
    });
    request.on("end", () => {
      received.push({ headers: request.headers, raw });
      response.writeHead(status).end("taken");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${port}/hook`,
    received,
    answerWith: (to: number) => {
      status = to;
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
