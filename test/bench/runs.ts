/** Whole runs against a model that answers at once: what the harness itself costs in time and memory. */
import { Octokit } from "@octokit/rest";
import { type MessagesApi, type Script, startMessagesApi } from "../support/messages-api.ts";
import { reportWith } from "../support/report.ts";
import { fixture, type Scene, type Served, serve, startScene } from "../support/scene.ts";
import { pssOfTree } from "./memory.ts";

export type RunFigures = {
  /** Milliseconds from GitHub's label event to the model's first request. */
  readonly toFirstRequestMs: number;
  /** Milliseconds between the end of an answer and the next request, by what the turn did. */
  readonly perTurnMs: Readonly<Record<string, { readonly p50: number; readonly p95: number }>>;
  readonly oneRun: { readonly mib: number; readonly processes: number };
  readonly twentyRuns: { readonly mib: number; readonly processes: number };
  /** MiB of the App before any run. */
  readonly idle: { readonly mib: number; readonly processes: number };
};

const at = { owner: "acme", repo: "shop" };
const concurrent = 20;

const turns: readonly { readonly kind: string; readonly tools: readonly { name: string; input: unknown }[] }[] = [
  { kind: "one read", tools: [{ name: "Read", input: { file_path: "/repo/backend/app/main.py" } }] },
  {
    kind: "glob and grep",
    tools: [
      { name: "Glob", input: { pattern: "**/*.py" } },
      { name: "Grep", input: { pattern: "APIRouter", output_mode: "content" } },
    ],
  },
  {
    kind: "three reads",
    tools: ["main.py", "api/deps.py", "core/config.py"].map((name) => ({
      name: "Read",
      input: { file_path: `/repo/backend/app/${name}` },
    })),
  },
  { kind: "bash true", tools: [{ name: "Bash", input: { command: "true" } }] },
];

const last = {
  name: "SubmitReport",
  input: reportWith({
    status: "DONE_WITH_CONCERNS",
    endpoints_created: [],
    models_created: [],
    middleware_added: [],
    concerns: ["a benchmark"],
  }),
};

const median = (values: readonly number[], quantile: number): number => {
  const sorted = values.toSorted((a, b) => a - b);
  return Math.round((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * quantile))] ?? 0) * 10) / 10;
};

type Stage = { scene: Scene; api: MessagesApi; served: Served; github: Octokit };

const openStage = async (script: Script): Promise<Stage> => {
  const api = await startMessagesApi(script);
  const scene = await startScene({
    repository: { files: fixture("shop") },
    env: {
      ARCHITECT_MODEL: "claude-opus-5-5",
      ANTHROPIC_API_KEY: api.apiKey,
      ANTHROPIC_BASE_URL: api.url,
      ARCHITECT_CONCURRENCY: String(concurrent),
      ARCHITECT_MAX_USD: "1000",
    },
  });
  const served = await serve(scene);
  scene.emulator.setWebhookUrl(`${served.url}/api/github/webhooks`);
  return { scene, api, served, github: new Octokit({ baseUrl: scene.emulator.api, auth: "maintainer-token" }) };
};

const closeStage = async ({ served, scene, api }: Stage): Promise<void> => {
  await served.kill();
  await scene.close();
  await api.close();
};

const label = async ({ github }: Stage, title: string): Promise<void> => {
  const { data: issue } = await github.rest.issues.create({ ...at, title });
  await github.rest.issues.addLabels({ ...at, issue_number: issue.number, labels: ["architect"] });
};

/** One run of `rounds` × the turns above. */
const timeTurns = async (rounds: number): Promise<Pick<RunFigures, "toFirstRequestMs" | "perTurnMs" | "idle">> => {
  const gaps = new Map<string, number[]>();
  const done = Promise.withResolvers<void>();
  let answeredAt = 0;
  let first = 0;
  let kind = "";
  const script: Script = (_, served) => {
    const now = performance.now();
    if (served === 0) first = now;
    else gaps.set(kind, [...(gaps.get(kind) ?? []), now - answeredAt]);
    const turn = turns[served % turns.length];
    const over = served >= rounds * turns.length || !turn;
    kind = turn?.kind ?? "";
    if (over) done.resolve();
    answeredAt = performance.now();
    return { text: "Next.", tools: over ? [last] : turn.tools };
  };
  const stage = await openStage(script);
  const idle = pssOfTree(stage.served.pid);
  const start = performance.now();
  await label(stage, "microservice: measure");
  await done.promise;
  await closeStage(stage);
  return {
    toFirstRequestMs: Math.round(first - start),
    perTurnMs: Object.fromEntries(
      [...gaps].map(([name, values]) => [name, { p50: median(values, 0.5), p95: median(values, 0.95) }]),
    ),
    idle,
  };
};

/** Runs that have all read a file and wait for their second answer. */
const weigh = async (count: number): Promise<{ mib: number; processes: number }> => {
  const waiting = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  let held = 0;
  const script: Script = async (body) => {
    if (body.messages.length === 1) return { tools: turns[2]?.tools ?? [] };
    held += 1;
    if (held === count) waiting.resolve();
    await release.promise;
    return { tools: [last] };
  };
  const stage = await openStage(script);
  for (let index = 0; index < count; index++) await label(stage, `Measure ${index}`);
  await waiting.promise;
  const weight = pssOfTree(stage.served.pid);
  release.resolve();
  await closeStage(stage);
  return weight;
};

export const benchRuns = async (): Promise<RunFigures> => ({
  ...(await timeTurns(5)),
  oneRun: await weigh(1),
  twentyRuns: await weigh(concurrent),
});
