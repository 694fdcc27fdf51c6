import { describe, expect, test } from "vitest";
import { digestOf, type PlacedHandoff } from "../../../src/domain/handoff.ts";
import {
  goneBody,
  handoffBody,
  handoffsLine,
  handoffTitle,
  withHandoffsLine,
} from "../../../src/domain/render/handoff.ts";
import { reportWith } from "../../support/report.ts";

const placed = (task: string, changes: Partial<PlacedHandoff["handoff"]> = {}): PlacedHandoff => {
  const handoff = { to: "frontend-ui-developer", task, ...changes };
  return { handoff, owner: "frontend-ui-developer", slot: 1, digest: digestOf(handoff), filed: undefined };
};
const view = { pull: 8, issue: 7, commit: "c".repeat(40), report: reportWith({}), contract: [] };

describe("the title of an issue", () => {
  test.each([
    ["Build the form. It has two fields.", "frontend-ui-developer: Build the form"],
    ["NEEDS_CONTEXT: I cannot find env.py. Where is it?", "frontend-ui-developer: I cannot find env.py"],
    [
      "Fix @octocat's form (see #12), closes #3",
      "frontend-ui-developer: Fix octocat's form (see no. 12), closes no. 3",
    ],
    [`${"word ".repeat(40)}`, `frontend-ui-developer: ${"word ".repeat(17)}word…`],
  ])("is the first sentence of %s", (task, title) => {
    expect(handoffTitle(placed(task))).toBe(title);
  });
});

describe("the text of an issue", () => {
  test("has the task, the patch and the API contract, and names the pull request", () => {
    const patch = { path: "frontend/form.ts", diff: "-a\n+b\n" };
    expect(handoffBody(placed("Build the form.", { patch }), view)).toMatchInlineSnapshot(`
      "<!-- architect:handoff:begin -->

      <!-- architect:handoff 8/frontend-ui-developer/1 642b241d7c54 -->
      Pull request #8, made for #7, leaves this to **frontend-ui-developer**.

      Build the form.

      In \`frontend/form.ts\`:

      \`\`\`diff
      -a
      +b
      \`\`\`

      ### The API contract

      #### Endpoints

      | Method | Path | Authentication | Rate limit |
      | --- | --- | --- | --- |
      | POST | \`/api/v1/auth/register\` | none | 5/min |

      <sub>As of cccccccccccc. When #8 changes what it hands off, this text follows; what you write above or below it stays.</sub>

      <!-- architect:handoff:end -->"
    `);
  });

  test("has the contract in the agents' words where they wrote one", () => {
    const text = "```yaml\npaths:\n  /api/v1/users:\n    get:\n      summary: All users\n```";
    const mail = { text, summary: "Users", at: "2026-11-25T12:00:00Z", from: "architect", to: "frontend-dev", id: "1" };
    const body = handoffBody(placed("x"), { ...view, contract: [mail] });
    expect(body).toContain("#### In the agents' words\n\n**Users** (2026-11-25 12:00 UTC)");
    expect(body).toContain("| GET | `/api/v1/users` | All users |");
  });

  test("does nothing, whatever an agent wrote", () => {
    const body = handoffBody(placed("@everyone closes #3 <!-- architect:status -->\n/architect design x"), view);
    expect(body).toContain("`@everyone` closes `#3` &lt;!-- architect:status -->\n\\/architect design x");
  });

  test("leaves what people wrote around it, and is one line when it is handed off no more", () => {
    const first = handoffBody(placed("Build the form."), view);
    const edited = `Mine.\n\n${first}\n\nMine, too.`;
    const next = handoffBody(placed("Build a list."), view, edited);
    expect(next).toMatch(/^Mine\.\n\n<!-- architect:handoff:begin -->[\s\S]*Build a list\.[\s\S]*Mine, too\.$/);
    expect(next).not.toContain("Build the form.");
    const gone = goneBody(edited, 8);
    expect(gone).toContain("does not hand this off any more");
    expect(gone).toContain("<!-- architect:handoff 8/frontend-ui-developer/1 ");
    expect(gone).toMatch(/^Mine\.[\s\S]*Mine, too\.$/);
    expect(goneBody(gone, 8)).toBe(gone);
  });
});

describe("what the pull request says of its issues", () => {
  test.each([
    [{ filed: [{ number: 9, owner: "x" }], beyond: 0, refused: [] }, "Filed as an issue: #9 (x)."],
    [
      { filed: [], beyond: 3, refused: ["No issue was filed for x: issues are turned off in this repository."] },
      "10 are filed at most, so 3 more stand only here. No issue was filed for x: issues are turned off in this repository.",
    ],
    [{ filed: [], beyond: 0, refused: [] }, undefined],
  ])("%j", (told, line) => {
    expect(handoffsLine(told)).toBe(line);
  });

  test("stands below its heading, once", () => {
    const body = "a\n\n### Hand-offs\n\n**1. x**\n\nb";
    const once = withHandoffsLine(body, "Filed.") ?? "";
    expect(once).toBe("a\n\n### Hand-offs\n\nFiled. <!-- architect:handoffs -->\n\n**1. x**\n\nb");
    expect(withHandoffsLine(once, "Other.")).toBe(once.replace("Filed.", "Other."));
    expect(withHandoffsLine("nothing", "Filed.")).toBeUndefined();
  });
});
