/** What stands before a command in the same shell and makes its exit code say nothing: an end before it, or another program under its name. Pure text. */
import { argvOf, type Pipeline, type Simple } from "./pipelines.ts";

/** Folders of virtual environments and of the system: where a name is looked up does not matter among these. */
const usualFolder =
  /^(\$\{?PATH\}?|(\S*\/)?\.?v?env\/bin|\/(usr\/)?(local\/)?s?bin|\$\{?(VIRTUAL_ENV|HOME)\}?\/\S*bin)$/;

/** @returns a reason that ends a sentence */
export const alteredBefore = (
  pipelines: readonly Pipeline[],
  { at, inPipe }: { readonly at: number; readonly inPipe: number },
): string | undefined => {
  const own = pipelines[at]?.commands[inPipe];
  const earlier = pipelines.slice(0, at);
  const before = earlier.flatMap(({ commands }) => commands);
  if (before.some(isEndingTrap)) return "its exit code is masked by a trap";
  for (const [index, { commands }] of earlier.entries()) {
    const isRefusal = index > 0 && earlier[index - 1]?.after === "||";
    const end = commands.find((simple) => endsShell(simple) && !(isRefusal && endsWithFailure(simple)));
    if (end) return `\`${argvText(end)}\` ends the shell before it`;
  }
  const definition = before.find(redefines);
  if (definition)
    return `\`${argvText({ ...definition, words: definition.words.slice(0, 2) })}\` before it may put something else under its name`;
  const assignments = [...before, ...(own ? [own] : [])].flatMap(assignmentsOf);
  return assignments.map(problemOf).find((problem) => problem !== undefined);
};

const argvText = (simple: Simple): string => {
  const text = simple.words.map(({ raw }) => raw).join(" ");
  return text.length > 40 ? `${text.slice(0, 39)}…` : text;
};

const isEndingTrap = (simple: Simple): boolean => {
  const [program, ...args] = argvOf(simple);
  return program === "trap" && /\bexit\b(?!\s+[1-9])/.test(args.join(" "));
};

/** `exec` without a program only redirects. */
const endsShell = ({ words }: Simple): boolean =>
  ["exit", "return", "logout"].includes(words[0]?.raw ?? "") || (words[0]?.raw === "exec" && words.length > 1);

const endsWithFailure = ({ words }: Simple): boolean =>
  words[0]?.raw !== "exec" && (words.length === 1 || /^-?0*[1-9]/.test(words[1]?.raw ?? ""));

const redefines = (simple: Simple): boolean => {
  const [program = "", first = ""] = argvOf(simple);
  return ["function", "alias", "eval", "enable"].includes(program) || (program === "hash" && first.startsWith("-p"));
};

type Assignment = { readonly name: string; readonly value: string };

/** Also those of `export` and `env`. */
const assignmentsOf = (simple: Simple): readonly Assignment[] => {
  const worded = simple.words.flatMap(({ raw }) => {
    const [, name, value] = /^([A-Za-z_]\w*)=([\s\S]*)$/.exec(raw) ?? [];
    return name === undefined ? [] : [{ name, value: value ?? "" }];
  });
  return [...simple.assignments.map(({ name, value }) => ({ name, value: value.raw })), ...worded].map(
    ({ name, value }) => ({ name, value: value.replace(/["']/g, "") }),
  );
};

const problemOf = ({ name, value }: Assignment): string | undefined => {
  if (name === "PATH" && !value.split(":").every((folder) => usualFolder.test(folder)))
    return `\`PATH=${value}\` may put something else under its name`;
  if (["BASH_ENV", "ENV", "LD_PRELOAD", "LD_LIBRARY_PATH", "PYTHONSTARTUP", "PYTHONHOME"].includes(name))
    return `\`${name}=…\` changes what runs under its name`;
  if (name === "PYTEST_ADDOPTS") return "`PYTEST_ADDOPTS=…` changes which tests run: write the options out";
  return undefined;
};
