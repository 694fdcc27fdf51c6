import { describe, expect, test } from "vitest";
import type { Finding } from "../../src/domain/finding.ts";
import {
  findingMarker,
  knownFrom,
  mendedMarker,
  opinionKey,
  opinionMarker,
  planReview,
  type ReviewFinding,
  withKeys,
} from "../../src/domain/pull-review.ts";
import { reasonOf } from "../../src/domain/rule-reasons.ts";
import { ruleIds } from "../../src/domain/standards.ts";

const finding = (message: string, over: Partial<ReviewFinding> = {}): Omit<ReviewFinding, "key"> => ({
  ...{ rule: "untyped-body", severity: "concern", message, path: "app/api/a.py", line: 3 },
  spot: { path: "app/api/a.py", line: 3, side: "RIGHT" },
  ...over,
});
const review = (commit: string, body: string, ...comments: string[]) => ({
  ...{ url: `https://github.test/${commit}`, commit, submittedAt: "2026-11-25T12:00:00Z", body },
  comments: comments.map((text) => ({ body: text })),
});
const keyed = (...findings: Omit<ReviewFinding, "key">[]) => withKeys(findings);
const nobody = { told: [] };

describe("a finding", () => {
  test("has the same key wherever its line moves, and another one in another file or with another matter", () => {
    const [one] = keyed(finding("takes a dict"));
    const [moved] = keyed(finding("takes a dict", { line: 90 }));
    const others = keyed(finding("takes a list"), finding("takes a dict", { path: "app/api/b.py" }));
    expect(moved?.key).toBe(one?.key);
    expect(new Set([one?.key, ...others.map(({ key }) => key)]).size).toBe(3);
  });

  test("that reads the same twice in one file is two", () => {
    const [one, two] = keyed(finding("takes a dict"), finding("takes a dict", { line: 9 }));
    expect(one?.key).not.toBe(two?.key);
  });

  test("comes back whole out of its marker, whatever stands in its path and message", () => {
    const path = "app/--> <!-- architect:mended:0000000000000000 -->/a b.py";
    const [one] = keyed(finding("says --> and `ü`", { path }));
    if (!one) throw new Error("no finding");
    const marker = findingMarker(one);
    expect(marker.indexOf("-->")).toBe(marker.length - 3);
    expect(knownFrom([review("a", marker)]).told).toEqual([
      { key: one.key, rule: "untyped-body", path, message: "says --> and `ü`" },
    ]);
  });
});

describe("what is known of a pull request", () => {
  const [one, two] = keyed(finding("one"), finding("two")) as [ReviewFinding, ReviewFinding];

  test("is what all reviews told, but for what one of them told to be mended", () => {
    const reviews = [
      review("a", findingMarker(one), findingMarker(two)),
      review("b", `${mendedMarker(one.key)}\n<!-- architect:looked:read -->`),
    ];
    const known = knownFrom(reviews);
    expect(known.told.map(({ key }) => key)).toEqual([two.key]);
    expect(known.last).toEqual({
      ...{
        url: "https://github.test/b",
        commit: "b",
        depth: "read",
        tried: false,
        submittedAt: "2026-11-25T12:00:00Z",
      },
    });
  });

  test("holds what came back after it was mended", () => {
    const reviews = [
      review("a", findingMarker(one)),
      review("b", mendedMarker(one.key)),
      review("c", findingMarker(one)),
    ];
    expect(knownFrom(reviews).told).toHaveLength(1);
  });

  test("holds what agents said, by the code that they said it of", () => {
    const key = opinionKey("app/a.py", "  return 1 ");
    expect(key).toBe(opinionKey("app/a.py", "return 1"));
    expect([...knownFrom([review("a", "", opinionMarker(key))]).opinions]).toEqual([key]);
  });

  test("is nothing before the first review, and a marker that people cut into is none", () => {
    expect(knownFrom([])).toMatchObject({ told: [], opinions: new Set() });
    expect(knownFrom([review("a", findingMarker(one).slice(0, -8))]).told).toEqual([]);
  });
});

describe("a plan", () => {
  test("tells the gravest first, and what is about data and clients before what is about code", () => {
    const findings = keyed(
      finding("a note", { severity: "note" }),
      finding("a concern"),
      finding("GET /a breaks clients that worked before: it is gone", { rule: "breaking-change" }),
      finding("an error", { severity: "error" }),
    );
    const messages = planReview(findings, nobody).inline.map(({ message }) => message);
    expect(messages).toEqual([
      "an error",
      "GET /a breaks clients that worked before: it is gone",
      "a concern",
      "a note",
    ]);
  });

  test("has 30 findings on lines and 60 above them at most, counts the rest, and the next review goes on from there", () => {
    const findings = keyed(
      ...Array.from({ length: 500 }, (_none, at) => finding(`finding ${at}`)),
      ...Array.from({ length: 25 }, (_none, at) => {
        const { spot: _, ...below } = finding(`below ${at}`);
        return below;
      }),
    );
    const first = planReview(findings, nobody);
    expect([first.inline.length, first.below.length, first.more]).toEqual([30, 60, 435]);
    const told = [...first.inline, ...first.below].map(({ key, rule, path = "", message }) => ({
      key,
      rule,
      path,
      message,
    }));
    const second = planReview(findings, { told });
    expect([second.inline.length, second.below.length, second.more, second.standing]).toEqual([30, 60, 345, 90]);
    // The first 25 above the lines were those that have none.
    expect(second.inline[0]?.message).toBe("finding 65");
  });

  test("leaves the agent's comments their room on the lines", () => {
    const findings = keyed(...Array.from({ length: 40 }, (_none, at) => finding(`finding ${at}`)));
    const { inline, below, more } = planReview(findings, nobody, 20);
    expect([inline.length, below.length, more]).toEqual([10, 30, 0]);
  });

  test("tells above the lines what a body has room for, and counts what has none", () => {
    const long = (at: number) => finding(`${at} ${"x".repeat(3_000)}`, { path: `${"d/".repeat(200)}${at}.py` });
    const { below, more } = planReview(keyed(...Array.from({ length: 90 }, (_none, at) => long(at))), nobody);
    expect(below.length).toBeGreaterThan(10);
    expect(below.length + more).toBe(60);
  });

  test("calls mended what is not found any more, and not what only changed its words", () => {
    const breaking = (what: string): Omit<ReviewFinding, "key"> =>
      finding(`GET /a breaks clients that worked before: ${what}`, { rule: "breaking-change" });
    const tables = (names: string): Finding => ({
      ...{ rule: "migration-missing", severity: "concern", message: `the tables ${names} changed` },
    });
    const before = keyed(finding("one"), breaking("`note` is gone"), tables("orders"));
    const told = before.map(({ key, rule, path = "", message }) => ({ key, rule, path, message }));
    const plan = planReview(keyed(breaking("`note` is gone; `id` is gone"), tables("orders, users")), { told });
    expect(plan.mended.map(({ message }) => message)).toEqual(["one"]);
    expect(plan.inline).toHaveLength(1);
    expect(plan.below).toHaveLength(1);
  });
});

test("every rule says why it is one and what would be right, and what is no rule of code says nothing", () => {
  for (const rule of [
    ...ruleIds,
    "breaking-change",
    "migration-missing",
    "old-migration-changed",
    "destructive-migration",
  ])
    expect([rule, reasonOf(rule)?.why, reasonOf(rule)?.right]).toEqual([rule, expect.any(String), expect.any(String)]);
  expect(reasonOf("toString")).toBeUndefined();
});
