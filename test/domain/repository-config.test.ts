import { describe, expect, test } from "vitest";
import { boundaryFor, parseRepositoryConfig } from "../../src/domain/repository-config.ts";

const agents = ["backend-system-architect", "test-generator"];
const problem = (text: string): string => {
  const parsed = parseRepositoryConfig(text, agents);
  return parsed.ok ? "accepted" : parsed.problem;
};

describe("parseRepositoryConfig", () => {
  test("no file and an empty file set nothing", () => {
    expect(parseRepositoryConfig(undefined, agents)).toEqual({ ok: true, config: {} });
    expect(parseRepositoryConfig("# nothing yet\n", agents)).toEqual({ ok: true, config: {} });
  });

  test("other folders for an agent replace its own, forbidden ones add up", () => {
    const parsed = parseRepositoryConfig(
      "boundaries:\n  backend-system-architect:\n    allowed: [src/shop/api/, 'src/shop/models/**']\n    forbidden: [src/shop/api/legacy]\n",
      agents,
    );
    if (!parsed.ok) throw new Error(parsed.problem);
    expect(
      boundaryFor("backend-system-architect", { allowed: ["backend/app/api"], forbidden: ["frontend"] }, parsed.config),
    ).toEqual({ allowed: ["src/shop/api", "src/shop/models"], forbidden: ["frontend", "src/shop/api/legacy"] });
  });

  test.each([
    ["an unknown key is named", "sandbox: off\n", /sandbox/],
    [
      "an unknown agent is named with those that exist",
      "boundaries:\n  designer:\n    allowed: [a]\n",
      /boundaries\.designer.*test-generator/,
    ],
    [
      "the whole repository is no folder",
      "boundaries:\n  test-generator:\n    allowed: ['**']\n",
      /boundaries\.test-generator\.allowed\.0/,
    ],
    ["CI files stay closed", "boundaries:\n  test-generator:\n    allowed: ['.github/workflows']\n", /\.github/],
    ["a way out of the repository is refused", "boundaries:\n  test-generator:\n    allowed: ['../x']\n", /\.\.\/x/],
    ["an alias is refused", "a: &a [1]\nboundaries: *a\n", /alias/i],
    ["an alias of itself is refused", "a: &a [*a]\n", /alias/i],
    ["two documents are refused", "boundaries: {}\n---\nb: 2\n", /document/i],
    ["a key given twice is refused", "boundaries: {}\nboundaries: {}\n", /unique/i],
    ["a large file is refused before it is parsed", `# ${"x".repeat(65 * 1024)}\n`, /64 KiB/],
  ])("%s", (_name, text, expected) => {
    expect(problem(text)).toMatch(expected);
  });
});
