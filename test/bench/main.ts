/** `npm run bench`: figures of this machine, now; ratios between them travel, milliseconds do not. */
import { availableParallelism, loadavg } from "node:os";
import { benchDoor } from "./door.ts";
import { benchRuns } from "./runs.ts";
import { benchWorkspace } from "./workspace.ts";

const say = (line: string) => console.log(line);
const ratio = (a: number, b: number): string => `${(a / b).toFixed(2)}×`;

say(`Node ${process.version}, ${availableParallelism()} cores, load ${loadavg()[0]?.toFixed(1)}\n`);

const door = await benchDoor();
say("Webhook accepted, durably stored (13 kB deliveries)");
say(`  at 100/s         p50 ${door.p50Ms} ms   p99 ${door.p99Ms} ms`);
say(`  saturated        ${Math.round(door.perSecond)} deliveries/s\n`);

const start = await benchWorkspace();
say("Start of a run: the worktree is ready (13,000 files)");
for (const [name, ms] of Object.entries(start))
  say(`  ${name.padEnd(16)} ${Math.round(ms)} ms   ${ratio(ms, start["sameCommit"] ?? ms)} of the same commit again`);

const runs = await benchRuns();
say("\nA run against a model that answers at once");
say(`  label event to the model's first request   ${runs.toFirstRequestMs} ms`);
const read = runs.perTurnMs["one read"]?.p50 ?? 1;
for (const [name, { p50, p95 }] of Object.entries(runs.perTurnMs))
  say(
    `  overhead of a turn, ${name.padEnd(14)}         p50 ${p50} ms   p95 ${p95} ms   ${ratio(p50, read)} of one read`,
  );

say("\nMemory (PSS of the whole process tree)");
say(`  idle             ${runs.idle.mib} MiB in ${runs.idle.processes} process`);
say(`  one run          ${runs.oneRun.mib} MiB in ${runs.oneRun.processes} processes`);
say(`  20 runs at once  ${runs.twentyRuns.mib} MiB in ${runs.twentyRuns.processes} processes`);
say(`  each further run ${((runs.twentyRuns.mib - runs.oneRun.mib) / 19).toFixed(1)} MiB`);
