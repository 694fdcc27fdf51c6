import { describe, expect, test } from "vitest";
import type { CodeRule } from "../../../src/verify/standards/standard.ts";
import { standards } from "../../../src/verify/standards/standards.ts";
import { applicationExamples } from "./application-examples.ts";
import { badApp } from "./bad-app.ts";
import { databaseExamples } from "./database-examples.ts";
import type { Examples } from "./example.ts";
import { goodApp } from "./good-app.ts";
import { routeExamples } from "./route-examples.ts";
import { schemaExamples } from "./schema-examples.ts";
import { securityExamples } from "./security-examples.ts";
import { inspect } from "./support.ts";

const examples: Examples = {
  ...routeExamples,
  ...schemaExamples,
  ...databaseExamples,
  ...securityExamples,
  ...applicationExamples,
};
const rules = Object.keys(standards) as readonly CodeRule[];

test("an application to the letter of the house breaks no standard", async () => {
  expect(await inspect(goodApp)).toEqual([]);
});

test("an application that keeps none breaks each of them", async () => {
  const broken = new Set((await inspect(badApp)).map(({ rule }) => rule));
  expect(rules.filter((rule) => !broken.has(rule))).toEqual([]);
});

test("each rule has a good and a bad example", () => {
  expect(rules.filter((rule) => !examples[rule]?.bad.length || !examples[rule]?.good.length)).toEqual([]);
});

describe.each(rules)("%s", (rule) => {
  const { bad = [], good = [] } = examples[rule] ?? {};
  test.each(bad)("is broken by %s", async (_name, files, message) => {
    const found = (await inspect(files)).filter((one) => one.rule === rule);
    expect(found.map((one) => one.message)).toEqual([expect.stringMatching(message)]);
    expect(found[0]).toMatchObject({ severity: standards[rule].severity, line: found[0]?.spans[0]?.from });
  });
  test.each(good)("is kept by %s", async (_name, files) => {
    expect((await inspect(files)).filter((one) => one.rule === rule)).toEqual([]);
  });
});

test("a file that is written to be hard to read costs little, and nothing is guessed of it", async () => {
  const doubled = Array.from(
    { length: 14 },
    (_, index) => `A${index + 1}_MINUTES = f"${`{A${index}_MINUTES}`.repeat(60)}"`,
  );
  const sum = Array.from({ length: 5_000 }, () => "name").join(" + ");
  const text = `A0_MINUTES = "x"\n${doubled.join("\n")}\nACCESS_TOKEN_MINUTES = A14_MINUTES\n\ndef f(db, name):\n    db.execute("SELECT " + ${sum})\n`;
  expect((await inspect({ "app/core.py": text })).map(({ rule }) => rule)).toEqual(["sql-by-string"]);
});
