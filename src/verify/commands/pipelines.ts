/** Tokens as what bash runs: pipelines of simple commands, and what joins one pipeline to the next. */
import { literal, type Token, tokenize, type Word } from "./tokens.ts";

export type Simple = {
  readonly assignments: readonly { readonly name: string; readonly value: Word }[];
  readonly words: readonly Word[];
  readonly redirects: readonly { readonly text: string; readonly target: string }[];
};

export type Pipeline = {
  readonly commands: readonly Simple[];
  /** `!` before it, or its exit code is what an `if`, `while` or `until` asks. */
  readonly asked: string | undefined;
  /** What stands after it; undefined at the end. */
  readonly after: "&&" | "||" | ";" | "&" | undefined;
  /** The comment behind it on its line. */
  readonly comment?: string | undefined;
};

const joints = ["&&", "||", ";", ";;", "&", "\n"];
/** Words of the language that a command may follow. */
const askers = ["if", "elif", "while", "until", "!"];
const fillers = ["then", "else", "do", "{", "time"];
const closers = ["fi", "done", "esac", "}"];

/** @returns undefined where it cannot be read as shell */
export const pipelinesOf = (text: string): readonly Pipeline[] | undefined => {
  const tokens = tokenize(text);
  if (!tokens) return undefined;
  const pipelines: Pipeline[] = [];
  let inner: Token[] = [];
  const close = (after: string | undefined): void => {
    if (inner.length > 0) add(pipelines, pipelineOf(inner, jointOf(after)), inner);
    inner = [];
  };
  for (const token of tokens) {
    if (token.kind === "comment") {
      if (inner.length > 0) inner.push(token);
    } else if (token.kind === "operator" && joints.includes(token.text)) {
      // A line that ends after an operator goes on.
      if (token.text === "\n" && inner.length === 0) continue;
      close(token.text);
    } else inner.push(token);
  }
  close(undefined);
  return pipelines;
};

/** What closes a group has no commands: what stands after it stands after the last one inside. */
const add = (pipelines: Pipeline[], pipeline: Pipeline, tokens: readonly Token[]): void => {
  const last = pipelines.at(-1);
  if (pipeline.commands.length > 0 || !last) pipelines.push(pipeline);
  else {
    const loop = tokens.some((token) => token.kind === "word" && token.raw === "done");
    pipelines[pipelines.length - 1] = { ...last, after: pipeline.after, ...(loop ? { asked: "for … done" } : {}) };
  }
};

const jointOf = (text: string | undefined): Pipeline["after"] => {
  if (text === undefined) return undefined;
  return text === "&&" || text === "||" || text === "&" ? text : ";";
};

const pipelineOf = (tokens: readonly Token[], after: Pipeline["after"]): Pipeline => {
  const commands: Simple[] = [];
  let current: Token[] = [];
  let asked: string | undefined;
  let comment: string | undefined;
  for (const token of tokens) {
    const word = token.kind === "word" && current.length === 0 ? literal(token) : undefined;
    if (token.kind === "comment") comment = token.text;
    else if (token.kind === "operator") {
      if (!token.text.startsWith("|")) continue;
      commands.push(simpleOf(current));
      current = [];
    } else if (word !== undefined && askers.includes(word)) asked ??= word;
    else if (!(word !== undefined && (fillers.includes(word) || closers.includes(word)))) current.push(token);
  }
  if (current.length > 0 || commands.length > 0) commands.push(simpleOf(current));
  return { commands, asked, after, ...(comment === undefined ? {} : { comment }) };
};

const simpleOf = (tokens: readonly Token[]): Simple => {
  const words = tokens.filter((token) => token.kind === "word");
  const count = words.findIndex((word) => assignmentOf(word) === undefined);
  const leading = count < 0 ? words.length : count;
  return {
    assignments: words.slice(0, leading).flatMap((word) => assignmentOf(word) ?? []),
    words: words.slice(leading),
    redirects: tokens.filter((token) => token.kind === "redirect"),
  };
};

/** `NAME=value` */
const assignmentOf = (word: Word): { readonly name: string; readonly value: Word } | undefined => {
  const [first, ...others] = word.parts;
  const match = typeof first === "string" ? /^([A-Za-z_]\w*)=([\s\S]*)$/.exec(first) : null;
  if (!match || !/^[A-Za-z_]\w*=/.test(word.raw)) return undefined;
  const [, name = "", value = ""] = match;
  return { name, value: { kind: "word", parts: [value, ...others], raw: word.raw.slice(name.length + 1) } };
};

/** Words in front that change nothing about what is run. */
const wrappers: Readonly<Record<string, RegExp | undefined>> = {
  env: /^(-\S+|[A-Za-z_]\w*=.*)$/s,
  timeout: /^(-\S+|\d+(\.\d+)?[smhd]?)$/,
  nohup: /^$/,
  command: /^-p$/,
  builtin: /^$/,
  exec: /^-\S+$/,
  nice: /^(-\S+|\d+)$/,
  stdbuf: /^-\S+$/,
  sudo: /^-\S+$/,
};
const runners = ["poetry", "uv", "pipenv", "pdm", "rye", "hatch"];

/** The program and its arguments; what bash puts in is shown as it is written. */
export const argvOf = (simple: Simple): readonly string[] => {
  let argv = simple.words.map((word) => literal(word) ?? word.raw);
  for (;;) {
    const [program = "", second] = argv;
    const skipped = Object.hasOwn(wrappers, program) ? wrappers[program] : undefined;
    if (skipped) {
      const next = argv.findIndex((word, index) => index > 0 && !skipped.test(word));
      argv = next < 0 ? [] : argv.slice(next);
    } else if (runners.includes(program) && second === "run") argv = argv.slice(2);
    else return argv;
  }
};
