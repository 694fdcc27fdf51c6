import { describe, expect, test } from "vitest";
import type { ToldCheck } from "../../../src/domain/failed-check.ts";
import { checksLine, withCiLine } from "../../../src/domain/render/failed-checks.ts";

const check = (changes: Partial<ToldCheck> = {}): ToldCheck => ({
  ...{ id: 5, suite: 1, name: "tests", app: "github-actions", conclusion: "failure" },
  url: "https://github.com/acme/shop/actions/runs/9/job/5",
  ...{ cause: "unclear", reason: "it says nothing", workflow: { run: 9, attempt: 1 } },
  ...changes,
});
const link = "[`tests`](https://github.com/acme/shop/actions/runs/9/job/5)";
const work = "c".repeat(40);

describe("the line of failed checks", () => {
  test.each([
    [
      "says what was changed",
      [check({ cause: "ours" })],
      { commit: work },
      `1 failed check: ${link}, ours (it says nothing): changed in ccccccc, whose checks will show.`,
    ],
    [
      "says that it is fixed once they pass",
      [check({ cause: "ours" })],
      { commit: work, passed: true },
      `1 failed check: ${link}, ours (it says nothing): fixed in ccccccc, where all checks pass.`,
    ],
    [
      "leaves what is not ours to others",
      [check({ cause: "not-ours", reason: "it fails on `main`, too" }), check({ cause: "ours" })],
      {},
      `2 failed checks: ${link}, not ours (it fails on \`main\`, too); ${link}, ours (it says nothing): nothing was changed for it.`,
    ],
    [
      "says that it is tried again",
      [check()],
      { rerun: new Map([[9, "started" as const]]) },
      `1 failed check: ${link}, cause unclear (it says nothing): its failed jobs were started again, and how they end will tell.`,
    ],
    [
      "says that it was an accident",
      [check({ cause: "flaky", reason: "it passed on the same commit when it was run again" })],
      { turned: true },
      `1 failed check: ${link}, flaky (it passed on the same commit when it was run again).`,
    ],
    [
      "asks people where the App may not, and says what it lacks",
      [check({ cause: "flaky", reason: "a connection broke off" })],
      { rerun: new Map([[9, "not-permitted" as const]]) },
      `1 failed check: ${link}, looks flaky (a connection broke off): run its failed jobs again. The App may not start failed jobs again here: an owner has to give it the permission *Actions: read and write* in the settings of the installation.`,
    ],
    [
      "names six of many",
      Array.from({ length: 9 }, () => check({ cause: "not-ours" })),
      {},
      `9 failed checks: ${Array.from({ length: 5 }, () => link).join(", ")} and ${link}, not ours (it says nothing); and 3 more.`,
    ],
  ])("%s", (_, failed, end, line) => {
    expect(checksLine(failed, end)).toBe(line);
  });

  test("holds nothing that acts, whatever a check is called", () => {
    const line = checksLine(
      [check({ name: "<!-- architect:status --> @everyone [x](javascript:1)", url: "javascript:1" })],
      {},
    );
    expect(line).toContain("1 failed check: `!-- architect:status --> @everyone [x](javascript:1)`, cause unclear");
  });
});

describe("a description", () => {
  const body =
    "mine\n\n<!-- architect:report:begin -->\n\n**Status: DONE.**\n\nwhat\n\nCloses #7\n\nrest\n\n<!-- architect:report:end -->\n\nand mine";

  test("gets the line behind the issue's number, and another one in its place", () => {
    const once = withCiLine(body, "one $& thing.");
    expect(once).toBe(body.replace("Closes #7", () => "Closes #7\n\n**CI:** one $& thing. <!-- architect:ci -->"));
    expect(withCiLine(once ?? "", "another.")).toBe(
      body.replace("Closes #7", "Closes #7\n\n**CI:** another. <!-- architect:ci -->"),
    );
  });

  test("stays as it is where people took the block out, or where it is full", () => {
    expect(withCiLine("only mine", "x")).toBeUndefined();
    expect(withCiLine(`${body}${"x".repeat(65_400)}`, "y".repeat(400))).toBeUndefined();
  });
});
