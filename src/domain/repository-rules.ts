/** The keys of `.github/architect.yml` that say how runs come to be: by which label, for whom, how many, and with which model. */
import { z } from "zod";
import { keys } from "./schema-keys.ts";

const labelWish = "must be the name of a label, of at most 50 characters";

export const labelSchema = z.string(labelWish).trim().min(1, labelWish).max(50, labelWish);

const modelWish = "must be the id of a model, such as claude-sonnet-5-5";
const model = z.string(modelWish).regex(/^[a-z0-9][\w.:@/-]{1,199}$/i, modelWish);

export const modelSchema = z
  .union([model, z.record(z.string(), model)], "must be the id of a model, or a mapping of agents to ids of models")
  .transform((given): Readonly<Record<string, string>> => (typeof given === "string" ? { default: given } : given));

const runsOf = z
  .int("must be a whole number of runs, such as 20")
  .min(1, "must be 1 at least")
  .max(1_000_000)
  .optional();

export const runsSchema = keys({
  issue: runsOf.describe("Runs that may begin in a day (UTC) on one issue and its pull request."),
  person: runsOf.describe("Runs that may begin in a day (UTC) for one person."),
  day: runsOf.describe("Runs that may begin in a day (UTC) in this repository."),
});

const loginWish = "must be a login such as octocat, without an @";

export const whoSchema = keys({
  permission: z
    .enum(["write", "maintain", "admin"], "must be write, maintain or admin: nobody below write is ever heard")
    .optional()
    .describe("The least that somebody must have; write where left out."),
  people: z
    .array(z.string(loginWish).regex(/^[a-z0-9][a-z0-9-]{0,99}(\[bot\])?$/i, loginWish), "must be a list of logins")
    .min(1, "must name somebody; leave the key out for all who have the permission")
    .max(200)
    .optional()
    .describe("These alone, of those who have the permission."),
  untrusted: z
    .enum(["leave-out", "as-data"], "must be leave-out or as-data")
    .optional()
    .describe(
      "What becomes of text by somebody without write access, where others command something: an issue's or a pull request's own, what stands in review threads, and comments while a run is going. leave-out (where nothing is said) or as-data, which shows it to the agent as data, never as an instruction.",
    ),
});

export type Who = z.output<typeof whoSchema>;

type Rank = "none" | "read" | "triage" | "write" | "maintain" | "admin";

const ranks: readonly Rank[] = ["none", "read", "triage", "write", "maintain", "admin"];

/** @returns why somebody with write access may start nothing here, as a sentence; undefined where he may */
export const whyNotBy = (
  who: Who | undefined,
  person: { readonly login: string },
  permission: Rank,
): string | undefined => {
  const least = who?.permission ?? "write";
  if (ranks.indexOf(permission) < ranks.indexOf(least))
    return `@${person.login} has the permission \`${permission}\` here, and \`who.permission\` asks for \`${least}\``;
  const people = who?.people?.map((login) => login.toLowerCase());
  if (people && !people.includes(person.login.toLowerCase())) return `@${person.login} is not among \`who.people\``;
  return undefined;
};
