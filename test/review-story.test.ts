/** A review of twenty comments through everything: one run, one push, an answer in each thread; the same when the App ends after the seventh. */
import { beforeAll, describe, expect, test } from "vitest";
import type { Report } from "../src/domain/report.ts";
import type { Dialogue, Talk } from "./support/crash/dialogue.ts";
import {
  branch,
  commentsIn,
  edit,
  inTurn,
  label,
  pullIn,
  saidOn,
  says,
  shop,
  subjectsOf,
  submit,
  write,
} from "./support/crash/dialogues/shop.ts";
import { createShared } from "./support/crash/life.ts";
import { createPlayer, type Played } from "./support/crash/play.ts";
import type { Step } from "./support/messages-api.ts";

const table = "backend/app/api/table.py";
const names = "backend/app/api/names.py";
const numbers = Array.from({ length: 100 }, (_, index) => `N${index} = ${index}`);

const build = inTurn(
  write(table, `${numbers.join("\n")}\n`),
  write(names, 'FIRST = "a"\nSECOND = "b"\n'),
  says({ name: "Bash", input: { command: `cat ${table}` } }),
  submit(),
);

type Said = {
  readonly path?: string;
  readonly line: number;
  readonly body: string;
  readonly outcome: Report["threads"][number]["outcome"];
  readonly answer: string;
};

const suggest = (line: string): string => `Rather:\n\n\`\`\`suggestion\n${line}\n\`\`\``;

const changed = Array.from(
  { length: 10 },
  (_, index): Said => ({
    ...{ line: index + 1, body: `Make N${index} a sum.`, outcome: "changed", answer: `N${index} is a sum now.` },
  }),
);
const said: readonly Said[] = [
  ...changed,
  { line: 31, body: suggest("N30 = 3 * 10"), outcome: "changed", answer: "Taken over." },
  { line: 32, body: suggest("N31 = 31"), outcome: "declined", answer: "Nothing changes by it." },
  { line: 90, body: "Say it with a loop.", outcome: "changed", answer: "The first ten are computed now." },
  { line: 41, body: "Drop N40.", outcome: "declined", answer: "The clock reads it." },
  { line: 42, body: "Drop N41.", outcome: "declined", answer: "The clock reads it, too." },
  { line: 43, body: "Drop N42.", outcome: "declined", answer: "And this one." },
  { line: 51, body: "Is N50 right?", outcome: "question", answer: "Which value do you expect?" },
  { path: names, line: 1, body: "Name it better.", outcome: "question", answer: "Is `alpha` better?" },
  { path: names, line: 2, body: "This one, too.", outcome: "declined", answer: "It waits for the first one." },
  { line: 60, body: "Why not a list?", outcome: "declined", answer: "Each has a name that is imported." },
];

/** The one whose suggestion fits; everything up to it is resolved. */
const suggested = 10;

const comments = said.map(({ path = table, line, body }) => ({ path, line, body }));

const threadsOf = (talk: Talk): Report["threads"] =>
  commentsIn(talk).map((comment_id, index) => {
    const { outcome = "declined", answer = "" } = said[index] ?? {};
    return { comment_id, outcome, answer };
  });

const sums = {
  from: numbers.slice(0, 10).join("\n"),
  to: numbers
    .slice(0, 10)
    .map((row) => `${row} + 0`)
    .join("\n"),
};

const follow = (talk: Talk): Step =>
  inTurn(
    says({ name: "Read", input: { file_path: `/repo/${table}` } }),
    edit(table, sums.from, sums.to),
    says({ name: "Bash", input: { command: `python3 ${table} || cat ${table}` } }),
    submit({ summary: "The first ten are sums.", decisions: [], threads: threadsOf(talk) }),
  )(talk);

const dialogue: Dialogue = {
  name: "a review of twenty comments",
  files: shop,
  sample: { when: "after", write: "POST pulls/2/comments/:id/replies", nth: 7 },
  open: () => ({
    model: (talk) => (talk.kind === "follow-up" ? follow(talk) : build(talk)),
    setUp: label,
    steps: [
      async ({ as, settled }) => {
        await as("maintainer").submitReview(2, {
          state: "REQUEST_CHANGES",
          body: "Please go through these.",
          comments,
        });
        await settled();
      },
    ],
    holds: () => undefined,
  }),
};

const player = createPlayer(createShared());
const { sample } = dialogue;

describe("a review of twenty comments", () => {
  let played: Played;
  let broken: Played;
  beforeAll(async () => {
    played = await player(dialogue);
    broken = await player(dialogue, { point: sample });
  });

  test("is one run and one push of work and memory", () => {
    expect(subjectsOf(played.end, branch)).toEqual([
      "Clock",
      "Record decisions and work: clock",
      "Clock: answer the review",
      "Record decisions and work: clock",
    ]);
    expect(played.writes.filter((write) => write.startsWith("PATCH git/refs/"))).toHaveLength(1);
    expect(played.turns).toEqual({ all: 8, twice: [] });
    expect(played.wrong).toEqual([]);
  });

  test("is answered once in each thread, as its end is", () => {
    const { lines } = pullIn(played.end);
    const answers = lines.filter(({ answers }) => answers).map(({ body }) => body.split("\n")[1] ?? "");
    expect(answers).toHaveLength(20);
    const inCommit = /^\*\*Changed in \[<hash \d+>\]\(<url>\/acme\/shop\/pull\/2\/commits\/<hash \d+>\)\.\*\* /;
    expect(answers.map((answer) => inCommit.test(answer))).toEqual(said.map(({ outcome }) => outcome === "changed"));
    expect(answers.map((answer) => answer.replace(inCommit, ""))).toEqual(
      said.map(({ outcome, answer }, index) => {
        if (index === suggested) return `The suggestion is applied word for word. ${answer}`;
        if (index === suggested + 1)
          return `**Not changed.** The suggestion is not applied word for word: the lines read so already. ${answer}`;
        return { changed: "", declined: "**Not changed.** ", question: "**A question first.** " }[outcome] + answer;
      }),
    );
  });

  test("has those threads resolved whose lines the commit changes, and the others left open", () => {
    const started = pullIn(played.end).lines.filter(({ answers }) => !answers);
    expect(started.map(({ resolved }) => resolved)).toEqual(said.map((_, index) => index <= suggested));
    expect(played.end.branches[branch]).toContain("+N30 = 3 * 10");
  });

  test("is shown as a table in the pull request, and counted in its status", () => {
    const body = played.end.threads.find(({ number }) => number === 2)?.body ?? "";
    const [, rows = ""] = body.split("### Review threads");
    const states = [...rows.matchAll(/\| ([^|]+) \|$/gm)].slice(2).map(([, state]) => state);
    expect(states).toEqual([
      ...Array(2).fill("**waits for an answer**"),
      ...Array(7).fill("open"),
      ...Array(11).fill("resolved"),
    ]);
    expect(rows).toMatch(
      /table\.py:41`\]\(\S+#discussion_r<id>\) Drop N40\. \| Not changed: The clock reads it\. \| open \|/,
    );
    expect(saidOn(played.end, 2).at(-1)).toContain(
      "Review threads: 12 changed (11 resolved), 6 not changed, 2 wait for your answer.",
    );
  });

  test("ends the same where the App ends after the seventh answer, with nothing said twice", () => {
    expect(broken.died).toBe(true);
    expect(broken.end).toEqual(played.end);
    expect(broken.turns).toEqual({ all: 8, twice: [] });
    expect(broken.wrong).toEqual([]);
  });
});

describe("comments that stand alone", () => {
  const lines = [1, 2, 3].map((line) => ({ path: table, line, body: `Make line ${line} a sum.` }));
  const told: number[] = [];

  test("are one run with one push, once nobody has written for a while", async () => {
    const { end } = await player({
      ...dialogue,
      env: { ARCHITECT_QUIET_SECONDS: "1" },
      open: () => ({
        ...dialogue.open(),
        model: (talk) => {
          if (talk.kind !== "follow-up") return build(talk);
          if (talk.turn === 1) told.push(commentsIn(talk).length);
          return follow(talk);
        },
        steps: [
          async ({ as, settled }) => {
            for (const line of lines) await as("maintainer").commentOnLine(2, line);
            await settled();
          },
        ],
      }),
    });
    expect(told).toEqual([3]);
    expect(pullIn(end).lines.filter(({ answers }) => answers)).toHaveLength(3);
    expect(subjectsOf(end, branch)).toHaveLength(4);
  });

  test("that come while a run is at work wait for its end, and are one run then", async () => {
    const { promise: heard, resolve: hear } = Promise.withResolvers<void>();
    told.length = 0;
    const { end } = await player({
      ...dialogue,
      open: () => ({
        ...dialogue.open(),
        model: async (talk) => {
          if (talk.kind !== "follow-up") return build(talk);
          if (talk.turn === 1) told.push(commentsIn(talk).length);
          if (talk.turn === 1 && told.length === 1) await heard;
          if (told.length === 1) return follow(talk);
          const threads = commentsIn(talk).map((comment_id) => ({
            ...{ comment_id, outcome: "declined" as const, answer: "It is one already." },
          }));
          return inTurn(
            says({ name: "Read", input: { file_path: `/repo/${table}` } }),
            submit({ decisions: [], threads }),
          )(talk);
        },
        steps: [
          async ({ as, asked, settled }) => {
            const [first, ...later] = lines;
            if (first) await as("maintainer").commentOnLine(2, first);
            await asked("follow-up 1");
            for (const line of later) await as("maintainer").commentOnLine(2, line);
            await as("maintainer").submitReview(2, { state: "COMMENT", body: "And these.", comments: later });
            hear();
            await settled();
          },
        ],
      }),
    });
    expect(told).toEqual([1, 4]);
    expect(pullIn(end).lines.filter(({ answers }) => answers)).toHaveLength(5);
    expect(subjectsOf(end, branch)).toHaveLength(4);
  });
});
