/** How many runs may begin, whatever they cost: on one issue, for one person, in one repository; and how often bots may ask in a row. */

/** From 00:00 UTC to the next; undefined = no bound. */
export type RunBounds = {
  /** On one issue and its pull requests. */
  readonly issue?: number | undefined;
  /** For one person in one repository. */
  readonly person?: number | undefined;
  /** In one repository. */
  readonly day?: number | undefined;
};

/** What has begun so far. */
export type RunsBegun = {
  readonly issue: number;
  readonly person: number;
  readonly day: number;
  /** On the issue, for bots, since somebody else asked for one there; ever. */
  readonly botsInARow: number;
};

export type RunBound = keyof RunsBegun;

/** Two bots that answer each other come to an end, also where an operator listed both. */
export const maxBotsInARow = 3;

const least = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined || b === undefined ? (a ?? b) : Math.min(a, b);

/** What a repository sets for itself lowers the operator's bounds and raises none of them. */
export const lowerBounds = (operator: RunBounds, own: RunBounds = {}): RunBounds => ({
  issue: least(operator.issue, own.issue),
  person: least(operator.person, own.person),
  day: least(operator.day, own.day),
});

/** @param isBot whether bots alone ask for one more @returns the first bound that leaves no room for it */
export const reachedBound = (begun: RunsBegun, bounds: RunBounds, isBot: boolean): RunBound | undefined => {
  if (isBot && begun.botsInARow >= maxBotsInARow) return "botsInARow";
  return (["issue", "person", "day"] as const).find(
    (each) => begun[each] >= (bounds[each] ?? Number.POSITIVE_INFINITY),
  );
};

const runs = (number: number): string => (number === 1 ? "one run" : `${number} runs`);

/** The sentence for people. */
export const whyNoMoreRuns = (bound: RunBound, bounds: RunBounds, login: string): string => {
  if (bound === "botsInARow")
    return `Nothing was started: bots asked for ${runs(maxBotsInARow)} in a row here, and no more begin for them until a person asks for one.`;
  const whose = {
    issue: `${runs(bounds.issue ?? 0)} of this issue`,
    person: `${runs(bounds.person ?? 0)} for @${login}`,
    day: `${runs(bounds.day ?? 0)} in this repository`,
  }[bound];
  return `Nothing was started: ${whose} began today, and no more may. The count begins anew at 00:00 UTC. This is said once.`;
};
