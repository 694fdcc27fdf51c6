/** Which language model, asked where, with what: the settings about it, from names and texts to values. Reads no environment itself. */
import { z } from "zod";

type Env = Readonly<Record<string, string | undefined>>;

const defaultModel = "claude-opus-5-5";
const cheapModel = "claude-sonnet-5-5";
const blueprint = "blueprint";

export type ModelConfig = { readonly kind: "blueprint" } | LanguageModel;

/** The ids are the provider's. */
type LanguageModel = {
  readonly id: string;
  /** For new conversations, where `id` is overloaded for long or refuses. */
  readonly fallback?: string;
  /** Others that a command may name. */
  readonly choices?: readonly string[];
  /** USD for a million tokens, by id: over the published prices. */
  readonly prices?: Prices;
  readonly baseUrl?: string;
} & (
  | { readonly kind: "anthropic"; readonly apiKey: string }
  /** Without a key it is for AWS's own chain of credentials; `secrets` are those of it that stand in the environment. */
  | {
      readonly kind: "bedrock";
      readonly region: string;
      readonly apiKey?: string;
      readonly secrets?: readonly string[];
    }
  /** Credentials are Google's Application Default Credentials. */
  | { readonly kind: "vertex"; readonly region: string; readonly project?: string }
);

type Prices = Readonly<Record<string, { readonly input: number; readonly output: number }>>;

const cloudName = /^[a-z][a-z0-9:.-]{0,62}$/;
const modelId = /^[a-z0-9][a-z0-9.:@/_-]{1,199}$/i;

/** `id=input/output`, with commas between. */
const prices = z.string().transform((text, context): Prices => {
  const entries = text
    .split(",")
    .map((entry) => /^\s*([^=\s]+)=(\d{1,5}(?:\.\d{1,4})?)\/(\d{1,5}(?:\.\d{1,4})?)\s*$/.exec(entry));
  if (entries.every((entry) => entry !== null && modelId.test(entry[1] ?? "")))
    return Object.fromEntries(
      entries.flatMap((entry) => (entry ? [[entry[1], { input: Number(entry[2]), output: Number(entry[3]) }]] : [])),
    );
  const message =
    "must be MODEL=INPUT/OUTPUT in US dollars for a million tokens, such as my-model=3/15, with commas between";
  context.addIssue({ code: "custom", message });
  return z.NEVER;
});

/** Ids with commas between. */
const choices = z.string().transform((text, context): readonly string[] => {
  const ids = text
    .split(",")
    .map((id) => id.trim())
    .filter((id) => id !== "");
  if (ids.every((id) => modelId.test(id))) return ids;
  context.addIssue({ code: "custom", message: `must be model ids with commas between, such as ${cheapModel}` });
  return z.NEVER;
});

export const modelSettings = z.object({
  ARCHITECT_MODEL: z.string().regex(modelId, `must be ${blueprint} or a model id such as ${defaultModel}`).optional(),
  ARCHITECT_FALLBACK_MODEL: z.string().regex(modelId, `must be a model id such as ${cheapModel}`).optional(),
  ARCHITECT_MODELS: choices.optional(),
  ARCHITECT_PROVIDER: z
    .enum(["anthropic", "bedrock", "vertex"], "must be anthropic, bedrock or vertex")
    .default("anthropic"),
  ARCHITECT_PRICES: prices.optional(),
  AWS_REGION: z.string().regex(cloudName, "must be a region such as eu-central-1").optional(),
  AWS_BEARER_TOKEN_BEDROCK: z.string().regex(/^\S+$/, "must not contain spaces").optional(),
  CLOUD_ML_REGION: z.string().regex(cloudName, "must be a region such as global or europe-west1").optional(),
  ANTHROPIC_VERTEX_PROJECT_ID: z.string().regex(cloudName, "must be the id of a Google Cloud project").optional(),
  ANTHROPIC_API_KEY: z.string().regex(/^\S+$/, "must not contain spaces").optional(),
});

type Settings = z.infer<typeof modelSettings> & { readonly ANTHROPIC_BASE_URL?: string | undefined };

const providerOf = (given: Env): string => given["ARCHITECT_PROVIDER"] ?? "anthropic";

/** A cloud is chosen for a language model; its ids are its own, so there is no default. */
const modelOf = (given: Env): string | undefined => {
  const { ARCHITECT_MODEL: model, ANTHROPIC_API_KEY: key } = given;
  if (model !== undefined) return model;
  if (providerOf(given) !== "anthropic") return undefined;
  return key === undefined ? blueprint : defaultModel;
};

const toLanguageModel = (settings: Settings, id: string, given: Env): LanguageModel => {
  const common = {
    id,
    ...(settings.ARCHITECT_FALLBACK_MODEL === undefined ? {} : { fallback: settings.ARCHITECT_FALLBACK_MODEL }),
    ...(settings.ARCHITECT_MODELS === undefined ? {} : { choices: settings.ARCHITECT_MODELS }),
    ...(settings.ARCHITECT_PRICES === undefined ? {} : { prices: settings.ARCHITECT_PRICES }),
    ...(settings.ANTHROPIC_BASE_URL === undefined ? {} : { baseUrl: settings.ANTHROPIC_BASE_URL }),
  };
  const kind = settings.ARCHITECT_PROVIDER;
  if (kind === "anthropic") return { ...common, kind, apiKey: settings.ANTHROPIC_API_KEY ?? "" };
  if (kind === "vertex") {
    const { CLOUD_ML_REGION: region = "", ANTHROPIC_VERTEX_PROJECT_ID: project } = settings;
    return { ...common, kind, region, ...(project === undefined ? {} : { project }) };
  }
  const { AWS_REGION: region = "", AWS_BEARER_TOKEN_BEDROCK: apiKey } = settings;
  const secrets = [given["AWS_SECRET_ACCESS_KEY"], given["AWS_SESSION_TOKEN"]].filter((secret) => secret !== undefined);
  return {
    ...common,
    kind,
    region,
    ...(apiKey === undefined ? {} : { apiKey }),
    ...(secrets.length > 0 ? { secrets } : {}),
  };
};

/** Of settings in which `modelProblems` finds none. */
export const toModel = (settings: Settings, given: Env): ModelConfig => {
  const id = modelOf(given) ?? blueprint;
  return id === blueprint ? { kind: "blueprint" } : toLanguageModel(settings, id, given);
};

/** What no setting shows by itself. */
export const modelProblems = (given: Env): string[] => {
  const model = modelOf(given);
  const provider = providerOf(given);
  if (model === undefined)
    return [`ARCHITECT_MODEL is missing: with ARCHITECT_PROVIDER=${provider} it must be a model id of that provider`];
  if (model === blueprint) return [];
  const needs = (name: string, what: string): string[] =>
    given[name] === undefined ? [`${name} is missing: ${what}; set it, or set ARCHITECT_MODEL=${blueprint}`] : [];
  return [
    ...(provider === "anthropic" ? needs("ANTHROPIC_API_KEY", `${model} needs one`) : []),
    ...(provider === "bedrock" ? needs("AWS_REGION", "it must be the region in which Bedrock is asked") : []),
    ...(provider === "vertex" ? needs("CLOUD_ML_REGION", "it must be the region in which Vertex AI is asked") : []),
    ...(given["ARCHITECT_SANDBOX"] === "none"
      ? [
          `ARCHITECT_SANDBOX=none is for the ${blueprint} model alone: what ${model} runs must stay inside a sandbox; install bubblewrap, or set ARCHITECT_MODEL=${blueprint}`,
        ]
      : []),
    ...([blueprint, model].includes(given["ARCHITECT_FALLBACK_MODEL"] ?? "")
      ? [`ARCHITECT_FALLBACK_MODEL must be another language model than ${model}`]
      : []),
  ];
};
