/** The scenario of thirty turns, played to each harness by the same strict model: what is left is the harness. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { removeFolder } from "../../src/workspace/disk.ts";
import { type Exchange, type MessagesApi, startMessagesApi } from "../support/messages-api.ts";
import { startAgent } from "./agent-client.ts";
import { cpuOf } from "./memory.ts";
import { benchSandbox, type SandboxCost } from "./sandbox-cost.ts";
import { makeRepository, scriptFor, turns } from "./scenario.ts";
import { median, quantile, sum } from "./stats.ts";

export type Measured = {
  /** Milliseconds, without the model's own time: from the start to the first request, and to the end. */
  readonly toFirstMs: number;
  readonly wholeMs: number;
  /** Processor time of the harness and all that it started: what other programs do meanwhile matters less. */
  readonly cpuMs: number;
  /** From an answer to the next request. */
  readonly turnP50Ms: number;
  readonly turnP95Ms: number;
  /** The last two rounds of turns over the two before: above 1, a turn costs more the longer the transcript is. */
  readonly growth: number;
  /** The most that the harness's own process had in memory; of its children nothing. */
  readonly rssMiB: number;
  /** System, tools and first message. */
  readonly prefixBytes: number;
  readonly requests: number;
  readonly requestBytes: number;
  /** Share of the input that a prompt cache would have read. */
  readonly cacheRead: number;
  /** Requests that the real API would have refused. */
  readonly refused: number;
};

/** What one measurement has: a folder of its own, a bare repository in it, and a checkout for those who work in one. */
type Stage = { readonly folder: string; readonly bare: string };

type Times = { readonly startedAt: number; readonly endedAt: number; readonly cpuMs: number };

export type Harness = {
  readonly name: string;
  /** Where its tools find the repository. */
  readonly root: (stage: Stage) => string;
  /** Somebody else's requests are answered, legal or not. */
  readonly tolerant?: boolean;
  /** Everything that is not measured, then `begin`. @returns when the run has ended, its start and end by `performance.now()` */
  readonly play: (stage: Stage, api: MessagesApi, begin: (pid: number) => void) => Promise<Times>;
};

const task = "microservice: measure";
const checkoutOf = ({ folder }: Stage): string => join(folder, "work");

const endOf = async (child: ChildProcess, name: string): Promise<void> => {
  const [code] = (await once(child, "exit")) as [number | null];
  if (code !== 0) throw new Error(`${name} ended with ${code}`);
};

/** A program that is started for the run and ends with it. */
const programHarness = (
  name: string,
  command: (stage: Stage) => readonly string[],
  more: Pick<Harness, "tolerant"> & { readonly root: Harness["root"]; readonly warmUp?: boolean },
): Harness => ({
  name,
  ...more,
  play: async (stage, api, begin) => {
    const playOnce = async (onStart: (pid: number) => void) => {
      const before = cpuOf("self").ended;
      const startedAt = performance.now();
      const [program = "", ...args] = command(stage);
      const child = spawn(program, args, {
        cwd: checkoutOf(stage),
        stdio: ["ignore", process.env["BENCH_LOG"] ? "inherit" : "ignore", "inherit"],
        env: {
          ...process.env,
          ...{ ANTHROPIC_BASE_URL: api.url, ANTHROPIC_API_KEY: api.apiKey, ARCHITECT_DATA: join(stage.folder, "data") },
          ...{ ARCHITECT_MAX_USD: "1000", BENCH_REPOSITORY: checkoutOf(stage), BENCH_TASK: task },
        },
      });
      onStart(child.pid ?? 0);
      await endOf(child, name);
      return { startedAt, endedAt: performance.now(), cpuMs: cpuOf("self").ended - before };
    };
    if (more.warmUp) await playOnce(() => {});
    return playOnce(begin);
  },
});

export const floor: Harness = programHarness(
  "bare SDK loop",
  (stage) => [process.execPath, join(import.meta.dirname, "floor.ts"), checkoutOf(stage), task],
  { root: checkoutOf },
);

/** As a user types it, from the checkout; the mirror is there from an earlier run. */
export const commandLine: Harness = programHarness(
  "architect run",
  (stage) => [
    ...[process.execPath, join(import.meta.dirname, "../../src/main.ts"), "run", "--repo", checkoutOf(stage)],
    ...["--task", task, "--model", "claude-opus-5-5", "--json"],
  ],
  { root: () => "/repo", warmUp: true },
);

/** The App as it serves: from the job being taken to its outcome being stored, on a warm mirror. */
export const served: Harness = {
  name: "the App, a job",
  root: () => "/repo",
  play: async ({ folder, bare }, api, begin) => {
    const agent = await startAgent({ bare, title: task }, { api, dataFolder: join(folder, "data") });
    try {
      await agent.run(1);
      begin(agent.pid);
      const cpu = (): number => sum(Object.values(cpuOf(agent.pid)));
      const before = cpu();
      const [ended] = await agent.run(1);
      if (!ended?.outcome.startsWith("published")) throw new Error(`the run ended otherwise: ${ended?.outcome}`);
      const { timeOrigin } = performance;
      const cpuMs = cpu() - before;
      return { startedAt: ended.takenAt - timeOrigin, endedAt: ended.endedAt - timeOrigin, cpuMs };
    } finally {
      await agent.close();
    }
  },
};

/** @param line for a shell, which finds the repository as its working folder and in BENCH_REPOSITORY, the task in BENCH_TASK */
export const peer = (line: string): Harness =>
  programHarness(line.split(/\s+/)[0] ?? line, () => ["/bin/bash", "-c", line], { root: checkoutOf, tolerant: true });

export const measure = async (harness: Harness): Promise<Measured> => {
  const folder = mkdtempSync(join(tmpdir(), "bench-run-"));
  // The sandbox's user has to pass through it.
  chmodSync(folder, 0o711);
  const stage = { folder, bare: await makeRepository(folder) };
  mkdirSync(checkoutOf(stage));
  await once(spawn("git", ["clone", "-q", stage.bare, checkoutOf(stage)], { stdio: "inherit" }), "close");
  let exchanges: Exchange[] = [];
  let pid = 0;
  let rssKiB = 0;
  const api = await startMessagesApi(scriptFor(harness.root(stage)), {
    tolerant: harness.tolerant ?? false,
    onExchange: (exchange) => {
      exchanges.push(exchange);
      rssKiB = Math.max(rssKiB, peakOf(pid));
    },
  });
  try {
    const times = await harness.play(stage, api, (started) => {
      pid = started;
      exchanges = [];
    });
    return figuresOf(exchanges, times, { rssKiB, refused: api.refusals.length });
  } finally {
    await api.close();
    await removeFolder(folder);
  }
};

const peakOf = (pid: number): number => {
  if (pid === 0) return 0;
  return Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0);
};

const figuresOf = (
  exchanges: readonly Exchange[],
  { startedAt, endedAt, cpuMs }: Times,
  { rssKiB, refused }: { readonly rssKiB: number; readonly refused: number },
): Measured => {
  const [first] = exchanges;
  if (!first || exchanges.length < turns.length)
    throw new Error(`only ${exchanges.length} requests came, of at least ${turns.length}`);
  const gaps = exchanges.slice(1).map(({ arrivedAt }, index) => arrivedAt - (exchanges[index]?.answeredAt ?? 0));
  const { body } = first;
  return {
    toFirstMs: first.arrivedAt - startedAt,
    wholeMs: endedAt - startedAt - sum(exchanges.map((one) => one.answeredAt - one.arrivedAt)),
    cpuMs,
    turnP50Ms: median(gaps),
    turnP95Ms: quantile(gaps, 0.95),
    growth: growthOf(gaps),
    rssMiB: rssKiB / 1024,
    prefixBytes: Buffer.byteLength(JSON.stringify([body.system, body.tools, body.messages[0]])),
    requests: exchanges.length,
    requestBytes: sum(exchanges.map(({ bytes }) => bytes)),
    cacheRead: readShare(exchanges),
    refused,
  };
};

/** The first of the five rounds warms up. */
const growthOf = (gaps: readonly number[]): number => {
  const perRound = turns.length / 5;
  return sum(gaps.slice(3 * perRound)) / 2 / (sum(gaps.slice(perRound, 3 * perRound)) / 2);
};

export const readShare = (exchanges: readonly Pick<Exchange, "use">[]): number => {
  const read = sum(exchanges.map(({ use }) => use.read));
  return read / (read + sum(exchanges.map(({ use }) => use.input + use.write5m + use.write1h)));
};

export type WholeRuns = {
  readonly found: ReadonlyMap<Harness, Measured>;
  readonly sandbox: SandboxCost;
};

/** One after another in each round, so that what else the machine does falls on all of them. */
export const benchWholeRuns = async (harnesses: readonly Harness[], rounds: number): Promise<WholeRuns> => {
  const all = new Map<Harness, Measured[]>(harnesses.map((harness) => [harness, []]));
  const costs: SandboxCost[] = [];
  for (let round = 0; round < rounds; round++) {
    costs.push(await benchSandbox());
    for (const harness of harnesses) all.get(harness)?.push(await measure(harness));
  }
  const cost = (key: keyof SandboxCost): number => median(costs.map((one) => one[key]));
  return {
    found: new Map([...all].map(([harness, found]) => [harness, medianOf(found)])),
    sandbox: { commandMs: cost("commandMs"), fileProcessMs: cost("fileProcessMs"), perRunMs: cost("perRunMs") },
  };
};

const medianOf = (found: readonly Measured[]): Measured => {
  const of = (key: keyof Measured): number => median(found.map((one) => one[key]));
  return {
    ...{ toFirstMs: of("toFirstMs"), wholeMs: of("wholeMs"), turnP50Ms: of("turnP50Ms"), turnP95Ms: of("turnP95Ms") },
    ...{ growth: of("growth"), rssMiB: of("rssMiB"), prefixBytes: of("prefixBytes"), requests: of("requests") },
    ...{ cpuMs: of("cpuMs"), requestBytes: of("requestBytes"), cacheRead: of("cacheRead"), refused: of("refused") },
  };
};
