/** What a user typed after `architect`, as a value or as a sentence about what would be right. Starts nothing and reads no environment. */
import { parseArgs } from "node:util";
import { ConfigError } from "../domain/errors.ts";

export type CommandLine =
  | { readonly command: "show"; readonly text: string }
  | { readonly command: "start" }
  | ({ readonly command: "run" } & RunOptions)
  | ({ readonly command: "replay" } & ReplayOptions)
  | ({ readonly command: "facts" } & FactsOptions);

export type RunOptions = {
  /** As typed; relative to where the command was started. */
  readonly folder: string;
  readonly model: string | undefined;
  readonly usd: number | undefined;
  readonly json: boolean;
  readonly work: { readonly task: string } | { readonly goOn: RunName };
};

/** The beginning of a run's id; undefined = the one that is meant without saying. */
export type RunName = string | undefined;

export type ReplayOptions = { readonly run: RunName; readonly data: string | undefined; readonly json: boolean };

/** @property folder as typed; relative to where the command was started */
export type FactsOptions = { readonly folder: string; readonly json: boolean };

type Options = Readonly<Record<string, { readonly type: "string" | "boolean"; readonly value?: string }>>;

const usage = `Backend Architect: a team's backend architect on GitHub issues and pull requests, and on local repositories.

Usage
  architect start               serve the GitHub App; its settings come from the environment (see README.md)
  architect run --task "…"      design in a local git repository; the result is a branch of it, nothing is pushed
  architect run --continue      go on with a run that was interrupted
  architect replay [RUN]        list the runs that are stored, or show one turn by turn
  architect facts DIR           what the Python of a folder shows: endpoints, models, and what can't be known
  architect COMMAND --help      all options of a command
  architect --version

Exit codes
  0  done: of run, an accepted report and a branch    2  a wrong option or setting
  1  anything else                                    130  interrupted
`;

const help: Readonly<Record<"start" | "run" | "replay" | "facts", string>> = {
  start: `architect start: serves the GitHub App until Ctrl-C. Work in hand is kept and goes on with the next start.

It takes no options: APP_ID, PRIVATE_KEY_PATH, WEBHOOK_SECRET and all other settings come from the environment (README.md).
`,
  run: `architect run: the agent works on a local git repository, from the last commit of the branch that is checked out.
It leaves a branch architect/…; files, index and other branches stay as they are, and nothing is pushed.

Usage
  architect run [--repo DIR] --task "…" [--model NAME] [--budget USD] [--json]
  architect run [--repo DIR] "…"
  architect run [--repo DIR] --continue [RUN]

Options
  --repo DIR        the repository (default: this folder)
  --task TEXT       what to design; the first line is its title
  --model NAME      blueprint (needs no key and no network; the default without ANTHROPIC_API_KEY), or a model id such
                    as claude-opus-5-5
  --budget USD      stop before this is spent: 2, 2.50 or '$2' (quoted, or the shell takes $2 for a variable)
  --continue [RUN]  go on with the newest interrupted run of the repository, or with RUN (the first characters of its
                    id are enough): no turn of it is asked again
  --json            print one JSON object on stdout and nothing else: run, outcome, branch, report, findings, evidence,
                    files, body; texts for people go to stderr

Ctrl-C stops after keeping what is done; a second one ends at once. On a terminal the task list is drawn in place, on a
pipe each change is a line. NO_COLOR=1 leaves colours out.

Exit codes: 0 an accepted report and a branch, 1 anything else, 2 a wrong option or setting, 130 interrupted.
`,
  replay: `architect replay: shows runs as they are stored; changes nothing, and works while nothing else uses the store.

Usage
  architect replay [--data DIR] [--json]        the newest runs: id, when, status, turns, spend, request
  architect replay RUN [--data DIR] [--json]    one run, turn by turn; the first characters of its id are enough

Options
  --data DIR   the data folder of an App (its ARCHITECT_DATA) instead of the store of local runs
  --json       one JSON value on stdout, with inputs and results in full
`,
  facts: `architect facts: what the Python of a folder shows, read without running it. Changes nothing, and needs no key.

Usage
  architect facts DIR [--json]

It shows endpoints with their full paths, authentication and rate limits, GraphQL fields, models with their tables, and
whatever can't be known from the code alone. Environments, node_modules, folders whose names begin with a dot, links and
files of more than 1 MB are not read.

Options
  --json   one JSON object on stdout: endpoints, graphql, models, schemas, middleware, handlers, settings, imports,
           unknown

Exit codes: 0 the facts are shown, 1 the code could not be read, 2 a wrong option or folder.
`,
};

const helpOption = { help: { type: "boolean" } } as const;

const optionsOf = {
  start: helpOption,
  run: {
    ...helpOption,
    repo: { type: "string", value: "a folder" },
    task: { type: "string", value: "what to design, in quotes" },
    model: { type: "string", value: "blueprint or a model id" },
    budget: { type: "string", value: "an amount in US dollars such as 2 or 2.50" },
    continue: { type: "boolean" },
    json: { type: "boolean" },
  },
  replay: { ...helpOption, data: { type: "string", value: "a data folder" }, json: { type: "boolean" } },
  facts: { ...helpOption, json: { type: "boolean" } },
} as const satisfies Readonly<Record<keyof typeof help, Options>>;

const isCommand = (word: string): word is keyof typeof help => Object.hasOwn(help, word);

/** @throws ConfigError with a sentence for whoever typed it */
export const parseCommandLine = (argv: readonly string[], version: string): CommandLine => {
  const [first, ...rest] = argv;
  if (first === undefined || first === "--help" || first === "-h") return { command: "show", text: usage };
  if (first === "--version" || first === "-v") return { command: "show", text: version };
  if (first === "help") return { command: "show", text: helpFor(rest[0]) };
  if (!isCommand(first))
    throw new ConfigError(
      `there is no ${first.startsWith("-") ? "option" : "command"} "${first}" here. There are the commands start, run, replay and facts: architect --help`,
    );
  const parsed = parseOptions(first, rest);
  if (parsed.flag("help")) return { command: "show", text: help[first] };
  if (first === "run") return { command: "run", ...runOptions(parsed) };
  if (first === "replay") return { command: "replay", ...replayOptions(parsed) };
  if (first === "facts") return { command: "facts", ...factsOptions(parsed) };
  const [stray] = parsed.positionals;
  if (stray !== undefined) throw wrong("start", `takes no arguments, and "${stray}" is one`);
  return { command: "start" };
};

const helpFor = (command: string | undefined): string =>
  command !== undefined && isCommand(command) ? help[command] : usage;

const wrong = (command: string, what: string): ConfigError =>
  new ConfigError(`${command}: ${what}. All options: architect ${command} --help`);

type Parsed = {
  readonly positionals: readonly string[];
  readonly flag: (name: string) => boolean;
  readonly text: (name: string) => string | undefined;
};

/** Not strict, so that each mistake can be answered in our own words. */
const parseOptions = (command: keyof typeof optionsOf, args: readonly string[]): Parsed => {
  const known: Options = optionsOf[command];
  const { tokens } = parseArgs({
    args: [...args],
    strict: false,
    tokens: true,
    options: { ...known, help: { type: "boolean", short: "h" } },
  });
  const given = new Map<string, string | true>();
  for (const token of tokens) {
    if (token.kind !== "option") continue;
    const option = Object.hasOwn(known, token.name) ? known[token.name] : undefined;
    const fault = option ? faultOf(option, token) : `there is no option ${token.rawName}`;
    if (fault) throw wrong(command, fault);
    if (given.has(token.name)) throw wrong(command, `${token.rawName} is given twice`);
    given.set(token.name, token.value ?? true);
  }
  const text = (name: string): string | undefined => {
    const value = given.get(name);
    return value === true ? undefined : value;
  };
  return {
    positionals: tokens.flatMap((token) => (token.kind === "positional" ? [token.value] : [])),
    flag: (name) => given.has(name),
    text,
  };
};

const faultOf = (
  { type, value: wanted }: Options[string],
  token: { readonly rawName: string; readonly value?: string | undefined; readonly inlineValue?: boolean | undefined },
): string | undefined => {
  const { rawName, value, inlineValue } = token;
  if (type === "boolean") return value === undefined ? undefined : `${rawName} takes no value`;
  if (value === undefined) return `${rawName} needs a value: ${wanted}`;
  if (!inlineValue && value.startsWith("--"))
    return `${rawName} needs a value: ${wanted} (one that begins with -- is written ${rawName}=${value})`;
  return undefined;
};

const runOptions = (parsed: Parsed): RunOptions => ({
  folder: folderOf(parsed),
  model: modelOf(parsed.text("model")),
  usd: usdOf(parsed.text("budget")),
  json: parsed.flag("json"),
  work: workOf(parsed),
});

const folderOf = (parsed: Parsed): string => {
  const folder = parsed.text("repo") ?? ".";
  if (folder === "") throw wrong("run", "--repo is empty; it must be a folder");
  return folder;
};

const workOf = ({ text, flag, positionals }: Parsed): RunOptions["work"] => {
  const task = text("task");
  if (flag("continue")) {
    if (task !== undefined)
      throw wrong("run", "--continue goes on with the task that the run was given, so --task cannot change it");
    if (positionals.length > 1)
      throw wrong(
        "run",
        `--continue goes on with one run, and ${positionals.length} are named: ${positionals.join(" ")}`,
      );
    return { goOn: positionals[0] === undefined ? undefined : runNameOf("run", positionals[0]) };
  }
  if (task !== undefined && positionals.length > 0)
    throw wrong("run", `the task is given twice, with --task and as "${positionals.join(" ")}"; keep one of them`);
  const wanted = task ?? positionals.join(" ");
  if (wanted.trim() === "") throw wrong("run", 'say what to design: --task "…", in quotes');
  return { task: wanted.trim() };
};

const modelOf = (model: string | undefined): string | undefined => {
  if (model === undefined || /^[a-z0-9][a-z0-9.:@/_-]{1,99}$/i.test(model)) return model;
  throw wrong("run", `--model must be blueprint or a model id such as claude-opus-5-5, and "${model}" is neither`);
};

const usdOf = (budget: string | undefined): number | undefined => {
  if (budget === undefined) return undefined;
  const [, amount] = /^\$?(\d{1,6}(?:\.\d{1,4})?)$/.exec(budget) ?? [];
  if (amount === undefined)
    throw wrong(
      "run",
      `--budget must be an amount in US dollars such as 2, 2.50 or '$2', and "${budget}" is none; a shell takes $2 for a variable where it is not quoted`,
    );
  if (Number(amount) === 0) throw wrong("run", "--budget must be more than 0: without money no turn can be paid");
  return Number(amount);
};

const replayOptions = ({ positionals, text, flag }: Parsed): ReplayOptions => {
  const [run, ...more] = positionals;
  if (more.length > 0) throw wrong("replay", `shows one run at a time, and ${positionals.length} are named`);
  const data = text("data");
  if (data === "") throw wrong("replay", "--data is empty; it must be a data folder");
  return { run: run === undefined ? undefined : runNameOf("replay", run), data, json: flag("json") };
};

const factsOptions = ({ positionals, flag }: Parsed): FactsOptions => {
  const [folder, ...more] = positionals;
  if (folder === undefined || folder === "") throw wrong("facts", "name the folder of a Python project");
  if (more.length > 0) throw wrong("facts", `reads one folder at a time, and ${positionals.length} are named`);
  return { folder, json: flag("json") };
};

const runNameOf = (command: string, name: string): string => {
  if (/^[0-9a-f][0-9a-f-]{3,35}$/i.test(name)) return name.toLowerCase();
  throw wrong(
    command,
    `"${name}" is no run: it must be a run's id or at least its first 4 characters; architect replay lists them`,
  );
};
