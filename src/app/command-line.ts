/** What a user typed after `architect`, as a value or as a sentence about what would be right. Starts nothing and reads no environment. */
import { parseArgs } from "node:util";
import { ConfigError } from "../domain/errors.ts";
import { help, usage } from "./help.ts";

export type CommandLine =
  | { readonly command: "show"; readonly text: string }
  | { readonly command: "start" }
  | ({ readonly command: "run" } & RunOptions)
  | ({ readonly command: "replay" } & ReplayOptions)
  | ({ readonly command: "facts" } & FactsOptions)
  | ({ readonly command: "check" } & CheckOptions);

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

/** Files and folders as typed. */
export type CheckOptions = {
  readonly folder: string;
  /** A commit, branch or tag. */
  readonly base: string;
  readonly report: string | undefined;
  readonly sarif: string | undefined;
  readonly json: boolean;
};

type Options = Readonly<Record<string, { readonly type: "string" | "boolean"; readonly value?: string }>>;

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
  check: {
    ...helpOption,
    repo: { type: "string", value: "a folder" },
    base: { type: "string", value: "a branch, tag or commit such as origin/main" },
    report: { type: "string", value: "a file with a report" },
    sarif: { type: "string", value: "a file to write" },
    json: { type: "boolean" },
  },
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
      `there is no ${first.startsWith("-") ? "option" : "command"} "${first}" here. There are the commands start, run, replay, facts and check: architect --help`,
    );
  const parsed = parseOptions(first, rest);
  if (parsed.flag("help")) return { command: "show", text: help[first] };
  if (first === "run") return { command: "run", ...runOptions(parsed) };
  if (first === "replay") return { command: "replay", ...replayOptions(parsed) };
  if (first === "facts") return { command: "facts", ...factsOptions(parsed) };
  if (first === "check") return { command: "check", ...checkOptions(parsed) };
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

const checkOptions = ({ positionals, flag, text }: Parsed): CheckOptions => {
  const [stray] = positionals;
  if (stray !== undefined) throw wrong("check", `takes no arguments, and "${stray}" is one`);
  const base = text("base");
  if (base === undefined || base === "") throw wrong("check", "say what the change is proposed to: --base origin/main");
  return {
    folder: text("repo") ?? ".",
    base,
    report: text("report"),
    sarif: text("sarif"),
    json: flag("json"),
  };
};

const runNameOf = (command: string, name: string): string => {
  if (/^[0-9a-f][0-9a-f-]{3,35}$/i.test(name)) return name.toLowerCase();
  throw wrong(
    command,
    `"${name}" is no run: it must be a run's id or at least its first 4 characters; architect replay lists them`,
  );
};
