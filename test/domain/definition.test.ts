import { describe, expect, it } from "vitest";
import { parseDefinition, parseSkill, subagentsOf } from "../../src/domain/definition.ts";
import { DefinitionError } from "../../src/domain/errors.ts";

const file = "agents/backend-system-architect.md";

const text = `---
name: backend-system-architect
description: Designs and builds backends.
model: inherit
effort: medium
maxTurns: 50
tools: [Read, Edit, Agent(database-engineer)]
skills:
  - api-design
  - performance
boundary:
  allowed: [backend/app/api]
  forbidden: [frontend]
budgets:
  single-endpoint: 15
  crud: 40
  microservice: 80
  authentication: 60
---

# Directive

Build it.
`;

const errorOf = (
  change: (text: string) => string,
  skills?: ReadonlySet<string>,
  startable?: ReadonlySet<string>,
): string => {
  try {
    parseDefinition(file, change(text), skills, startable);
  } catch (error) {
    expect(error).toBeInstanceOf(DefinitionError);
    return (error as Error).message;
  }
  throw new Error("nothing was wrong");
};

describe("parseDefinition", () => {
  it("reads the frontmatter and the directive", () => {
    expect(parseDefinition(file, text, new Set(["api-design", "performance"]))).toEqual({
      name: "backend-system-architect",
      description: "Designs and builds backends.",
      model: "inherit",
      effort: "medium",
      maxTurns: 50,
      tools: ["Read", "Edit", "Agent(database-engineer)"],
      skills: ["api-design", "performance"],
      boundary: { allowed: ["backend/app/api"], forbidden: ["frontend"] },
      budgets: { "single-endpoint": 15, crud: 40, microservice: 80, authentication: 60 },
      directive: "# Directive\n\nBuild it.",
    });
  });

  it("knows which agents another may start, one by one or together", () => {
    const tools = ["Read", "Agent(database-engineer)", "Agent(test-generator, database-engineer)", "Agent(a,b)"];
    expect(subagentsOf({ tools })).toEqual(["database-engineer", "test-generator", "a", "b"]);
    expect(subagentsOf({ tools: ["Read"] })).toEqual([]);
  });

  it("names an agent that cannot be started, with the line and those that can", () => {
    expect(errorOf((all) => all, undefined, new Set(["test-generator"]))).toContain(
      '7: `tools.2` names an agent that cannot be started: "Agent(database-engineer)". Those that can are: test-generator',
    );
    expect(parseDefinition(file, text, undefined, new Set(["database-engineer"])).tools).toHaveLength(3);
  });

  it("takes tools that an agent never has, and none of them among its own", () => {
    const denying = (tools: string) => (all: string) => all.replace("skills:", `disallowedTools: [${tools}]\nskills:`);
    expect(parseDefinition(file, denying("Write, MultiEdit")(text)).disallowedTools).toEqual(["Write", "MultiEdit"]);
    expect(errorOf(denying("Write, Edit"))).toContain('`disallowedTools.1` stands among its tools: "Edit"');
  });

  it("reads a file with Windows line ends and a byte order mark alike", () => {
    expect(parseDefinition(file, `\uFEFF${text.replaceAll("\n", "\r\n")}`)).toEqual(parseDefinition(file, text));
  });

  it.each<[string, (text: string) => string, string]>([
    ["no frontmatter", () => "# Directive", "1: has no frontmatter"],
    ["frontmatter that is not closed", (all) => all.replace("\n---\n", "\n"), "1: has no frontmatter"],
    ["an unknown key", (all) => all.replace("effort:", "colour: red\neffort:"), "5: `colour` is not a key"],
    [
      "an unknown key inside",
      (all) => all.replace("  forbidden:", "  denied: []\n  forbidden:"),
      "13: `boundary.denied` is not a key",
    ],
    ["a missing key", (all) => all.replace("maxTurns: 50\n", ""), "2: `maxTurns` is missing (number)"],
    [
      "a key that stands twice",
      (all) => all.replace("effort: medium", "effort: medium\neffort: low"),
      "6: Map keys must be unique",
    ],
    ["broken YAML", (all) => all.replace("[Read,", "[Read"), "7: "],
    [
      "another name than the file's",
      (all) => all.replace("name: backend-system-architect", "name: architect"),
      '2: `name` must be the file\'s name, "backend-system-architect"',
    ],
    ["a wrong effort", (all) => all.replace("effort: medium", "effort: huge"), "5: `effort` is wrong:"],
    [
      "a tool that does not exist",
      (all) => all.replace("Edit,", "Patch,"),
      '7: `tools.1` names no tool: "Patch". There are: Read,',
    ],
    ["a tool that stands twice", (all) => all.replace("Edit,", "Read,"), '7: `tools.1` stands twice: "Read"'],
    [
      "a folder with a trailing slash",
      (all) => all.replace("backend/app/api]", "backend/app/api/]"),
      "12: `boundary.allowed.0` must be a folder of the repository in its canonical spelling: write backend/app/api",
    ],
    [
      "a glob",
      (all) => all.replace("backend/app/api]", "backend/app/api/**]"),
      "12: `boundary.allowed.0` must be a folder of the repository in its canonical spelling: write backend/app/api",
    ],
    [
      "a folder outside",
      (all) => all.replace("[frontend]", "[../frontend]"),
      "13: `boundary.forbidden.0` must be a folder",
    ],
    ["a budget of nothing", (all) => all.replace("crud: 40", "crud: 0"), "16: `budgets.crud` is wrong:"],
    [
      "no directive",
      (all) => all.replace(/# Directive[\s\S]*/, ""),
      "2: has no directive below the frontmatter (line 20)",
    ],
  ])("names file and line of %s", (_, change, problem) => {
    expect(errorOf(change)).toContain(`${file}:${problem}`);
  });

  it("names the line of a skill that there is not", () => {
    expect(errorOf((all) => all, new Set(["api-design"]))).toBe(
      `${file}:10: \`skills.1\` names no skill: there is no performance/SKILL.md`,
    );
  });
});

describe("parseSkill", () => {
  const path = "agents/skills/api-design/SKILL.md";
  const skill =
    "---\nname: api-design\ndescription: How to design an API.\nmetadata:\n  area: backend\n---\n\n# Rules\n";

  it("reads name, description and body", () => {
    expect(parseSkill(path, skill)).toEqual({
      name: "api-design",
      description: "How to design an API.",
      body: "# Rules",
    });
  });

  it.each<[string, string, string]>([
    [
      "another name than the folder's",
      skill.replace("api-design", "api"),
      '2: `name` must be the folder\'s name, "api-design"',
    ],
    ["a name with two hyphens", skill.replace("api-design", "api--design"), "2: `name` must be kebab-case"],
    [
      "no description",
      skill.replace("description: How to design an API.\n", ""),
      "2: `description` is missing (string)",
    ],
    ["a long description", skill.replace("How", "How ".repeat(300)), "3: `description` is wrong:"],
    ["metadata that is no text", skill.replace("area: backend", "area: 5"), "5: `metadata.area` is wrong:"],
    ["an unknown key", skill.replace("metadata:", "hooks: []\nmetadata:"), "4: `hooks` is not a key"],
    ["no body", skill.replace("# Rules", ""), "has no text below the frontmatter"],
    ["a body of 501 lines", skill.replace("# Rules", "line\n".repeat(501)), "is too long for a skill: 501 lines"],
    ["a body of 20,001 characters", skill.replace("# Rules", "x".repeat(20_001)), "is too long for a skill: 1 lines"],
  ])("names file and line of %s", (_, text, problem) => {
    expect(() => parseSkill(path, text)).toThrow(new RegExp(`^${path}:\\d+: `));
    expect(() => parseSkill(path, text)).toThrow(problem);
  });
});
