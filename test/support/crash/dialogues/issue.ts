/** Dialogues on an issue: a request, and commands about it. */
import { expect } from "vitest";
import { type Dialogue, type Play, type Stage, silence } from "../dialogue.ts";
import { branch, label, makeSum, model, pullIn, saidOn, shop, subjectsOf } from "./shop.ts";

const command =
  (text: string, issue = 1, by = "maintainer") =>
  async ({ as, settled }: Stage): Promise<void> => {
    await as(by).comment(issue, `/architect ${text}`);
    await settled();
  };

const inOrder = (steps: Play["steps"]) => async (stage: Stage) => {
  for (const step of steps) await step(stage);
};

/** Thinks about its third turn until a person has had enough. */
const stoppedAtTurnThree = (): Pick<Play, "model" | "steps"> & { isOver(): boolean } => {
  let stopped = false;
  return {
    isOver: () => stopped,
    model: (talk) => (talk.turn === 3 && talk.kind === "design" && !stopped ? silence : model(talk)),
    steps: [
      async ({ as, asked }) => {
        const { number } = await as("maintainer").createIssue({ title: "Add minutes to the clock" });
        await as("maintainer").label(number, "architect");
        await asked("design 3");
      },
      async ({ as, settled }) => {
        await as("maintainer").comment(1, "/architect stop");
        await settled();
        stopped = true;
      },
    ],
  };
};

export const issueDialogues: readonly Dialogue[] = [
  {
    name: "a label becomes a pull request",
    files: shop,
    sample: { when: "after", write: "POST git/commits", nth: 2 },
    open: () => ({
      model,
      steps: [label],
      holds: (end) => {
        expect(end.threads.map(({ kind, title }) => [kind, title])).toEqual([
          ["issue", "Add minutes to the clock"],
          ["pull", "Add minutes to the clock"],
        ]);
        expect(end.threads[0]?.reactions).toEqual(["eyes by backend-architect[bot]"]);
        expect(saidOn(end, 1)).toEqual([expect.stringMatching(/^backend-architect\[bot\]: \*\*DONE_WITH_CONCERNS\./)]);
        expect(subjectsOf(end, branch)).toEqual(["Clock", "Record decisions and work: clock"]);
        expect(pullIn(end).checks).toHaveLength(1);
      },
    }),
  },
  {
    name: "a stop ends the run that is thinking, and its work is kept",
    files: shop,
    sample: { when: "before", write: "POST git/refs", nth: 1 },
    open: () => ({
      ...stoppedAtTurnThree(),
      holds: (end) => {
        expect(saidOn(end, 1)[0]).toMatch(/: \*\*Stopped\.\*\* .*Pull request: #2/);
        expect(end.threads[0]?.comments[1]?.reactions).toEqual(["eyes by backend-architect[bot]"]);
        expect(saidOn(end, 1)).toHaveLength(2);
        expect(subjectsOf(end, branch)).toHaveLength(2);
        expect(pullIn(end).draft).toBe(true);
      },
    }),
  },
  {
    name: "`continue` goes on from a run that was stopped",
    files: shop,
    sample: { when: "after", write: "PATCH pulls/2", nth: 1 },
    open: () => {
      const stopped = stoppedAtTurnThree();
      return {
        model: stopped.model,
        setUp: inOrder(stopped.steps),
        steps: [command("continue")],
        holds: (end) => {
          expect(saidOn(end, 1)[0]).toMatch(/: \*\*DONE_WITH_CONCERNS\.\*\*/);
          expect(saidOn(end, 1)).toHaveLength(3);
          expect(end.threads).toHaveLength(2);
          expect(end.threads[1]?.body).toContain("The clock knows its minutes.");
        },
      };
    },
  },
  {
    name: "`retry` begins anew after a stop",
    files: shop,
    sample: { when: "before", write: "PATCH pulls/2", nth: 1 },
    open: () => {
      const stopped = stoppedAtTurnThree();
      return {
        model: (talk) => (stopped.isOver() ? makeSum(talk) : stopped.model(talk)),
        setUp: inOrder(stopped.steps),
        steps: [command("retry")],
        holds: (end) => {
          expect(saidOn(end, 1)[0]).toMatch(/: \*\*DONE_WITH_CONCERNS\.\*\*/);
          expect(end.threads[1]?.body).toContain("The minutes are a sum.");
          expect(end.threads).toHaveLength(2);
        },
      };
    },
  },
  ...(
    [
      ["status", /Nothing was asked for here yet/],
      ["help", /- `design …` designs/],
      ["desing a clock", /Did you mean/],
    ] as const
  ).map(
    ([text, answer]): Dialogue => ({
      name: `\`/architect ${text}\` gets one answer`,
      files: shop,
      sample: { when: "after", write: "POST issues/1/comments", nth: 1 },
      open: () => ({
        model,
        setUp: async ({ as }) => {
          await as("maintainer").createIssue({ title: "Add minutes to the clock" });
        },
        steps: [command(text)],
        holds: (end) => {
          const said = saidOn(end, 1);
          expect(said).toEqual([`maintainer: /architect ${text}`, expect.stringMatching(answer)]);
          expect(end.threads[0]?.comments[0]?.reactions).toEqual(["eyes by backend-architect[bot]"]);
        },
      }),
    }),
  ),
];
