import { describe, expect, test } from "vitest";
import { digestOf, type FiledHandoff, markOf, ownerOf, parseFiled, placeHandoffs } from "../../src/domain/handoff.ts";

const form = { to: "frontend-ui-developer", task: "Show a form." };
const list = { to: "frontend-ui-developer", task: "Show a list." };
const filed = (changes: Partial<FiledHandoff> = {}): FiledHandoff => ({
  ...{ number: 5, state: "open", body: "", owner: "frontend-ui-developer", slot: 1, digest: digestOf(form) },
  ...changes,
});
const where = (handoffs: readonly (typeof form)[], known: readonly FiledHandoff[]) =>
  placeHandoffs(handoffs, known).placed.map(({ handoff, slot, filed: one }) => [handoff.task, slot, one?.number]);

test("an owner is one of the five, as agents write it", () => {
  expect(["LLM integrator", "frontend-dev", " data-pipeline-engineer"].map((to) => ownerOf({ to }))).toEqual([
    "llm-integrator",
    "frontend-ui-developer",
    "data-pipeline-engineer",
  ]);
  expect(["test-generator", "maintainer", ""].map((to) => ownerOf({ to }))).toEqual([undefined, undefined, undefined]);
});

test("the mark of an issue is read back, of its own pull request alone", () => {
  const mark = markOf(2, { owner: "llm-integrator", slot: 3, digest: "0123456789ab" });
  const issue = { number: 7, state: "open" as const, body: `words\n${mark}\nwords` };
  expect(parseFiled(issue, 2)).toEqual({ ...issue, owner: "llm-integrator", slot: 3, digest: "0123456789ab" });
  expect(parseFiled(issue, 22)).toBeUndefined();
  expect(parseFiled({ ...issue, body: "<!-- architect:handoff 2/maintainer/1 0123456789ab -->" }, 2)).toBeUndefined();
});

describe("a hand-off", () => {
  test("that is new gets the next place of its owner", () => {
    expect(where([form, list], [])).toEqual([
      ["Show a form.", 1, undefined],
      ["Show a list.", 2, undefined],
    ]);
    expect(where([list], [filed({ state: "closed" })])).toEqual([["Show a list.", 2, undefined]]);
  });

  test("that was filed keeps its issue, closed or not, wherever it stands in the report", () => {
    expect(where([list, form], [filed()])).toEqual([
      ["Show a list.", 2, undefined],
      ["Show a form.", 1, 5],
    ]);
    expect(where([form], [filed({ state: "closed" })])).toEqual([["Show a form.", 1, 5]]);
  });

  test("that reads otherwise now takes over an open issue of its owner", () => {
    expect(where([list], [filed()])).toEqual([["Show a list.", 1, 5]]);
    expect(where([list], [filed({ owner: "llm-integrator" })])).toEqual([["Show a list.", 1, undefined]]);
  });

  test("that is named no more leaves an issue behind, unless people closed it", () => {
    expect(placeHandoffs([], [filed(), filed({ number: 6, slot: 2, state: "closed" })]).gone).toEqual([filed()]);
  });

  test("of somebody else is none, and beyond ten they are counted", () => {
    const many = Array.from({ length: 13 }, (_, n) => ({ ...form, task: `Part ${n}` }));
    const { placed, beyond } = placeHandoffs([{ to: "maintainer", task: "x" }, ...many], []);
    expect([placed.length, beyond]).toEqual([10, 3]);
  });
});
