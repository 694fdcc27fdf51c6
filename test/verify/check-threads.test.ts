import { describe, expect, test } from "vitest";
import type { Changeset } from "../../src/domain/changeset.ts";
import type { ThreadItem } from "../../src/domain/review-thread.ts";
import { endThread, isSettled } from "../../src/verify/check-threads.ts";
import { reportWith } from "../support/report.ts";

const path = "app/users.py";
const before = Array.from({ length: 100 }, (_, index) => `line ${index + 1}\n`).join("");
const author = { login: "maintainer", id: 1, type: "User" as const };

const itemAt = (place: Partial<ThreadItem["thread"]> = {}): ThreadItem => ({
  thread: { id: 21, path, line: 50, lines: 1, side: "RIGHT", hunk: "@@\n+line 50", ...place },
  said: [{ id: 21, review: 8, body: "Make it 3.", author }],
  earlier: [],
});
const changesOf = (text: string, at = path): Changeset => [
  { path: at, kind: "modified", mode: "100644", content: Buffer.from(text).toString("base64") },
];
const at = (number: number): string => before.replace(`line ${number}\n`, "changed\n");
const ended = (
  item: ThreadItem,
  changeset: Changeset,
  outcome: "changed" | "declined" | "question" = "changed",
  planned?: Parameters<typeof endThread>[1]["planned"],
) => {
  const report = reportWith({ threads: [{ comment_id: 21, outcome, answer: "So it is." }] });
  const end = endThread(item, { report, changeset, before, planned });
  return { outcome: end.outcome, touch: end.touch, lowered: end.lowered, settled: isSettled(end) };
};

describe("a thread that is said to be changed", () => {
  test.each([
    ["at its line", at(50)],
    ["twenty lines above", at(30)],
    ["twenty lines below", at(70)],
    ["where its line is gone", before.replace("line 50\n", "")],
    ["where lines came in beside it", before.replace("line 50\n", "line 50\nmore\n")],
  ])("is settled by a change %s", (_, text) => {
    expect(ended(itemAt(), changesOf(text))).toEqual({
      ...{ outcome: "changed", touch: "here", lowered: false, settled: true },
    });
  });

  test("stays open where its file is changed far from it", () => {
    for (const number of [29, 71])
      expect(ended(itemAt(), changesOf(at(number)))).toMatchObject({
        outcome: "changed",
        touch: "file",
        settled: false,
      });
  });

  test("reaches over all lines that it stands on", () => {
    expect(ended(itemAt({ lines: 30 }), changesOf(at(5)))).toMatchObject({ touch: "here" });
    expect(ended(itemAt({ lines: 1 }), changesOf(at(5)))).toMatchObject({ touch: "file" });
  });

  test("is settled by any change of its file, where it stands on no line of it", () => {
    for (const place of [{ line: undefined as never }, { side: "LEFT" as const }])
      expect(ended(itemAt(place), changesOf(at(1)))).toMatchObject({ touch: "here", settled: true });
    expect(ended(itemAt(), [{ path, kind: "deleted" }])).toMatchObject({ touch: "here", settled: true });
  });

  test("is not, where only another file was changed or none", () => {
    for (const changeset of [changesOf("x\n", "app/other.py"), []])
      expect(ended(itemAt(), changeset)).toEqual({
        ...{ outcome: "declined", touch: "none", lowered: true, settled: false },
      });
  });
});

describe("a thread that is declined or asked about", () => {
  test("stays so, and open, whatever the commit changes beside it", () => {
    for (const outcome of ["declined", "question"] as const)
      expect(ended(itemAt(), changesOf(at(50)), outcome)).toMatchObject({ outcome, lowered: false, settled: false });
  });
});

describe("a thread with a suggested change", () => {
  const suggestion = { path, from: 50, to: 50, replaces: ["line 50"], by: ["line fifty"], author };
  const planned = { applies: true, suggestion } as const;

  test("is changed where the suggestion stands in the file, whatever the report calls it", () => {
    const text = before.replace("line 50\n", "line fifty\n");
    expect(ended(itemAt(), changesOf(text), "declined", planned)).toMatchObject({ outcome: "changed", settled: true });
  });

  test("stays open where it does not stand there any more, or was never applied", () => {
    expect(ended(itemAt(), changesOf(at(50)), "changed", planned)).toMatchObject({
      outcome: "changed",
      settled: false,
    });
    const refused = { applies: false, reason: "it is gone", by: ["line fifty"] } as const;
    expect(ended(itemAt(), changesOf(at(50)), "changed", refused)).toMatchObject({
      outcome: "changed",
      settled: false,
    });
  });
});
