/** The command that a report names to serve the application: read strictly, since what it starts answers for every claim. */
import { canonPath } from "../../domain/policy.ts";
import { kindOf } from "./kinds.ts";
import { argvOf, type Pipeline, pipelinesOf, type Simple } from "./pipelines.ts";
import { type Read, refuse } from "./request.ts";
import { literal } from "./tokens.ts";

export type ServerCommand = {
  /** For bash in /repo: composed of what was read, each word quoted. */
  readonly command: string;
  readonly port: number;
  /** Where the application's module is to be found; none where the program is not asked for a module. */
  readonly module?: string | undefined;
};

/** What could put other code in the place of the repository's. */
const ownVariables = /^(PATH|LD_.*|BASH_.*|ENV|PYTHON(PATH|HOME|STARTUP|USERBASE)|VIRTUAL_ENV)$/;

type Part = { readonly text: string; readonly folder: string; readonly server?: { port: number; module?: string } };

/** @returns a server whose every step is known, or which step is not */
export const readServer = (text: string): Read<{ readonly server: ServerCommand }> => {
  const pipelines = pipelinesOf(text);
  if (!pipelines) return refuse("a quote or bracket is left open");
  let folder = "";
  const texts: string[] = [];
  for (const [index, pipeline] of pipelines.entries()) {
    const last = index === pipelines.length - 1;
    const part = readPart(pipeline, folder, last);
    if (!part.ok) return part;
    folder = part.folder;
    texts.push(part.text);
    if (part.server) {
      const { port, module } = part.server;
      return { ok: true, server: { command: texts.join(" && "), port, ...(module === undefined ? {} : { module }) } };
    }
  }
  return refuse("it starts no server");
};

const readPart = ({ commands, asked, after }: Pipeline, folder: string, last: boolean): Read<Part> => {
  const [simple, ...piped] = commands;
  if (!simple || piped.length > 0 || asked !== undefined) return refuse("its steps must be plain commands");
  if (!last && after !== "&&") return refuse("its steps must be joined by `&&`, the server the last of them");
  if (last && after !== undefined && after !== "&") return refuse("the server must be its last step");
  if (simple.redirects.some(({ target, text }) => /</.test(text) || !/^(\/dev\/null|\d)$/.test(target)))
    return refuse("it redirects to or from a file");
  const argv = argvOf(simple);
  const texts = simple.words.map((word) => literal(word));
  if (texts.some((one) => one === undefined)) return refuse("it holds an expansion: write every word out");
  const variables = variablesOf(simple);
  const own = variables.find(({ name }) => ownVariables.test(name));
  if (own) return refuse(`it sets ${own.name}, which decides what code is run`);
  if (variables.some(({ value }) => value === undefined)) return refuse("it holds an expansion: write every word out");
  return stepOf(argv, variables.map(({ name, value }) => `${name}=${quote(value ?? "")}`).join(" "), folder);
};

const variablesOf = (simple: Simple): readonly { readonly name: string; readonly value: string | undefined }[] => [
  ...simple.assignments.map(({ name, value }) => ({ name, value: literal(value) })),
  ...simple.words
    .slice(1)
    .filter(() => ["env", "export"].includes(literal(simple.words[0]) ?? ""))
    .flatMap((word) => {
      const match = /^([A-Za-z_]\w*)=([\s\S]*)$/.exec(literal(word) ?? "");
      return match ? [{ name: match[1] ?? "", value: match[2] }] : [];
    }),
];

const stepOf = (argv: readonly string[], variables: string, folder: string): Read<Part> => {
  const [program = "", ...args] = argv;
  if (program === "export") return { ok: true, folder, text: `export ${variables}` };
  if (program === "cd") return changeFolder(args, folder);
  const text = `${variables === "" ? "" : `${variables} `}${argv.map(quote).join(" ")}`;
  if (isMigration(argv)) return { ok: true, folder, text };
  if (kindOf(argv).kind !== "server")
    return refuse(`\`${program}\` is neither cd, export, \`alembic upgrade\` nor a server`);
  const kept = argv.filter((arg) => arg !== "--reload");
  return { ok: true, folder, text: text.replace(/ --reload\b/, ""), server: serverOf(kept, folder) };
};

const isMigration = (argv: readonly string[]): boolean =>
  /^((python3?|\S*\/python3?) -m )?alembic (-\S+ |-c \S+ )*upgrade (head|heads)$/.test(argv.join(" "));

const changeFolder = (args: readonly string[], folder: string): Read<Part> => {
  const [to = "", ...more] = args;
  const joined = to.startsWith("/") || folder === "" ? to : `${folder}/${to}`;
  const canon = canonPath(joined.replace(/\/$/, ""));
  if (more.length > 0 || !canon.ok) return refuse(`\`cd ${args.join(" ")}\` leads to no folder of the repository`);
  return { ok: true, folder: canon.path, text: `cd ${quote(`/repo/${canon.path}`)}` };
};

const defaultPort = 8000;

const serverOf = (argv: readonly string[], folder: string): { port: number; module?: string } => {
  const value = (...names: readonly string[]): string | undefined => {
    for (const [index, arg] of argv.entries()) {
      if (names.includes(arg)) return argv[index + 1];
      const name = names.find((one) => arg.startsWith(`${one}=`));
      if (name !== undefined) return arg.slice(name.length + 1);
    }
    return undefined;
  };
  const bound = value("-b", "--bind")?.split(":").at(-1);
  const django = argv.includes("runserver")
    ? argv
        .findLast((arg) => /^(\S+:)?\d+$/.test(arg))
        ?.split(":")
        .at(-1)
    : undefined;
  const port = Number(value("--port", "-p") ?? bound ?? django ?? defaultPort);
  const target = argv.find((arg) => /^[A-Za-z_][\w.]*:[A-Za-z_]\w*(\(\))?$/.test(arg));
  const module = target?.split(":")[0]?.replaceAll(".", "/");
  const inside = value("--app-dir", "--chdir") ?? "";
  return {
    port: Number.isInteger(port) ? port : defaultPort,
    ...(module === undefined
      ? {}
      : { module: [folder, inside, module].filter((one) => one !== "" && one !== ".").join("/") }),
  };
};

/** One word for bash, whatever it holds. */
const quote = (text: string): string => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);
