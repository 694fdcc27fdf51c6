/** Pull requests that stand on one another, as each of them shows it, and its way back out of a description. Knows text only. */
import { z } from "zod";
import { type Layer, layers } from "../stack.ts";
import { blockIn, withBlock } from "./block.ts";
import { code, inline, table } from "./safe.ts";

/** One pull request of a stack; `pull` is missing while it is not open yet. */
export type StackRow = {
  readonly layers: readonly Layer[];
  readonly lines: number;
  readonly pull?: number | undefined;
};

export type StackView = {
  readonly issue: number;
  /** Counted from 1. */
  readonly part: number;
  readonly rows: readonly StackRow[];
  /** Lines that a pull request may change here. */
  readonly limit: number;
  readonly base: string;
};

const name = "stack";
const maxFiles = 60;

const stored = z.object({
  ...{ issue: z.int(), part: z.int().min(1), limit: z.int(), base: z.string() },
  rows: z.array(z.object({ layers: z.array(z.enum(layers)), lines: z.int(), pull: z.int().optional() })).min(2),
});

/** What a description says of its stack; undefined where it is of none. */
export const parseStack = (body: string): StackView | undefined => {
  const json = /^<!-- architect:stack-view (\{[^\n]*\}) -->$/m.exec(blockIn(body, name) ?? "")?.[1];
  if (json === undefined) return undefined;
  try {
    return stored.safeParse(JSON.parse(json)).data;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
};

export const isLast = ({ part, rows }: StackView): boolean => part === rows.length;

/** Its row: the last one has the report, and the others say where it is. */
const rowOf = (view: StackView, { layers: held, lines, pull }: StackRow, index: number): readonly string[] => [
  String(index + 1),
  index + 1 === view.part ? "this one" : pull === undefined ? "to come" : `#${pull}`,
  held.length === layers.length ? "all" : held.join(", "),
  `${lines}${lines > view.limit ? ", and could not be cut further" : ""}`,
];

/** A branch's name cannot end the comment. */
const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;

/** The table, above everything that the pull request says. */
export const stackSection = (view: StackView): string => {
  const { part, rows, limit, base } = view;
  const last = isLast(view);
  return [
    `<!-- architect:stack-view ${JSON.stringify(view).replace(/[<>-]/g, escaped)} -->`,
    `### Part ${part} of ${rows.length}`,
    table(
      ["Part", "Pull request", "Holds", "Lines at first"],
      rows.map((row, index) => rowOf(view, row, index)),
    ),
    `The change is larger than the ${limit} lines, tests left out, that a pull request has here (\`size\` in \`.github/architect.yml\`). So it comes in parts, each on the branch of the one before. Merge them in their order: when one is merged, the next one goes to ${code(base, 255)}. ${
      last
        ? "This is the last one: its report, and the commands in it, are about all parts together, as its branch holds them."
        : "The last one has the report; the issue stays open until that one is merged."
    }`,
  ].join("\n\n");
};

/** The description of a part that is not the last: no report of its own, for nothing was run on it alone. */
export const partBody = (
  view: StackView,
  {
    summary,
    files,
  }: { readonly summary: string; readonly files: readonly { readonly path: string; readonly kind: string }[] },
): string =>
  [
    stackSection(view),
    inline(summary, 1_000),
    `**Nothing was run on this part alone.** What it imports of the change is in it or in the parts before it; what ran, and how claims and standards stand, is in ${lastOf(view)}, which holds all of it.`,
    table(
      ["File", ""],
      files.slice(0, maxFiles).map(({ path, kind }) => [code(path, 200), kind]),
    ),
    ...(files.length > maxFiles ? [`… and ${files.length - maxFiles} more.`] : []),
    `Refs #${view.issue}`,
  ].join("\n\n");

const lastOf = ({ rows }: StackView): string => {
  const pull = rows.at(-1)?.pull;
  return pull === undefined ? "the last part" : `#${pull}`;
};

/** In its own place, where it stood or on top. */
export const withStack = (body: string, content: string, maxLength: number): string =>
  withBlock(body, { name, content, place: "above" }, maxLength);

/** `Orders (2 of 3: services)` */
export const partTitle = (title: string, part: number, rows: readonly StackRow[]): string =>
  `${title} (${part} of ${rows.length}: ${rows[part - 1]?.layers.join(" and ") ?? ""})`;
