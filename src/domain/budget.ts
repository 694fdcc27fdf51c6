/** What a run may still spend: tool calls by kind of work, turns, tokens and money. Counts and decides; pays nothing itself. */
import type { Definition, WorkKind } from "./definition.ts";
import type { Usage } from "./message.ts";
import type { Spend } from "./outcome.ts";
import type { Verdict } from "./policy.ts";
import { endsRun } from "./submission.ts";

export type Limits = {
  /** By which the tool calls are counted out. */
  readonly work: WorkKind;
  readonly toolCalls: number;
  readonly turns: number;
  /** All tokens of all turns, cached ones included. */
  readonly tokens: number;
  readonly usd: number;
  /** Of one turn; the second one where the first was cut short. */
  readonly outputTokens: readonly [number, number];
};

/** What of them a transcript keeps for people. */
export type StoredLimits = Omit<Limits, "outputTokens">;

export const storedLimits = ({ outputTokens: _, ...limits }: Limits): StoredLimits => limits;

const words = (...patterns: string[]): RegExp => new RegExp(`\\b(${patterns.join("|")})\\b`, "i");

const authentication = words(
  "auth(n|z)?",
  "authenticat\\w*",
  "authori[sz]\\w*",
  "oauth2?",
  "oidc",
  "jwts?",
  "log-?\\s?in",
  "log-?\\s?out",
  "sign-?\\s?(in|up)",
  "regist(er|ers|ration|rations)",
  "passwords?",
  "(access|refresh|bearer) tokens?",
  "api[ -]?keys?",
  "2fa|mfa|totp",
  "rbac",
);
const microservice = words(
  "micro-?services?",
  "service boundar(y|ies)",
  "event[ -]driven",
  "message (queue|broker)s?",
  "sagas?",
);
const crud = words("crud", "rest(ful)? (api|resource)", "resources?", "endpoints", "manage(ment)?");
const fields = words("\\w+: ?(str|int|float|bool|date|datetime|decimal|uuid|text)");
/** `GET /health`. */
const route = /\b(GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS)\s+\/\S*/g;
const verbs = ["create|add|post", "read|get|show|fetch", "list|search", "update|edit|patch|put", "delete|remove"];

/** The largest kind that the words of a request speak for. */
export const classifyWork = (request: string): WorkKind => {
  if (authentication.test(request)) return "authentication";
  if (microservice.test(request)) return "microservice";
  const named = verbs.filter((verb) => words(verb).test(request)).length;
  if (crud.test(request) || named >= 3) return "crud";
  // The fields of one route's answer make no resource.
  return fields.test(request) && request.match(route)?.length !== 1 ? "crud" : "single-endpoint";
};

/** @param caps the operator's, for one run */
export const limitsFor = (
  definition: Pick<Definition, "budgets" | "maxTurns">,
  work: WorkKind,
  caps: { readonly tokens: number; readonly usd: number },
): Limits => ({
  work,
  toolCalls: definition.budgets[work],
  turns: definition.maxTurns,
  tokens: caps.tokens,
  usd: caps.usd,
  outputTokens: [64_000, 128_000],
});

/** What a subagent may spend: calls and turns of its own, and the tokens and money that are left to the one who starts it. */
export const limitsWithin = (
  definition: Pick<Definition, "budgets" | "maxTurns">,
  limits: Limits,
  spend: Spend,
): Limits =>
  limitsFor(definition, limits.work, {
    tokens: Math.max(0, limits.tokens - spend.tokens),
    usd: Math.max(0, limits.usd - spend.usd),
  });

/** How people call it. */
export const workName: Readonly<Record<WorkKind, string>> = {
  "single-endpoint": "a single endpoint",
  crud: "a CRUD feature",
  authentication: "an authentication system",
  microservice: "a whole microservice",
};

/** What an agent that reads the code finds the request to be. */
export type WorkFound = { readonly kind: WorkKind; readonly reason: string };

/** @param found before, if it was corrected already @returns why the budget stays as it is, or undefined */
export const whyNotRaised = (limits: Limits, raised: Limits, found: WorkFound | undefined): string | undefined => {
  if (found)
    return `the kind of work was corrected once already, to ${workName[found.kind]}, and is not corrected again`;
  if (raised.toolCalls > limits.toolCalls) return undefined;
  return `${workName[raised.work]} has ${raised.toolCalls} tool calls, which is no more than this run has (${limits.toolCalls}): a correction only goes upwards`;
};

/** By which runs end that write code. */
const reportTool = "SubmitReport";

export const noSpend: Spend = { toolCalls: 0, turns: 0, tokens: 0, usd: 0 };

export const tokensOf = (usage: Usage): number =>
  usage.inputTokens + usage.cacheReadTokens + usage.cacheWriteTokens + usage.outputTokens;

export const addUsage = (a: Usage, b: Usage): Usage => ({
  inputTokens: a.inputTokens + b.inputTokens,
  cacheReadTokens: a.cacheReadTokens + b.cacheReadTokens,
  cacheWriteTokens: a.cacheWriteTokens + b.cacheWriteTokens,
  outputTokens: a.outputTokens + b.outputTokens,
});

/** One turn more. */
export const addTurn = (spend: Spend, usage: Usage, usd: number): Spend => addCost(spend, { usage, usd, turns: 1 });

/** What was paid for and left no message. */
export const addCost = (
  spend: Spend,
  { usage, usd, turns }: { readonly usage: Usage; readonly usd: number; readonly turns: number },
): Spend => ({
  ...spend,
  turns: spend.turns + turns,
  tokens: spend.tokens + tokensOf(usage),
  usd: spend.usd + usd,
});

/** What of a conversation's spend came after `before`. */
export const spendSince = (before: Spend, after: Spend): Spend => ({
  toolCalls: after.toolCalls - before.toolCalls,
  turns: after.turns - before.turns,
  tokens: after.tokens - before.tokens,
  usd: after.usd - before.usd,
});

/** What a subagent spent, on the ledger of the one who started it. */
export const addSubagent = (spend: Spend, child: Spend): Spend => ({
  ...spend,
  tokens: spend.tokens + child.tokens,
  usd: spend.usd + child.usd,
  subagents: {
    toolCalls: (spend.subagents?.toolCalls ?? 0) + child.toolCalls,
    turns: (spend.subagents?.turns ?? 0) + child.turns,
  },
});

/** What works on no code is free: the task list, messages, skills, the memory, and the ends, so that an agent can always end well. */
export const isCounted = (tool: string): boolean =>
  !endsRun(tool) &&
  !/^(Task(Create|Update|List|Get)|Skill|Remember|Recall|TeamCreate|SendMessage|ExitWorktree)$/.test(tool);

/** Before a call: is there a tool call left for it? @param end the tool that ends the run */
export const decideCall = (spend: Spend, limits: Limits, tool: string, end = reportTool): Verdict =>
  !isCounted(tool) || spend.toolCalls < limits.toolCalls
    ? { allowed: true }
    : {
        allowed: false,
        reason: `budget exhausted: all ${limits.toolCalls} tool calls of this run are used, so ${tool} was not run. Call ${end} now. ${wayOut(end)}`,
      };

/** Before a turn: the sentence that ends the run, if turns, tokens or money are used up. */
export const exhausted = (spend: Spend, limits: Limits): string | undefined => {
  if (spend.turns >= limits.turns) return `budget exhausted: all ${limits.turns} turns are used`;
  if (spend.tokens >= limits.tokens) return `budget exhausted: all ${limits.tokens} tokens are used`;
  if (spend.usd >= limits.usd && spend.usd > 0) return `budget exhausted: all ${limits.usd} USD are used`;
  return undefined;
};

/** Nothing more can be done: neither a turn nor a counted call is left. */
export const isUsedUp = (spend: Spend, limits: Limits): boolean =>
  spend.toolCalls >= limits.toolCalls || exhausted(spend, limits) !== undefined;

const wayOut = (end: string): string =>
  end === reportTool
    ? 'If work is left, use status BLOCKED with the blocker "budget exhausted", and say what is done and checked, what is left and how to go on.'
    : "Say what you know by now, and what you did not get to.";

const hurry = (end: string): string =>
  end === reportTool
    ? "Stop exploring, finish the edit in hand, and call SubmitReport with what is done; list what is left."
    : `Stop exploring, and call ${end} with what you know; say what you did not get to.`;

/** @param end the tool that ends the run */
export const timeNotice = (end = reportTool): string => `Budget: less than a tenth of the time left. ${hurry(end)}`;

const reserve = 3;

/** After a turn: a word to the model when it came within three calls or turns of a limit, or within a tenth of a cap. @param end the tool that ends the run */
export const budgetNotice = (before: Spend, after: Spend, limits: Limits, end = reportTool): string | undefined => {
  const near = (spend: Spend): readonly [boolean, string][] => [
    [spend.toolCalls >= limits.toolCalls - reserve, `${Math.max(0, limits.toolCalls - spend.toolCalls)} tool calls`],
    [spend.turns >= limits.turns - reserve, `${Math.max(0, limits.turns - spend.turns)} turns`],
    [spend.tokens >= limits.tokens * 0.9, "less than a tenth of the tokens"],
    [spend.usd > 0 && spend.usd >= limits.usd * 0.9, "less than a tenth of the money"],
  ];
  const earlier = near(before);
  const reached = near(after).filter(([is], index) => is && !earlier[index]?.[0]);
  if (reached.length === 0) return undefined;
  const left = reached.map(([, what]) => what).join(" and ");
  return `Budget: ${left} left. ${hurry(end)}`;
};
