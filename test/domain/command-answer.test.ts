import { expect, test } from "vitest";
import { parseCommand } from "../../src/domain/command.ts";
import { renderHelp, renderRefusal, renderStanding } from "../../src/domain/command-answer.ts";

const models = ["claude-opus-5-5", "claude-sonnet-5-5"];
const answerTo = (text: string) => {
  const command = parseCommand(`/architect ${text}`, "architect");
  return command && renderRefusal(command, models);
};

test("a verb that is misspelt gets the nearest one that there is", () => {
  expect(answerTo("desing x")).toContain("Did you mean `/architect design`?");
  expect(answerTo("statsu")).toContain("Did you mean `/architect status`?");
});

test("a verb that resembles none gets the way to the list", () => {
  const answer = answerTo("fjkdsjfkdsjf");
  expect(answer).toContain("There is no command `fjkdsjfkdsjf`. `/architect help` lists what is.");
  expect(answer).not.toContain("Did you mean");
});

test("the name alone gets the list, and every verb in it can be carried out", () => {
  const help = answerTo("") ?? "";
  expect(help).toBe(renderHelp(models));
  const verbs = [...help.matchAll(/^- `([a-z]+)[^`]*` /gm)].map(([, verb]) => verb);
  expect(verbs).toContain("design");
  for (const verb of verbs) expect(answerTo(`${verb} c0ffee 1a`)).toBeUndefined();
  expect(help).toContain("one of `claude-opus-5-5`, `claude-sonnet-5-5`");
});

test("a wrong option is answered with what would be right", () => {
  expect(answerTo("design x --budget lots")).toContain("such as `--budget $3`");
});

test("a hostile word can neither mention nor link anybody", () => {
  const answer = renderRefusal({ verb: "unknown", word: "@everyone`<!-- architect:status -->" }, models) ?? "";
  expect(answer).not.toMatch(/(^|[^`])@everyone/);
  expect(answer).not.toContain("<!-- architect:");
});

const idle = { tasks: [], waiting: [] };
const next = { what: "`design b`", by: "maintainer", place: 2 };

test("the standing of an issue names the run at work, its tasks and its spend", () => {
  const text = renderStanding({
    since: "2026-11-25T12:00:00Z",
    spend: { toolCalls: 0, turns: 4, tokens: 12_345, usd: 0.5 },
    tasks: [
      { id: "1", subject: "Read", status: "completed", blockedBy: [], blocks: [] },
      { id: "2", subject: "Write", activeForm: "Writing", status: "in_progress", blockedBy: [], blocks: [] },
    ] as never,
    waiting: [next, { ...next, what: "`continue`" }],
    url: "https://github.test/acme/shop/issues/3#issuecomment-9",
  });
  expect(text).toContain(
    "**At work** since 2026-11-25 12:00 UTC. 1 of 2 tasks are done; now: Writing. Spent so far: 4 turns, 12,345 tokens, $0.50.",
  );
  expect(text).toContain(
    "Waiting here:\n\n- `design b`, asked for by `maintainer`\n- `continue`, asked for by `maintainer`",
  );
  expect(text).toContain("[one comment](https://github.test/acme/shop/issues/3#issuecomment-9)");
});

test("where nothing is at work it says what waits, and at which place", () => {
  const text = renderStanding({ ...idle, waiting: [next] });
  expect(text).toBe("**Queued, place 2.** `design b`, asked for by `maintainer`: one run comes before it.");
});

test("where nothing is at work it says how the last run ended, or that there was none", () => {
  expect(renderStanding(idle)).toContain("Nothing was asked for here yet");
  const outcome = {
    kind: "answered" as const,
    status: "BLOCKED" as const,
    summary: "No key.",
    blockers: [],
    questions: [],
    spend: { toolCalls: 0, turns: 0, tokens: 0, usd: 0 },
  };
  expect(renderStanding({ ...idle, outcome })).toContain("**BLOCKED.**");
});
