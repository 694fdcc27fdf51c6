/** The grammar of `/architect …`: what people may write at the start of a line. Asks nobody whether they may. */
import { type CommandOptions, type OptionName, readOptions } from "./command-options.ts";
import { type MarkdownLine, readMarkdown } from "./markdown.ts";
import { inlineSpans } from "./markdown-inline.ts";
import { code } from "./render/safe.ts";

type WithRequest<V extends string> = {
  readonly verb: V;
  /** What follows the verb, to the next command or the end, as written, without the options. */
  readonly request: string;
  readonly options?: CommandOptions;
};

/** To a numbered question: one of its lettered options, words, or both. */
export type Answer = { readonly question: number; readonly option?: string; readonly text?: string };

/** `a` for the first one. */
export const optionLetter = (index: number): string => String.fromCharCode(97 + index);

export type Command =
  | WithRequest<"design">
  | WithRequest<"plan">
  | WithRequest<"ask">
  | WithRequest<"review">
  | WithRequest<"continue">
  | WithRequest<"retry">
  | { readonly verb: "answer"; readonly answers: readonly Answer[]; readonly options?: CommandOptions }
  | { readonly verb: "approve"; readonly hash?: string; readonly options?: CommandOptions }
  | { readonly verb: "allow" /** The commit that is meant, or how it begins. */; readonly head?: string }
  | { readonly verb: "stop" | "status" | "help" }
  /** A verb that there is, with something that it cannot take: `problem` says what would be right, as Markdown. */
  | { readonly verb: "mistake"; readonly of: Verb; readonly problem: string }
  | { readonly verb: "unknown"; readonly word: string };

export type Verb = Exclude<Command["verb"], "mistake" | "unknown">;

const spending: readonly OptionName[] = ["budget", "model"];

/** Every verb, and the options that it takes. */
const optionsOf: Readonly<Record<Verb, readonly OptionName[]>> = {
  design: [...spending, "base"],
  plan: [...spending, "base"],
  ask: spending,
  review: spending,
  continue: spending,
  retry: spending,
  answer: spending,
  approve: spending,
  stop: [],
  status: [],
  help: [],
  allow: [],
};

export const verbs = Object.keys(optionsOf) as readonly Verb[];

/** What is closed can still be asked about; nothing else is begun there. */
export const needsOpen = (command: Command): boolean => startsRun(command) && command.verb !== "ask";

/** Those that a run answers, in its turn; every other command is answered at once, past the runs that wait. */
export const startsRun = ({ verb }: Command): boolean =>
  ["design", "continue", "retry", "answer", "ask", "review", "plan", "approve"].includes(verb);

/**
 * The first command of a comment, or undefined. It stands at the start of a line that people see as text: not in code,
 * a quote, a list mark or a comment. Linear in the length of `body`.
 *
 * @param name without the slash; upper and lower case are the same
 */
export const parseCommand = (body: string, name: string): Command | undefined => {
  const lines = readMarkdown(body);
  const starts = commandLines(lines, name);
  const first = starts[0];
  if (first === undefined) return undefined;
  const end = starts[1] ?? lines.length;
  const rest = (lines[first]?.content ?? "").trim().slice(name.length + 1);
  const [, word = "", sameLine = ""] = /^\s*([\p{L}\p{N}_-]*)(.*)$/su.exec(rest) ?? [];
  const verb = verbs.find((one) => one === word.toLowerCase());
  if (!verb) return { verb: "unknown", word: word.toLowerCase().slice(0, 40) };
  const below = lines.slice(first + 1, end).map((line) => line.raw);
  return commandOf(verb, sameLine.replace(/^:/, ""), below);
};

const commandOf = (verb: Verb, line: string, below: readonly string[]): Command => {
  const read = readOptions(line, verb, optionsOf[verb]);
  if (!read.ok) return { verb: "mistake", of: verb, problem: read.problem };
  const request = [read.text, ...below].join("\n").trim();
  const options = read.options === undefined ? {} : { options: read.options };
  switch (verb) {
    case "stop":
    case "status":
    case "help":
      return { verb };
    case "allow":
      return allowance(read.text);
    case "approve":
      return approval(read.text, options);
    case "answer": {
      const answers = readAnswers(request);
      if (answers.length > 0) return { verb, answers, ...options };
      return { verb: "mistake", of: verb, problem: `${answerWish}.` };
    }
    case "plan":
    case "ask":
      if (request !== "" || verb === "plan") return { verb, request, ...options };
      return { verb: "mistake", of: verb, problem: "`ask` needs a question: `/architect ask why is this cached?`" };
    default:
      return { verb, request, ...options };
  }
};

const allowance = (text: string): Command => {
  const [word = ""] = text.split(/\s/);
  if (word === "") return { verb: "allow" };
  if (/^[0-9a-f]{6,64}$/i.test(word)) return { verb: "allow", head: word.toLowerCase() };
  return {
    verb: "mistake",
    of: "allow",
    problem: `\`allow\` is followed by the commit that may be run, or by nothing; ${code(word, 80)} is none.`,
  };
};

const approval = (text: string, options: { readonly options?: CommandOptions }): Command => {
  const [word = ""] = text.split(/\s/);
  if (word === "") return { verb: "approve", ...options };
  if (/^[0-9a-f]{6,64}$/i.test(word)) return { verb: "approve", hash: word.toLowerCase(), ...options };
  return {
    verb: "mistake",
    of: "approve",
    problem: `\`approve\` is followed by the hash that stands below the plan, or by nothing; ${code(word, 80)} is none.`,
  };
};

const answerWish =
  "`answer` is followed by numbers of questions with the letters of options, or a colon and words: `/architect answer 1b, 2: the users table`";

/** `1b` alone, or `2:` or `2b:` before words; only at the start of a word, and behind `1:` only where it ends one. */
const answerStart = /(?<=^|[\s,;])(\d{1,2})(?:([a-h])(?=[\s,;]|$)|([a-h])?:(?=\s|$))/gi;

const readAnswers = (text: string): readonly Answer[] => {
  const starts = [...text.matchAll(answerStart)];
  return starts.map((match, index) => {
    const [whole, question, alone, before] = match;
    const option = (alone ?? before)?.toLowerCase();
    const words = text
      .slice(match.index + whole.length, starts[index + 1]?.index ?? text.length)
      .replace(/^[\s,;]+|[\s,;]+$/g, "");
    return {
      question: Number(question),
      ...(option === undefined ? {} : { option }),
      ...(words === "" ? {} : { text: words }),
    };
  });
};
/** Indices of the lines that are commands. */
const commandLines = (lines: readonly MarkdownLine[], name: string): number[] => {
  const starts: number[] = [];
  for (let from = 0; from < lines.length; ) {
    let to = from + 1;
    while (lines[to]?.kind === "text" && lines[to]?.continues) to += 1;
    starts.push(...commandsOf(lines.slice(from, to), name).map((index) => from + index));
    from = to;
  }
  return starts;
};

const commandsOf = (paragraph: readonly MarkdownLine[], name: string): number[] => {
  const candidates = paragraph.flatMap((line, index) => (startsCommand(line, name) ? [index] : []));
  if (candidates.length === 0) return [];
  const hidden = inlineSpans(paragraph.map((line) => line.content).join("\n"));
  const visible: number[] = [];
  let offset = 0;
  let span = 0;
  for (const [index, line] of paragraph.entries()) {
    const at = offset + line.content.search(/\S|$/);
    while ((hidden[span]?.end ?? Number.POSITIVE_INFINITY) <= at) span += 1;
    if (candidates.includes(index) && (hidden[span]?.start ?? Number.POSITIVE_INFINITY) > at) visible.push(index);
    offset += line.content.length + 1;
  }
  return visible;
};

const startsCommand = (line: MarkdownLine, name: string): boolean => {
  if (line.kind !== "text" || line.quoted || line.notes.length > 0 || line.prefix.trim() !== "") return false;
  const text = line.raw.trim();
  if (text.slice(0, name.length + 1).toLowerCase() !== `/${name.toLowerCase()}`) return false;
  return text.length === name.length + 1 || /\s/.test(text[name.length + 1] ?? "");
};
