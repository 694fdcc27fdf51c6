/** The table of ARCHITECTURE.md that walks the agent's specification: its files and tests are there. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "..");
const text = readFileSync(join(root, "ARCHITECTURE.md"), "utf8");
const section = text.split(/^## /m).find((part) => part.startsWith("The specification, line by line")) ?? "";

type Row = {
  readonly element: string;
  readonly files: readonly string[];
  readonly test: string;
  readonly name: string;
};

const rows: readonly Row[] = section
  .split("\n")
  .filter((line) => line.startsWith("| ") && !line.startsWith("| element"))
  .map((line) => {
    const [, element = "", where = "", shown = ""] = line
      .split(" | ")
      .map((cell) => cell.replace(/^\| | \|$/g, ""))
      .toSpliced(0, 0, "");
    const [, test = "", name = ""] = /^`([^`]+)`: (.+)$/.exec(shown) ?? [];
    return { element, files: [...where.matchAll(/`([^`]+)`/g)].map(([, file = ""]) => file), test, name };
  });

describe("the specification, line by line", () => {
  it("has a row for every tool, skill, boundary and word of the specification", () => {
    const elements = rows.map(({ element }) => element).join("\n");
    const asked = [
      ...["Read", "Edit", "MultiEdit", "Write", "Bash", "Grep", "Glob", "Agent(database-engineer)"],
      ...["Agent(test-generator)", "TeamCreate", "SendMessage", "TaskCreate", "TaskUpdate", "TaskList", "ExitWorktree"],
      ...["investigate_before_answering", "use_parallel_tool_calls", "avoid_overengineering", "MCP", "128K"],
      ...["Objective", "Output format", "Do:", "Don't:", "Boundaries", "Resource scaling", "Architecture patterns"],
      ...["Standards", "Example", "Context protocol", "Integration", "Status protocol"],
    ];
    expect(asked.filter((word) => !elements.includes(word))).toEqual([]);
  });

  it.each(rows)("$element", ({ files, test, name }) => {
    expect(files.filter((file) => !existsSync(join(root, file)))).toEqual([]);
    expect(files.length).toBeGreaterThan(0);
    const source = existsSync(join(root, test)) ? readFileSync(join(root, test), "utf8") : "";
    expect(source.includes(`"${name}"`) || source.includes(`\`${name}\``), `${test}: ${name}`).toBe(true);
  });
});
