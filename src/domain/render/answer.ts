/** The answer to a question as people read it in a comment: the agent's text, with links of ours where it cites lines. */
import type { ShownEvidence } from "../finding.ts";
import { evidenceTable } from "./evidence.ts";
import { code, details, prose } from "./safe.ts";

/** By this hidden line the answer to a comment is found again. */
export const answerMarker = (commentId: number): string => `<!-- architect:asked:${commentId} -->`;

/** @property url of the lines on GitHub @property missing there are no such lines: it is named, not linked */
export type RenderedReference = {
  readonly path: string;
  readonly line: number;
  readonly lastLine: number;
  readonly url?: string;
  readonly missing?: true;
};

export type AnswerView = {
  readonly answer: string;
  /** By the number that the text cites them by, from 1. */
  readonly references: readonly RenderedReference[];
  /** Commands that the agent ran. */
  readonly evidence: readonly ShownEvidence[];
  readonly commit: string;
};

const maxAnswer = 20_000;

export const renderAnswer = ({ answer, references, evidence, commit }: AnswerView): string => {
  const cited = new Set<number>();
  // Made harmless, a citation in the text is escaped, and brackets in code are not.
  const text = prose(answer, maxAnswer).replace(/\\\[(\d{1,3})\\\]/g, (whole, digits: string) => {
    const reference = references[Number(digits) - 1];
    if (!reference) return whole;
    cited.add(Number(digits));
    return shown(reference);
  });
  const rest = references.filter((_, index) => !cited.has(index + 1));
  const gone = references.filter(({ missing }) => missing);
  return [
    text,
    ...(rest.length > 0 ? [`See also ${rest.map(shown).join(", ")}.`] : []),
    ...(gone.length > 0
      ? [
          `> ${gone.map(nameOf).join(", ")}: named by the agent, and not there at this commit. What rests on ${gone.length === 1 ? "it" : "them"} is not shown by the code.`,
        ]
      : []),
    ...(evidence.length > 0 ? [details(`Commands that ran (${evidence.length})`, evidenceTable(evidence))] : []),
    `<sub>Read at ${commit.slice(0, 12)}; nothing was changed.</sub>`,
  ].join("\n\n");
};

const nameOf = ({ path, line, lastLine }: RenderedReference): string =>
  code(lastLine > line ? `${path}:${line}-${lastLine}` : `${path}:${line}`, 300);

const shown = (reference: RenderedReference): string =>
  reference.url === undefined ? `${nameOf(reference)} (not there)` : `[${nameOf(reference)}](${reference.url})`;
