/** Suggested changes of review comments: which lines they replace and by what, and whether they still fit. Pure. */

import { readMarkdown } from "./markdown.ts";
import { type Boundary, isWithin } from "./policy.ts";
import { code } from "./render/safe.ts";
import type { Person } from "./repository.ts";
import { itemId, type ThreadItem, type ThreadPlace } from "./review-thread.ts";

/** Lines of a file, from 1, as they are before it is applied. */
export type Suggestion = {
  readonly path: string;
  readonly from: number;
  readonly to: number;
  readonly replaces: readonly string[];
  readonly by: readonly string[];
  readonly author: Person;
};

export type Planned =
  | { readonly applies: true; readonly suggestion: Suggestion }
  /** @property reason as the end of a sentence: "it was not applied: …" */
  | { readonly applies: false; readonly reason: string; readonly by: readonly string[] };

/** @property item its id */
export type ItemSuggestion = { readonly item: number; readonly planned: Planned };

/** The lines of each ```suggestion block; none stands in a quote or in other code. */
export const suggestionsIn = (body: string): readonly (readonly string[])[] => {
  const blocks: string[][] = [];
  for (const { kind, info, quoted, content, continues } of readMarkdown(body)) {
    if (quoted || info.trim().split(/[\s:]/)[0] !== "suggestion") continue;
    if (kind === "fence" && !continues) blocks.push([]);
    if (kind === "code") blocks.at(-1)?.push(content);
  }
  return blocks;
};

/** @param text of a file at the commit that the run works on, of those that a suggestion stands in */
export const planSuggestions = (
  items: readonly ThreadItem[],
  known: { readonly boundary: Boundary; readonly text: (path: string) => string | undefined },
): readonly ItemSuggestion[] => {
  const plans: ItemSuggestion[] = [];
  const taken: Suggestion[] = [];
  for (const item of items) {
    const found = item.said.flatMap(({ body, author }) => suggestionsIn(body).map((by) => ({ by, author })));
    const [one] = found;
    if (!one) continue;
    const plan =
      found.length > 1
        ? refuse("there are several in this thread, and which of them is meant is not said", one.by)
        : planOne(item.thread, one, known, taken);
    if (plan.applies) taken.push(plan.suggestion);
    plans.push({ item: itemId(item), planned: plan });
  }
  return plans;
};

const refuse = (reason: string, by: readonly string[]): Planned => ({ applies: false, reason, by });

const planOne = (
  { path, line, lines, side, hunk }: ThreadPlace,
  { by, author }: { readonly by: readonly string[]; readonly author: Person },
  { boundary, text }: Parameters<typeof planSuggestions>[1],
  taken: readonly Suggestion[],
): Planned => {
  if (!isWithin(path, boundary.allowed) || isWithin(path, boundary.forbidden))
    return refuse(`${code(path, 200)} lies outside what this App may change`, by);
  if (side === "LEFT") return refuse("it stands on lines as they were before this pull request", by);
  const before = text(path)?.split("\n");
  if (line === undefined || !before || line > before.length) return refuse(goneSince, by);
  const from = line - lines + 1;
  const replaces = before.slice(from - 1, line);
  const shown = shownIn(hunk).slice(-lines);
  if (shown.some((was, at) => was !== bare(replaces[at + replaces.length - shown.length])))
    return refuse(goneSince, by);
  if (taken.some((other) => other.path === path && other.from <= line && from <= other.to))
    return refuse("another suggestion of this review changes the same lines", by);
  const end = replaces[0]?.endsWith("\r") ? "\r" : "";
  const now = by.map((row) => bare(row) + end);
  if (now.join("\n") === replaces.join("\n")) return refuse("the lines read so already", by);
  return { applies: true, suggestion: { path, from, to: line, replaces, by: now, author } };
};

const goneSince = "the lines that it replaces have changed since";

const bare = (line: string | undefined): string => (line ?? "").replace(/\r$/, "");

/** The lines of a hunk as the pull request has them. */
const shownIn = (hunk: string): string[] =>
  hunk
    .split("\n")
    .slice(1)
    .filter((line) => !/^[-\\]/.test(line))
    .map((line) => bare(line.slice(1)));

/** @param suggestions of one file; none of them touches another one's lines */
export const applySuggestions = (text: string, suggestions: readonly Suggestion[]): string => {
  const lines = text.split("\n");
  for (const { from, to, by } of suggestions.toSorted((a, b) => b.from - a.from))
    lines.splice(from - 1, to - from + 1, ...by);
  return lines.join("\n");
};

/** Into a text that was written anew since: where the lines that it replaces stand in it, at the place that is nearest to theirs. */
export const putSuggestion = (text: string, { from, replaces, by }: Suggestion): string => {
  // What keeps these lines and adds to them would find them again in itself.
  if (by.length > replaces.length && `\n${text}\n`.includes(`\n${by.join("\n")}\n`)) return text;
  const lines = text.split("\n");
  const [at] = [...lines.keys()]
    .filter((start) => replaces.every((line, nth) => lines[start + nth] === line))
    .sort((a, b) => Math.abs(a + 1 - from) - Math.abs(b + 1 - from));
  return at === undefined ? text : lines.toSpliced(at, replaces.length, ...by).join("\n");
};

/** What was suggested stands in the file as it is now; where lines were only to go, they are gone. */
export const standsIn = ({ replaces, by }: Suggestion, text: string): boolean => {
  const holds = (lines: readonly string[]) => `\n${text}\n`.includes(`\n${lines.join("\n")}\n`);
  return by.length > 0 ? holds(by) : !holds(replaces);
};
