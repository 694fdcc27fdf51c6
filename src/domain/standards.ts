/** The house standards as a repository may set them under `standards` in its configuration; knows no code that checks them. */
import { z } from "zod";
import type { Finding } from "./finding.ts";

/** Lines of one file, both counted from 1 and inclusive. */
export type Span = { readonly file: string; readonly from: number; readonly to: number };

/** A house standard that the code breaks. @property spans what it is about: it counts where one of these lines was changed */
export type Breach = Finding & { readonly path: string; readonly line: number; readonly spans: readonly Span[] };

const pathPrefix = z
  .string()
  .regex(/^\/[\w\-./{}]*$/, 'must be a path from the root such as "/api/v{n}", where {n} stands for a number');
const word = z.string().regex(/^[a-z][a-z0-9-]*$/, "must be one word in lower case");
const module = z.string().regex(/^\w+(\.\w+)*$/, 'must be the name of a Python module such as "openai"');
const rate = z
  .string()
  .regex(
    /^[1-9]\d*\/(second|minute|hour|day)$/,
    'must be a number per second, minute, hour or day such as "100/minute"',
  );
const count = z.int("must be a whole number").positive("must be more than 0");
const version = z.string().regex(/^3\.\d+$/, 'must be a version in quotes such as "3.1"');

/** What each rule can be told. A rule with nothing to tell can only be turned off. */
const shapes = {
  "unversioned-path": { prefixes: z.array(pathPrefix).min(1).max(10), exempt: z.array(pathPrefix).max(40) },
  "verb-in-path": { allowed: z.array(word).max(40) },
  "created-without-201": {},
  "untyped-response": {},
  "undocumented-endpoint": {},
  "untyped-body": {},
  "old-openapi": { version },
  "pydantic-v1": {},
  "unconstrained-field": {},
  "unbounded-password": { min: count, max: count },
  "plain-email": {},
  "legacy-column": {},
  "sync-database": {},
  "legacy-query": {},
  "unindexed-foreign-key": {},
  "sql-by-string": {},
  "access-token-lifetime": { minutes: count },
  "refresh-token-lifetime": { days: count },
  "unverified-jwt": {},
  "weak-bcrypt-cost": { cost: count },
  "bcrypt-truncation": {},
  "fast-password-hash": {},
  "other-password-hash": {},
  "secret-in-code": {},
  "cors-any-origin": {},
  "unlimited-auth-route": {},
  "limiter-in-memory": {},
  "limiter-default": { rate },
  "no-problem-details": {},
  "no-request-log": {},
  "cache-without-ttl": {},
  "cache-without-invalidation": {},
  "database-in-route": {},
  "session-not-injected": {},
  "upward-import": {},
  "blocking-call": {},
  "naive-utcnow": {},
  "forbidden-import": { allowed: z.array(module).max(40) },
  "foreign-migration": {},
} satisfies Readonly<Record<string, z.ZodRawShape>>;

export type RuleId = keyof typeof shapes;
export type Parameters = {
  readonly [R in RuleId]: { readonly [K in keyof (typeof shapes)[R]]: z.infer<(typeof shapes)[R][K]> };
};

export const ruleIds = Object.keys(shapes) as readonly RuleId[];

const nothing = {};

export const defaults: Parameters = {
  ...(Object.fromEntries(ruleIds.map((id) => [id, nothing])) as Parameters),
  "unversioned-path": { prefixes: ["/api/v{n}"], exempt: [] },
  "verb-in-path": { allowed: [] },
  "old-openapi": { version: "3.1" },
  "unbounded-password": { min: 8, max: 128 },
  "access-token-lifetime": { minutes: 15 },
  "refresh-token-lifetime": { days: 7 },
  "weak-bcrypt-cost": { cost: 12 },
  "limiter-default": { rate: "100/minute" },
  "forbidden-import": { allowed: [] },
};

const turnedOff = '{ enabled: false, reason: "…" }';

const entry = (shape: z.ZodRawShape) => {
  const keys = Object.keys(shape);
  const may = keys.length === 0 ? turnedOff : `${turnedOff}, or a reason with ${keys.join(", ")}`;
  return z
    .strictObject(
      {
        ...z.object(shape).partial().shape,
        enabled: z.literal(false, { error: "must be false: a rule that is not named is on" }).optional(),
        reason: z
          .string({ error: "must say why this repository does otherwise: people read it in every report" })
          .trim()
          .min(1)
          .max(300),
      },
      {
        error: (issue) => {
          if (issue.code === "invalid_type") return `must be ${may}`;
          if (issue.code !== "unrecognized_keys") return undefined;
          return `unknown key ${issue.keys.map((key) => `\`${key}\``).join(", ")}; allowed here: ${["enabled", "reason", ...keys].join(", ")}`;
        },
      },
    )
    .refine((value) => (value.enabled === false) !== keys.some((key) => key in value), {
      error: `must be ${may}; not both, and not neither`,
    });
};

type StandardSetting<R extends RuleId> = { readonly enabled?: false; readonly reason: string } & Partial<Parameters[R]>;

export type StandardsConfig = { readonly [R in RuleId]?: StandardSetting<R> };

/** For the key `standards` of the repository's configuration. */
export const standardsSchema = z.strictObject(
  Object.fromEntries(Object.entries(shapes).map(([id, shape]) => [id, entry(shape).optional()])),
  {
    error: (issue) =>
      issue.code === "unrecognized_keys"
        ? `no such rule: ${issue.keys.map((key) => `\`${key}\``).join(", ")}; there are: ${ruleIds.join(", ")}`
        : "must be a mapping of rules to what is otherwise here",
  },
) as z.ZodType<StandardsConfig>;

/** A rule's parameters in this repository; undefined where it is turned off. */
export const parametersOf = <R extends RuleId>(rule: R, config: StandardsConfig): Parameters[R] | undefined => {
  const setting: StandardSetting<R> | undefined = config[rule];
  if (!setting) return defaults[rule];
  const { enabled, reason: _, ...own } = setting;
  return enabled === false ? undefined : { ...defaults[rule], ...own };
};

/** What a repository does otherwise than the house, for people. */
export type Deviation = { readonly rule: RuleId; readonly setting: string; readonly reason: string };

export const deviationsOf = (config: StandardsConfig): readonly Deviation[] =>
  ruleIds.flatMap((rule) => {
    const setting = config[rule];
    if (!setting) return [];
    const { enabled, reason, ...own } = setting;
    const said = Object.entries(own).map(
      ([key, value]) => `${key}: ${Array.isArray(value) ? value.join(", ") : String(value)}`,
    );
    return [{ rule, setting: enabled === false ? "off" : said.join("; "), reason }];
  });
