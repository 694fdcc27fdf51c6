/** Dialogues of reviews whose threads end as the commit shows it. */
import { expect } from "vitest";
import type { Dialogue, Talk } from "../dialogue.ts";
import {
  branch,
  commentsIn,
  edit,
  inTurn,
  label,
  minutes,
  model,
  pullIn,
  saidOn,
  says,
  shop,
  subjectsOf,
  submit,
} from "./shop.ts";

/** Changes what the second comment asks for: the first one's suggestion stands there before the agent begins. */
const takeOver = (talk: Talk) => {
  const [first = 0, second = 0] = commentsIn(talk);
  return inTurn(
    says({ name: "Read", input: { file_path: `/repo/${minutes}` } }),
    edit(minutes, "MINUTES = 6 * 10", "# Of an hour.\nMINUTES = 6 * 10"),
    submit({
      summary: "The minutes are a product.",
      decisions: [],
      threads: [
        { comment_id: first, outcome: "changed", answer: "Ten times six." },
        { comment_id: second, outcome: "changed", answer: "It says so now." },
      ],
    }),
  )(talk);
};

export const reviewDialogues: readonly Dialogue[] = [
  {
    name: "a reviewer who asked for changes gets them, with the suggestion applied, and is asked to look again",
    files: shop,
    sample: { when: "after", write: "POST pulls/2/requested_reviewers", nth: 1 },
    open: () => ({
      model: (talk) => (talk.kind === "follow-up" ? takeOver(talk) : model(talk)),
      setUp: label,
      steps: [
        async ({ as, settled }) => {
          const comments = [
            { path: minutes, line: 1, body: "```suggestion\nMINUTES = 6 * 10\n```" },
            { path: minutes, line: 1, body: "Say what they are." },
          ];
          await as("maintainer").submitReview(2, { state: "REQUEST_CHANGES", body: "Nearly.", comments });
          await settled();
        },
      ],
      holds: (end) => {
        const { lines } = pullIn(end);
        expect(lines.map(({ answers, resolved }) => [answers, resolved])).toEqual([
          [false, true],
          [true, true],
          [false, true],
          [true, true],
        ]);
        expect(lines[1]?.body).toContain("The suggestion is applied word for word. Ten times six.");
        expect(saidOn(end, 2).at(-1)).toContain(
          "Review threads: 2 changed (2 resolved). A new review is asked for from maintainer.",
        );
        expect(subjectsOf(end, branch)).toHaveLength(4);
      },
    }),
  },
  {
    name: "a review of a pull request that is closed is told where to go, once",
    files: shop,
    sample: { when: "after", write: "POST issues/2/comments", nth: 1 },
    open: () => ({
      model,
      setUp: async (stage) => {
        await label(stage);
        await stage.as("maintainer").closePull(2);
      },
      steps: [
        async ({ as, settled }) => {
          await as("maintainer").submitReview(2, { state: "COMMENT", body: "Make it a sum after all." });
          await as("maintainer").commentOnLine(2, { path: minutes, line: 1, body: "Here." });
          await settled();
        },
      ],
      holds: (end) => {
        expect(saidOn(end, 2)).toEqual([
          "backend-architect[bot]: **Not started.** This pull request is closed, so nothing is changed here any more. Open it again and ask once more, or comment `/architect design …` on issue #1 for a new one.",
        ]);
        expect(subjectsOf(end, branch)).toHaveLength(2);
      },
    }),
  },
];
