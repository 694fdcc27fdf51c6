/** The models of one App: each that a setting or a definition names, checked at start against what it can do and what it costs. */
import { ConfigError } from "../domain/errors.ts";
import type { Model } from "../ports.ts";
import { createAnthropic, pause, type TurnOptions } from "./anthropic.ts";
import { type Asked, type AskOptions, askCapabilities } from "./capabilities.ts";
import type { Connect } from "./client.ts";
import { type Capabilities, type Effort, knownCapabilities, leastCapabilities } from "./known-models.ts";
import { type Price, type PriceTable, priceOf } from "./prices.ts";

export type Agent = { readonly name: string; readonly model: string; readonly effort: Effort };

export type ModelsOptions = {
  readonly connect: Connect;
  /** The operator's, for every agent whose definition says `inherit`. */
  readonly model: string;
  /** Where a new conversation begins when the agent's own model cannot be had. */
  readonly fallback?: string | undefined;
  /** Others that people may name in a command. */
  readonly choices?: readonly string[] | undefined;
  readonly agents: readonly Agent[];
  /** USD that a run may cost: every model must have a price then. */
  readonly usdCap: number;
  /** Over the published ones. */
  readonly prices?: PriceTable | undefined;
  readonly log: (line: string) => void;
  readonly asking?: Partial<AskOptions>;
  readonly turns?: TurnOptions;
};

export type Models = {
  readonly model: Model;
  readonly fallback: Model | undefined;
  readonly modelFor: (agent: Pick<Agent, "model">) => Model;
  /** Those that people may name in a command, by id: the operator's own one first. */
  readonly choices: ReadonlyMap<string, Model>;
};

/** The part of `model:` in a definition that names no model. */
const inherit = "inherit";

/** A conversation has room for a directive, a backend's files and one long answer. */
const leastContext = 100_000;

const patience: AskOptions = { timeoutMs: 5_000, attempts: 3, maxDelayMs: 2_000, wait: pause };

/** @throws ConfigError that names every model that cannot be used, and what could */
export const openModels = async (options: ModelsOptions): Promise<Models> => {
  const { connect, agents, fallback, log } = options;
  const named = [options.model, ...(fallback === undefined ? [] : [fallback]), ...(options.choices ?? [])];
  await connect.load();
  const own = agents.filter(({ model }) => model !== inherit);
  const ids = [...new Set([...named, ...own.map(idOf)])];
  const checks = await Promise.all(ids.map(async (id) => [id, await check(options, id)] as const));
  const usable = new Map(checks.flatMap(([id, { facts }]) => (facts ? [[id, facts] as const] : [])));
  const problems = [
    ...checks.flatMap(([, { problem }]) => (problem === undefined ? [] : [problem])),
    ...agents.flatMap((agent) => effortProblems(agent, options, usable)),
  ];
  if (problems.length > 0) throw new ConfigError(problems.join("\n"));
  const models = new Map(
    [...usable].map(([id, facts]) => [id, createAnthropic({ ...options.turns, ...facts, connect, log, model: id })]),
  );
  const get = (id: string): Model => {
    const model = models.get(id);
    if (!model) throw new ConfigError(`the model "${id}" was not checked at the start: restart the App`);
    return model;
  };
  return {
    model: get(options.model),
    fallback: fallback === undefined ? undefined : get(fallback),
    modelFor: ({ model }) => get(model === inherit ? options.model : model),
    choices: new Map(named.map((id) => [id, get(id)])),
  };
};

const idOf = ({ model }: Agent): string => model;

type Facts = { readonly capabilities: Capabilities; readonly price: Price | undefined };
type Check = { readonly facts?: Facts; readonly problem?: string };

const check = async (options: ModelsOptions, id: string): Promise<Check> => {
  const { connect, usdCap, prices, log } = options;
  const price = priceOf(id, { own: prices, provider: connect.provider, region: connect.region });
  if (usdCap > 0 && !price)
    return {
      problem: `the price of the model "${id}" is not known, so a run cannot be held to ${usdCap} USD: set ARCHITECT_PRICES=${id}=INPUT/OUTPUT in USD for a million tokens (0/0 where it costs nothing)`,
    };
  const asked = await askFor(options, id);
  if (typeof asked === "string") return { problem: asked };
  if (asked.contextTokens < leastContext)
    return {
      problem: `the model "${id}" takes conversations of ${asked.contextTokens} tokens; an agent needs ${leastContext} at least`,
    };
  if (asked.efforts.length === 0) log(`${id} has no setting of effort: what definitions say of it is left out`);
  return { facts: { capabilities: asked, price } };
};

/** @returns what it can do, or why it cannot be used */
const askFor = async (options: ModelsOptions, id: string): Promise<Capabilities | string> => {
  const { connect, log } = options;
  const { sdk, models } = connect.provider === "anthropic" ? await connect.open() : {};
  const asked: Asked =
    sdk && models
      ? await askCapabilities({ sdk, models }, id, { ...patience, ...options.asking })
      : { kind: "no-endpoint" };
  switch (asked.kind) {
    case "found":
      if (asked.deprecated !== undefined)
        log(`${id} is deprecated and goes on ${asked.deprecated}: choose another soon`);
      return asked.capabilities;
    case "no-endpoint":
      return fromTable(id, "the server has no list of models", log);
    case "busy":
      return fromTable(id, `the list of models could not be had (${asked.why})`, log);
    case "retired":
      return `the model "${id}" is retired and answers no more: set another, such as claude-opus-5-5`;
    case "unknown":
      return `there is no model "${id}" here; there are: ${asked.others.slice(0, 20).join(", ") || "none"}`;
    case "refused":
      return `the model API does not tell about "${id}": ${asked.why}; look at ANTHROPIC_API_KEY and ANTHROPIC_BASE_URL`;
    case "unreachable":
      return `the model API cannot be reached to ask about "${id}": ${asked.why}; look at ANTHROPIC_BASE_URL and at the way to it (ARCHITECT_MODEL=blueprint needs no network)`;
  }
};

const fromTable = (id: string, why: string, log: (line: string) => void): Capabilities => {
  const known = knownCapabilities(id);
  const what = known
    ? "what was published about it is taken"
    : `nothing is known of it, so it is asked for messages of ${leastCapabilities.outputTokens} tokens, without thinking and effort`;
  log(`${id}: ${why}; ${what}`);
  return known ?? leastCapabilities;
};

/** An agent may have to begin on the fallback, too, or on one that a command names. */
const effortProblems = (
  { name, model, effort }: Agent,
  { model: inherited, fallback, choices = [] }: ModelsOptions,
  usable: ReadonlyMap<string, Facts>,
): string[] => {
  const ids = [
    ...(model === inherit ? [inherited, ...choices] : [model]),
    ...(fallback === undefined ? [] : [fallback]),
  ];
  return [...new Set(ids)].flatMap((id) => {
    const levels = usable.get(id)?.capabilities.efforts ?? [];
    if (levels.length === 0 || levels.includes(effort)) return [];
    return [`${name} is to work with the effort ${effort}, which ${id} does not have: it has ${levels.join(", ")}`];
  });
};
