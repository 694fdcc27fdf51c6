import { describe, expect, test } from "vitest";
import { parseRepositoryConfig } from "../../src/domain/repository-config.ts";
import { defaults, deviationsOf, parametersOf } from "../../src/domain/standards.ts";

const read = (text: string) => {
  const parsed = parseRepositoryConfig(`standards:\n${text}`, []);
  if (!parsed.ok) throw new Error(parsed.problem);
  return parsed.config.standards ?? {};
};
const problem = (text: string): string => {
  const parsed = parseRepositoryConfig(`standards:\n${text}`, []);
  return parsed.ok ? "accepted" : parsed.problem;
};

describe("standards in a repository's configuration", () => {
  test("a rule that is not named has the parameters of the house", () => {
    expect(parametersOf("access-token-lifetime", {})).toEqual({ minutes: 15 });
    expect(parametersOf("plain-email", {})).toEqual({});
  });

  test("a parameter replaces the house's, the others stay", () => {
    const config = read("  unversioned-path: { prefixes: ['/v{n}'], reason: the gateway adds /api }\n");
    expect(parametersOf("unversioned-path", config)).toEqual({ prefixes: ["/v{n}"], exempt: [] });
    expect(parametersOf("access-token-lifetime", config)).toBe(defaults["access-token-lifetime"]);
  });

  test("a rule that is turned off has none", () => {
    expect(parametersOf("legacy-query", read("  legacy-query: { enabled: false, reason: we move next year }\n"))).toBe(
      undefined,
    );
  });

  test("what is kept otherwise can be shown with its reason", () => {
    expect(
      deviationsOf(
        read(
          "  sql-by-string: { enabled: false, reason: a reporting service }\n  unbounded-password: { min: 12, max: 72, reason: our policy }\n",
        ),
      ),
    ).toEqual([
      { rule: "unbounded-password", setting: "min: 12; max: 72", reason: "our policy" },
      { rule: "sql-by-string", setting: "off", reason: "a reporting service" },
    ]);
    expect(deviationsOf({})).toEqual([]);
  });

  test.each([
    ["no mapping", "  - a\n", /`standards`: must be a mapping of rules/],
    [
      "an unknown rule",
      "  plain-emails: { enabled: false, reason: x }\n",
      /no such rule: `plain-emails`; .*plain-email/,
    ],
    ["a bare false", "  plain-email: false\n", /`standards\.plain-email`: must be \{ enabled: false, reason: "…" \}/],
    ["off without a reason", "  plain-email: { enabled: false }\n", /plain-email\.reason`: must say why/],
    ["an empty reason", "  plain-email: { enabled: false, reason: ' ' }\n", /plain-email\.reason`/],
    ["a parameter without a reason", "  access-token-lifetime: { minutes: 30 }\n", /lifetime\.reason`: must say why/],
    ["a reason for nothing", "  access-token-lifetime: { reason: x }\n", /not both, and not neither/],
    ["both", "  access-token-lifetime: { enabled: false, minutes: 3, reason: x }\n", /not both, and not neither/],
    ["a rule turned on", "  plain-email: { enabled: true, reason: x }\n", /enabled`: must be false/],
    [
      "another rule's parameter",
      "  plain-email: { minutes: 3, reason: x }\n",
      /unknown key `minutes`; allowed here: enabled, reason/,
    ],
    ["a path without its slash", "  unversioned-path: { prefixes: [v1], reason: x }\n", /prefixes\.0`: must be a path/],
    ["no paths", "  unversioned-path: { prefixes: [], reason: x }\n", /prefixes`/],
    ["a fraction of a minute", "  access-token-lifetime: { minutes: 1.5, reason: x }\n", /minutes`: must be a whole/],
    ["a rate without its unit", "  limiter-default: { rate: '100', reason: x }\n", /rate`: must be a number per/],
    ["a version as a number", "  old-openapi: { version: 3.1, reason: x }\n", /version`/],
  ])("%s is refused", (_name, text, expected) => {
    expect(problem(text)).toMatch(expected);
  });
});
