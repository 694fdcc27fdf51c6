/** What an operator allows runs together: settings as they are written, and what they come to. */
import { z } from "zod";
import type { SharedCaps } from "./caps.ts";
import type { RunBounds } from "./run-bounds.ts";
import { money, wholeNumber } from "./setting-values.ts";

const tokens = wholeNumber(10_000, 1_000_000_000_000);
const runs = wholeNumber(1, 1_000_000);

export const capSettings = z.object({
  ARCHITECT_MAX_USD_PER_DAY: money.default(50),
  ARCHITECT_MAX_TOKENS_PER_DAY: tokens.default(200_000_000),
  ARCHITECT_MAX_USD_PER_ISSUE: money.default(25),
  ARCHITECT_MAX_TOKENS_PER_ISSUE: tokens.default(100_000_000),
  ARCHITECT_MAX_RUNS_PER_DAY: runs.default(400),
  ARCHITECT_MAX_RUNS_PER_PERSON: runs.default(100),
  ARCHITECT_MAX_RUNS_PER_ISSUE: runs.default(40),
});

type CapSettings = z.output<typeof capSettings>;

export const toSharedCaps = (settings: CapSettings): SharedCaps => ({
  day: { usd: settings.ARCHITECT_MAX_USD_PER_DAY, tokens: settings.ARCHITECT_MAX_TOKENS_PER_DAY },
  issue: { usd: settings.ARCHITECT_MAX_USD_PER_ISSUE, tokens: settings.ARCHITECT_MAX_TOKENS_PER_ISSUE },
});

export const toRunBounds = (settings: CapSettings): RunBounds => ({
  day: settings.ARCHITECT_MAX_RUNS_PER_DAY,
  person: settings.ARCHITECT_MAX_RUNS_PER_PERSON,
  issue: settings.ARCHITECT_MAX_RUNS_PER_ISSUE,
});
