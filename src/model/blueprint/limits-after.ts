/** What a report says of rate limits after a review changed some: endpoints, measures and decisions. Pure. */
import type { Report, ReportDecision } from "../../domain/report.ts";
import { type Rate, shortRate } from "./request.ts";
import type { LimitedRoute } from "./revise-rate.ts";

export type RateChange = { readonly routes: readonly LimitedRoute[]; readonly rate: Rate };

type Endpoint = Report["endpoints_created"][number];

/** Is it this route that serves the endpoint? The decorator's path lacks the prefixes; "" is the resource itself. */
const serves = ({ method, path }: LimitedRoute, endpoint: Endpoint, all: readonly Endpoint[]): boolean => {
  if (method !== endpoint.method) return false;
  if (path !== "" && path !== "/") return endpoint.path.endsWith(path);
  return !endpoint.path.endsWith("}") && (all.length > 1 || /^\/api\/v\d+\/[^/]+\/?$/.test(endpoint.path));
};

/** Endpoints with the limits as they are now; where none was in force, none is claimed. */
export const withRates = (endpoints: readonly Endpoint[], changes: readonly RateChange[]): Endpoint[] =>
  endpoints.map((endpoint) => {
    const hit = changes.findLast(({ routes }) => routes.some((route) => serves(route, endpoint, endpoints)));
    return hit && endpoint.rate_limit !== null ? { ...endpoint, rate_limit: shortRate(hit.rate) } : endpoint;
  });

const nameOf = ({ method, path }: Endpoint): string => `${method} ${path}`;

/** The limit that the design states for all it limits, and what it is stated for. */
const general = /^Rate limit of (\S+) for each client address on (registration|every route|every other route)$/;
const special = /^Rate limit of (\S+) for each client address on ([A-Z]+ \S+)$/;

const mostCommon = (values: readonly string[]): string | undefined =>
  [...values].sort((a, b) => values.filter((one) => one === b).length - values.filter((one) => one === a).length)[0];

type Limits = {
  /** Before and after, of what the design states a limit for. */
  readonly was: string;
  readonly now: string;
  readonly subject: string;
  /** Endpoints with a limit of their own. */
  readonly others: readonly { readonly endpoint: string; readonly rate: string }[];
};

const limitsOf = (previous: Report, endpoints: readonly Endpoint[]): Limits | undefined => {
  const found = previous.security_measures.map((measure) => general.exec(measure)).find((match) => match !== null);
  if (!found) return undefined;
  const [, was = "", subject = ""] = found;
  const rated = endpoints.flatMap((one) =>
    one.rate_limit === null ? [] : [{ endpoint: nameOf(one), rate: one.rate_limit }],
  );
  if (subject === "registration") {
    const own = rated.find(({ endpoint }) => endpoint.endsWith("/register"));
    const before = new Map(previous.endpoints_created.map((one) => [nameOf(one), one.rate_limit]));
    const known = previous.security_measures.flatMap((measure) => special.exec(measure)?.[2] ?? []);
    const others = rated.filter(
      ({ endpoint, rate }) => endpoint !== own?.endpoint && (known.includes(endpoint) || before.get(endpoint) !== rate),
    );
    return { was, now: own?.rate ?? was, subject, others };
  }
  const rates = rated.map(({ rate }) => rate);
  const now = rates.includes(was) ? was : (mostCommon(rates) ?? was);
  const others = rated.filter(({ rate }) => rate !== now);
  return { was, now, subject: others.length > 0 ? "every other route" : "every route", others };
};

const ownDecision = (endpoint: string, rate: string, usual: string | null | undefined): ReportDecision => ({
  title: `Limit ${endpoint} to ${rate}`.slice(0, 100),
  rationale: "A review asked for it: this endpoint has a limit of its own.",
  category: "security",
  impact: "low",
  alternatives: usual && usual !== rate ? [{ option: usual, rejected_because: `a review asked for ${rate}` }] : [],
});

const changedDecision = (decision: ReportDecision, was: string, now: string): ReportDecision => ({
  ...decision,
  title: decision.title.replace(was, now),
  alternatives: [
    ...decision.alternatives.filter(({ option }) => option !== was && option !== now),
    { option: was, rejected_because: `a review asked for ${now}` },
  ].slice(-10),
});

/** The parts of a report that name limits. */
export const limitsAfter = (
  previous: Report,
  changes: readonly RateChange[],
): Pick<Report, "endpoints_created" | "security_measures" | "decisions"> => {
  const endpoints_created = withRates(previous.endpoints_created, changes);
  const { security_measures, decisions } = previous;
  const limits = changes.length > 0 ? limitsOf(previous, endpoints_created) : undefined;
  if (!limits) return { endpoints_created, security_measures, decisions };
  const { was, now, subject, others } = limits;
  const usual = (endpoint: string): string | null | undefined =>
    previous.endpoints_created.find((one) => nameOf(one) === endpoint)?.rate_limit;
  const isGeneral = ({ title }: ReportDecision): boolean =>
    new RegExp(`^Limit (registration|routes of .*) to ${was}( by default)?$`).test(title);
  return {
    endpoints_created,
    security_measures: [
      ...security_measures
        .filter((measure) => !special.test(measure))
        .map((measure) =>
          general.test(measure) ? `Rate limit of ${now} for each client address on ${subject}` : measure,
        ),
      ...others.map(({ endpoint, rate }) => `Rate limit of ${rate} for each client address on ${endpoint}`),
    ].slice(-50),
    decisions: [
      ...decisions
        .filter(({ title }) => !/^Limit [A-Z]+ \/\S* to \d/.test(title))
        .map((decision) => (was !== now && isGeneral(decision) ? changedDecision(decision, was, now) : decision)),
      ...others.map(({ endpoint, rate }) => ownDecision(endpoint, rate, usual(endpoint))),
    ].slice(-30),
  };
};
