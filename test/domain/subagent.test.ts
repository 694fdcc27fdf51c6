import { describe, expect, it } from "vitest";
import type { FileChange } from "../../src/domain/changeset.ts";
import { agentOfChild, changesSince, childId, type HandedBack, openHandoffs } from "../../src/domain/subagent.ts";
import { reportWith } from "../support/report.ts";

const file = (path: string, text: string, kind: "added" | "modified" = "added"): FileChange => ({
  ...{ path, kind, mode: "100644" },
  content: Buffer.from(text).toString("base64"),
});

describe("changesSince", () => {
  it("is what was added, changed, deleted and undone since, by path", () => {
    const before = [file("a.py", "1"), file("b.py", "1"), file("same.py", "1"), file("undone.py", "1", "modified")];
    const after = [
      file("b.py", "2"),
      { path: "c.py", kind: "deleted" as const },
      file("d.py", "1"),
      file("same.py", "1"),
    ];
    expect(changesSince(before, after).map(({ path, kind }) => `${path} ${kind}`)).toEqual([
      "a.py deleted",
      "b.py added",
      "c.py deleted",
      "d.py added",
      "undone.py deleted",
    ]);
    expect(changesSince(before, before)).toEqual([]);
  });
});

describe("openHandoffs", () => {
  const patch = { path: "requirements-dev.txt", diff: "+pytest" };
  const report = reportWith({
    handoffs: [
      { to: "test-generator", task: "tests" },
      { to: "test-generator", task: "a package", patch },
      { to: "maintainer", task: "a line" },
    ],
  });
  const back = (status: HandedBack["status"]): HandedBack => ({
    ...{ agent: "test-generator", status, findings: [], files: [] },
    spend: { toolCalls: 0, turns: 0, tokens: 0, usd: 0 },
  });

  it("leaves out what a subagent has done, but never a patch", () => {
    expect(openHandoffs(report, [back("DONE")]).map(({ task }) => task)).toEqual(["a package", "a line"]);
    expect(openHandoffs(report, [back("DONE_WITH_CONCERNS")])).toHaveLength(2);
  });

  it("keeps what a subagent could not do", () => {
    expect(openHandoffs(report, [back("BLOCKED")])).toHaveLength(3);
    expect(openHandoffs(report, [])).toHaveLength(3);
  });
});

describe("the id of a subagent", () => {
  it("gives its name back, whatever the call's id holds", () => {
    expect(agentOfChild(childId("toolu_1:x", "test-generator"))).toBe("test-generator");
  });
});
