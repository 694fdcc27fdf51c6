/** Dialogues on an issue: a request, and what people do about its run. */
import { expect } from "vitest";
import { type Dialogue, type Play, type Stage, silence } from "../dialogue.ts";
import { branch, command, label, makeSum, model, pullIn, saidOn, shop, subjectsOf } from "./shop.ts";

const inOrder = (steps: Play["steps"]) => async (stage: Stage) => {
  for (const step of steps) await step(stage);
};

/** Thinks about its third turn until a person has had enough. */
const stoppedAtTurnThree = (): Pick<Play, "model" | "steps"> & { isOver(): boolean } => {
  let stopped = false;
  return {
    isOver: () => stopped,
    model: (talk) => (talk.turn === 3 && talk.kind === "design" && !stopped ? silence() : model(talk)),
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

/** Somebody has a word to say while the first turn is thought. */
const remarkedOn = (): Play => {
  const said = Promise.withResolvers<void>();
  return {
    model: async (talk) => {
      if (talk.turn === 1) await said.promise;
      return model(talk);
    },
    steps: [
      async ({ as, asked, heard }) => {
        const { number } = await as("maintainer").createIssue({ title: "Add minutes to the clock" });
        await as("maintainer").label(number, "architect");
        await asked("design 1");
        // An App that ends with its first word does so now, and not while the comment is on its way.
        await heard(1);
      },
      async ({ as, emulator, settled }) => {
        await as("maintainer").comment(1, "There are 60 of them.");
        await emulator.idle();
        said.resolve();
        await settled();
      },
    ],
    holds: (end) => {
      expect(end.threads[0]?.comments[1]).toMatchObject({
        ...{ by: "maintainer", body: "There are 60 of them.", reactions: ["eyes by backend-architect[bot]"] },
      });
      expect(end.threads).toHaveLength(2);
    },
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
        expect(end.threads[0]?.reactions).toContain("eyes by backend-architect[bot]");
        expect(saidOn(end, 1)).toEqual([expect.stringMatching(/^backend-architect\[bot\]: \*\*DONE_WITH_CONCERNS\./)]);
        expect(subjectsOf(end, branch)).toEqual(["Clock", "Record decisions and work: clock"]);
        expect(pullIn(end).checks).toHaveLength(1);
      },
    }),
  },
  {
    name: "what people write while it works is told to its agent once",
    files: shop,
    sample: { when: "before", write: "POST issues/comments/:id/reactions", nth: 1 },
    open: remarkedOn,
  },
  {
    name: "a run that fails at every try is given up, and says so once",
    files: shop,
    // Its own patience is 22 minutes.
    processes: 0,
    sample: { when: "before", write: "PATCH issues/comments/:id", nth: 1 },
    open: () => ({
      model,
      steps: [
        async (stage) => {
          const body = { message: "Resource not accessible by integration" };
          stage.emulator.failNext({ method: "POST", path: /\/git\/blobs$/, status: 403, body, times: 1_000 });
          await label(stage);
        },
      ],
      holds: (end) => {
        expect(saidOn(end, 1)).toEqual([expect.stringContaining("tried again without success")]);
        expect(end.threads).toHaveLength(1);
        expect(end.store.runs).toEqual([expect.stringContaining("failed")]);
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
        expect(end.threads[0]?.comments[1]?.reactions).toContain("eyes by backend-architect[bot]");
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
];
