/** A Markdown file with YAML in front, read strictly: every problem is said with its line. Knows no meaning of the keys. */
import { isMap, isScalar, LineCounter, type Node, parseDocument, visit } from "yaml";
import type { z } from "zod";
import { DefinitionError } from "./errors.ts";

type Path = readonly PropertyKey[];

export type Frontmatter<T> = {
  readonly data: T;
  /** What stands below, as it is. */
  readonly body: string;
  /** The first line of the body in the file, from 1. */
  readonly bodyLine: number;
  /** The error to throw about the value at a path. */
  readonly errorAt: (path: Path, problem: string) => DefinitionError;
};

/** @throws DefinitionError with the line of the first problem */
export const parseFrontmatter = <S extends z.ZodType>(
  file: string,
  text: string,
  schema: S,
): Frontmatter<z.infer<S>> => {
  const parts = /^---[ \t]*\n([\s\S]*?\n)?---[ \t]*(?:\n([\s\S]*))?$/.exec(
    text.replace(/^\uFEFF/, "").replace(/\r\n?/g, "\n"),
  );
  if (!parts)
    throw new DefinitionError(file, 1, "has no frontmatter: the first line must be ---, and a later one closes it");
  const [, yaml = "", body = ""] = parts;
  const counter = new LineCounter();
  // The line of the opening --- is kept as an empty one, so that lines count as in the file.
  const document = parseDocument(`\n${yaml}`, { schema: "core", uniqueKeys: true, strict: true, lineCounter: counter });
  const lineOf = (node: Node | null | undefined) => (node?.range ? counter.linePos(node.range[0]).line : 1);
  visit(document, {
    Alias: (_, alias) => {
      throw new DefinitionError(file, lineOf(alias), "has an alias (*…): write the value out");
    },
  });
  const problem = document.errors[0] ?? document.warnings[0];
  if (problem) throw new DefinitionError(file, problem.linePos?.[0].line ?? 1, firstLine(problem.message));
  const nodeAt = (path: Path): Node | undefined => {
    for (let length = path.length; length > 0; length--) {
      const node = document.getIn(path.slice(0, length), true);
      if (isScalar(node) || isMap(node) || (node as Node | undefined)?.range) return node as Node;
    }
    return document.contents ?? undefined;
  };
  const errorAt = (path: Path, what: string) =>
    new DefinitionError(file, lineOf(nodeAt(path)), path.length > 0 ? `\`${path.join(".")}\` ${what}` : what);
  const parsed = schema.safeParse(document.toJS() ?? {});
  if (!parsed.success) throw firstIssue(parsed.error, document.contents, { file, lineOf, errorAt });
  return { data: parsed.data, body, bodyLine: yaml.split("\n").length + 2, errorAt };
};

const firstLine = (message: string): string => message.split("\n")[0]?.replace(/ at line \d+.*$/, "") ?? message;

type Where = {
  readonly file: string;
  readonly lineOf: (node: Node | null | undefined) => number;
  readonly errorAt: (path: Path, problem: string) => DefinitionError;
};

const firstIssue = (error: z.ZodError, contents: unknown, { file, lineOf, errorAt }: Where): DefinitionError => {
  const unknown = error.issues.find((issue) => issue.code === "unrecognized_keys");
  const issue = unknown ?? error.issues[0];
  if (!issue) return errorAt([], "does not fit");
  if (issue.code !== "unrecognized_keys") return errorAt(issue.path, message(issue));
  const [key = ""] = issue.keys;
  const map = issue.path.reduce<unknown>((node, step) => (isMap(node) ? node.get(step, true) : undefined), contents);
  const pair = isMap(map) ? map.items.find((item) => isScalar(item.key) && item.key.value === key) : undefined;
  const name = [...issue.path, key].join(".");
  return new DefinitionError(
    file,
    lineOf(pair?.key as Node | undefined),
    `\`${name}\` is not a key that is known here`,
  );
};

/** zod says "Invalid input: expected string, received undefined" of a key that is missing. */
const message = (issue: z.core.$ZodIssue): string =>
  issue.code === "invalid_type" && /received undefined$/.test(issue.message)
    ? `is missing (${issue.expected})`
    : issue.message.replace(/^Invalid input: /, "is wrong: ").replace(/^(Too|Invalid)/, "is wrong: $1");
