import { defineConfig } from "vitest/config";

/** What takes long because it is whole: the blueprint's code run by real Python, the demo, the packed command, measured runs, whole stories, real git and the walls, tool servers, and the local GitHub itself. */
export const long = [
  "test/model/blueprint/blueprint.test.ts",
  "test/model/blueprint/layouts.test.ts",
  "test/model/blueprint/subagents.test.ts",
  "test/model/blueprint/ranges.test.ts",
  "test/demo/demo.test.ts",
  "test/branch.test.ts",
  "test/recheck.test.ts",
  "test/upkeep.test.ts",
  "test/moved-base.test.ts",
  "test/review-story.test.ts",
  "test/plan-story.test.ts",
  "test/stack.test.ts",
  "test/rules.test.ts",
  "test/abuse.test.ts",
  "test/bad-input.test.ts",
  "test/check-local.test.ts",
  "test/facts-local.test.ts",
  "test/agents/examples.test.ts",
  "test/github/emulator.test.ts",
  "test/github/check-results.test.ts",
  "test/mcp/tool-servers.test.ts",
  "test/run/cross-check.test.ts",
  "test/workspace/escapes.test.ts",
  "test/package.test.ts",
  "test/hostile-request.test.ts",
  "test/limits.test.ts",
  "test/run-local.test.ts",
  "test/run/bad-model.test.ts",
  "test/run/team.test.ts",
  "test/emulator/**/*.test.ts",
  "test/verify/python/served.test.ts",
  "test/verify/standards/blueprint.test.ts",
  "test/bench/cache.test.ts",
  "test/workspace/collect.test.ts",
  "test/workspace/git-inside.test.ts",
  "test/workspace/mirror.test.ts",
  "test/workspace/self-test.test.ts",
  "test/workspace/setup-kept.test.ts",
  "test/workspace/setup.test.ts",
  "test/workspace/trees.test.ts",
  "test/workspace/trial.test.ts",
  "test/workspace/users.test.ts",
  "test/scripts/setup.test.ts",
  "test/fixtures/backends.test.ts",
];

/** What needs a package index: the blueprint's code installed, served and spoken to over HTTP. */
export const real = ["test/real/**/*.test.ts"];

/** Every dialogue with the App's end at every one of its writes to GitHub. */
export const full = ["test/full/**/*.test.ts", "test/crash.test.ts"];

export const shared = { pool: "forks" as const, maxWorkers: 2, testTimeout: 90_000, hookTimeout: 120_000 };

/** What changes nothing outside of itself: its files share a process, which spares each of them a start of its own. */
const together = ["agents", "domain", "model", "run", "verify"].map((folder) => `test/${folder}/**/*.test.ts`);
const elsewhere = [...long, ...real, ...full];

export default defineConfig({
  test: {
    ...shared,
    projects: [
      { extends: true, test: { name: "together", isolate: false, include: together, exclude: elsewhere } },
      { extends: true, test: { name: "apart", include: ["test/**/*.test.ts"], exclude: [...together, ...elsewhere] } },
    ],
  },
});
