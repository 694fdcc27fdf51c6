/** Dialogues about failed checks of the App's own pull request, #2 of issue #1. */
import { expect } from "vitest";
import type { Dialogue, Stage } from "../dialogue.ts";
import { branch, label, minutes, model, type pullIn, saidOn, shop, subjectsOf } from "./shop.ts";

const log = (...lines: readonly string[]): string =>
  ["##[group]Run pytest", ...lines, "##[error]Process completed with exit code 1."]
    .map((line) => `2026-11-25T10:00:00.0000000Z ${line}\n`)
    .join("");

const headOf = ({ emulator }: Stage): string => {
  const sha = emulator.branches().get(branch);
  if (sha === undefined) throw new Error(`there is no branch ${branch}`);
  return sha;
};

const bodyOf = (end: Parameters<typeof pullIn>[0]): string =>
  end.threads.find(({ number }) => number === 2)?.body ?? "";

export const checksDialogues: readonly Dialogue[] = [
  {
    name: "two failed workflows are mended by one push, and told to be fixed when all checks pass",
    files: shop,
    sample: { when: "after", write: "PATCH pulls/2", nth: 1 },
    open: () => ({
      model,
      setUp: label,
      steps: [
        async (stage) => {
          const sha = headOf(stage);
          for (const name of ["tests", "lint"]) {
            const text = log(`${minutes}:1: error: MINUTES is no sum`);
            await stage.emulator.reportSuite({ sha, jobs: [{ name, conclusion: "failure", log: text }] });
          }
          await stage.settled();
        },
        async (stage) => {
          const jobs = ["tests", "lint"].map((name) => ({ name, conclusion: "success" as const, log: log("fine") }));
          await stage.emulator.reportSuite({ sha: headOf(stage), jobs });
          await stage.settled();
        },
      ],
      holds: (end) => {
        expect(subjectsOf(end, branch).slice(2)).toEqual([
          "Clock: mend failed checks",
          "Record decisions and work: clock",
        ]);
        expect(bodyOf(end)).toMatch(
          /\*\*CI:\*\* \d failed checks?: .*, ours \(.*\): fixed in <hash \d+>, where all checks pass/,
        );
        expect(saidOn(end, 2)).toEqual([expect.stringContaining("fixed in")]);
      },
    }),
  },
  {
    name: "a failed check of which nothing is shown is started once more, and was flaky",
    files: shop,
    sample: { when: "after", write: "POST actions/runs/:id/rerun-failed-jobs", nth: 1 },
    open: () => {
      let suite = 0;
      return {
        model,
        setUp: label,
        steps: [
          async (stage) => {
            const jobs = [{ name: "tests", conclusion: "failure" as const, log: log("something went wrong") }];
            suite = await stage.emulator.reportSuite({ sha: headOf(stage), jobs });
            await stage.settled();
          },
          async ({ emulator, settled }) => {
            await emulator.finishSuite(suite, [{ name: "tests", conclusion: "success", log: log("fine") }]);
            await settled();
          },
        ],
        holds: (end) => {
          expect(subjectsOf(end, branch)).toHaveLength(2);
          expect(bodyOf(end)).toMatch(/\*\*CI:\*\* 1 failed check: .*, flaky \(it passed on the same commit/);
          expect(saidOn(end, 2)).toEqual([expect.stringContaining("flaky")]);
        },
      };
    },
  },
];
