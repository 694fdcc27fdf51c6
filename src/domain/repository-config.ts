/** `.github/architect.yml` of a repository's default branch: what its maintainers may set, read strictly. */
import { parseDocument } from "yaml";
import type { z } from "zod";
import type { BriefCommands } from "./brief.ts";
import type { Boundary } from "./policy.ts";
import { type RepositoryConfig, repositorySchema } from "./repository-schema.ts";

export const configPath = ".github/architect.yml";

const maxBytes = 64 * 1024;

/** Reads the file's text. @returns the configuration, or a sentence that names the key and what it may be */
export const parseRepositoryConfig = (
  text: string | undefined,
  agents: readonly string[],
): { readonly ok: true; readonly config: RepositoryConfig } | { readonly ok: false; readonly problem: string } => {
  if (text === undefined) return { ok: true, config: {} };
  const fail = (problem: string) => ({ ok: false as const, problem: `${configPath}: ${problem}` });
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
  const parsed = repositorySchema.safeParse(value);
  if (!parsed.success) {
    const { path, message } = innermost(foremost(parsed.error.issues)!);
    return fail(path.length > 0 ? `at \`${path.join(".")}\`: ${message}` : message);
  }
  const stranger = Object.keys(parsed.data.boundaries ?? {}).find((name) => !agents.includes(name));
  if (stranger) return fail(`at \`boundaries.${stranger}\`: no such agent; there are: ${agents.join(", ")}`);
  return { ok: true, config: parsed.data };
};

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
