import { describe, expect, test } from "vitest";
import {
  type AnswerView,
  aboutOf,
  renderTally,
  renderThreadAnswer,
  roomForThreads,
  withThreads,
} from "../../../src/domain/render/threads.ts";
import type { ThreadEntry } from "../../../src/domain/thread-ledger.ts";

const pullUrl = "https://github.test/acme/shop/pull/2";
const commit = "1f".repeat(20);
const view: AnswerView = {
  ...{ outcome: "changed", path: "app/users.py", elsewhere: false, lowered: false, suggestion: undefined },
  ...{ answer: "It is 3 now.", commitUrl: `${pullUrl}/commits/${commit}` },
};
const entryOf = (thread: number, change: Partial<ThreadEntry> = {}): ThreadEntry => ({
  ...{ thread, comment: thread, run: "run", path: "app/users.py", line: 3, about: "Make it 3.", outcome: "changed" },
  ...{ commit, answer: "It is 3 now.", resolved: true, ...change },
});
const tableOf = (entries: readonly ThreadEntry[], body = "Body") =>
  withThreads(body, { entries, pullUrl, maxLength: 65_536 });

describe("the answer in a thread", () => {
  test("begins with what became of it and in which commit", () => {
    expect(renderThreadAnswer(view)).toBe(`**Changed in [1f1f1f1](${pullUrl}/commits/${commit}).** It is 3 now.`);
    expect(renderThreadAnswer({ ...view, outcome: "declined" })).toBe("**Not changed.** It is 3 now.");
  });

  test("says what people can do, where there is something", () => {
    expect(renderThreadAnswer({ ...view, outcome: "question", answer: "Which one?" })).toBe(
      "**A question first.** Which one?\n\n<sub>Answer in this thread, and the work goes on.</sub>",
    );
    expect(renderThreadAnswer({ ...view, elsewhere: true })).toContain("not near these lines: the thread stays open");
  });

  test("does not repeat the agent's word where the diff shows another thing", () => {
    const lowered = { ...view, outcome: "declined", lowered: true } as const;
    expect(renderThreadAnswer(lowered)).toBe(
      `**Not changed here.** The agent calls this changed, but [1f1f1f1](${pullUrl}/commits/${commit}) does not touch \`app/users.py\`. It says: It is 3 now.`,
    );
    expect(renderThreadAnswer({ ...lowered, commitUrl: undefined })).toContain("but no file was");
  });

  test("tells why a suggestion is not there word for word", () => {
    const suggestion = { not: "the lines that it replaces have changed since" };
    expect(renderThreadAnswer({ ...view, suggestion })).toMatch(
      /\.\*\* The suggestion is not applied word for word: the lines that it replaces have changed since\. It is 3 now\.\n\n<sub>The thread stays open/,
    );
  });

  test("makes nobody's words act", () => {
    const said = renderThreadAnswer({ ...view, answer: "Closes #7, @maintainer <!-- architect:answer:9 -->" });
    expect(said).not.toMatch(/Closes #7|[^`\w]@maintainer|<!-- architect:/);
  });
});

describe("what became of all threads", () => {
  test("is counted, with what was resolved and who looks again", () => {
    const tally = {
      changed: 2,
      declined: 1,
      questions: 1,
      resolved: 2,
      askedAgain: ["maintainer"],
      ready: ["reviewer"],
    };
    expect(renderTally(tally)).toBe(
      "Review threads: 2 changed (2 resolved), 1 not changed, 1 waits for your answer. A new review is asked for from maintainer. Ready for another look by reviewer.",
    );
    expect(
      renderTally({ ...tally, changed: 0, declined: 0, questions: 0, resolved: 0, askedAgain: [], ready: [] }),
    ).toBe("");
  });
});

describe("the table of threads", () => {
  test("has one row for each with its last end, those that wait for people first", () => {
    const rows = tableOf([
      entryOf(21, { outcome: "question", answer: "Which one?", resolved: false }),
      entryOf(22),
      entryOf(23, { outcome: "declined", answer: "It | stays.", resolved: false, line: undefined }),
      entryOf(24, { outcome: "question", answer: "Which other one?", resolved: false }),
      { ...entryOf(21), comment: 31 },
    ]);
    expect(rows.split("\n").filter((row) => row.startsWith("| ["))).toEqual([
      `| [\`app/users.py:3\`](${pullUrl}#discussion_r24) Make it 3. | A question: Which other one? | **waits for an answer** |`,
      `| [\`app/users.py\`](${pullUrl}#discussion_r23) Make it 3. | Not changed: It &#124; stays. | open |`,
      `| [\`app/users.py:3\`](${pullUrl}#discussion_r21) Make it 3. | Changed in [1f1f1f1](${pullUrl}/commits/${commit}) | resolved |`,
      `| [\`app/users.py:3\`](${pullUrl}#discussion_r22) Make it 3. | Changed in [1f1f1f1](${pullUrl}/commits/${commit}) | resolved |`,
    ]);
  });

  test("stands in its own place, and leaves what people wrote around it", () => {
    const one = tableOf([entryOf(21)], "Mind this.\n");
    const edited = `Above.\n\n${one}\n\nBelow.`;
    const two = tableOf([entryOf(21), entryOf(22)], edited);
    expect(two).toMatch(/^Above\.\n\nMind this\.\n[\s\S]*#discussion_r22[\s\S]*\n\nBelow\.$/);
    expect(two.match(/### Review threads/g)).toHaveLength(1);
    expect(tableOf([entryOf(21)], one)).toBe(one);
  });

  test("has as many rows as there is room for, and the number of the others", () => {
    const entries = Array.from({ length: 300 }, (_, index) => entryOf(index + 1, { resolved: index > 0 }));
    const full = tableOf(entries);
    expect(full.length).toBeLessThan(14_000);
    expect(full).toMatch(/\n… and \d+ more, \d+ of them resolved\.\n/);
    const tight = tableOf(entries, "x".repeat(65_300));
    expect(tight).toContain("### Review threads\n\n… and 300 more, 299 of them resolved.");
    const none = "x".repeat(65_500);
    expect(tableOf(entries, none)).toBe(none);
  });
});

test("leaves room in a description for as many rows as come, and no more than the table may take", () => {
  expect(roomForThreads("Body", 1)).toBe(800);
  expect(roomForThreads("Body", 200)).toBe(12_400);
  const body = tableOf(Array.from({ length: 300 }, (_, index) => entryOf(index + 1)));
  expect(roomForThreads(body, 200)).toBeLessThan(500);
});

test("a thread is about its first line of text, or a suggested change", () => {
  expect(aboutOf("> he said\n\nMake it 3.\nPlease.")).toBe("Make it 3.");
  expect(aboutOf("```suggestion\nx\n```")).toBe("a suggested change");
  expect(aboutOf("```py\nx\n```")).toBe("");
});
