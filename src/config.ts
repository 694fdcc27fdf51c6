/** ROOF: the settings, read from the environment once and checked all together. */
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { z } from "zod";
import { capSettings, toRunBounds, toSharedCaps } from "./domain/cap-settings.ts";
import type { SharedCaps } from "./domain/caps.ts";
import { nearest } from "./domain/distance.ts";
import { ConfigError } from "./domain/errors.ts";
import { type McpSettings, readMcpSettings } from "./domain/mcp-settings.ts";
import { type ModelConfig, modelProblems, modelSettings, toModel } from "./domain/model-settings.ts";
import type { RunBounds } from "./domain/run-bounds.ts";
import { money, wholeNumber } from "./domain/setting-values.ts";
import { type SetupConfig, setupProblems, setupSettings, toSetup } from "./domain/setup-settings.ts";
import { type KnownBot, visitorSettings } from "./domain/visitor-settings.ts";
import { defaultDataFolder, type Env, environmentWith, runsAsRoot, withoutEmpty } from "./environment.ts";
import { readKey } from "./private-key.ts";

/** What a run needs, wherever its request comes from. */
export type RunConfig = {
  /** Absolute. */
  readonly dataFolder: string;
  readonly model: ModelConfig;
  /** Upper bounds of one run. */
  readonly budget: { readonly usd: number; readonly tokens: number; readonly minutes: number };
  readonly sandbox: "bubblewrap" | "none";
  /** The virtual environment that is mounted read-only in the sandbox, if there is one. */
  readonly python?: string;
  /** What a repository's set-up may reach, and how much of the disk the results of all may take. */
  readonly setup: SetupConfig;
  /** Servers whose tools agents may call; none where left out. */
  readonly mcp?: McpSettings;
  /** Sentences for the operator about settings that are taken but unwise. */
  readonly warnings: readonly string[];
};

/** What serving the App needs besides. */
export type Config = RunConfig & {
  readonly appId: number;
  /** PEM. */
  readonly privateKey: string;
  readonly webhookSecret: string;
  /** Root of the REST API, without a slash at its end. */
  readonly apiUrl: string;
  /** Where people see GitHub, without a slash at its end. */
  readonly githubUrl: string;
  readonly host: string;
  readonly port: number;
  /** Where people reach the server, without a slash at its end; where left out, no thread links to a run's page. */
  readonly publicUrl?: string;
  /** The label that starts a run. */
  readonly label: string;
  readonly sharedCaps: SharedCaps;
  /** How many runs may begin. */
  readonly runBounds: RunBounds;
  /** Bots that may ask for runs; all others are ignored. */
  readonly bots: readonly KnownBot[];
  /** Runs at the same time. */
  readonly concurrency: number;
  /** Review comments that stand alone wait so long for the next one, five times as long at most. */
  readonly quietSeconds: number;
  /** Whether its commits carry the App's `Signed-off-by`. */
  readonly signOff: boolean;
};

const minSecretBytes = 32;

const loopback = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

const whyNoServer = (text: string, path: RegExp): string | undefined => {
  if (!URL.canParse(text)) return "is no URL";
  const url = new URL(text);
  if (url.username || url.password || url.search || url.hash) return "must not carry a user, a query or a fragment";
  if (!path.test(url.pathname)) return `must not have the path ${url.pathname}`;
  if (url.protocol === "https:" || (url.protocol === "http:" && loopback.test(url.hostname))) return undefined;
  return "must start with https:// (http:// is for this machine alone: 127.0.0.1, ::1, localhost)";
};

const serverUrl = (path: RegExp, example: string) =>
  z.string().transform((text, context) => {
    const problem = whyNoServer(text, path);
    if (problem === undefined) return text.replace(/\/+$/, "");
    context.addIssue({ code: "custom", message: `${problem}; right would be ${example}` });
    return z.NEVER;
  });

const runSettings = z.object({
  ARCHITECT_DATA: z
    .string()
    .transform((folder) => resolve(folder))
    .optional(),
  ARCHITECT_CACHE: z.string().optional(),
  ...modelSettings.shape,
  ANTHROPIC_BASE_URL: serverUrl(/^/, "https://api.anthropic.com").optional(),
  ARCHITECT_MAX_USD: money.default(5),
  ARCHITECT_MAX_TOKENS: wholeNumber(10_000, 1_000_000_000).default(5_000_000),
  ARCHITECT_MAX_MINUTES: wholeNumber(1, 10_000).default(90),
  ARCHITECT_SANDBOX: z.enum(["bubblewrap", "none"], "must be bubblewrap or none").default("bubblewrap"),
  ARCHITECT_MCP: z.string().optional(),
  CONTEXT7_API_KEY: z.string().regex(/^\S+$/, "must not contain spaces").optional(),
  ARCHITECT_PYTHON: z
    .string()
    .transform((folder) => resolve(folder))
    .optional(),
  ...setupSettings.shape,
});

const appSettings = runSettings.extend({
  APP_ID: z
    .string("is missing: it must be the App's numeric id, which its settings page shows")
    .regex(/^[1-9]\d{0,14}$/, "must be the App's numeric id, which its settings page shows")
    .transform(Number),
  PRIVATE_KEY: z.string().optional(),
  PRIVATE_KEY_PATH: z.string().optional(),
  WEBHOOK_SECRET: z
    .string("is missing: it must be the secret that GitHub signs deliveries with; make one with `openssl rand -hex 32`")
    .refine((secret) => secret !== "development", "must not be the publicly known word Probot falls back to")
    .refine(
      (secret) => Buffer.byteLength(secret) >= minSecretBytes,
      `must be at least ${minSecretBytes} bytes long; make one with \`openssl rand -hex 32\``,
    ),
  GITHUB_API_URL: serverUrl(/^\/(api\/v3\/?)?$/, "https://api.github.com or https://github.example.com/api/v3").default(
    "https://api.github.com",
  ),
  GITHUB_URL: serverUrl(/^\/$/, "https://github.com").optional(),
  HOST: z
    .string()
    .regex(/^[\w.:-]+$/, "must be a host name or an address such as 127.0.0.1")
    .default("127.0.0.1"),
  PORT: wholeNumber(0, 65_535).default(3_000),
  ARCHITECT_PUBLIC_URL: serverUrl(/^/, "https://architect.example.com").optional(),
  ARCHITECT_LABEL: z.string().trim().min(1).max(50, "must not be longer than 50 characters").default("architect"),
  ...capSettings.shape,
  ...visitorSettings.shape,
  ARCHITECT_CONCURRENCY: wholeNumber(1, 256).default(4),
  ARCHITECT_QUIET_SECONDS: wholeNumber(0, 3_600).default(60),
  ARCHITECT_SIGN_OFF: z.enum(["true", "false"], "must be true or false").default("false"),
});

/** @throws ConfigError that names every setting that is wrong, and what would be right */
export const readConfig = (env: Env = environmentWith({}), isRoot = runsAsRoot()): Config => {
  const given = withoutEmpty(env);
  const key = readKey(given);
  const parsed = appSettings.safeParse(given);
  const found = [...problemsOf(parsed), ...key.problems, ...runProblems(given)];
  if (!parsed.success || key.pem === undefined || found.length > 0) throw asError(found);
  const settings = parsed.data;
  const run = toRunConfig(settings, given, isRoot);
  return {
    ...run,
    appId: settings.APP_ID,
    privateKey: key.pem,
    webhookSecret: settings.WEBHOOK_SECRET,
    apiUrl: settings.GITHUB_API_URL,
    githubUrl: settings.GITHUB_URL ?? githubUrlOf(settings.GITHUB_API_URL),
    host: settings.HOST,
    port: settings.PORT,
    ...(settings.ARCHITECT_PUBLIC_URL === undefined ? {} : { publicUrl: settings.ARCHITECT_PUBLIC_URL }),
    label: settings.ARCHITECT_LABEL,
    concurrency: settings.ARCHITECT_CONCURRENCY,
    quietSeconds: settings.ARCHITECT_QUIET_SECONDS,
    sharedCaps: toSharedCaps(settings),
    runBounds: toRunBounds(settings),
    bots: settings.ARCHITECT_BOTS,
    signOff: settings.ARCHITECT_SIGN_OFF === "true",
    warnings: [...run.warnings, ...key.warnings],
  };
};

/** The part that needs no GitHub App. @throws ConfigError as `readConfig` */
export const readRunConfig = (env: Env = environmentWith({}), isRoot = runsAsRoot()): RunConfig => {
  const given = withoutEmpty(env);
  const parsed = runSettings.safeParse(given);
  const found = [...problemsOf(parsed), ...runProblems(given)];
  if (!parsed.success || found.length > 0) throw asError(found);
  return toRunConfig(parsed.data, given, isRoot);
};

const toRunConfig = (settings: z.infer<typeof runSettings>, given: Env, isRoot: boolean): RunConfig => {
  const dataFolder = settings.ARCHITECT_DATA ?? defaultDataFolder(given, isRoot);
  const made = join(dataFolder, "shared/toolchain/python");
  const python = settings.ARCHITECT_PYTHON ?? (existsSync(made) ? made : undefined);
  const model = toModel(settings, given);
  const { settings: mcp } = readMcpSettings(given, readText);
  return {
    dataFolder,
    model,
    budget: {
      usd: settings.ARCHITECT_MAX_USD,
      tokens: settings.ARCHITECT_MAX_TOKENS,
      minutes: settings.ARCHITECT_MAX_MINUTES,
    },
    sandbox: settings.ARCHITECT_SANDBOX,
    ...(python === undefined ? {} : { python }),
    setup: toSetup(settings),
    ...(mcp ? { mcp } : {}),
    warnings:
      settings.ARCHITECT_SANDBOX === "none"
        ? ["ARCHITECT_SANDBOX=none: commands of a run can read and change whatever this user can"]
        : [],
  };
};

/** What no setting shows by itself. */
const runProblems = (given: Env): string[] => {
  const problems = modelProblems(given);
  const python = given["ARCHITECT_PYTHON"];
  if (python !== undefined && !existsSync(join(python, "bin/python")))
    problems.push(
      `ARCHITECT_PYTHON has no bin/python in it: it must be a virtual environment, as \`python3 -m venv\` makes`,
    );
  const mcp = readMcpSettings(given, readText);
  return [...problems, ...mcp.problems, ...setupProblems(given), ...unknownNames(given)];
};

const readText = (path: string): { readonly text: string } | { readonly problem: string } => {
  try {
    return { text: readFileSync(path, "utf8") };
  } catch (error) {
    return { problem: (error as NodeJS.ErrnoException).code ?? "it is no file" };
  }
};

const unknownNames = (given: Env): string[] => {
  const known = Object.keys(appSettings.shape).filter((name) => name.startsWith("ARCHITECT_"));
  return Object.keys(given)
    .filter((name) => name.startsWith("ARCHITECT_") && !known.includes(name))
    .map((name) => `${name} is no setting: did you mean ${nearest(name, known)}?`);
};

/** `https://github.com`, `https://SUBDOMAIN.ghe.com` or the server whose `/api/v3` it is. */
const githubUrlOf = (apiUrl: string): string => {
  const url = new URL(apiUrl);
  if (url.hostname.startsWith("api.")) url.hostname = url.hostname.slice("api.".length);
  return url.origin;
};

const problemsOf = (parsed: z.ZodSafeParseResult<unknown>): string[] =>
  parsed.success ? [] : parsed.error.issues.map((issue) => `${issue.path.join(".")} ${issue.message}`);

const asError = (problems: readonly string[]): ConfigError =>
  new ConfigError(
    problems.length === 1
      ? `wrong setting: ${problems[0]}`
      : `${problems.length} settings are wrong:\n${problems.map((problem) => `  - ${problem}`).join("\n")}`,
  );
