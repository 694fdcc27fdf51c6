import { describe, expect, test } from "vitest";
import type { ReviewThread, ThreadItem } from "../../src/domain/review-thread.ts";
import {
  applySuggestions,
  planSuggestions,
  putSuggestion,
  type Suggestion,
  standsIn,
  suggestionsIn,
} from "../../src/domain/suggestion.ts";

const maintainer = { login: "maintainer", id: 1, type: "User" as const };
const path = "app/users.py";
const text = "a = 1\nb = 2\nc = 3\nd = 4\n";
const boundary = { allowed: ["app"], forbidden: ["app/secret"] };
const block = (...lines: readonly string[]) =>
  `Rather:\n\n\`\`\`suggestion\n${lines.map((line) => `${line}\n`).join("")}\`\`\``;

let ids = 0;
const itemAt = (place: Partial<ReviewThread>, ...bodies: readonly string[]): ThreadItem => {
  ids += 10;
  const thread = { id: ids, path, line: 2, lines: 1, side: "RIGHT" as const, hunk: "@@ -0,0 +1,4 @@\n+a = 1\n+b = 2" };
  return {
    thread: { ...thread, ...place },
    said: bodies.map((body, index) => ({ id: ids + index, review: 1, body, author: maintainer })),
    earlier: [],
  };
};
const plan = (...items: readonly ThreadItem[]) =>
  planSuggestions(items, { boundary, text: (one) => (one.endsWith("users.py") ? text : undefined) }).map(
    ({ planned }) => planned,
  );
const reasonOf = (...items: readonly ThreadItem[]) =>
  plan(...items)
    .map((one) => (one.applies ? "" : one.reason))
    .at(-1);

describe("a suggested change of a text that is written anew", () => {
  const put = (anew: readonly string[], replaces: readonly string[], by: readonly string[], from = 2) =>
    putSuggestion(anew.join("\n"), {
      path,
      from,
      to: from + replaces.length - 1,
      replaces,
      by,
      author: maintainer,
    }).split("\n");

  test("replaces the same lines where they stand by now, of several the nearest ones", () => {
    expect(put(["new", "new", "b", "c"], ["b"], ["B"])).toEqual(["new", "new", "B", "c"]);
    expect(put(["b", "x", "b", "x", "b"], ["b"], ["B"], 3)).toEqual(["b", "x", "B", "x", "b"]);
    expect(put(["a", "b", "c"], ["b"], [])).toEqual(["a", "c"]);
  });

  test("is left out where these lines are others by now", () => {
    expect(put(["a", "c"], ["b"], ["B"])).toEqual(["a", "c"]);
  });

  test("that adds to the lines which it keeps is not made twice", () => {
    expect(put(["a", "b", "more", "c"], ["b"], ["b", "more"])).toEqual(["a", "b", "more", "c"]);
    expect(put(["a", "b", "c"], ["b"], ["b", "more"])).toEqual(["a", "b", "more", "c"]);
  });
});

describe("a suggested change", () => {
  test("is the lines of its block, also of none and of several backticks", () => {
    expect(suggestionsIn(block("x = 1", "", "y = 2"))).toEqual([["x = 1", "", "y = 2"]]);
    expect(suggestionsIn("```suggestion\n```")).toEqual([[]]);
    expect(suggestionsIn("````suggestion\n```\nx\n```\n````")).toEqual([["```", "x", "```"]]);
    expect(suggestionsIn(`${block("x")}\nor\n${block("y")}`)).toEqual([["x"], ["y"]]);
  });

  test("is none in a quote, in other code, or under another name", () => {
    expect(suggestionsIn("> ```suggestion\n> x\n> ```")).toEqual([]);
    expect(suggestionsIn("````\n```suggestion\nx\n```\n````")).toEqual([]);
    expect(suggestionsIn("```suggestions\nx\n```")).toEqual([]);
  });

  test("replaces the lines that its thread stands on, and no others", () => {
    const one = plan(itemAt({}, block("b = 20", "b += 1")))[0];
    expect(one).toMatchObject({ applies: true, suggestion: { from: 2, to: 2, replaces: ["b = 2"] } });
    const three = plan(itemAt({ line: 4, lines: 3, hunk: "@@ @@\n+b = 2\n+c = 3\n+d = 4" }, block()))[0];
    expect(three).toMatchObject({ applies: true, suggestion: { from: 2, to: 4, by: [] } });
    const made = [one, three].map((planned) => (planned?.applies ? applySuggestions(text, [planned.suggestion]) : ""));
    expect(made).toEqual(["a = 1\nb = 20\nb += 1\nc = 3\nd = 4\n", "a = 1\n"]);
  });

  test("is applied with others of its file, whatever their order", () => {
    const at = (line: number, row: string, hunk: string) => itemAt({ line, hunk: `@@ @@\n+${hunk}` }, block(row, row));
    const planned = plan(at(1, "A", "a = 1"), at(4, "D", "d = 4"), at(2, "B", "b = 2"));
    const suggestions = planned.flatMap((one) => (one.applies ? [one.suggestion] : []));
    expect(applySuggestions(text, suggestions)).toBe("A\nA\nB\nB\nc = 3\nD\nD\n");
  });

  test("keeps the line ends of its file", () => {
    const items = [itemAt({ hunk: "@@ @@\n+b = 2\r" }, block("b = 20"))];
    const [planned] = planSuggestions(items, { boundary, text: () => "a = 1\r\nb = 2\r\n" });
    const made = planned?.planned.applies ? applySuggestions("a = 1\r\nb = 2\r\n", [planned.planned.suggestion]) : "";
    expect(made).toBe("a = 1\r\nb = 20\r\n");
  });

  test.each([
    ["outside the boundary", { path: "docs/users.py" }, /`docs\/users.py` lies outside what this App may change/],
    ["in a forbidden folder", { path: "app/secret/users.py" }, /lies outside/],
    ["on lines of before", { side: "LEFT" as const }, /as they were before this pull request/],
    ["on lines that are gone", { line: undefined as never }, /have changed since/],
    ["past the end of the file", { line: 90 }, /have changed since/],
    ["on lines that read otherwise now", { hunk: "@@ @@\n+b = 7" }, /have changed since/],
    ["in a file that is gone", { path: "app/gone.py" }, /have changed since/],
  ])("%s is not applied, and says why", (_, place, reason) => {
    expect(reasonOf(itemAt(place, block("b = 20")))).toMatch(reason);
  });

  test("is not applied where several are meant, another one changes the same lines, or it changes nothing", () => {
    expect(reasonOf(itemAt({}, block("x"), block("y")))).toMatch(/there are several in this thread/);
    expect(reasonOf(itemAt({}, block("x")), itemAt({}, block("y")))).toMatch(/another suggestion of this review/);
    expect(reasonOf(itemAt({}, block("b = 2")))).toMatch(/the lines read so already/);
  });

  test("stands in a file where its lines do, and one that only takes away where they are gone", () => {
    const of = (by: readonly string[]): Suggestion => ({
      ...{ path, from: 2, to: 2, replaces: ["b = 2"], by, author: maintainer },
    });
    expect(standsIn(of(["b = 20"]), "a = 1\nb = 20\n")).toBe(true);
    expect(standsIn(of(["b = 20"]), "a = 1\nb = 200\n")).toBe(false);
    expect(standsIn(of([]), "a = 1\n")).toBe(true);
    expect(standsIn(of([]), text)).toBe(false);
  });
});
