import { describe, expect, it } from "vitest";
import { parseDecisions } from "../../../src/domain/memory.ts";

const parse = (value: unknown) => parseDecisions(JSON.stringify(value));

describe("parseDecisions", () => {
  it.each([undefined, "", " \r\n", "\uFEFF"])("reads %j as no decisions, and nothing broken", (text) => {
    expect(parseDecisions(text)).toEqual({ decisions: [], rest: {} });
  });

  it("reads a committed list with ids, dates and summaries", () => {
    const { decisions, rest, broken } = parse({
      $schema: "context://decisions/v1",
      _meta: { triggers: ["api"] },
      decisions: [
        {
          id: "cursor-pages",
          date: "2026-01-02",
          summary: "Cursor pagination",
          rationale: "stable",
          status: "planned",
          impact: "high",
        },
      ],
    });
    expect(broken).toBeUndefined();
    expect(rest).toEqual({ $schema: "context://decisions/v1", _meta: { triggers: ["api"] } });
    expect(decisions).toEqual([
      {
        id: "cursor-pages",
        date: "2026-01-02",
        category: "decision",
        title: "Cursor pagination",
        summary: "Cursor pagination",
        rationale: "stable",
        alternatives: [],
        impact: "high",
        status: "planned",
        superseded_by: null,
      },
    ]);
  });

  it("reads an object keyed by agent", () => {
    const { decisions } = parse({
      schema_version: "2.0.0",
      decisions: {
        backend_system_architect: { timestamp: "2026-02-03T04:05:06Z", summary: "Chose REST", status: "completed" },
      },
    });
    expect(decisions).toMatchObject([
      {
        id: "DEC-20260203-0001",
        date: "2026-02-03",
        timestamp: "2026-02-03T04:05:06Z",
        title: "Chose REST",
        agent: "backend-system-architect",
        status: "completed",
      },
    ]);
  });

  it("reads a bare list, and entries of a category, a title and a status", () => {
    expect(parse([{ category: "api", title: "Version in the path", status: "accepted" }]).decisions).toMatchObject([
      { id: "DEC-00000000-0001", category: "api", title: "Version in the path" },
    ]);
  });

  it("reads the older list under its older name", () => {
    const { decisions } = parse({
      architectural_decisions: [{ decision: "USE_POSTGRES", rationale: "known", date: "2025-12-01", status: "final" }],
    });
    expect(decisions).toMatchObject([{ id: "DEC-20251201-0001", title: "USE_POSTGRES", rationale: "known" }]);
  });

  it("reads a decision log's entry and keeps what says more", () => {
    const { decisions } = parse({
      decisions: [
        {
          decision_id: "DEC-20260101-0003",
          timestamp: "2026-01-01T00:00:00Z",
          made_by: { instance_id: "x", agent_role: "database-engineer" },
          category: "database-schema",
          title: "UUID keys",
          description: "Keys are UUIDs made by the database.",
          context: {
            problem: "p",
            alternatives_considered: ["serial", { name: "ulid", reason: "no type" }],
            rationale: "r",
          },
          impact: { scope: "system", files_affected: ["a.py"] },
          status: "accepted",
        },
      ],
    });
    expect(decisions).toMatchObject([
      {
        id: "DEC-20260101-0003",
        agent: "database-engineer",
        title: "UUID keys",
        summary: "Keys are UUIDs made by the database.",
        rationale: "r",
        alternatives: [
          { option: "serial", rejected_because: "" },
          { option: "ulid", rejected_because: "no type" },
        ],
        impact: "high",
        impact_details: { scope: "system", files_affected: ["a.py"] },
        context: { problem: "p" },
      },
    ]);
    expect(decisions[0]).not.toHaveProperty("decision_id");
  });

  it("takes a plain string for a decision, and keeps the whole of a long one", () => {
    const long = `Use Redis ${"very ".repeat(40)}much`;
    expect(parse({ decisions: ["Use REST", long] }).decisions).toMatchObject([
      { title: "Use REST" },
      { title: expect.stringMatching(/^.{1,99}…$/), summary: long },
    ]);
  });

  it("gives the second of two entries of one id its own, and drops an exact copy", () => {
    const one = { id: "DEC-20260101-0001", date: "2026-01-01", title: "A" };
    const { decisions, broken } = parse({ decisions: [one, { ...one, title: "B" }, one] });
    expect(broken).toBeUndefined();
    expect(decisions).toMatchObject([
      { id: "DEC-20260101-0001", title: "A" },
      { id: "DEC-20260101-0002", title: "B", former_id: "DEC-20260101-0001" },
    ]);
  });

  it("reads Windows line ends and a byte order mark", () => {
    const text = `\uFEFF${JSON.stringify({ decisions: [{ title: "A" }] }, null, 2).replaceAll("\n", "\r\n")}`;
    expect(parseDecisions(text)).toMatchObject({ decisions: [{ title: "A" }] });
  });

  it.each([
    ["{", "it is not valid JSON (line 1)"],
    ['{"decisions":[],\n"x": "a\nb"}', "it is not valid JSON (line 2)"],
    ["5", "it holds no JSON object"],
    ['{"decisions":5}', "`decisions` is neither a list nor an object"],
    ['{"decisions":[{"title":"A"},null]}', "entry 2 does not fit (not an object)"],
    ['{"decisions":[{"title":"A","rationale":{}}]}', "entry 1 does not fit (rationale)"],
    ['{"decisions":[{}]}', "entry 1 does not fit (title)"],
  ])("says what is wrong with %s", (text, broken) => {
    expect(parseDecisions(text).broken).toBe(broken);
  });

  it("cannot be made to change every object's prototype", () => {
    parseDecisions('{"decisions":[{"title":"A","__proto__":{"polluted":1}}],"__proto__":{"polluted":1}}');
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });
});
