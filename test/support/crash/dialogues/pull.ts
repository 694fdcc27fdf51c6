/** Dialogues on the App's own pull request, #2 of issue #1. */
import { expect } from "vitest";
import type { Dialogue } from "../dialogue.ts";
import { branch, label, minutes, model, pullIn, saidOn, shop, subjectsOf } from "./shop.ts";

const app = "backend-architect[bot]";
const on = (body: string) => ({ path: minutes, line: 1, body });

export const pullDialogues: readonly Dialogue[] = [
  {
    name: "a review of three comments gets one push and three answers",
    files: shop,
    sample: { when: "after", write: "POST pulls/2/comments/:id/replies", nth: 2 },
    open: () => ({
      model,
      setUp: label,
      steps: [
        async ({ as, settled }) => {
          const lines = ["Make it a sum.", "Give it a name.", "And the seconds?"];
          await as("maintainer").submitReview(2, { state: "COMMENT", comments: lines.map(on) });
          await settled();
        },
      ],
      holds: (end) => {
        const { lines, checks } = pullIn(end);
        expect(lines.map(({ by, answers }) => [by, answers])).toEqual(
          [1, 2, 3].flatMap(() => [
            ["maintainer", false],
            [app, true],
          ]),
        );
        expect(lines.filter(({ reactions }) => reactions.length === 1)).toHaveLength(3);
        expect(subjectsOf(end, branch)).toHaveLength(4);
        expect(checks).toHaveLength(2);
      },
    }),
  },
  {
    name: "comments that stand alone are answered together",
    files: shop,
    sample: { when: "before", write: "POST pulls/2/comments/:id/replies", nth: 1 },
    env: { ARCHITECT_QUIET_SECONDS: "1" },
    open: () => ({
      model,
      setUp: label,
      steps: [
        async ({ as, settled }) => {
          for (const words of ["Make it a sum.", "Give it a name."]) await as("maintainer").commentOnLine(2, on(words));
          await settled();
        },
      ],
      holds: (end) => {
        expect(pullIn(end).lines.filter(({ by }) => by === app)).toHaveLength(2);
        expect(subjectsOf(end, branch)).toHaveLength(4);
        expect(end.store.runs).toHaveLength(2);
      },
    }),
  },
  {
    name: "`design` on the pull request brings further commits",
    files: shop,
    sample: { when: "after", write: "PATCH git/refs/heads/architect/issue-1-add-minutes-to-the-clock", nth: 1 },
    open: () => ({
      model,
      setUp: label,
      steps: [
        async ({ as, settled }) => {
          await as("maintainer").comment(2, "/architect design make it a sum");
          await settled();
        },
      ],
      holds: (end) => {
        expect(subjectsOf(end, branch)).toHaveLength(4);
        expect(saidOn(end, 2)).toHaveLength(2);
        expect(end.threads).toHaveLength(2);
      },
    }),
  },
  {
    name: "a person's push is checked, and its head once more by Re-run and on another base",
    files: { ...shop, ".github/architect.yml": "test: test -s README.md\n" },
    sample: { when: "after", write: "PATCH check-runs/:id", nth: 3 },
    open: () => ({
      model,
      setUp: label,
      steps: [
        async ({ as, settled }) => {
          await as("maintainer").pushFiles("release", { "RELEASE.md": "One.\n" }, "Start a release");
          await as("maintainer").pushFiles(branch, { [minutes]: "MINUTES = 61\n" }, "Count to 61");
          await settled();
        },
        async ({ emulator, settled }) => {
          const [run] = emulator.checkRuns((await emulator.pull(2)).head.sha);
          await emulator.rerequest("maintainer", { run: Number(run?.["id"]) });
          await settled();
        },
        async ({ as, settled }) => {
          await as("maintainer").request("PATCH", "/repos/acme/shop/pulls/2", { base: "release" });
          await settled();
        },
      ],
      holds: (end) => {
        const { checks, base } = pullIn(end);
        expect(base).toBe("release");
        expect(checks).toHaveLength(2);
        expect(checks.find((check) => check.startsWith("Count to 61"))).toMatch(/`test -s README\.md` \| exit code 0/);
        expect(end.store.runs).toHaveLength(1);
      },
    }),
  },
];
