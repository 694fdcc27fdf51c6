/** Upper bounds of what runs may spend, from those who may set them: the lowest one counts, and who asked for more is told. */
import { count, money } from "./render/safe.ts";

/** Undefined = no bound. */
export type Amount = { readonly usd?: number | undefined; readonly tokens?: number | undefined };

/** Of one run, subagents and teammates included. */
export type Caps = {
  readonly usd: number;
  readonly tokens: number;
  /** At work, waiting for the model included. */
  readonly minutes?: number | undefined;
};

/** Of all runs together. */
export type SharedCaps = {
  /** In one repository, from 00:00 UTC to the next. */
  readonly day?: Amount | undefined;
  /** For one issue and its pull request, ever. */
  readonly issue?: Amount | undefined;
};

/** @param operator who pays @param asked in the command that starts the run */
export const capsFor = (
  operator: Caps,
  asked: { readonly budget?: number | undefined },
): { readonly caps: Caps; readonly notices: readonly string[] } => {
  const { budget } = asked;
  if (budget === undefined) return { caps: operator, notices: [] };
  const usd = Math.min(operator.usd, budget);
  const notice = `The budget of ${money(budget)} that was asked for is above what a run may spend here, so ${money(usd)} counts.`;
  return { caps: { ...operator, usd }, notices: budget > operator.usd ? [notice] : [] };
};

const least = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined ? b : b === undefined ? a : Math.min(a, b);

/** Of each the lower one. */
export const leastOf = (a: Amount = {}, b: Amount = {}): Amount => ({
  usd: least(a.usd, b.usd),
  tokens: least(a.tokens, b.tokens),
});

/** What a repository sets for itself can lower the operator's bounds and raise none of them. */
export const lowerCaps = (
  operator: Caps & SharedCaps,
  repository: SharedCaps & { readonly run?: Partial<Caps> | undefined },
): Caps & SharedCaps => ({
  usd: Math.min(operator.usd, repository.run?.usd ?? operator.usd),
  tokens: Math.min(operator.tokens, repository.run?.tokens ?? operator.tokens),
  minutes: least(operator.minutes, repository.run?.minutes),
  day: leastOf(operator.day, repository.day),
  issue: leastOf(operator.issue, repository.issue),
});

type Spent = { readonly usd: number; readonly tokens: number };

const where = {
  day: { who: "this repository", when: "today (UTC)", after: "The count begins anew at 00:00 UTC." },
  issue: { who: "this issue", when: "in all", after: "Whoever operates the App can raise that." },
} as const;

/** The sentence that says so where nothing is left. Money that costs nothing is never used up. */
export const whyUsedUp = (kind: keyof typeof where, spent: Spent, cap: Amount = {}): string | undefined => {
  const { who, when, after } = where[kind];
  const used = (is: string, of: string) => `budget exhausted: ${who} has used ${is} of ${of} ${when}. ${after}`;
  if (cap.usd !== undefined && spent.usd >= cap.usd && spent.usd > 0) return used(money(spent.usd), money(cap.usd));
  if (cap.tokens !== undefined && spent.tokens >= cap.tokens)
    return used(count(spent.tokens), `${count(cap.tokens)} tokens`);
  return undefined;
};
