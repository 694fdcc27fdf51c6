import { describe, expect, it } from "vitest";
import { compareDecisions } from "../../../src/domain/memory/similar.ts";
import { parseDecisions, selectDecisions } from "../../../src/domain/memory.ts";

describe("compareDecisions", () => {
  it.each([
    ["Hash passwords with Argon2id", "hash-passwords with argon2id.", "same"],
    ["Use UUID primary keys", "Use UUIDs as primary keys", "same"],
    ["Use cursor pagination", "Use offset pagination", undefined],
    ["Limit logins to 5/min", "Limit logins to 10/min", "changed"],
    ["Cache user profiles", "Never cache user profiles", "changed"],
    ["REST", "GraphQL", undefined],
    ["Passwörter mit Argon2id hashen", "Passwörter mit Argon2id hashen!", "same"],
  ])("%s / %s: %s", (a, b, likeness) => {
    const category = "security";
    expect(compareDecisions({ title: a, category }, { title: b, category })).toBe(likeness);
  });
});

describe("selectDecisions", () => {
  const { decisions } = parseDecisions(
    JSON.stringify({
      decisions: [
        { id: "a", title: "Hash passwords with Argon2id", category: "security", impact: "medium" },
        { id: "b", title: "Invoices are numbered without gaps", category: "database-schema", impact: "medium" },
        { id: "c", title: "Clean architecture in three layers", category: "architecture", impact: "high" },
        { id: "d", title: "Passwords expire every month", category: "security", superseded_by: "a" },
        { id: "e", title: "Passwords have no expiry", category: "security", status: "deprecated" },
      ],
    }),
  );

  it("puts what the request is about first, and what shapes the whole system after it", () => {
    expect(selectDecisions(decisions, "Create user registration with a password", 5).map(({ id }) => id)).toEqual([
      "a",
      "c",
    ]);
  });

  it("gives no more than asked for", () => {
    expect(selectDecisions(decisions, "passwords and invoices", 1)).toHaveLength(1);
  });

  it("is bounded in text, too", () => {
    const many = parseDecisions(
      JSON.stringify({
        decisions: Array.from({ length: 40 }, (_, n) => ({
          id: `x${n}`,
          title: `Invoice ${n}`,
          rationale: "r".repeat(4_000),
        })),
      }),
    ).decisions;
    expect(selectDecisions(many, "invoice", 40)).toHaveLength(3);
  });
});
