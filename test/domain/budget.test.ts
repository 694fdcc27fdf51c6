import { describe, expect, it } from "vitest";
import {
  addTurn,
  budgetNotice,
  classifyWork,
  decideCall,
  exhausted,
  isCounted,
  type Limits,
  limitsFor,
  noSpend,
} from "../../src/domain/budget.ts";

const limits: Limits = {
  work: "crud",
  toolCalls: 15,
  turns: 50,
  tokens: 1_000_000,
  usd: 5,
  outputTokens: [64_000, 128_000],
};

describe("classifyWork", () => {
  it.each([
    ["Create user registration endpoint", "authentication"],
    ["Add login with JWT refresh tokens", "authentication"],
    ["Users can reset their password", "authentication"],
    ["OAuth2 authorization for partners", "authentication"],
    ["Split billing into a microservice", "microservice"],
    ["Publish order events on a message queue", "microservice"],
    ["CRUD for invoices (number: str unique, amount: Decimal, due_date: date, paid: bool)", "crud"],
    ["CRUD for books (title: str, author: str)", "crud"],
    ["Let people create, list and delete tags", "crud"],
    ["Endpoints for comments", "crud"],
    ["Add a health endpoint", "single-endpoint"],
    ["Show the author of a post", "single-endpoint"],
    ["", "single-endpoint"],
  ])("reads %j as %s", (request, kind) => {
    expect(classifyWork(request)).toBe(kind);
  });
});

describe("limitsFor", () => {
  it("takes the tool calls from the definition and the money from the operator", () => {
    const definition = {
      budgets: { "single-endpoint": 15, crud: 40, microservice: 80, authentication: 60 },
      maxTurns: 50,
    };
    expect(limitsFor(definition, "crud", { tokens: 9, usd: 1 })).toMatchObject({
      toolCalls: 40,
      turns: 50,
      tokens: 9,
      usd: 1,
    });
  });
});

describe("decideCall", () => {
  it("refuses the call after the last one with what to do instead", () => {
    expect(decideCall({ ...noSpend, toolCalls: 14 }, limits, "Read")).toEqual({ allowed: true });
    expect(decideCall({ ...noSpend, toolCalls: 15 }, limits, "Read")).toMatchObject({
      allowed: false,
      reason: expect.stringMatching(/^budget exhausted: all 15 tool calls .* Call SubmitReport now/),
    });
  });

  it.each(["SubmitReport", "Skill", "Remember", "Recall", "TaskCreate", "TaskUpdate", "TaskList", "TaskGet"])(
    "always allows %s",
    (tool) => {
      expect(isCounted(tool)).toBe(false);
      expect(decideCall({ ...noSpend, toolCalls: 99 }, limits, tool)).toEqual({ allowed: true });
    },
  );
});

describe("spend", () => {
  it("counts every token of a turn once", () => {
    const usage = { inputTokens: 1, cacheReadTokens: 20, cacheWriteTokens: 300, outputTokens: 4_000 };
    expect(addTurn(noSpend, usage, 0.25)).toEqual({ toolCalls: 0, turns: 1, tokens: 4_321, usd: 0.25 });
  });

  it.each([
    [{ turns: 50 }, "all 50 turns"],
    [{ tokens: 1_000_000 }, "all 1000000 tokens"],
    [{ usd: 5 }, "all 5 USD"],
    [{ turns: 49, tokens: 999_999, usd: 4.99, toolCalls: 15 }, undefined],
  ])("%j ends a run or does not", (spent, reason) => {
    const sentence = exhausted({ ...noSpend, ...spent }, limits);
    if (reason === undefined) expect(sentence).toBeUndefined();
    else expect(sentence).toContain(reason);
  });

  it("lets a model that costs nothing run under a cap of nothing", () => {
    expect(exhausted({ ...noSpend, turns: 3 }, { ...limits, usd: 0 })).toBeUndefined();
    expect(exhausted({ ...noSpend, usd: 0.01 }, { ...limits, usd: 0 })).toContain("0 USD");
  });
});

describe("budgetNotice", () => {
  it("speaks once, when three calls are left", () => {
    const at = (toolCalls: number) => ({ ...noSpend, toolCalls });
    expect(budgetNotice(at(10), at(11), limits)).toBeUndefined();
    expect(budgetNotice(at(11), at(12), limits)).toContain("3 tool calls left");
    expect(budgetNotice(at(12), at(13), limits)).toBeUndefined();
    expect(budgetNotice(at(8), at(15), limits)).toContain("0 tool calls left");
  });

  it("speaks of turns, tokens and money as well", () => {
    const after = { toolCalls: 0, turns: 47, tokens: 900_000, usd: 4.5 };
    expect(budgetNotice(noSpend, after, limits)).toContain(
      "3 turns and less than a tenth of the tokens and less than a tenth of the money left",
    );
  });
});
