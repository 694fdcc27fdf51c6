/** `.github/architect.yml` of a repository's default branch: what its maintainers may set, read strictly. */
import { parseDocument } from "yaml";
import { z } from "zod";
import type { BriefCommands } from "./brief.ts";
import type { Boundary } from "./policy.ts";
import { labelSchema } from "./repository-rules.ts";
import { type RepositoryConfig, repositorySchema } from "./repository-schema.ts";
import { strangerAmong } from "./schema-keys.ts";
import type { PutLabel } from "./trigger.ts";

export const configPath = ".github/architect.yml";

const maxBytes = 64 * 1024;

/** Where the owner's repository `.github` keeps what counts for all repositories that say nothing else, the first that is there. */
export const defaultsRepository = ".github";
export const defaultsPaths: readonly string[] = [configPath, "architect.yml"];

export type ConfigText = {
  /** As people know it; the repository's own file where left out. */
  readonly name?: string | undefined;
  /** Undefined where there is no file. */
  readonly text?: string | undefined;
  /** It is there, and was not read. */
  readonly tooLarge?: boolean | undefined;
};

/** Names that a configuration may use: agents, and the operator's models where they are known. */
export type ConfigNames = { readonly agents: readonly string[]; readonly models?: readonly string[] | undefined };

export type ReadConfig =
  | { readonly ok: true; readonly config: RepositoryConfig }
  /** A sentence that names the file, the key and what it may be; `label` can be told all the same, if it is set. */
  | { readonly ok: false; readonly problem: string; readonly label?: string | undefined };

/** @param defaults of the owner: what the repository says itself stands over it, key by key */
export const readRepositoryConfig = (
  own: ConfigText,
  defaults: ConfigText | undefined,
  names: ConfigNames,
): ReadConfig => {
  const [above, here] = [parseConfig(defaults ?? {}, names), parseConfig(own, names)];
  const label = labelIn(here) ?? labelIn(above);
  if (!here.ok) return { ...here, label };
  if (!above.ok) return { ...above, label };
  return { ok: true, config: mergeConfigs(above.config, here.config) };
};

const labelIn = (read: ReadConfig): string | undefined => (read.ok ? read.config.label : read.label);

/** Whether this is the label that starts runs here. */
export const isLabelOf = (read: ReadConfig, { name, usual }: PutLabel): boolean => {
  const chosen = labelIn(read);
  return chosen === undefined ? usual : chosen.toLowerCase() === name.toLowerCase();
};

export const parseRepositoryConfig = (text: string | undefined, agents: readonly string[]): ReadConfig =>
  parseConfig({ text }, { agents });

const parseConfig = (file: ConfigText, names: ConfigNames): ReadConfig => {
  const { name = configPath, text, tooLarge } = file;
  const fail = (problem: string) => ({ ok: false as const, problem: `${name}: ${problem}` });
  if (tooLarge) return fail(`is larger than ${maxBytes / 1024} KiB`);
  if (text === undefined) return { ok: true, config: {} };
  if (Buffer.byteLength(text) > maxBytes) return fail(`is larger than ${maxBytes / 1024} KiB`);
  const document = parseDocument(text, { schema: "core", uniqueKeys: true, strict: true });
  const problem = document.errors[0] ?? document.warnings[0];
  if (problem) return fail(problem.message.split("\n")[0] ?? "is not valid YAML");
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 0 }) ?? {};
  } catch (error) {
    return fail(`aliases are not allowed (${(error as Error).message})`);
  }
  const { data: label } = z
    .object({ label: labelSchema })
    .transform((all) => all.label)
    .safeParse(value);
  const parsed = repositorySchema.safeParse(value);
  if (!parsed.success) {
    const { path, message } = innermost(foremost(parsed.error.issues)!);
    return { ...fail(path.length > 0 ? `at \`${path.join(".")}\`: ${message}` : message), label };
  }
  const stray = strayName(parsed.data, names);
  return stray === undefined ? { ok: true, config: parsed.data } : { ...fail(stray), label };
};

/** @returns what is named and does not exist, as the end of a sentence */
const strayName = ({ boundaries = {}, model = {} }: RepositoryConfig, { agents, models }: ConfigNames) => {
  const inBoundaries = strangerAmong(Object.keys(boundaries), agents);
  if (inBoundaries) return `at \`boundaries.${inBoundaries.name}\`: no such agent; ${inBoundaries.known}`;
  const inModel = strangerAmong(Object.keys(model), ["default", ...agents]);
  if (inModel) return `at \`model.${inModel.name}\`: no such agent; ${inModel.known}`;
  const unknown = models && strangerAmong(Object.values(model), models);
  if (!unknown) return undefined;
  const agent = Object.keys(model).find((key) => model[key] === unknown.name);
  const key = agent === "default" ? "model" : `model.${agent}`;
  return `at \`${key}\`: ${unknown.name} is none of the models that the App's operator allows; ${unknown.known}`;
};

/** Mappings whose entries stand for themselves; of all others the repository's own value counts whole. */
const merged = ["boundaries", "budget", "env", "runs", "standards", "who"] as const;

const mergeConfigs = (defaults: RepositoryConfig, own: RepositoryConfig): RepositoryConfig => ({
  ...defaults,
  ...own,
  ...Object.fromEntries(
    merged.flatMap((key) => (defaults[key] && own[key] ? [[key, { ...defaults[key], ...own[key] }]] : [])),
  ),
});

/** A key that does not exist says more than one that is missing, for which it may be meant. */
const foremost = (issues: readonly z.core.$ZodIssue[]): z.core.$ZodIssue | undefined =>
  issues.find(({ code }) => code === "unrecognized_keys") ?? issues[0];

/** Of several forms that a value may have, the one that it tries to have says what is wrong with it. */
const innermost = (issue: z.core.$ZodIssue): Pick<z.core.$ZodIssue, "path" | "message"> => {
  if (issue.code !== "invalid_union") return issue;
  const meant = issue.errors.find(
    (branch) => !branch.some(({ code, path }) => code === "invalid_type" && path.length === 0),
  );
  const inner = foremost(meant ?? []);
  return inner ? innermost({ ...inner, path: [...issue.path, ...inner.path] }) : issue;
};

/** What the agents' own boundaries call the backend's folder. */
const backend = "backend";

/** @returns for each root the folder in it; folders outside `backend` stay as they are */
const inRoots = (folders: readonly string[], roots: readonly string[]): readonly string[] => [
  ...new Set(
    folders.flatMap((folder) =>
      folder.startsWith(`${backend}/`)
        ? roots.map((root) => (root === "." ? "" : `${root}/`) + folder.slice(backend.length + 1))
        : [folder],
    ),
  ),
];

/**
 * An agent's boundary in this repository: its definition's, with the backend's roots in place, and replaced where the
 * configuration says so; forbidden adds up.
 */
export const boundaryFor = (agent: string, defined: Boundary, config: RepositoryConfig): Boundary => {
  const own = config.boundaries?.[agent];
  const roots = config.roots ?? [backend];
  return {
    allowed: own?.allowed ?? inRoots(defined.allowed, roots),
    forbidden: [...inRoots(defined.forbidden, roots), ...(own?.forbidden ?? [])],
  };
};

/** What an agent is told of the repository's own commands; nothing where none are set. */
export const commandsOf = ({ serve, setup, test }: RepositoryConfig): { readonly commands?: BriefCommands } =>
  test || serve || setup
    ? {
        commands: {
          ...(setup ? { setup: setup.commands } : {}),
          ...(test ? { test } : {}),
          ...(serve ? { serve } : {}),
        },
      }
    : {};
