/** The demo as a program reads it: one JSON object on stdout, and an exit code that tells. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";

const demo = (...args: string[]) =>
  spawnSync(process.execPath, [join(import.meta.dirname, "main.ts"), ...args], { encoding: "utf8", timeout: 60_000 });

test("--json prints one object with issue, pull request, report, evidence, comments, timings and follow-up", () => {
  const { status, stdout } = demo("--json", "--issue", "CRUD for parcels (code: str unique, weight: int >= 0)");
  const result = JSON.parse(stdout);
  expect(status).toBe(0);
  expect(result).toMatchObject({
    issue: { number: 1, title: "CRUD for parcels (code: str unique, weight: int >= 0)" },
    pull: {
      number: 2,
      branch: "architect/issue-1-crud-for-parcels-code-str-unique-weight",
      headSha: expect.stringMatching(/^[0-9a-f]{40}$/),
    },
    report: { models_created: [{ name: "Parcel" }] },
    comments: [{ by: "backend-architect[bot]" }],
  });
  expect(result.evidence.map(({ exitCode }: { exitCode: number }) => exitCode)).toContain(0);
  expect(Object.keys(result.timings)).toEqual(
    expect.arrayContaining(["eyesMs", "firstStatusMs", "pullRequestMs", "followUpMs", "totalMs"]),
  );
  expect(result.followUp.answers).toHaveLength(2);
  for (const { answer } of result.followUp.answers) expect(answer).toMatch(/^\*\*|<!--/);
  expect(result.followUp.headSha).not.toBe(result.pull.headSha);
});

test("a request that gets no pull request ends with 1, and says what was asked back", () => {
  const { status, stdout } = demo("--json", "--issue", "Make it better");
  const result = JSON.parse(stdout);
  expect([status, result.pull, result.report.status]).toEqual([1, null, "NEEDS_CONTEXT"]);
  expect(result.report.questions.length).toBeGreaterThan(0);
});

test.each([["--repo", "/nowhere"], ["--issue", " "], ["--fast"]])(
  "wrong options are answered with the usage: %s",
  (...args) => {
    const { status, stderr } = demo(...args);
    expect(status).toBe(2);
    expect(stderr).toContain("npm run demo -- ");
  },
);
