/** The keys of `.github/architect.yml`: what each may be, and the sentence that says so. Reads nothing, decides nothing. */
import { z } from "zod";
import { type HandoffOwner, handoffOwners } from "./handoff.ts";
import { canonPath, isProtected } from "./policy.ts";
import { createRedactor } from "./redact.ts";
import { labelSchema, modelSchema, runsSchema, whoSchema } from "./repository-rules.ts";
import { keys } from "./schema-keys.ts";
import { defaultLines } from "./stack.ts";
import { standardsSchema } from "./standards.ts";

const canonFolder = (raw: string, context: z.RefinementCtx): string => {
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
};

const folder = z.string("must be a folder of the repository, such as src/app/api").transform(canonFolder);

const root = z
  .string('must be a folder of the repository, or "." for its top')
  .transform((raw, context) => (/^\.\/?$/.test(raw) ? "." : canonFolder(raw, context)));

const boundary = keys({
  allowed: z
    .array(folder, "must be a list of folders")
    .min(1, "must name a folder; leave the key out for the agent's own")
    .max(40)
    .optional()
    .describe("Folders in which the agent may write, in place of its own."),
  forbidden: z
    .array(folder, "must be a list of folders")
    .max(40)
    .optional()
    .describe("Folders in which it may not, in addition to its own."),
});

const command = z
  .string("must be a command")
  .trim()
  .min(1, "must not be empty")
  .max(4_000, "must not be longer than 4,000 characters: put a longer script in a file of the repository")
  .refine((text) => !text.includes("\0"), "must not have a NUL character");

const commands = z
  .union([command, z.array(command).min(1).max(20)], "must be a command or a list of 1 to 20 commands")
  .transform((given): readonly string[] => [given].flat());

const file = z.string("must be a file or folder of the repository").transform((raw, context) => {
  const canon = canonPath(raw.replace(/\/$/, ""));
  if (canon.ok) return canon.path;
  context.addIssue({ code: "custom", message: `"${raw}" is no file or folder of the repository: ${canon.reason}` });
  return z.NEVER;
});

const setup = z
  .union(
    [
      command,
      z.array(command).min(1).max(20),
      keys({
        commands,
        files: z
          .array(file, "must be a list of files and folders")
          .min(1, "must name a file; leave the key out for the usual dependency files")
          .max(100)
          .optional()
          .describe("What its result depends on; the usual dependency files of the base branch where left out."),
      }),
    ],
    "must be a command, a list of commands, or {commands, files}",
  )
  .transform((given): { readonly commands: readonly string[]; readonly files?: readonly string[] | undefined } =>
    typeof given === "string" || Array.isArray(given) ? { commands: [given].flat() } : given,
  );

const serve = keys({
  command: command.describe("Starts the application; it runs in /repo and is ended by the App."),
  port: z
    .int("must be a port from 1024 to 65535")
    .min(1_024, "must be a port from 1024 to 65535")
    .max(65_535, "must be a port from 1024 to 65535")
    .default(8_000)
    .describe("Where it listens on 127.0.0.1."),
  health: z
    .string("must be a path such as /healthz")
    .regex(/^\/[\x21-\x7e]{0,500}$/, "must be a path such as /healthz")
    .default("/")
    .describe("A path that answers when the application is ready."),
});

/** What the sandbox sets itself, and what would make another program of a command than the one that people read. */
const ownNames =
  /^(PATH|HOME|LANG|PWD|VIRTUAL_ENV|PYTHONDONTWRITEBYTECODE|BASH_ENV|BASHOPTS|SHELLOPTS|(ALL|HTTPS?|NO)_PROXY)$|^(GIT|LD|PIP|NPM_CONFIG|UV|ARCHITECT|BASH_FUNC)_/i;

/** By its last word: `ACCESS_TOKEN_EXPIRE_MINUTES` is none. */
const secretNames =
  /(^|_)(SECRETS?|TOKEN|PASS(WORD|WD|PHRASE)?S?|PWD|CREDENTIALS?|(API|ACCESS|PRIVATE|SECRET|SIGNING|ENCRYPTION|AUTH)_?KEYS?)$/i;

const checkVariable = (name: string, value: string, context: z.RefinementCtx): void => {
  const refuse = (message: string) => context.addIssue({ code: "custom", path: [name], message });
  if (!/^[A-Za-z_][A-Za-z0-9_]{0,99}$/.test(name)) refuse("is no name of a variable: letters, digits and _ only");
  else if (ownNames.test(name)) refuse("is set by the sandbox itself; choose another name");
  else if (secretNames.test(name))
    refuse(
      "looks like a secret, and everybody who can read the repository reads this file: let the tests set a throw-away value (in conftest.py, say), or write one in the command",
    );
  else if (value.length > 4_000 || value.includes("\0")) refuse("must be at most 4,000 characters, without NUL");
  else if (createRedactor([])(value).hits > 0) refuse("holds what looks like a secret, and commands get none");
};

const variable = z
  .union([z.string(), z.int(), z.boolean()], "must be a text, a whole number, true or false; quote anything else")
  .transform(String);

const environment = z
  .record(z.string(), variable, "must be a mapping of names to values")
  .superRefine((variables, context) => {
    const all = Object.entries(variables);
    if (all.length > 64) context.addIssue({ code: "custom", message: "must not have more than 64 variables" });
    for (const [name, value] of all) checkVariable(name, value, context);
  });

const dollars = z
  .number("must be an amount in US dollars, such as 2.50")
  .positive("must be more than 0")
  .max(1_000_000)
  .transform((usd) => ({ usd }))
  .optional();

const budget = keys({
  run: dollars.describe("US dollars that one run may spend."),
  issue: dollars.describe("US dollars that all runs of one issue and its pull request may spend."),
  day: dollars.describe("US dollars that all runs of this repository may spend in a day (UTC)."),
});

const handoffs = keys({
  file: z
    .boolean("must be true or false")
    .describe(
      "Whether what a pull request leaves to others becomes an issue for each of them; it is only listed where left out.",
    ),
  labels: keys(
    Object.fromEntries(handoffOwners.map((owner) => [owner, labelSchema.optional()])) as Record<
      HandoffOwner,
      z.ZodOptional<typeof labelSchema>
    >,
  )
    .optional()
    .describe("The label of such an issue, by whose it is; their own names where left out."),
});

const size = keys({
  lines: z
    .int("must be a number of lines, such as 600")
    .min(50, "must be 50 lines at least")
    .max(1_000_000)
    .optional()
    .describe(
      `Lines that one pull request may add and remove, tests left out (${defaultLines}). A larger change comes as a stack of pull requests: models, then services, then routes.`,
    ),
});

export const repositorySchema = keys({
  boundaries: z
    .record(z.string(), boundary, "must be a mapping of agents to {allowed, forbidden}")
    .optional()
    .describe("Where each agent may write, by its name."),
  budget: budget.optional().describe("Lowers what the App's operator allows; it raises nothing."),
  ci: z
    .enum(["on", "off"], "must be on or off")
    .optional()
    .describe("Whether failed checks of the App's own pull requests are followed up on; on where left out."),
  env: environment
    .optional()
    .describe("Plain variables for every command in the sandbox; no secrets, and none that the sandbox sets itself."),
  handoffs: handoffs.optional().describe("What becomes of work that is outside of what the App may change."),
  label: labelSchema
    .optional()
    .describe("The label that starts a run here, in place of the one that the operator chose."),
  model: modelSchema
    .optional()
    .describe(
      "Which of the operator's models works here: one for all, or one for each agent by its name and `default` for the rest.",
    ),
  roots: z
    .array(root, "must be a list of folders")
    .min(1, 'must name a folder, such as services/orders, or "." for the top of the repository')
    .max(20)
    .refine((all) => new Set(all).size === all.length, "names a folder twice")
    .optional()
    .describe("Folders that stand in place of `backend` in the agents' own boundaries: one for each backend."),
  runs: runsSchema.optional().describe("Lowers how many runs the App's operator lets begin; it raises nothing."),
  serve: serve.optional().describe("How the application is started."),
  setup: setup
    .optional()
    .describe(
      "Makes the repository's packages ready, in a virtual environment at /setup: run once, kept until what it depends on changes.",
    ),
  size: size.optional().describe("How large a pull request of the App may be."),
  standards: standardsSchema
    .optional()
    .describe(
      "House standards that this repository keeps otherwise, each with the reason that people read in reports.",
    ),
  test: commands.optional().describe("The repository's own test suite: a command, or a list of them, in /repo."),
  who: whoSchema
    .optional()
    .describe("Who may start runs and steer them, among people with write access; it lets in nobody else."),
});

export type RepositoryConfig = z.output<typeof repositorySchema>;

/** For editors: what may be written, before it is read. */
export const repositoryJsonSchema = (): object => ({
  ...z.toJSONSchema(repositorySchema, { io: "input", target: "draft-7" }),
  title: "Backend Architect in a repository (.github/architect.yml)",
});
