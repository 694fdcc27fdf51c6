/** The options of a command: `--budget $3 --model NAME --base BRANCH` on its line, told apart from its text. */
import { nearest } from "./distance.ts";
import { code } from "./render/safe.ts";

export type CommandOptions = {
  /** USD. */
  readonly budget?: number;
  readonly model?: string;
  readonly base?: string;
};

export type OptionName = keyof CommandOptions;

const names: readonly OptionName[] = ["budget", "model", "base"];

type Read =
  | { readonly ok: true; readonly text: string; readonly options: CommandOptions | undefined }
  /** A sentence, as Markdown: what was wrong and what would be right. */
  | { readonly ok: false; readonly problem: string };

/** What is longer is text to its end: nobody writes options there. */
const maxLine = 2_000;
/** Letters by which a name may be misspelt. */
const near = (name: string): number => (name.length < 5 ? 1 : 2);

/** Code spans and quotes are one token each where they begin a word; an apostrophe inside a word quotes nothing. */
const tokens = /`[^`]*`|"[^"]*"|'[^']*'(?=\s|$)|\S+|\s+/g;
/** Keyboards of telephones make one dash of two. */
const optionStart = /^(?:--|—|–)([a-z][a-z0-9-]*)(?:=(.*))?$/is;

/**
 * Options stand anywhere on the command's own line. In quotes or in a code span `--budget` is text, and so is all
 * behind a lone `--`; a word with two hyphens that resembles no option is text, too, but for where the text would begin.
 *
 * @param line behind the verb @param allowed those that the verb takes
 */
export const readOptions = (line: string, verb: string, allowed: readonly OptionName[]): Read => {
  const words = line.slice(0, maxLine).match(tokens) ?? [];
  const options: { -readonly [K in OptionName]?: CommandOptions[K] } = {};
  const text: string[] = [];
  let index = 0;
  for (; index < words.length && words[index] !== "--"; index++) {
    const word = words[index] ?? "";
    const name = nameIn(word);
    const option = names.find((one) => one === name);
    if (option === undefined) {
      const problem = name === undefined ? undefined : whyNone(name, text.join("").trim() === "");
      if (problem !== undefined) return { ok: false, problem };
      text.push(word);
      continue;
    }
    if (!allowed.includes(option)) return { ok: false, problem: whyNotHere(option, verb, allowed) };
    if (options[option] !== undefined) return { ok: false, problem: `\`--${option}\` stands twice: keep one of them.` };
    const joined = optionStart.exec(word)?.[2];
    if (joined === undefined) index += /^\s+$/.test(words[index + 1] ?? "") ? 2 : 1;
    const value = readers[option](unquoted(joined ?? words[index] ?? ""));
    if (value === undefined) return { ok: false, problem: whyWrong(option, joined ?? words[index]) };
    Object.assign(options, { [option]: value });
    if (/^\s+$/.test(words[index + 1] ?? "")) index += 1;
  }
  const rest = words.slice(index + 1).join("") + line.slice(maxLine);
  const kept = text.join("").trim();
  return {
    ok: true,
    text: [kept, rest.trim()].filter((part) => part !== "").join(" "),
    options: Object.keys(options).length > 0 ? options : undefined,
  };
};

const nameIn = (word: string): string | undefined => optionStart.exec(word)?.[1]?.toLowerCase();

const unquoted = (word: string): string => /^(["'`])(.*)\1$/s.exec(word)?.[2] ?? word;

const readers: { readonly [K in OptionName]: (word: string) => CommandOptions[K] } = {
  budget: (word) => {
    const amount = /^\$?(\d{1,6}(?:\.\d{1,2})?)\$?$/.exec(word)?.[1];
    return amount === undefined || Number(amount) === 0 ? undefined : Number(amount);
  },
  model: (word) => (/^[a-z0-9][\w.:@/-]{1,199}$/i.test(word) ? word : undefined),
  base: (word) => (isBranchName(word) ? word : undefined),
};

/** What git takes, of what people name branches: https://git-scm.com/docs/git-check-ref-format */
const isBranchName = (word: string): boolean =>
  /^[\p{L}\p{N}_][\p{L}\p{N}_./#+-]{0,254}$/u.test(word) && !/\.\.|\/\/|\/\.|\.lock(?:\/|$)|[./]$/.test(word);

const wish: Readonly<Record<OptionName, string>> = {
  budget: "an amount in US dollars, such as `--budget $3` or `--budget 2.50`",
  model: "the id of a model, such as `--model claude-sonnet-5-5`",
  base: "a branch of this repository, such as `--base develop`",
};

const whyWrong = (option: OptionName, word: string | undefined): string =>
  `\`--${option}\` must be followed by ${wish[option]}${word === undefined || word === "" ? "." : `; ${code(word, 80)} is none.`}`;

const whyNotHere = (option: OptionName, verb: string, allowed: readonly OptionName[]): string => {
  const takes = allowed.length === 0 ? "no options" : allowed.map((one) => `\`--${one}\``).join(" and ");
  return `\`${verb}\` does not take \`--${option}\`: it takes ${takes}.`;
};

const whyNone = (name: string, isFirst: boolean): string | undefined => {
  const meant = nearest(name, names, near(name));
  if (meant !== undefined) return `There is no option ${code(`--${name}`, 80)}. Did you mean \`--${meant}\`?`;
  if (!isFirst) return undefined;
  return `There is no option ${code(`--${name}`, 80)}; there are ${names.map((one) => `\`--${one}\``).join(", ")}. Text that begins so is written in quotes.`;
};
