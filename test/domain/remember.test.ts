import { describe, expect, it } from "vitest";
import { type Decision, parseDecisions } from "../../src/domain/memory.ts";
import { considerEntry, type Remembered, withRemembered } from "../../src/domain/remember.ts";
import { reportWith, soundReport } from "../support/report.ts";

const known = parseDecisions(
  JSON.stringify([
    {
      id: "DEC-20260301-0001",
      title: "Page through invoices with a cursor of 50",
      category: "api-design",
      rationale: "x",
    },
    { id: "DEC-20260301-0002", title: "Old rule of 10", category: "security", superseded_by: "DEC-20260301-0003" },
  ]),
).decisions;

const consider = (entry: string | Remembered, decisions: readonly Decision[] = [], earlier = soundReport.decisions) =>
  considerEntry(typeof entry === "string" ? { text: entry } : entry, decisions, earlier);

describe("considerEntry", () => {
  it.each([
    ["Pages hold 100 entries at most.", "api-design"],
    ["PostgreSQL 16 is what runs in production.", "database-schema"],
    ["Tokens live for 15 minutes.", "security"],
    ["GraphQL was rejected for 2 clients.", "api-design"],
    ["The cache has TTL = 60.", "performance"],
    ["We chose a monolith over services.", "architecture"],
    ["A naming standard: `snake_case`.", "architecture"],
    ["The bug shows when the clock goes back.", "workflow"],
    ["Something of 3 parts.", "architecture"],
  ])("finds the category of %j: %s", (text, category) => {
    expect(consider(text)).toMatchObject({ ok: true, decision: { category, rationale: text } });
  });

  it("takes the category that is named over the words", () => {
    const entry: Remembered = { text: "Tokens live for 15 minutes.", category: "performance" };
    expect(consider(entry)).toMatchObject({ decision: { category: "performance" } });
  });

  it.each(["A clean and scalable design.", "Everything is robust, modern and fast."])(
    "refuses %j: nothing to check",
    (text) => {
      expect(consider(text)).toMatchObject({ ok: false, reason: expect.stringContaining("nothing to check") });
    },
  );

  it("takes adjectives where a rejected option stands beside them", () => {
    expect(consider("A relational schema instead of documents.")).toMatchObject({ ok: true, decision: {} });
  });

  it("demands the lesson of a failure, and titles it so that it is avoided", () => {
    expect(consider({ text: "Locks of 5 s failed.", outcome: "failed" })).toMatchObject({ ok: false });
    const lesson: Remembered = { text: "Locks of 5 s failed. Use SKIP LOCKED instead.", outcome: "failed" };
    expect(consider(lesson)).toMatchObject({
      decision: { title: "Avoid: Locks of 5 s failed", impact: "high" },
    });
  });

  it("adds nothing that the memory or this run says already", () => {
    expect(consider("Page through invoices with a cursor of 50.", known)).toEqual({
      ok: true,
      said: expect.stringContaining("DEC-20260301-0001 says so already"),
    });
    const first = consider("Pages hold 100 entries at most.");
    const earlier = first.ok && first.decision ? [first.decision] : [];
    expect(consider("Pages hold 100 entries at most!", [], earlier)).toEqual({
      ok: true,
      said: "This run has remembered that already.",
    });
  });

  it("says which decision in force it contradicts", () => {
    expect(consider("Page through invoices with a cursor of 200.", known)).toMatchObject({
      decision: { title: "Page through invoices with a cursor of 200" },
      said: expect.stringContaining("contradicts DEC-20260301-0001"),
    });
  });

  it("keeps 2,000 characters, and a title of 100", () => {
    const long = consider(`7 ${"words ".repeat(600)}`);
    expect(long).toMatchObject({ said: expect.stringContaining("cut to 2000 characters") });
    expect(long.ok && long.decision?.rationale.length).toBeLessThanOrEqual(2_000);
    expect(long.ok && long.decision?.title.length).toBeLessThanOrEqual(100);
  });
});

describe("withRemembered", () => {
  const [own] = soundReport.decisions;
  const other = {
    title: "Pages hold 100 entries",
    rationale: "x",
    category: "api-design" as const,
    impact: "low" as const,
    alternatives: [],
  };

  it("adds what the report does not say itself", () => {
    const report = withRemembered(soundReport, [{ ...other, ...own }, other]);
    expect(report.decisions.map(({ title }) => title)).toEqual([own?.title, other.title]);
    expect(withRemembered(reportWith({ decisions: [] }), []).decisions).toEqual([]);
  });
});
