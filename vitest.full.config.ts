import { defineConfig } from "vitest/config";
import { full, shared } from "./vitest.config.ts";

/** Which variants are played: others each day. The day of a red run, given as this, plays the same ones again. */
const seed = process.env["CRASH_SEED"] ?? new Date().toISOString().slice(0, 10);

export default defineConfig({
  test: { ...shared, include: full, env: { CRASH_SEED: seed }, globalSetup: "test/support/crash/totals.ts" },
});
