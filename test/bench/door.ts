/** Measures the door: signed deliveries over HTTP, through Probot and our reading of them, until they lie on the disk. */
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { createWebhookHandler, webhooksPath } from "../../src/app/webhooks.ts";
import type { GitHub, GitHubSession } from "../../src/ports.ts";
import { openDatabase } from "../../src/store/database.ts";
import { createQueue } from "../../src/store/queue.ts";
import { createStore } from "../../src/store/runs.ts";
import type { Phase, SendPlan, SendResult } from "./door-sender.ts";

export type DoorFigures = {
  /** From the first byte sent to the last byte of the answer, at 100 deliveries a second. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Deliveries answered a second when every connection always has one under way. */
  readonly perSecond: number;
  readonly saturatedP50Ms: number;
  readonly saturatedP99Ms: number;
  readonly bytes: number;
  readonly connections: number;
  /** Deliveries that were answered, every one of which was found in the queue afterwards. */
  readonly stored: number;
};

const secret = "the secret of a measurement, long enough";
const bytes = 13_000;
const connections = 16;

/** About `seconds` for each of the two phases. @throws where a delivery was refused, or answered and not stored */
export const benchDoor = async (seconds = 3): Promise<DoorFigures> => {
  const folder = await mkdtemp(join(tmpdir(), "architect-door-"));
  const clock = () => new Date();
  const log = () => {};
  const database = openDatabase(join(folder, "architect.db"));
  const queue = createQueue(database, { clock, log });
  const store = createStore(database, { clock, ids: crypto.randomUUID });
  const handler = await createWebhookHandler({
    secret,
    github: quietGitHub,
    queue,
    store,
    label: "architect",
    pace: { quietMs: 0, mostMs: 0 },
    clock,
    log,
  });
  const server = createServer(handler);
  try {
    const result = await sendFrom({
      url: `http://127.0.0.1:${await listen(server)}${webhooksPath}`,
      secret,
      event: "issues",
      template: labeledTemplate(),
      warmUp: Math.ceil(300 * seconds),
      saturated: { connections, seconds },
      paced: { perSecond: 100, seconds },
    });
    await handler.idle();
    const { waiting } = await queue.counts();
    if (waiting !== result.sent) throw new Error(`${result.sent} deliveries were answered, ${waiting} are stored`);
    return figuresOf(result);
  } finally {
    server.closeAllConnections();
    server.close();
    await queue.close();
    await database.close();
    await rm(folder, { recursive: true });
  }
};

/** GitHub as the door needs it: nobody may write, so no 👀 is measured with it. */
const quietGitHub: GitHub = {
  whoami: async () => ({ login: "backend-architect[bot]", id: 1, type: "Bot" }),
  open: async () =>
    ({
      permissionOf: async () => "none",
      close: async () => {},
    }) satisfies Partial<GitHubSession> as unknown as GitHubSession,
  gitCredentials: () => Promise.reject(new Error("the door fetches nothing")),
  fetchShared: async () => undefined,
  attribution: () => undefined,
  mayRerun: async () => false,
  rerunFailedJobs: async () => "not-permitted",
  threadUrl: () => "http://127.0.0.1/",
  lineUrl: () => "http://127.0.0.1/",
};

type Example = { readonly name: string; readonly examples: readonly Record<string, unknown>[] };

/** GitHub's own example of a labelled issue, as our App would get it: our label, the number left open, the size filled up. */
const labeledTemplate = (): string => {
  const examples = createRequire(import.meta.url)("@octokit/webhooks-examples/api.github.com/index.json") as Example[];
  const example = examples
    .find(({ name }) => name === "issues")
    ?.examples.find((payload) => payload["action"] === "labeled");
  if (!example) throw new Error("@octokit/webhooks-examples has no issues.labeled any more");
  const label = { ...(example["label"] as object), name: "architect" };
  const issue = { ...(example["issue"] as object), number: "@number@", state: "open", labels: [label], body: "" };
  const payload = { ...example, label, issue, installation: { id: 7, node_id: "MDIz" } };
  const missing = bytes - JSON.stringify(payload).length;
  return JSON.stringify({
    ...payload,
    issue: { ...issue, body: "Create an endpoint. ".repeat(1_000).slice(0, missing) },
  });
};

const listen = async (server: Server): Promise<number> => {
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
};

const sendFrom = async (plan: SendPlan): Promise<SendResult> => {
  const sender = spawn(process.execPath, [join(import.meta.dirname, "door-sender.ts")], {
    stdio: ["pipe", "pipe", "inherit"],
    timeout: (plan.saturated.seconds + plan.paced.seconds) * 1_000 + 30_000,
  });
  const ended = new Promise<void>((resolve, reject) => {
    sender.once("error", reject);
    sender.once("exit", (code, signal) => {
      if (code === 0) resolve();
      else reject(new Error(`the sender ended with ${signal ?? `exit code ${code}`}`));
    });
  });
  sender.stdin.end(JSON.stringify(plan));
  const [said] = await Promise.all([text(sender.stdout), ended]);
  return JSON.parse(said) as SendResult;
};

const percentile = (phase: Phase, share: number): number => {
  const sorted = phase.timesMs.toSorted((a, b) => a - b);
  return Number((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN).toFixed(2));
};

const figuresOf = ({ sent, saturated, paced }: SendResult): DoorFigures => ({
  p50Ms: percentile(paced, 0.5),
  p99Ms: percentile(paced, 0.99),
  perSecond: Math.round(saturated.timesMs.length / saturated.seconds),
  saturatedP50Ms: percentile(saturated, 0.5),
  saturatedP99Ms: percentile(saturated, 0.99),
  bytes,
  connections,
  stored: sent,
});

if (import.meta.main) console.log(await benchDoor());
