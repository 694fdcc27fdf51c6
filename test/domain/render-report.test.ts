import { describe, expect, it } from "vitest";
import type { ShownEvidence } from "../../src/domain/finding.ts";
import { commitMessage, pullTitle } from "../../src/domain/render/titles.ts";
import {
  maxBodyLength,
  mergeBody,
  type PullBodyInput,
  parseBody,
  renderPullBody,
} from "../../src/domain/render-report.ts";
import { type Report, reportSchema } from "../../src/domain/report.ts";
import { reportWith, soundReport } from "../support/report.ts";

const ran = (fields: Partial<ShownEvidence>): ShownEvidence => ({
  command: "python -m pytest backend/tests -q",
  exitCode: 0,
  durationMs: 1_234,
  output: "3 passed in 0.12s\n",
  tree: "now",
  ...fields,
});

const input: PullBodyInput = {
  report: soundReport,
  status: "DONE",
  issue: 7,
  findings: [],
  evidence: [ran({})],
  tree: "now",
  spend: { toolCalls: 23, turns: 12, tokens: 345_678, usd: 1.234 },
  toolCallLimit: 60,
  usdLimit: 5,
  model: "claude-opus-5-5",
};

const withReport = (change: Partial<Report>, more: Partial<PullBodyInput> = {}): string =>
  renderPullBody({ ...input, report: reportWith(change), ...more });

/** What people see at first sight: without the embedded report. */
const shown = (body: string): string =>
  body.replace(/<details><summary>The report as JSON[\s\S]*?<\/details>/, "(JSON)");

describe("renderPullBody", () => {
  it("reads from the status to how to continue", () => {
    expect(shown(renderPullBody(input))).toMatchInlineSnapshot(`
      "<!-- architect:report:begin -->

      **Status: DONE.** What was asked for is here, and nothing is left open.

      Adds POST /api/v1/auth/register with a User model.

      Closes #7

      ### Endpoints

      | Method | Path | Authentication | Rate limit |
      | --- | --- | --- | --- |
      | POST | \`/api/v1/auth/register\` | none | 5/min |

      ### Models

      | Model | Table | Fields |
      | --- | --- | --- |
      | \`User\` | \`users\` | \`id\`, \`email\`, \`password_hash\` |

      ### Middleware

      - \`SlowAPIMiddleware\`: \`default = "100/min"\`

      ### Security measures

      - Argon2id password hashing

      ### What was run

      By the App itself, in the sandbox; the agent cannot write this part.

      | Command | Result | Duration | What it shows |
      | --- | --- | --- | --- |
      | \`python -m pytest backend/tests -q\` | exit code 0 | 1.2 s | passes |

      <details><summary><code>python -m pytest backend/tests -q</code>: exit code 0</summary>

      \`\`\`text
      $ python -m pytest backend/tests -q
      3 passed in 0.12s
      \`\`\`

      </details>

      ### Commands to try, not run here

      - \`fastapi run backend/app/main.py --port 8500\`
      - \`curl -X POST localhost:8500/api/v1/auth/register -d '{}' -H 'Content-Type: application/json'\`

      ### Decisions

      **Hash passwords with Argon2id** (security, high impact)

      Memory-hard, and no 72-byte limit.

      - Rejected: bcrypt, cost 12: cuts passwords at 72 bytes

      ### Spent, and how to continue

      23 of 60 tool calls, 12 turns, 345,678 tokens, $1.23 of $5.00. Model: \`claude-opus-5-5\`.

      Review the code with comments on its lines and submit the review: each comment gets an answer, and changes come as further commits on this branch. Or comment \`/architect design …\` here with what is to be done. Text that you write outside this block, above or below, stays as it is.

      (JSON)

      <!-- architect:report:end -->"
    `);
  });

  it("shows everything that is left for people", () => {
    const text = withReport(
      {
        endpoints_created: [],
        models_created: [],
        middleware_added: [],
        security_measures: [],
        decisions: [],
        concerns: ["Limits count per process until Redis is there."],
        blockers: ["The base class was not found."],
        questions: [{ question: "Which table?", options: ["users", "accounts"] }],
        handoffs: [
          {
            to: "maintainer",
            task: "Install the handlers.",
            patch: { path: "backend/app/main.py", diff: "@@ -1 +1,2 @@\n app = FastAPI()\n+install(app)\n" },
          },
          { to: "database-engineer", task: "Write the migration." },
        ],
        test_commands: ["curl -X POST localhost:8500/api/v1/auth/register"],
      },
      {
        status: "BLOCKED",
        findings: [
          { rule: "out-of-bounds", severity: "error", message: "a file lies outside", path: "frontend/a.ts", line: 3 },
          { rule: "no-evidence", severity: "concern", message: "nothing ran" },
        ],
        evidence: [ran({ exitCode: 1, tree: "before" })],
        notes: ["`active.json` could not be read."],
      },
    );
    expect(shown(text)).toMatchInlineSnapshot(`
      "<!-- architect:report:begin -->

      **Status: BLOCKED.** The work could not be finished. What stands in the way is listed under Blockers.

      Adds POST /api/v1/auth/register with a User model.

      Refs #7

      ### Blockers

      - The base class was not found.

      ### Questions

      1. Which table?
         - (a) users
         - (b) accounts

      ### What was run

      By the App itself, in the sandbox; the agent cannot write this part.

      | Command | Result | Duration | What it shows |
      | --- | --- | --- | --- |
      | \`python -m pytest backend/tests -q\` | exit code 1 | 1.2 s | **stale**: ran before the last change |

      <details><summary><code>python -m pytest backend/tests -q</code>: exit code 1</summary>

      \`\`\`text
      $ python -m pytest backend/tests -q
      3 passed in 0.12s
      \`\`\`

      </details>

      What ran before the last change says nothing about the files as they are now.

      ### Commands to try, not run here

      - \`curl -X POST localhost:8500/api/v1/auth/register\`

      ### What the checks found

      - **Error** at \`frontend/a.ts:3\`: a file lies outside (\`out-of-bounds\`)
      - **Concern**: nothing ran (\`no-evidence\`)

      ### Hand-offs

      **1. maintainer**

      Install the handlers.

      In \`backend/app/main.py\`:

      \`\`\`diff
      @@ -1 +1,2 @@
       app = FastAPI()
      +install(app)
      \`\`\`

      **2. database-engineer**

      Write the migration.

      ### Concerns

      - Limits count per process until Redis is there.

      ### Memory

      - \`active.json\` could not be read.

      ### Spent, and how to continue

      23 of 60 tool calls, 12 turns, 345,678 tokens, $1.23 of $5.00. Model: \`claude-opus-5-5\`.

      Review the code with comments on its lines and submit the review: each comment gets an answer, and changes come as further commits on this branch. Or comment \`/architect design …\` here with what is to be done. Text that you write outside this block, above or below, stays as it is.

      (JSON)

      <!-- architect:report:end -->"
    `);
  });

  it("closes the issue when the status is DONE, and only refers to it otherwise", () => {
    expect(renderPullBody(input)).toMatch(/^Closes #7$/m);
    const text = renderPullBody({ ...input, status: "DONE_WITH_CONCERNS" });
    expect(text).toMatch(/^Refs #7$/m);
    expect(text).not.toMatch(/closes/i);
  });

  it("tells what ran from evidence alone, the latest run of each command", () => {
    const text = withReport(
      { test_commands: ["pytest -q", "ruff check ."], summary: "All tests passed with exit code 0." },
      {
        evidence: [
          ran({ command: "pytest -q", exitCode: 0 }),
          ran({ command: "pytest -q", exitCode: 2, durationMs: 61_000 }),
        ],
      },
    );
    expect(text).toContain("| `pytest -q` | exit code 2 | 1 min 1 s | **fails** |");
    expect(text).not.toContain("| `pytest -q` | exit code 0 |");
    expect(text).toContain("### Commands to try, not run here\n\n- `ruff check .`");
  });

  it("marks evidence of other files than those published as stale", () => {
    const text = renderPullBody({ ...input, tree: "later" });
    expect(text).toContain("| **stale**: ran before the last change |");
    expect(text).toContain("says nothing about the files as they are now");
  });

  it("tells which commits GitHub does not verify, with its reason alone", () => {
    const commits = [
      { sha: "a".repeat(40), verified: true, reason: "valid" },
      { sha: "b".repeat(40), verified: false, reason: "unsigned @x" },
    ];
    const text = renderPullBody({ ...input, commits });
    expect(text).toContain("Signed and verified by GitHub: aaaaaaaaaaaa.");
    expect(text).toContain("**Not verified** by GitHub (unsignedx): bbbbbbbbbbbb.");
  });

  it("shows what a request was answered, what a suite did before and after, and what proves nothing", () => {
    const request = (over: object) => ({ kind: "request" as const, method: "GET", path: "/a", ...over });
    const rows = renderPullBody({
      ...input,
      evidence: [
        ran({
          command: "pytest -q || true",
          doubt: { kind: "masked", reason: "its exit code is masked by `|| true`" },
        }),
        ran({ command: "echo ok", doubt: { kind: "unproven", reason: "it only prints or ends" } }),
        ran({ command: "pytest", tree: "base", exitCode: 1, check: { kind: "suite", at: "base" } }),
        ran({ command: "pytest", check: { kind: "suite", at: "head" } }),
        ran({ command: "curl localhost:1/a", check: request({ status: 200 }) }),
        ran({ command: "curl localhost:1/b # 404", check: request({ path: "/b", status: 404, expected: 404 }) }),
        ran({
          command: "curl localhost:1/c",
          exitCode: 22,
          check: request({ path: "/c", status: 500, fault: "it was answered 500" }),
        }),
        ran({ command: "uvicorn app:app", durationMs: 900, check: { kind: "server" } }),
      ],
    })
      .split("\n")
      .filter((line) => /^\| .* ms \||^\| .* s \|/.test(line));
    expect(rows).toMatchInlineSnapshot(`
      [
        "| \`uvicorn app:app\` | listens | 900 ms | the requests are made to it |",
        "| \`GET /a\` | HTTP 200 | 1.2 s | passes |",
        "| \`GET /b\` | HTTP 404 | 1.2 s | answered as expected |",
        "| \`GET /c\` | HTTP 500 | 1.2 s | **fails**: it was answered 500 |",
        "| \`pytest\` | exit code 1 | 1.2 s | failed before the change |",
        "| \`pytest\` | exit code 0 | 1.2 s | passes with the change |",
        "| pytest -q &#124;&#124; true | exit code 0 | 1.2 s | **masked**: its exit code is masked by \\\`&#124;&#124; true\\\` |",
        "| \`echo ok\` | exit code 0 | 1.2 s | **proves nothing**: it only prints or ends |",
      ]
    `);
  });

  it("strikes through what the code denies, first, and says what it has", () => {
    const claims = [
      { kind: "endpoint", claim: "GET /a", verdict: "confirmed", reason: "", where: { file: "a.py", line: 3 } },
      { kind: "model", claim: "User (users)", verdict: "contradicted", reason: "its table is people in the code" },
      { kind: "unreported", claim: "DELETE /a", verdict: "contradicted", reason: "not named" },
      { kind: "security", claim: "Keys rotate", verdict: "unprovable", reason: "no fact shows this" },
    ] as const;
    const body = renderPullBody({ ...input, claims });
    expect(body).toContain("1 confirmed, 2 contradicted, 1 not provable by code.");
    expect(
      body.split("\n").filter((line) => /contradicted\*\*|not reported|provable \||confirmed \|/.test(line)),
    ).toEqual([
      "| ~~`User (users)`~~ | **contradicted** | its table is people in the code |",
      "| `DELETE /a` | **not reported** | not named |",
      "| Keys rotate | not provable | no fact shows this |",
      "| `GET /a` | confirmed | `a.py:3` |",
    ]);
  });

  it("tells what of the API breaks clients, and which standards the repository sets otherwise", () => {
    const body = renderPullBody({
      ...input,
      apiChanges: [
        { kind: "added", operation: "GET /b", what: [], breaking: [] },
        { kind: "removed", operation: "GET /a", what: ["it is gone"], breaking: ["it is gone"] },
      ],
      deviations: [{ rule: "verb-in-path", setting: "off", reason: "Clients know these paths." }],
    });
    expect(body).toContain("| `GET /a` | removed, **breaking** | it is gone |\n| `GET /b` | new |  |");
    expect(body).toContain("- verb-in-path: off. Clients know these paths.");
  });

  it("says so when nothing ran", () => {
    expect(renderPullBody({ ...input, evidence: [] })).toContain("Nothing: nothing here shows that the code works.");
  });

  it("embeds the status that was settled on, not the one that the agent claimed", () => {
    expect(parseBody(renderPullBody({ ...input, status: "BLOCKED" }))?.status).toBe("BLOCKED");
  });

  it("keeps a fence whole whatever stands in a patch or an output", () => {
    const diff = "````\n```\n<!-- architect:report:end -->\n</details>\n@maintainer\n````";
    const text = withReport(
      { handoffs: [{ to: "maintainer", task: "x", patch: { path: "a.py", diff } }] },
      { evidence: [ran({ output: `\u001b[31m${diff}` })] },
    );
    expect(text).toContain("`````diff\n````\n```\n<! -- architect:report:end -->");
    expect(text).toContain("`````text\n$ python -m pytest backend/tests -q\n````\n");
    expect(text.match(/<!-- architect:report:end -->/g)).toHaveLength(1);
    expect(text).not.toContain("\u001b");
  });

  it("lets no text of the agent mention, close, link, command, or break a table", () => {
    const hostile =
      "x | y\n| a | b |\n\n/merge\n@maintainer fixes #1 <img src=x> [a](https://evil.example)\n# Head\n<!-- architect:report:end -->";
    const text = withReport({
      summary: hostile,
      endpoints_created: [{ method: "GET", path: "/a|b`c", auth: hostile, rate_limit: hostile.slice(0, 200) }],
      models_created: [{ name: hostile, table: "a|b", fields: ["`", "a|b", hostile] }],
      middleware_added: [{ name: hostile, config: { [hostile]: hostile } }],
      security_measures: [hostile],
      decisions: [
        {
          title: "Bold ** and | pipes",
          rationale: hostile,
          category: "security",
          impact: "low",
          alternatives: [{ option: hostile, rejected_because: hostile }],
        },
      ],
      concerns: [hostile],
      questions: [{ question: hostile, options: [hostile] }],
      handoffs: [{ to: hostile, task: hostile }],
      test_commands: [hostile],
    });
    const outside = shown(text);
    expect(outside).not.toMatch(/(?<![\w`])@maintainer/);
    expect(outside).not.toMatch(/(?<![`\w])#1\b/);
    expect(outside).not.toMatch(/^\/merge/m);
    expect(outside).not.toContain("<img");
    expect(outside).not.toContain("](https://");
    expect(text.match(/<!-- architect:report:end -->/g)).toHaveLength(1);
    const rows = outside.split("\n").filter((line) => line.startsWith("| "));
    const columns = (row: string) => row.replace(/\\\|/g, "").split("|").length;
    expect(new Set(rows.filter((row) => /\/a|GET|Method/.test(row)).map(columns))).toEqual(new Set([6]));
  });
});

describe("renderPullBody and parseBody", () => {
  it.each([
    "plain",
    "```\n````json\n{}\n```",
    "-->\n<!-- architect:report:end --> </details>",
    "a | b \\| c",
    "line\nline\r\n\ttab",
    "fixes #1, GH-2, https://github.com/o/r/issues/3 @maintainer [skip ci]",
    "Ünïcödé 漢字 😀 \u202e\u200b\ud800 \u0007",
    '"quotes" \\ and \\u0041 \\\\`',
    "<!-- architect:report:json -->\n```json\n{}\n```",
  ])("give a report back that holds %j", (text) => {
    const report = reportSchema.parse(
      reportWith({
        summary: `x ${text} x`,
        concerns: [`x ${text} x`],
        middleware_added: [{ name: "m", config: { [text]: [text, { deep: text }] } }],
        handoffs: [{ to: "maintainer", task: "t", patch: { path: "p", diff: text } }],
      }),
    );
    const body = renderPullBody({ ...input, report, status: report.status, evidence: [ran({ output: text })] });
    expect(parseBody(body)).toEqual(report);
    expect(parseBody(mergeBody(body.replaceAll("\n", "\r\n"), undefined, () => body))).toEqual(report);
  });

  it("leave nothing in the embedded report that would act in a squashed commit's message", () => {
    const body = withReport({ summary: "fixes #1 GH-2 https://github.com/o/r/issues/3 @maintainer [skip ci]" });
    const json = /```json\n([\s\S]*?)\n```/.exec(body)?.[1] ?? "";
    expect(json).toContain("fixes");
    expect(json).not.toMatch(/#\d|GH-\d|:\/\/|@|\[skip ci\]/);
  });

  it("take no report that stands in a command's output for ours", () => {
    const fake = "```json\n{}\n```";
    const body = renderPullBody({ ...input, evidence: [ran({ output: fake })] });
    expect(parseBody(body)).toEqual(soundReport);
  });

  it.each([
    "",
    "no block",
    "<!-- architect:report:json -->\n```json\n{\n```",
    "<!-- architect:report:json -->\n```json\n{}\n```",
  ])("give nothing back from %j", (body) => {
    expect(parseBody(body)).toBeUndefined();
  });
});

describe("the length of a body", () => {
  const long = "word ".repeat(780);
  const full = reportWith({
    concerns: Array.from({ length: 50 }, () => long),
    security_measures: Array.from({ length: 50 }, () => long),
    handoffs: Array.from({ length: 50 }, () => ({
      to: "maintainer",
      task: long,
      patch: { path: "a", diff: long.repeat(5) },
    })),
  });

  it("stays below GitHub's limit for the largest report that can be submitted", () => {
    const body = renderPullBody({
      ...input,
      report: reportSchema.parse(full),
      evidence: Array.from({ length: 60 }, (_, n) => ran({ command: `c${n}`, output: long })),
    });
    expect(body.length).toBeLessThanOrEqual(maxBodyLength);
    expect(body).toContain(
      "Shortened to what a description can hold: output, embedded report, patches and long texts left out.",
    );
    expect(body).toContain("… and 38 more.");
  });

  it("gives up the commands' output before the report", () => {
    const body = renderPullBody({
      ...input,
      evidence: Array.from({ length: 30 }, (_, n) => ran({ command: `c${n}`, output: long })),
    });
    expect(body).toContain("Shortened to what a description can hold: most of the commands' output left out.");
    expect(parseBody(body)).toEqual(soundReport);
  });

  it("says the status and the issue at the least", () => {
    expect(renderPullBody(input, 10)).toMatchInlineSnapshot(`
      "<!-- architect:report:begin -->

      **Status: DONE.** What was asked for is here, and nothing is left open.

      The rest does not fit into this description: see the status comment.

      Closes #7

      <!-- architect:report:end -->"
    `);
  });
});

describe("mergeBody", () => {
  const block = (text: string) => (room: number) =>
    renderPullBody({ ...input, report: reportWith({ summary: text }) }, room);

  it("puts the block above the repository's template in a new body", () => {
    const body = mergeBody(undefined, "## Checklist\n\n- [ ] I read the guide\n", block("first"));
    expect(body).toMatch(/^<!-- architect:report:begin -->/);
    expect(body).toMatch(/<!-- architect:report:end -->\n\n## Checklist\n\n- \[ \] I read the guide$/);
  });

  it("puts it where the template has the markers", () => {
    const template = "## What\n\n<!-- architect:report:begin -->\n<!-- architect:report:end -->\n\n## Checklist";
    const body = mergeBody(undefined, template, block("first"));
    expect(body).toMatch(
      /^## What\n\n<!-- architect:report:begin -->[\s\S]*<!-- architect:report:end -->\n\n## Checklist$/,
    );
  });

  it("replaces the block alone and keeps what people wrote around it", () => {
    const first = mergeBody(undefined, "## Checklist\n- [ ] read", block("first"));
    const edited = `Note of a maintainer\n\n${first.replace("- [ ] read", "- [x] read")}\n\nSee the guide.`;
    const second = mergeBody(edited, "## Checklist\n- [ ] read", block("second"));
    expect(second).toMatch(/^Note of a maintainer\n\n<!--/);
    expect(second).toMatch(/- \[x\] read\n\nSee the guide\.$/);
    expect(second).toContain("second");
    expect(second).not.toContain("first");
  });

  it("changes nothing when the block is the same", () => {
    const first = mergeBody(undefined, "template", block("first"));
    expect(mergeBody(first, "template", block("first"))).toBe(first);
  });

  it.each([
    ["no end", (body: string) => body.replace("<!-- architect:report:end -->", "")],
    ["no beginning", (body: string) => body.replace("<!-- architect:report:begin -->", "")],
    ["two ends", (body: string) => `${body}\n<!-- architect:report:end -->`],
    [
      "the end first",
      (body: string) => `<!-- architect:report:end -->\n${body.replace("<!-- architect:report:end -->", "")}`,
    ],
    ["no block at all", () => "A maintainer's own words"],
  ])("loses no word of people when there is %s", (_, damage) => {
    const body = mergeBody(
      damage(`above\n\nA maintainer's own words\n${block("first")(60_000)}\n\nbelow`),
      undefined,
      block("second"),
    );
    expect(body).toContain("A maintainer's own words");
    expect(body.match(/<!-- architect:report:begin -->/g)).toHaveLength(1);
    expect(body.match(/<!-- architect:report:end -->/g)).toHaveLength(1);
    expect(parseBody(body)?.summary).toBe("second");
    expect(parseBody(mergeBody(body, undefined, block("third")))?.summary).toBe("third");
  });

  it("shortens the block, never people's text", () => {
    const words = "w".repeat(64_000);
    const body = mergeBody(
      `${words}\n\n<!-- architect:report:begin --><!-- architect:report:end -->`,
      undefined,
      block("first"),
    );
    expect(body.startsWith(words)).toBe(true);
    expect(body.length).toBeLessThanOrEqual(maxBodyLength);
    expect(body).toContain("**Status: DONE.**");
  });

  it("leaves a body alone that has no room for even the shortest block", () => {
    const words = "w".repeat(65_500);
    expect(mergeBody(words, undefined, block("first"))).toBe(words);
  });
});

describe("pullTitle", () => {
  it("is the issue's title on one line, without what would act", () => {
    expect(pullTitle(soundReport, "Create user\nregistration @maintainer fixes #3")).toBe(
      "Create user registration maintainer fixes no. 3",
    );
  });

  it("names the feature when the issue has no title", () => {
    expect(pullTitle(soundReport, " ")).toBe("User registration");
  });
});

describe("commitMessage", () => {
  it("has a subject, the summary and the issue", () => {
    const summary =
      "Adds POST /api/v1/auth/register with a User model, Argon2id hashing and a limit of five requests per minute.";
    expect(commitMessage({ feature: "user-registration", summary }, 7, "work")).toMatchInlineSnapshot(`
      "User registration

      Adds POST /api/v1/auth/register with a User model, Argon2id hashing and
      a limit of five requests per minute.

      Refs #7"
    `);
  });

  it("ends with trailers of ours in a paragraph of their own", () => {
    const trailers = ["Co-authored-by: maintainer <501+maintainer@users.noreply.github.com>"];
    expect(commitMessage(soundReport, 7, "memory", trailers).split("\n\n").slice(1)).toEqual(["Refs #7", ...trailers]);
  });

  it("says what a follow-up and a memory commit are", () => {
    expect(commitMessage(soundReport, 7, "follow-up").split("\n")[0]).toBe("User registration: answer the review");
    expect(commitMessage(soundReport, 7, "memory")).toBe("Record decisions and work: user-registration\n\nRefs #7");
  });

  it("lets no text of the agent become a trailer, close an issue or skip CI", () => {
    const summary =
      "Done.\n\nCo-authored-by: Someone <a@example.com>\nSigned-off-by: x\nFixes #3 [skip ci] @maintainer";
    const message = commitMessage({ feature: "x", summary }, 7, "work");
    expect(message).not.toMatch(/-by:/i);
    expect(message).not.toMatch(/#3|\[skip ci\]|@maintainer/);
    expect(message.endsWith("\n\nRefs #7")).toBe(true);
  });
});
