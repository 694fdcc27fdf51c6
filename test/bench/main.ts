/**
 * `npm run bench`: figures of this machine, now; ratios between them travel, milliseconds do not. Each measurement has a
 * process tree of its own. `-- --peer "command"` plays the same work to another program (once for each `--peer`): it gets
 * ANTHROPIC_BASE_URL, ANTHROPIC_API_KEY, the repository as its working folder and in BENCH_REPOSITORY, and a task in
 * BENCH_TASK. `-- --only run,start` measures some parts alone.
 */
import { availableParallelism, loadavg } from "node:os";
import { parseArgs } from "node:util";
import { benchCache } from "./cache.ts";
import { benchDoor } from "./door.ts";
import { benchFacts } from "./facts.ts";
import { benchLabel } from "./label.ts";
import { benchStartLarge, benchStartSmall, type StartFigures } from "./start.ts";
import { type Weights, weigh } from "./weigh.ts";
import { benchWholeRuns, commandLine, floor, type Measured, peer, served } from "./whole-run.ts";

const { values } = parseArgs({
  options: {
    peer: { type: "string", multiple: true, default: [] },
    only: { type: "string", default: "door,run,cache,start,memory,facts" },
    rounds: { type: "string", default: "5" },
  },
});
const rounds = Number(values.rounds);
const say = (line: string): void => console.log(line);
const ms = (value: number): string => `${value.toFixed(value < 10 ? 1 : 0)} ms`;
const mib = (value: number): string => `${Math.round(value)} MiB`;
const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
const ratio = (a: number, b: number): string => `${(a / b).toFixed(2)}×`;

const table = (rows: readonly (readonly string[])[]): void => {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  for (const row of rows)
    say(
      `  ${row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0))).join("   ")}`,
    );
  say("");
};

const door = async (): Promise<void> => {
  const figures = await benchDoor();
  say("Webhook accepted and durably stored (13 kB deliveries)");
  say(
    `  at 100/s p50 ${figures.p50Ms} ms, p99 ${figures.p99Ms} ms; saturated ${Math.round(figures.perSecond)} deliveries/s\n`,
  );
};

const runs = async (): Promise<void> => {
  const { found, sandbox } = await benchWholeRuns([floor, served, commandLine, ...values.peer.map(peer)], rounds);
  const least = found.get(floor)?.wholeMs ?? Number.NaN;
  say("Thirty turns with a model that answers at once (its own time taken out), medians");
  const row = (name: string, one: Measured): string[] => [
    ...[
      name,
      ms(one.toFirstMs),
      ms(one.wholeMs),
      ratio(one.wholeMs, least),
      ms(one.cpuMs),
      ms(one.turnP50Ms),
      ms(one.turnP95Ms),
    ],
    ...[ratio(one.growth, 1), mib(one.rssMiB), `${(one.prefixBytes / 1e3).toFixed(1)} kB`],
    ...[`${one.requests}`, `${(one.requestBytes / 1e6).toFixed(2)} MB`, percent(one.cacheRead), `${one.refused}`],
  ];
  table([
    [
      "",
      "to 1st request",
      "whole",
      "of floor",
      "processor",
      "turn p50",
      "p95",
      "growth",
      "RSS",
      "prefix",
      "requests",
      "sent",
      "cache read",
      "illegal",
    ],
    ...[...found].map(([{ name }, one]) => row(name, one)),
  ]);
  const own = found.get(served)?.wholeMs ?? Number.NaN;
  say(
    `  The sandbox alone: ${ms(sandbox.commandMs)} for a command, ${ms(sandbox.fileProcessMs)} for a file process: ${ms(sandbox.perRunMs)} in this run`,
  );
  const loop = ({ wholeMs, toFirstMs }: Measured): number => wholeMs - toFirstMs;
  const [ours, theirs] = [found.get(served), found.get(floor)];
  if (ours && theirs)
    say(
      `  From the first request on, the sandbox taken out, a job is ${ratio(loop(ours) - sandbox.perRunMs, loop(theirs))} of the floor`,
    );
  say(
    `  The whole job is the sandbox and ${ratio(own - sandbox.perRunMs, least)} of the floor (wanted: 1.50× or less)\n`,
  );
};

const cache = async (): Promise<void> => {
  const { first, later, byRole } = await benchCache();
  say("Input read from the prompt cache, both subagents and a team in the run");
  say(`  the App's first run ${percent(first)}, one soon after ${percent(later)} (wanted: 95.0 % or more)`);
  say(`  of that one: ${[...byRole].map(([role, share]) => `${role} ${percent(share)}`).join(", ")}\n`);
};

const starts = async (): Promise<void> => {
  const line = (name: string, { cold, sameCommit, afterPush }: StartFigures): string[] => [
    ...[name, ms(sameCommit), afterPush === undefined ? "" : ms(afterPush), ms(cold)],
  ];
  const large = await benchStartLarge(rounds);
  const small = await benchStartSmall(rounds);
  const label = await benchLabel(rounds);
  say(
    "Job taken to the model's first request, GitHub's answers taking no time (wanted: 200 ms or less on a warm mirror)",
  );
  table([
    ["", "same commit", "after a push", "first ever"],
    line("2,000 files, 1 commit", small),
    line("13,000 files, 72,000 commits", large),
  ]);
  say(`  of the large one: ${large.steps.map(([step, took]) => `${step} ${ms(took)}`).join(", ")}`);
  say(
    `  label event to first request, GitHub's emulator, webhook and 👀 in it: ${ms(label.later)}, the first ever ${ms(label.first)}\n`,
  );
};

const memory = async (): Promise<void> => {
  const found: Weights[] = [];
  for (const count of [1, 20, 50]) found.push(await weigh(count));
  const [one] = found;
  const further = ({ runs: count, own }: Weights): string =>
    count === 1 || !one ? "" : `${((own - one.own) / (count - 1)).toFixed(1)} MiB`;
  say("Memory (PSS); of 20 and 50 runs, two have subagents and a team");
  table([
    ["runs at once", "the App's process", "each further", "whole tree at work", "while models think"],
    ...found.map((weights) => [
      ...[`${weights.runs}`, mib(weights.own), further(weights)],
      `${mib(weights.atWork.mib)} in ${weights.atWork.processes}`,
      `${mib(weights.thinking.mib)} in ${weights.thinking.processes}`,
    ]),
  ]);
};

const facts = async (): Promise<void> => {
  const { files, megabytes, endpoints, coldMs, warmMs, warmCpuMs, rssMiB } = benchFacts(rounds);
  say(`Facts and standards of a backend of ${files} files (${megabytes.toFixed(1)} MB, ${endpoints} endpoints)`);
  say(
    `  cold ${ms(coldMs)} (wanted: 6 s or less), one file changed ${ms(warmMs)} (0.5 s; CPU ${ms(warmCpuMs)}), the process ${mib(rssMiB)} (400 MiB)\n`,
  );
};

say(`Node ${process.version}, ${availableParallelism()} cores, load ${loadavg()[0]?.toFixed(1)}\n`);
const parts: Readonly<Record<string, () => Promise<void>>> = { door, run: runs, cache, start: starts, memory, facts };
for (const name of values.only.split(",")) {
  const part = parts[name];
  if (!part) throw new Error(`--only ${name}: there are ${Object.keys(parts).join(", ")}`);
  await part();
}
