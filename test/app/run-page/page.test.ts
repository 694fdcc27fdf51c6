/** The page of a run, as people and browsers get it. */
import { describe, expect, test } from "vitest";
import { renderRunPage } from "../../../src/app/run-page/page.ts";
import type { RunEvent } from "../../../src/domain/event.ts";
import { createRedactor } from "../../../src/domain/redact.ts";
import type { RunRecord } from "../../../src/ports.ts";
import { answers, at, events, outcome, ran, record, says, started } from "./recorded.ts";

const secret = "correct-horse-battery-staple-0123456789";
const redactor = createRedactor([secret]);
const redact = (text: string) => redactor(text).text;
const githubUrl = "https://github.example.com";
const ended: RunRecord = { ...record, endedAt: at(80), outcome };

const pageOf = (run: RunRecord, of: readonly RunEvent[], now = at(75)): string =>
  renderRunPage({ record: run, events: of, before: [], githubUrl, now: new Date(now) }, redact);

/** As a reader sees it, folded parts included. */
const textOf = (page: string): string =>
  page
    .replace(/<(style|script)>[\s\S]*?<\/\1>/g, "")
    .replace(/<[^>]*>/g, " ")
    .replace(/\s+/g, " ");

const section = (page: string, id: string): string =>
  textOf(new RegExp(`<(section|header)[^>]* id="${id}">[\\s\\S]*?</\\1>`).exec(page)?.[0] ?? "").trim();

describe("the page of a run that is at work", () => {
  const page = pageOf(record, events.slice(0, 14));

  test("says what was asked, by whom, where it stands and what is being done", () => {
    expect(section(page, "head")).toBe(
      "acme/shop · issue #1 At work Create user registration endpoint Begun 2026-11-25 12:00 UTC",
    );
    expect(section(page, "outcome")).toBe("Working. Agent database-engineer: Migrate users");
    expect(section(page, "request")).toBe(
      "What was asked for with the label, by maintainer Register with email and password.",
    );
    expect(section(page, "tasks")).toBe("Tasks 1 of 3 done ▸ Writing the model … · Write the route ✓ Read the code");
  });

  test("shows the spend against the caps and the calls against the budget of the kind of work", () => {
    expect(section(page, "figures")).toBe(
      "Tool calls 3 of 60 Money $0.06 of $5.00 Tokens 3,030 of 5M Turns 2 of 120 Time at work 1:15 The budget of a CRUD feature. Tool calls of subagents, on budgets of their own: 1. Model: claude-opus-5-5 .",
    );
  });

  test("renews itself by a script of our own, and without scripts, too", () => {
    expect(page).toContain('<noscript><meta http-equiv="refresh" content="15"></noscript>');
    expect(page.match(/<script>/g)).toHaveLength(1);
  });
});

describe("the page of a run that has ended", () => {
  const page = pageOf(ended, events);

  test("is static", () => {
    expect(page).not.toMatch(/<script|http-equiv/);
  });

  test("says how it ended and why, and leads to branch and pull request on the operator's GitHub", () => {
    expect(section(page, "outcome")).toBe(
      "BLOCKED. The work could not be finished. A table of users . CI: lint is ours Hand-offs: 1 filed Why the budget is used up Questions Which database? (a) SQLite (b) none The end of its log KeyError: &#39;DATABASE_URL&#39;",
    );
    expect(page.match(/href="[^"]*"/g)).toEqual([
      `href="${githubUrl}/acme/shop"`,
      `href="${githubUrl}/acme/shop/issues/1"`,
      `href="${githubUrl}/acme/shop/pull/7"`,
      `href="${githubUrl}/acme/shop/tree/architect/issue-1-x"`,
    ]);
  });

  test("has each command with its result, how long it took, who wanted it and the end of its output", () => {
    expect(section(page, "commands")).toBe(
      "What was run by the App, in its sandbox; the agent cannot write this part ✗ ruff check . … exit code 1, 1.2 s $ ruff check . echo done F401 in app/main.py Found 1 error. ✗ POST /x the App HTTP 404, 1.2 s $ curl -X POST http://localhost:8500/x HTTP 404 not found it is answered with 404",
    );
  });

  test("has what the checks found, the worst first", () => {
    expect(section(page, "findings")).toBe(
      "What the checks found ! error app/main.py:3 : there is no POST /x claim-missing ! concern: nothing was run no-evidence",
    );
  });

  test("tells turn by turn what was called, with subagents and teammates inside, and what people said", () => {
    expect(section(page, "turns")).toMatchInlineSnapshot(
      `"Turn by turn 4 of the agent, by the time since it began 1 0:01 I look at app/main.py . Read app/main.py → 2 lines Bash ruff check . … → exit code 1: Found 1 error. (1.2 s) Task list 1 new 2 0:05 The migration. Agent database-engineer: Migrate users → database-engineer ended with DONE. database-engineer: 1 turn 1 0:07 I write it. Write migrations/1.py (2 lines) → created 3 0:10 Review it. SendMessage code-reviewer: Please review. → … code-reviewer writes: Sound, but for one. maintainer comments: Use UUIDs for ids, please. The App: Budget: 3 tool calls left. code-reviewer of the team: 1 turn 1 0:12 I look. Grep def in app → 1 line 4 1:10 The report. SubmitReport DONE → The report is not accepted (1 of 3): The App ran 1 command to hold the report against. ! error app/main.py:3 : there is no POST /x claim-missing ! concern: nothing was run no-evidence"`,
    );
  });

  test("shows neither what stands in files nor prompts", () => {
    expect(page).not.toMatch(/contents_of_a_file|the brief|its brief|You are the architect|hidden words/);
  });
});

const hostile = `<script>alert(1)</script>"'><img src=x onerror=alert(1)>\u202e\u2066\u200b\u{e0041}\u0007]]>--></style></title>&amp;${secret}`;

/** Hostile words in the place of all words; names that our code knows stay. */
const poisoned = <T>(value: T, key = ""): T => {
  if (Array.isArray(value)) return value.map((one) => poisoned(one, key)) as T;
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, poisoned(one, name)])) as T;
  const known =
    /^(type|at|kind|status|severity|phase|work|impact|category|id|tool_use_id|call|child|startedAt|endedAt)$/;
  if (typeof value !== "string" || known.test(key)) return value;
  // JSON of ours that holds people's words.
  const told = /^(.*<(?:comments|team-messages)[^>]*>\n)(.*)(\n<.*)$/s.exec(value);
  if (told) return `${told[1]}${JSON.stringify(poisoned(JSON.parse(told[2] ?? "")))}${told[3]}` as T;
  return `${value} ${hostile}` as T;
};

describe("text of others", () => {
  const open = pageOf(poisoned(record), poisoned(events));
  const closed = pageOf(poisoned(ended), poisoned(events));

  test.each([
    ["at work", open],
    ["ended", closed],
  ])("is text wherever it stands, while the run is %s", (_, page) => {
    const markup = page.replace(/<(style|script)>[\s\S]*?<\/\1>/g, "<$1>");
    expect(page.split("alert(1)").length).toBeGreaterThan(40);
    expect(markup).not.toMatch(/<(?:script>alert|img|\/style>alert)/);
    const tags = new Set([...markup.matchAll(/<\/?([a-z0-9]+)/gi)].map(([, tag]) => tag));
    expect([...tags].filter((tag) => !ourTags.includes(tag ?? ""))).toEqual([]);
    const attributes = [...markup.matchAll(/<[a-z0-9]+((?:\s+[\w-]+(?:="[^"]*")?)*)\s*\/?>/gi)];
    expect(attributes.length).toBe(markup.match(/<[a-z0-9]/gi)?.length);
    expect(attributes.filter(([, all]) => /\son\w+/i.test((all ?? "").replace(/"[^"]*"/g, '""')))).toEqual([]);
  });

  test("holds nothing invisible, nothing that turns text round, and no secret", () => {
    expect(open + closed).not.toMatch(/[\u202a-\u202e\u2066-\u2069\u200b]|\u{e0041}/u);
    expect(open + closed).not.toContain(secret);
    expect(open).toContain("[redacted]");
  });

  test("becomes no address: whoever names a repository oddly gets an odd path on the operator's GitHub", () => {
    const addresses = [...closed.matchAll(/href="([^"]*)"/g)].map(([, href]) => href);
    expect(addresses.length).toBeGreaterThan(3);
    expect(addresses.filter((href) => !href?.startsWith(`${githubUrl}/`))).toEqual([]);
  });
});

const ourTags =
  "doctype html head meta title style body main noscript script p section header h1 h2 small span a bdi ul ol li dl dt dd div b i br svg rect details summary pre code table tr th td time footer"
    .split(" ")
    .concat("DOCTYPE");

describe("a long run", () => {
  const turns = Array.from({ length: 700 }, (_, index): readonly RunEvent[] => [
    says(index, `Turn ${index}. ${"<&>".repeat(400)}`, [
      `c${index}`,
      "Bash",
      { command: `pytest tests/test_${index}.py` },
    ]),
    { type: "evidence", at: at(index), evidence: ran(`pytest tests/test_${index}.py`, 0, `<${'"&'.repeat(15_000)}`) },
    answers(index, [`c${index}`, "exit code 0\n1 passed"]),
  ]).flat();
  const page = pageOf(record, [started(0, "backend-system-architect"), ...turns]);

  test("still gives a page below a megabyte, which says what it leaves out", () => {
    expect(Buffer.byteLength(page)).toBeLessThan(1_000_000);
    expect(Buffer.byteLength(page)).toBeGreaterThan(300_000);
    expect(page).toContain("pytest tests/test_699.py");
    expect(page).not.toContain("pytest tests/test_0.py");
    expect(textOf(page)).toMatch(/The first [56]\d\d are left out here: they would make the page too long\./);
    expect(textOf(page)).toMatch(/The first 6\d\d are left out here\. ✓/);
  });

  test("has the turns before the last ones folded", () => {
    expect(page.match(/<details class="older"/g)).toHaveLength(1);
  });
});

test("a transcript of before limits were kept shows no caps", () => {
  const old = events.map((event): RunEvent => {
    if (event.type !== "started") return event;
    const { limits: _, ...rest } = event;
    return rest;
  });
  expect(section(pageOf(ended, old), "figures")).toContain("Tool calls 4 Money $0.12 Tokens 6,060 Turns 4");
});
