/** An answer held against the files: what it refers to must be there. */
import type { Finding } from "../domain/finding.ts";
import { canonPath } from "../domain/policy.ts";
import type { Answer, Reference } from "../domain/submission.ts";

/** Files at the commit that was read. */
export type FilesThere = { readonly texts: ReadonlyMap<string, string>; readonly tooLarge: readonly string[] };

export const checkAnswer = (answer: Omit<Answer, "kind">, files: FilesThere): readonly Finding[] => [
  ...answer.references.flatMap((reference) => checkReference(reference, files) ?? []),
  ...checkCitations(answer),
];

/** The repository's path; undefined where it is none. */
export const pathOf = (file: string): string | undefined => {
  const canon = canonPath(file);
  return canon.ok ? canon.path : undefined;
};

const missing = (message: string, path: string, line?: number): Finding => ({
  ...{ rule: "reference-missing", severity: "error", message, path },
  ...(line === undefined ? {} : { line }),
});

export const checkReference = ({ file, line, end_line }: Reference, files: FilesThere): Finding | undefined => {
  const path = pathOf(file);
  if (path === undefined) return missing("is no path of a file below /repo", file);
  if (files.tooLarge.includes(path)) return undefined;
  const text = files.texts.get(path);
  if (text === undefined) return missing("there is no such file at this commit", path, line);
  const lines = text.replace(/\n$/, "").split("\n").length;
  const last = end_line ?? line;
  if (last < line) return missing(`its last line, ${last}, comes before its first`, path, line);
  return last <= lines ? undefined : missing(`the file has ${lines} lines, so there is no line ${last}`, path, line);
};

/** A number in the text for which there is no reference would be left standing for nobody. */
const checkCitations = ({ answer, references }: Omit<Answer, "kind">): readonly Finding[] => {
  const prose = answer.replace(/```[\s\S]*?```|`[^`\n]*`/g, "");
  const cited = new Set([...prose.matchAll(/\[(\d{1,3})\](?!\()/g)].map(([, number]) => Number(number)));
  return [...cited]
    .filter((number) => number < 1 || number > references.length)
    .map((number) => ({
      rule: "citation-without-reference",
      severity: "error",
      message: `the text says [${number}], and there ${references.length === 1 ? "is 1 reference" : `are ${references.length} references`}`,
    }));
};
