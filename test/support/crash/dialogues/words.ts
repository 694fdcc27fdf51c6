/** Dialogues in which words are all that is wanted: nothing is written to a branch. */
import { expect } from "vitest";
import type { Dialogue } from "../dialogue.ts";
import { call, command, file, inTurn, label, look, model, route, saidOn, says, shop, submit } from "./shop.ts";

const answers = [
  ["status", /Nothing was asked for here yet/],
  ["help", /- `design …` designs/],
  ["desing a clock", /Did you mean/],
] as const;

const quick = answers.map(
  ([text, answer]): Dialogue => ({
    name: `\`/architect ${text}\` gets one answer`,
    files: shop,
    sample: { when: "after", write: "POST issues/1/comments", nth: 1 },
    open: () => ({
      model,
      setUp: file,
      steps: [command(text)],
      holds: (end) => {
        const said = saidOn(end, 1);
        expect(said).toEqual([`maintainer: /architect ${text}`, expect.stringMatching(answer)]);
        expect(end.threads[0]?.comments[0]?.reactions).toContain("eyes by backend-architect[bot]");
      },
    }),
  }),
);

const asks = (question: string) =>
  submit({
    status: "NEEDS_CONTEXT",
    ...{ summary: "It is open which clock is meant.", decisions: [], concerns: [] },
    questions: [
      { question, options: ["the wall clock", "the hour glass"] },
      { question: "How many minutes?", options: [] },
    ],
  });

/** Asks first, and does what it was answered. */
const asking = inTurn(look, asks("Which clock?"));

export const wordDialogues: readonly Dialogue[] = [
  ...quick,
  {
    name: "a question is answered with links to the code",
    files: shop,
    sample: { when: "before", write: "POST issues/1/comments", nth: 2 },
    open: () => ({
      model: inTurn(
        look,
        says(
          call("SubmitAnswer", {
            answer: "A day has 24 hours [1].",
            references: [{ file: `/repo/${route}`, line: 5, end_line: null }],
          }),
        ),
      ),
      setUp: file,
      steps: [command("ask how many hours does a day have?")],
      holds: (end) => {
        const said = saidOn(end, 1);
        expect(said.filter((one) => one.includes("A day has 24 hours"))).toHaveLength(1);
        expect(Object.keys(end.branches)).toEqual(["main"]);
      },
    }),
  },
  {
    name: "a configuration with a mistake is told, mended and tried again",
    files: { ...shop, ".github/architect.yml": "colour: red\n" },
    sample: { when: "after", write: "POST issues/1/comments", nth: 1 },
    open: () => ({
      model,
      steps: [
        label,
        async ({ as }) => {
          await as("maintainer").pushFiles("main", { ".github/architect.yml": null }, "Take the colour away");
        },
        command("retry"),
      ],
      holds: (end) => {
        expect(saidOn(end, 1)[0]).toMatch(/: \*\*DONE_WITH_CONCERNS\.\*\*/);
        expect(end.store.runs).toEqual([expect.stringContaining("colour"), expect.stringContaining("published")]);
      },
    }),
  },
  {
    name: "a request that leaves something open gets numbered questions",
    files: shop,
    sample: { when: "before", write: "PATCH issues/comments/:id", nth: 1 },
    open: () => ({
      model: asking,
      steps: [label],
      holds: (end) => {
        expect(saidOn(end, 1)).toEqual([expect.stringContaining("Which clock?")]);
        expect(end.threads).toHaveLength(1);
      },
    }),
  },
  {
    name: "answers to numbered questions let the run go on",
    files: shop,
    sample: { when: "after", write: "POST pulls", nth: 1 },
    open: () => ({
      model: (talk) => (talk.turn <= 2 ? asking(talk) : model({ ...talk, turn: talk.turn - 2 })),
      setUp: label,
      steps: [command("answer 1b 2: sixty")],
      holds: (end) => {
        expect(saidOn(end, 1)[0]).toMatch(/: \*\*DONE_WITH_CONCERNS\.\*\*/);
        expect(end.threads).toHaveLength(2);
        expect(Object.values(end.branches).join()).toContain("the hour glass");
      },
    }),
  },
];
