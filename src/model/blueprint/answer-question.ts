/** An `ask` run: what the question names is looked up in the code, and said with the lines that show it. Explains nothing. */
import type { Answer } from "../../domain/submission.ts";
import type { BlueprintBrief } from "./brief.ts";
import { absolute, type GrepLine, grepLines, linesOf, read, textOf } from "./calls.ts";
import { type Table, tablesOf } from "./conventions.ts";
import type { Call, Plan } from "./conversation.ts";
import { stem } from "./modules.ts";
import { parseQuestion, type Question, rootOf, speaksOf } from "./question.ts";
import { decorators, type Served, samePath, servedBy } from "./served.ts";
import { survey } from "./survey.ts";

/** What of the code a question may be about. */
type Looked = {
  readonly operations: readonly Served[];
  readonly tables: readonly (Table & { readonly line: number })[];
  /** Lines with the names. */
  readonly names: readonly GrepLine[];
  /** Definitions whose names hold one of its words. */
  readonly near: readonly GrepLine[];
};

type Place = { readonly path: string; readonly line: number };

export function* answerQuestion(brief: BlueprintBrief): Plan {
  const question = parseQuestion(brief.request);
  const answer = compose(question, yield* lookUp(question, brief));
  for (let at = 0; at < 3; at++) {
    const [result] = yield { text: "The answer.", calls: [{ name: "SubmitAnswer", input: answer }] };
    if (!result?.failed) return;
  }
}

const isTest = (path: string): boolean =>
  /(^|\/)(tests?|node_modules|site-packages|\.?venv)\/|(^|\/)test_\w+\.py$/.test(path);

function* lookUp(question: Question, { boundary }: BlueprintBrief): Plan<Looked> {
  const { names, words, operations, asksFor } = question;
  const wanted: readonly (Call | undefined)[] = [
    asksFor.operations || operations.length > 0 ? grepLines(decorators) : undefined,
    asksFor.tables ? grepLines("__tablename__") : undefined,
    names.length > 0 ? grepLines(`\\b(${names.join("|")})\\b`) : undefined,
    words.length > 0
      ? grepLines(
          `^\\s*(async )?(class|def) \\w*(?i:${rootsOf(words)})|^\\w*(?i:${rootsOf(words)})\\w*\\s*(:[^=]+)?=[^=]`,
        )
      : undefined,
  ];
  const calls = wanted.filter((call) => call !== undefined);
  if (calls.length === 0) return { operations: [], tables: [], names: [], near: [] };
  const results = yield { text: "I look up what the question names.", calls };
  const [routes, models, named, near] = wanted.map((call) =>
    call === undefined ? [] : linesOf(results[calls.indexOf(call)]).filter(({ path }) => !isTest(path)),
  );
  return {
    operations: yield* operationsIn(routes ?? [], boundary.allowed),
    tables: yield* tablesIn(models ?? []),
    names: named ?? [],
    near: near ?? [],
  };
}

const rootsOf = (words: readonly string[]): string => words.map(rootOf).join("|");

const maxFiles = 40;

function* operationsIn(lines: readonly GrepLine[], allowed: readonly string[]): Plan<readonly Served[]> {
  if (lines.length === 0) return [];
  const paths = [...new Set(lines.map(({ path }) => path))].slice(0, maxFiles);
  const interest = { database: false, users: false, crossing: false, tables: [], routers: paths.map(stem) };
  const surveyed = yield* survey(allowed, interest);
  const known = surveyed.ok ? surveyed.layout.files : new Map<string, string>();
  const files = new Map([...known, ...(yield* textsOf(paths.filter((path) => !known.has(path))))]);
  const modules = surveyed.ok ? surveyed.layout : { importRoot: "", paths: new Set(paths) };
  return servedBy({ modules, files }, lines);
}

function* tablesIn(lines: readonly GrepLine[]): Plan<Looked["tables"]> {
  const files = new Map(yield* textsOf([...new Set(lines.map(({ path }) => path))].slice(0, maxFiles)));
  return tablesOf(files).map((one) => ({
    ...one,
    line: lineOf(files.get(one.path) ?? "", new RegExp(`^\\s*class ${one.found.name}\\b`)),
  }));
}

const lineOf = (text: string, pattern: RegExp): number =>
  Math.max(1, text.split("\n").findIndex((line) => pattern.test(line)) + 1);

function* textsOf(paths: readonly string[]): Plan<[string, string][]> {
  if (paths.length === 0) return [];
  const results = yield { text: "I read the files that it stands in.", calls: paths.map(read) };
  return paths.flatMap((path, at): [string, string][] => {
    const text = textOf(results[at]);
    return text === undefined ? [] : [[path, text]];
  });
}

// ------------------------------------------------------------------------------------------------------------ the words

const mostCited = 50;
const mostListed = 30;

type Cite = (place: Place) => string;

const compose = (question: Question, looked: Looked): Omit<Answer, "kind"> => {
  const places: Place[] = [];
  const cite: Cite = ({ path, line }) => {
    const at = places.findIndex((one) => one.path === path && one.line === line);
    if (at >= 0) return ` [${at + 1}]`;
    return places.length >= mostCited ? "" : ` [${places.push({ path, line })}]`;
  };
  const parts = [
    ...question.operations.map((asked) => aboutOperation(asked, looked.operations, cite)),
    ...question.names.map((name) => aboutName(name, looked.names, cite)),
    ...(question.asksFor.operations && question.operations.length === 0
      ? [listOf(question, looked.operations, operationKind, cite)]
      : []),
    ...(question.asksFor.tables ? [listOf(question, looked.tables, tableKind, cite)] : []),
  ];
  const near = parts.length === 0 ? nearest(question, looked.near, cite) : undefined;
  const answer = [...parts, ...(near === undefined ? [] : [near]), ...closing(question, parts.length > 0, near)].join(
    "\n\n",
  );
  return { answer, references: places.map(({ path, line }) => ({ file: absolute(path), line, end_line: null })) };
};

const closing = ({ asksFor }: Question, found: boolean, near: string | undefined): readonly string[] => {
  if (!found && near === undefined)
    return [
      "I cannot answer this. The blueprint model, which is at work here without a key, looks up what a question names: an operation (`GET /api/v1/orders`), a name of the code (`OrderService`), or all endpoints or tables. A language model reads and explains.",
    ];
  if (!found || asksFor.reasons)
    return [
      "This was looked up by name. Why it is so the blueprint model, which is at work here without a key, does not explain; a language model would.",
    ];
  return [];
};

const aboutOperation = (
  { method, path }: Question["operations"][number],
  served: readonly Served[],
  cite: Cite,
): string => {
  const asked = `\`${method === undefined ? "" : `${method} `}${path}\``;
  const fits = (one: Served) => method === undefined || one.method === method;
  const exact = served.filter((one) => fits(one) && one.whole && samePath(one.path, path));
  if (exact.length > 0)
    return exact
      .map((one) => `\`${one.method} ${one.path}\` is served by \`${one.handler}\`${cite(one.at)}.`)
      .join(" ");
  const near = served
    .filter((one) => one.path.includes(path) || (one.path.length > 1 && path.endsWith(one.path)))
    .slice(0, 8);
  const read = `of the ${served.length} that I could read`;
  return near.length === 0
    ? `I found no operation at ${asked}, ${read}.`
    : [
        `I found no operation at exactly ${asked}, ${read}. Near it:`,
        ...near.map((one) => operationKind.line(one, cite)),
      ].join("\n");
};

type Kind<T> = {
  readonly one: string;
  readonly many: string;
  readonly text: (one: T) => string;
  readonly line: (one: T, cite: Cite) => string;
};

const operationKind: Kind<Served> = {
  one: "operation",
  many: "operations",
  text: ({ path, handler }) => `${path} ${handler}`,
  line: ({ method, path, whole, handler, at }, cite) =>
    `- \`${method} ${path}\`${whole ? "" : " (below a prefix that I could not read)"}: \`${handler}\`${cite(at)}`,
};

const tableKind: Kind<Looked["tables"][number]> = {
  one: "table",
  many: "tables",
  text: ({ table, found }) => `${table} ${found.name}`,
  line: ({ table, found, path, line }, cite) => {
    const columns = found.fields.map(({ name }) => name).filter((name) => !name.startsWith("__"));
    const bases = found.bases.filter((base) => base !== "Base").map((base) => `\`${base}\``);
    const inherited =
      bases.length === 0 ? "" : `, and what ${bases.join(" and ")} ${bases.length === 1 ? "brings" : "bring"}`;
    return `- \`${table}\`, the model \`${found.name}\`${cite({ path, line })}: ${columns.map((name) => `\`${name}\``).join(", ")}${inherited}`;
  },
};

/** Those that the question's other words speak of, where there are some; else all. */
const listOf = <T>({ words }: Question, all: readonly T[], kind: Kind<T>, cite: Cite): string => {
  if (all.length === 0) return `I found no ${kind.many} in the Python files here.`;
  const about = all.filter((one) => speaksOf(kind.text(one), words));
  const shown = about.length > 0 ? about : all;
  const head =
    about.length > 0
      ? `${shown.length} of ${all.length} ${kind.many} ${shown.length === 1 ? "speaks" : "speak"} of ${words
          .filter((word) => about.some((one) => speaksOf(kind.text(one), [word])))
          .map((word) => `"${word}"`)
          .join(", ")}:`
      : `There ${all.length === 1 ? `is one ${kind.one}` : `are ${all.length} ${kind.many}`}:`;
  const more = shown.length > mostListed ? [`- … and ${shown.length - mostListed} more`] : [];
  return [head, "", ...shown.slice(0, mostListed).map((one) => kind.line(one, cite)), ...more].join("\n");
};

const definition = (name: string): RegExp =>
  new RegExp(`^\\s*(?:(?:async\\s+)?def|class)\\s+${name}\\b|^\\s*${name}\\s*(?::[^=]+)?=(?!=)`);

const aboutName = (name: string, lines: readonly GrepLine[], cite: Cite): string => {
  const all = lines.filter(({ text }) => new RegExp(`\\b${name}\\b`).test(text));
  const defined = all.filter(({ text }) => definition(name).test(text));
  const used = all.filter((line) => !defined.includes(line) && !/^\s*(?:from|import)\b/.test(line.text));
  if (all.length === 0) return `\`${name}\` stands in none of the Python files here, tests left out.`;
  const where = defined.slice(0, 4).map(cite).join(",");
  const uses = used.slice(0, 6).map(cite).join(",");
  const more = used.length > 6 ? ` and ${used.length - 6} more` : "";
  return [
    defined.length === 0
      ? `\`${name}\` is defined in none of the Python files here.`
      : `\`${name}\` is defined in${where}${defined.length > 4 ? ` and ${defined.length - 4} more places` : ""}.`,
    used.length === 0
      ? "Nothing else uses it by that name."
      : `It is used in ${used.length === 1 ? "one place" : `${used.length} places`}:${uses}${more}.`,
  ].join(" ");
};

const nearest = ({ words }: Question, lines: readonly GrepLine[], cite: Cite): string | undefined => {
  const score = ({ text }: GrepLine): number => words.filter((word) => speaksOf(text, [word])).length;
  const best = [...lines].sort((a, b) => score(b) - score(a)).slice(0, 8);
  if (best.length === 0) return undefined;
  const shown = best.map(
    (line) => `- \`${/(?:class|def) \w+|^\w+/.exec(line.text)?.[0] ?? line.text.trim()}\`${cite(line)}`,
  );
  return [
    "The question names nothing as the code spells it. By its words, these definitions come closest:",
    "",
    ...shown,
  ].join("\n");
};
