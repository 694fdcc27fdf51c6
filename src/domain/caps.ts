/** Upper bounds of what runs may spend, from those who may set them: the lowest one counts, and who asked for more is told. */
import { money } from "./render/safe.ts";

export type Caps = {
  /** Of one run, subagents and teammates included. */
  readonly usd: number;
  readonly tokens: number;
  /** At work, waiting for the model included; no bound where left out. */
  readonly minutes?: number | undefined;
};

/** @param operator who pays @param asked in the command that starts the run */
export const capsFor = (
  operator: Caps,
  asked: { readonly budget?: number | undefined },
): { readonly caps: Caps; readonly notices: readonly string[] } => {
  const { budget } = asked;
  if (budget === undefined) return { caps: operator, notices: [] };
  const usd = Math.min(operator.usd, budget);
  const notice = `The budget of ${money(budget)} that was asked for is above what this App spends on one run, so ${money(usd)} counts.`;
  return { caps: { ...operator, usd }, notices: budget > operator.usd ? [notice] : [] };
};
