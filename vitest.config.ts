import { defineConfig } from "vitest/config";

/** Whole conversations whose code real Python runs, layout by layout: `npm run test:long`. */
export const long = ["test/model/blueprint/blueprint.test.ts", "test/model/blueprint/subagents.test.ts"];

export const shared = { pool: "forks" as const, maxWorkers: 2, testTimeout: 90_000, hookTimeout: 120_000 };

export default defineConfig({ test: { ...shared, include: ["test/**/*.test.ts"], exclude: long } });
