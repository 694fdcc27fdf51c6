/** `.github/architect.yml` of a repository's default branch: what its maintainers may set, read strictly. */
import { parseDocument } from "yaml";
import { z } from "zod";
import { type Boundary, canonPath, isProtected } from "./policy.ts";

export const configPath = ".github/architect.yml";

const maxBytes = 64 * 1024;

const folder = z.string().transform((raw, context) => {
  const canon = canonPath(raw.replace(/\/(\*\*)?$/, ""));
  if (!canon.ok) {
    context.addIssue({ code: "custom", message: `"${raw}" is no repository folder: ${canon.reason}` });
    return z.NEVER;
  }
  if (isProtected(canon.path) || isProtected(`${canon.path}/x`)) {
    context.addIssue({
      code: "custom",
      message: `"${raw}" is protected: no agent may write there, whatever is set here`,
    });
    return z.NEVER;
  }
  return canon.path;
});

const boundary = z.strictObject({
  allowed: z.array(folder).min(1).max(40).optional(),
  forbidden: z.array(folder).max(40).optional(),
});

const schema = z.strictObject({ boundaries: z.record(z.string(), boundary).optional() });

export type RepositoryConfig = z.infer<typeof schema>;

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
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const at = issue?.path.join(".");
    return fail(
      `${at ? `at \`${at}\`: ` : ""}${issue?.message ?? "does not fit"}; allowed keys: boundaries.<agent>.{allowed, forbidden}`,
    );
  }
  const stranger = Object.keys(parsed.data.boundaries ?? {}).find((name) => !agents.includes(name));
  if (stranger) return fail(`at \`boundaries.${stranger}\`: no such agent; there are: ${agents.join(", ")}`);
  return { ok: true, config: parsed.data };
};

/** An agent's boundary in this repository: its definition's, replaced where the configuration says so; forbidden adds up. */
export const boundaryFor = (agent: string, defined: Boundary, config: RepositoryConfig): Boundary => {
  const own = config.boundaries?.[agent];
  return {
    allowed: own?.allowed ?? defined.allowed,
    forbidden: [...defined.forbidden, ...(own?.forbidden ?? [])],
  };
};
