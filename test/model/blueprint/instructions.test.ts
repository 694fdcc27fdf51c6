/** Review comments in short English, and what they ask for. */
import { describe, expect, it } from "vitest";
import { type Instruction, readComment } from "../../../src/model/blueprint/instructions.ts";

const one = (body: string, hunk = ""): Instruction | undefined => {
  const { instructions, unread, unclear } = readComment(body, hunk);
  expect({ unread, unclear, count: instructions.length }).toEqual({ unread: [], unclear: [], count: 1 });
  return instructions[0];
};

describe("a review comment", () => {
  it.each([
    ["rename `email` to `contact_email`", "email", "contact_email"],
    ["Please rename email to contact_email.", "email", "contact_email"],
    ["Rename the field `email` to `contact_email`", "email", "contact_email"],
    ["`email` should be called `contact_email`", "email", "contact_email"],
  ])("%s renames", (body, field, to) => {
    expect(one(body)).toEqual({ kind: "rename", field, to });
  });

  it.each([
    ["limit to 3/min", 3, "minute"],
    ["The rate limit should be 10 requests per hour", 10, "hour"],
    ["rate limit: 20/min", 20, "minute"],
  ])("%s changes a limit", (body, count, period) => {
    expect(one(body)).toEqual({ kind: "rate", rate: { count, period } });
  });

  it.each<[string, object]>([
    ["`number` should be at most 32 characters", { field: "number", max: { value: "32", exclusive: false } }],
    ["limit `number` to 32 characters", { field: "number", max: { value: "32", exclusive: false } }],
    ["number must not be longer than 32 characters", { field: "number", max: { value: "32", exclusive: false } }],
    ["The password should be at least 12 characters.", { field: "password", min: { value: "12", exclusive: false } }],
    ["`amount` must be >= 0", { field: "amount", min: { value: "0", exclusive: false } }],
    ["`amount` should be positive", { field: "amount", min: { value: "0", exclusive: true } }],
    [
      "`amount` must be between 1 and 9",
      { min: { value: "1", exclusive: false }, max: { value: "9", exclusive: false } },
    ],
  ])("%s bounds", (body, expected) => {
    expect(one(body)).toMatchObject({ kind: "bound", ...expected });
  });

  it.each([
    ["make `due_date` optional", "due_date", "optional"],
    ["`number` should be unique", "number", "unique"],
    ["`note` must be required", "note", "required"],
    ["add an index on `due_date`", "due_date", "index"],
    ["mark paid as indexed", "paid", "index"],
  ])("%s", (body, field, flag) => {
    expect(one(body)).toEqual({ kind: "flag", field, flag });
  });

  it("finds the field in the line that it stands at", () => {
    expect(one("make this optional", "@@ -1,2 +1,3 @@\n class A:\n+    due_date: date")).toEqual({
      kind: "flag",
      field: "due_date",
      flag: "optional",
    });
  });

  it.each([
    ["add a field `note: str?`", "note", true],
    ["Add `status: draft|sent|paid`", "status", false],
    ["please add an optional field `reference: str max 40`", "reference", true],
  ])("%s adds", (body, name, optional) => {
    expect(one(body)).toMatchObject({ kind: "add", field: { name, optional } });
  });

  it("asks for the type of a field that has none", () => {
    expect(readComment("add a field `note`", "").unclear[0]?.question).toContain("Which type");
  });

  it("reads two instructions of one comment", () => {
    expect(readComment("Rename `a` to `b` and make `c` optional.", "").instructions.map((each) => each.kind)).toEqual([
      "rename",
      "flag",
    ]);
  });

  it("hands back what it does not read, and takes thanks for thanks", () => {
    const reading = readComment("Thanks, nice work!\n\nCould you split this into two services?", "");
    expect(reading).toEqual({ instructions: [], unclear: [], unread: ["split this into two services?"] });
  });

  it("takes nothing from quotes, hidden comments and suggested changes", () => {
    expect(readComment("> rename `a` to `b`\n<!-- rename `a` to `c` -->", "")).toEqual({
      instructions: [],
      unread: [],
      unclear: [],
    });
    expect(readComment("```suggestion\nmake `x` optional\n```", "").instructions).toEqual([]);
  });

  it("is read in bounded time", () => {
    const started = performance.now();
    for (const part of ["rename `a` to ", "add a field ", "between 1 and ", "must be ", "`a` "])
      readComment(part.repeat(6_000), "");
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});
