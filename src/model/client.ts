/** The way to the Messages API: Anthropic's own, Amazon Bedrock's or Google's, each through its SDK. Knows no conversation. */
import type Anthropic from "@anthropic-ai/sdk";
import { ConfigError } from "../domain/errors.ts";

export type Access =
  | { readonly provider: "anthropic"; readonly apiKey: string; readonly baseURL?: string | undefined }
  | {
      readonly provider: "bedrock";
      readonly region: string;
      /** A Bedrock API key; without one requests are signed with what AWS's own chain of credentials finds. */
      readonly apiKey?: string | undefined;
      readonly baseURL?: string | undefined;
    }
  /** Credentials are Google's Application Default Credentials. */
  | {
      readonly provider: "vertex";
      readonly region: string;
      /** Without one, that of the credentials. */
      readonly project?: string | undefined;
      readonly baseURL?: string | undefined;
    };

/** What all three have. Only Anthropic's own has a list of models. */
export type Api = { readonly messages: Pick<Anthropic["messages"], "stream"> };

export type Client = {
  readonly sdk: typeof import("@anthropic-ai/sdk");
  readonly api: Api;
  readonly models: Anthropic["models"] | undefined;
};

export type Connect = {
  readonly provider: Access["provider"];
  /** In which a model is asked, where the provider has such. */
  readonly region?: string | undefined;
  /** Whether the SDK is there. @throws ConfigError with what to install */
  load(): Promise<void>;
  /** The same client each time, until it is dropped. */
  open(): Promise<Client>;
  /** The next `open` begins afresh: a client keeps credentials that it could not get. */
  drop(): void;
};

/** Brings a package in by its name. */
export type Load = (name: string) => Promise<unknown>;

type Constructor = new (options: Readonly<Record<string, unknown>>) => Api;

const packages = {
  bedrock: { name: "@anthropic-ai/bedrock-sdk", client: "AnthropicBedrock" },
  vertex: { name: "@anthropic-ai/vertex-sdk", client: "AnthropicVertex" },
} as const;

const load: Load = (name) => import(name);

/** @param load replaced in tests, since the packages of the clouds are installed by those who use them */
export const createConnect = (
  access: Access,
  { log = () => undefined, load: bring = load }: { readonly log?: (line: string) => void; readonly load?: Load } = {},
): Connect => {
  let opened: Promise<Client> | undefined;
  return {
    provider: access.provider,
    region: access.provider === "anthropic" ? undefined : access.region,
    load: async () => {
      if (access.provider !== "anthropic") await constructorOf(access.provider, bring);
    },
    open: () => {
      opened ??= openClient(access, log, bring);
      return opened;
    },
    drop: () => {
      opened = undefined;
    },
  };
};

/** Loading the SDK takes as long as a whole run without it, so it waits until it is needed. */
const openClient = async (access: Access, log: (line: string) => void, bring: Load): Promise<Client> => {
  const sdk = await import("@anthropic-ai/sdk");
  const line = (text: string) => log(`model API: ${text}`);
  const common = {
    maxRetries: 0,
    logLevel: "warn" as const,
    logger: { error: line, warn: line, info: () => undefined, debug: () => undefined },
  };
  // Everything that an SDK would otherwise look for in the environment or on the disk is said, credentials of clouds excepted.
  if (access.provider === "anthropic") {
    const { apiKey, baseURL = "https://api.anthropic.com" } = access;
    const api = new sdk.default({ ...common, apiKey, authToken: null, baseURL });
    return { sdk, api, models: api.models };
  }
  const Api = await constructorOf(access.provider, bring);
  return { sdk, api: new Api({ ...common, ...cloudOptions(access) }), models: undefined };
};

const cloudOptions = (access: Exclude<Access, { provider: "anthropic" }>): Readonly<Record<string, unknown>> => {
  const { provider, region } = access;
  if (provider === "bedrock") {
    const { apiKey = null, baseURL = `https://bedrock-runtime.${region}.amazonaws.com` } = access;
    return { awsRegion: region, apiKey, baseURL };
  }
  const { project: projectId = null, baseURL = vertexUrl(region) } = access;
  return { region, projectId, baseURL };
};

/** https://cloud.google.com/vertex-ai/generative-ai/docs/learn/locations */
const vertexUrl = (region: string): string => {
  if (region === "global") return "https://aiplatform.googleapis.com/v1";
  if (region === "us" || region === "eu") return `https://aiplatform.${region}.rep.googleapis.com/v1`;
  return `https://${region}-aiplatform.googleapis.com/v1`;
};

const constructorOf = async (provider: keyof typeof packages, bring: Load): Promise<Constructor> => {
  const { name, client } = packages[provider];
  const module = await bring(name).catch((error: unknown) => {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== "ERR_MODULE_NOT_FOUND" || !message.includes(name)) throw error;
    throw new ConfigError(
      `ARCHITECT_PROVIDER=${provider} needs the package ${name}, which is not installed: run \`npm install ${name}@1\` where the App is`,
      { cause: error },
    );
  });
  const found = (module as Readonly<Record<string, unknown>>)[client];
  if (typeof found !== "function")
    throw new ConfigError(`${name} is another version than the one that is known here: install ${name}@1`);
  return found as Constructor;
};
