/** Our Markdown on a terminal. */
import { expect, test } from "vitest";
import { createPaint, displayWidth } from "../../src/app/terminal.ts";
import { terminalText } from "../../src/app/terminal-markdown.ts";
import { noSpend } from "../../src/domain/budget.ts";
import { closingHeading, renderPullBody } from "../../src/domain/render-report.ts";
import { soundReport } from "../support/report.ts";

const plain = { columns: Number.POSITIVE_INFINITY, paint: createPaint(false) };

test("headings, emphasis, code, escapes and entities read as text", () => {
  const markdown =
    "<!-- hidden -->\n### What `x` is\n\n**Bold** and `code`, Mapped\\[str\\], a &lt; b, a&#124;b, &amp;amp;.\n\n<sub>Small.</sub>";
  expect(terminalText(markdown, plain)).toBe("What x is\n\nBold and code, Mapped[str], a < b, a|b, &amp;.\n\nSmall.");
});

test("a break in a cell keeps what stands before it apart from what comes after", () => {
  expect(terminalText("| At |\n| --- |\n| `a.py:3`<br>as an import shows it |", plain)).toBe(
    "At\n  a.py:3; as an import shows it",
  );
});

test("with colours, headings and emphasis are bold", () => {
  expect(terminalText("### Head\n\n**strong**", { ...plain, paint: createPaint(true) })).toBe(
    "\u001b[1mHead\u001b[22m\n\n\u001b[1mstrong\u001b[22m",
  );
});

test("folded parts are left out, whatever a command in them printed", () => {
  const output =
    "before\n\n<details><summary>Out</summary>\n\n```text\n$ x\n</details>\nstill out\n```\n\n</details>\n\nafter";
  expect(terminalText(output, plain)).toBe("before\n\nafter");
});

test("fenced text stays as it is, line by line, and is set in", () => {
  const fenced = `~~~diff\n+${"long ".repeat(40)}\n**not bold**\n~~~`;
  expect(terminalText(fenced, { ...plain, columns: 40 })).toBe(`+${"long ".repeat(40)}\n    **not bold**`);
});

test("a table has columns where they fit, and else a line for each cell", () => {
  const table = "| Method | Path |\n| --- | --- |\n| GET | `/api/v1/products/{product_id}` |\n| POST | `/x` |";
  expect(terminalText(table, { ...plain, columns: 60 })).toBe(
    "Method  Path\n  GET     /api/v1/products/{product_id}\n  POST    /x",
  );
  expect(terminalText(table, { ...plain, columns: 30 })).toBe(
    "• Method  GET\n  Path    /api/v1/products/{pr\n          oduct_id}\n• Method  POST\n  Path    /x",
  );
});

test("a control sequence that a text writes as an entity is none", () => {
  expect(terminalText("a&#27;[2Jb&#155;c", plain)).toBe("a[2Jbc");
});

test("a whole pull request fits every window, without its folded parts and the section that was asked to go", () => {
  const body = renderPullBody({
    report: soundReport,
    status: "DONE_WITH_CONCERNS",
    issue: 1,
    findings: [{ rule: "no-evidence", severity: "concern", message: "nothing was run" }],
    evidence: [{ command: "python -m pytest -q", exitCode: 0, durationMs: 900, output: "5 passed", tree: "t" }],
    tree: "t",
    spend: noSpend,
    toolCallLimit: 60,
  });
  for (const columns of [24, 40, 80, 200]) {
    const text = terminalText(body, { columns, paint: createPaint(true), without: [closingHeading] });
    expect(text.split("\n").filter((line) => displayWidth(line) > Math.min(columns, 100))).toEqual([]);
    expect(text).not.toMatch(/JSON|5 passed|how to continue|<\/?details|&#|<!--/);
    expect(text.replace(/\s+/g, " ")).toContain("nothing was run");
  }
});
