/**
 * From a job being taken to the model's first request, on a warm mirror: permission, mirror, configuration, memory,
 * worktree, brief and the request itself. GitHub answers at once here; what its calls take comes on top.
 */
import { chmodSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { removeFolder } from "../../src/workspace/disk.ts";
import { startMessagesApi } from "../support/messages-api.ts";
import { startAgent } from "./agent-client.ts";
import { copyLargeRepository, pushTo } from "./large-repository.ts";
import { makeRepository, reportOver } from "./scenario.ts";
import { median } from "./stats.ts";

export type StartFigures = {
  /** Milliseconds. Nothing is there yet: the repository is fetched whole. */
  readonly cold: number;
  readonly sameCommit: number;
  /** Of one commit of twenty files; undefined where none was pushed. */
  readonly afterPush: number | undefined;
  /** What the same commit's time was spent on, in the order of the calls; calls of one line run side by side. */
  readonly steps: readonly (readonly [string, number])[];
};

const benchStart = async (
  make: (folder: string) => Promise<string>,
  rounds: number,
  push?: (bare: string, nth: number) => Promise<void>,
): Promise<StartFigures> => {
  const folder = mkdtempSync(join(tmpdir(), "bench-start-"));
  chmodSync(folder, 0o711);
  const bare = await make(folder);
  let firstAt = 0;
  const api = await startMessagesApi(() => ({ tools: [reportOver] }), {
    onExchange: ({ arrivedAt }) => {
      firstAt = arrivedAt;
    },
  });
  const agent = await startAgent({ bare, title: "Add users" }, { api, dataFolder: join(folder, "data") });
  let steps: StartFigures["steps"] = [];
  const start = async (): Promise<number> => {
    const [ended] = await agent.run(1);
    if (!ended?.outcome.startsWith("answered BLOCKED")) throw new Error(`the run ended otherwise: ${ended?.outcome}`);
    steps = ended.steps;
    return firstAt + performance.timeOrigin - ended.takenAt;
  };
  try {
    const cold = await start();
    const same: number[] = [];
    const pushed: number[] = [];
    for (let round = 0; round < rounds; round++) same.push(await start());
    const ofSame = steps;
    for (let round = 0; push && round < rounds; round++) {
      await push(bare, round);
      pushed.push(await start());
    }
    return { cold, sameCommit: median(same), afterPush: push && median(pushed), steps: ofSame };
  } finally {
    await agent.close();
    await api.close();
    await removeFolder(folder);
  }
};

export const benchStartSmall = (rounds: number): Promise<StartFigures> => benchStart(makeRepository, rounds);

export const benchStartLarge = (rounds: number): Promise<StartFigures> =>
  benchStart(copyLargeRepository, rounds, pushTo);
