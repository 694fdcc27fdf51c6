import { describe, expect, test } from "vitest";
import type { ClaimVerdict } from "../../../src/domain/claim.ts";
import type { Finding } from "../../../src/domain/finding.ts";
import { renderCheckRun } from "../../../src/domain/render/check-run.ts";

const where = { file: "app/users.py", line: 4 };
const confirmed: ClaimVerdict = { kind: "endpoint", claim: "POST /users", verdict: "confirmed", reason: "", where };
const denied: ClaimVerdict = { kind: "model", claim: "User", verdict: "contradicted", reason: "there is none" };
const finding = (severity: Finding["severity"], more: Partial<Finding> = {}): Finding => ({
  rule: "hash-cost",
  severity,
  message: "the cost is 4",
  ...more,
});
const clean = { status: "DONE", findings: [], claims: [confirmed] } as const;

describe("a check run", () => {
  test("succeeds where everything is done and shown", () => {
    const view = renderCheckRun(clean);
    expect(view).toMatchObject({ conclusion: "success", notes: [] });
    expect(view.title).toBe("DONE: 1 of 1 claims confirmed, 0 contradicted, 0 errors, 0 concerns");
    expect(view.summary).toContain("| `POST /users` | confirmed | `app/users.py:4` |");
  });

  test("fails on an error, and on a claim that the code contradicts", () => {
    expect(renderCheckRun({ ...clean, findings: [finding("error")] }).conclusion).toBe("failure");
    expect(renderCheckRun({ ...clean, claims: [confirmed, denied] }).conclusion).toBe("failure");
  });

  test("is neutral where a concern is left or the work is not done, not where there is but a note", () => {
    expect(renderCheckRun({ ...clean, findings: [finding("concern")] }).conclusion).toBe("neutral");
    expect(renderCheckRun({ ...clean, status: "BLOCKED" }).conclusion).toBe("neutral");
    expect(renderCheckRun({ ...clean, findings: [finding("note")] }).conclusion).toBe("success");
  });

  test("puts what has a line on it, the worst first, and tells the rest in its summary", () => {
    const findings = [
      finding("note", { path: "a.py", line: 1 }),
      finding("error", { path: "b.py", line: 2, message: "a\u200bb" }),
      finding("concern", { message: "no line" }),
    ];
    const { notes, summary } = renderCheckRun({ ...clean, findings });
    expect(notes.map(({ path, line, severity, message }) => [path, line, severity, message])).toEqual([
      ["b.py", 2, "error", "ab"],
      ["a.py", 1, "note", "the cost is 4"],
    ]);
    expect(summary).toContain("no line");
  });

  test("stays within what GitHub takes, whatever was found", () => {
    const long = "x ".repeat(2_500);
    const findings = Array.from({ length: 500 }, (_, line) =>
      finding("error", { path: "a.py", line: line + 1, message: long }),
    );
    const claims = Array.from({ length: 500 }, () => ({ ...denied, claim: long, reason: long }));
    const { summary, notes, title } = renderCheckRun({ status: "DONE", findings, claims });
    expect(summary.length).toBeLessThanOrEqual(65_535);
    expect(summary).toContain("What the checks found");
    expect(notes).toHaveLength(200);
    expect(Math.max(...notes.map(({ message }) => message.length))).toBeLessThanOrEqual(4_000);
    expect(title.length).toBeLessThan(255);
  });
});
