import { expect, test } from "vitest";
import type { RunEvent } from "../../src/domain/event.ts";
import { ledgerOf, spentIn, workedMs } from "../../src/domain/ledger.ts";
import { ledgerSentence } from "../../src/domain/render/sections.ts";
import { childId } from "../../src/domain/subagent.ts";
import { mateId } from "../../src/domain/team.ts";

const usage = { inputTokens: 70, cacheReadTokens: 10, cacheWriteTokens: 10, outputTokens: 10 };
const at = (second: number) => new Date(Date.UTC(2026, 10, 25, 12, 0, second)).toISOString();
const turn = (usd: number, child?: string): RunEvent => ({
  ...{ type: "assistant", at: at(0), usage, usd, stopReason: "end_turn", message: { role: "assistant", content: [] } },
  ...(child === undefined ? {} : { child }),
});
const events: readonly RunEvent[] = [
  turn(1),
  turn(0.25, childId("toolu_1", "test-generator")),
  turn(0.25, childId("toolu_2", "test-generator")),
  turn(0.5, mateId("code-reviewer")),
  { type: "paid", at: at(0), usage, usd: 2, turns: 0 },
  { type: "phase", at: at(0), phase: "working" },
];

test("the ledger has each agent once, and its sum is what the run has spent", () => {
  const ledger = ledgerOf(events);
  expect(ledger).toMatchObject({
    architect: { turns: 1, tokens: 200, usd: 3 },
    "test-generator": { turns: 2, tokens: 200, usd: 0.5 },
    "code-reviewer": { turns: 1, tokens: 100, usd: 0.5 },
  });
  const sum = Object.values(ledger).reduce((usd, one) => usd + one.usd, 0);
  expect(spentIn(events)).toMatchObject({ usd: sum, tokens: 500, turns: 4 });
});

test("people read who spent what, where there was more than one", () => {
  expect(ledgerSentence(ledgerOf(events))).toBe(
    "Of that: `architect` 1 turn, 200 tokens, $3.00; `test-generator` 2 turns, 200 tokens, $0.50; `code-reviewer` 1 turn, 100 tokens, $0.50.",
  );
  expect(ledgerSentence(ledgerOf([turn(1)]))).toBeUndefined();
});

test("time at work leaves out what passed before a run was taken up again", () => {
  const happened = (type: "phase" | "resumed", second: number): RunEvent =>
    type === "phase" ? { type, at: at(second), phase: "working" } : { type, at: at(second) };
  expect(workedMs([happened("phase", 0), happened("phase", 10), happened("resumed", 50), happened("phase", 55)])).toBe(
    15_000,
  );
  expect(workedMs([])).toBe(0);
});
