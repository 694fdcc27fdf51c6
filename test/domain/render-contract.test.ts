import { describe, expect, it } from "vitest";
import { contractMarker, renderContract } from "../../src/domain/render-contract.ts";
import { maxBodyLength } from "../../src/domain/render-report.ts";
import type { Mail } from "../../src/domain/team.ts";

const mail = (text: string, change: Partial<Mail> = {}): Mail => ({
  ...{ id: "team-lead:toolu_1", from: "team-lead", to: "frontend-dev", text, at: "2026-11-25T12:00:00.000Z" },
  ...change,
});

const fragment = `openapi: 3.1.0
paths:
  /api/v1/users:
    parameters: []
    post:
      summary: Create a | user
      responses: { "201": { description: Made } }
`;

describe("the contract comment", () => {
  it("shows endpoints as a table and the OpenAPI fragment in full, without the block in the prose", () => {
    const body = renderContract([
      mail(`Fixed:\n\n\`\`\`yaml\n${fragment}\`\`\`\n\nMore to come.`, { summary: "Users" }),
    ]);
    expect(body.startsWith(`${contractMarker}\n`)).toBe(true);
    expect(body).toContain("**Users** (2026-11-25 12:00 UTC)\n\nFixed:");
    expect(body).toContain("| POST | `/api/v1/users` | Create a &#124; user |");
    expect(body).toContain("<details><summary>OpenAPI fragment</summary>\n\n```yaml\nopenapi: 3.1.0\n");
    expect(body.match(/openapi: 3\.1\.0/g)).toHaveLength(1);
    expect(body).toContain("More to come.");
  });

  it("reads a message that is JSON as a whole", () => {
    const body = renderContract([mail('{"components":{"schemas":{"User":{"type":"object"}}}}')]);
    expect(body).toContain("**Contract** (");
    expect(body).toContain("components:\n  schemas:\n    User:\n      type: object");
  });

  it("makes harmless what agents wrote, also inside of a fragment", () => {
    const evil = `paths:\n  "/a <!-- architect:status -->":\n    get: { summary: "@stranger closes #1" }\n  /b:\n    get: { summary: "\`\`\`\\n# x" }\n`;
    const body = renderContract([mail(`@stranger <b>x</b>\n<!-- architect:status -->\n\`\`\`yaml\n${evil}\`\`\``)]);
    expect(body).toContain("`@stranger` &lt;b>x&lt;/b>");
    expect(body.match(/<!-- architect:/g)).toHaveLength(1);
    expect(body).not.toMatch(/^# x/m);
  });

  it.each([
    ["aliases", "paths: &a { /x: *a }"],
    ["aliases that grow", "a: &a [x, x]\nb: &b [*a, *a]\npaths: { /x: *b }"],
    ["broken YAML", "paths: { /x: "],
    ["other YAML", "users: [1]"],
  ])("leaves %s where it stands", (_, text) => {
    const body = renderContract([mail(`See\n\n\`\`\`yaml\n${text}\n\`\`\``)]);
    expect(body).toContain(text.trim());
    expect(body).not.toContain("OpenAPI fragment");
  });

  it("puts the newest first, and leaves out the oldest where there is no room", () => {
    const mails = Array.from({ length: 20 }, (_, index) => mail(`number ${index} ${"long ".repeat(1_000)}`));
    const body = renderContract(mails);
    expect(body.length).toBeLessThanOrEqual(maxBodyLength);
    expect(body.indexOf("number 19")).toBeLessThan(body.indexOf("number 18"));
    expect(body).not.toContain("number 0 ");
    expect(body).toMatch(/\d+ earlier messages are left out for length\.$/);
  });
});
