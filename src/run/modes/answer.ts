/** `ask`: a question about the code is answered in a comment of its own, with links to the lines that it speaks of. */
import { answerMarker } from "../../domain/command-answer.ts";
import type { Finding } from "../../domain/finding.ts";
import { canonPath } from "../../domain/policy.ts";
import { type RenderedReference, renderAnswer } from "../../domain/render/answer.ts";
import { type Answer, answerSchema, type Reference } from "../../domain/submission.ts";
import { unheard } from "../judge.ts";
import type { Ground, Mode, Reading } from "../mode.ts";
import { createSubmitReport, type Judge, maxRefusals } from "../tools/submit-report.ts";

const directive = `
You answer a question about this code; nothing is written in this run, no commit comes of it, and nothing of /repo can be
written, by commands either. What is said above about implementing, boundaries, tests and reports is for other runs; its
standards and the house's way of working are what you may answer from, after the code itself.

- Read before you answer. What the question supposes may be wrong: then say so first.
- Answer in the words of whoever asked, the answer in the first sentence, then what it rests on. Short: people read it in a
  comment. No heading, no plan for work that nobody asked for.
- Each statement about the code has a reference: its file and line stand in \`references\`, and the text says [1], [2] where it
  rests on them. They are checked to exist at this commit and become links.
- What you could not find out stands there as that, with what you looked at.
- Commands are for finding out, not for trying changes; those that ran are shown below the answer.

SubmitAnswer ends the run; plain text ends nothing.`;

const description = `Hands in the answer and ends the run. References that do not exist at the commit come back, and you mend them, up to ${maxRefusals} times; then they are left out. Call it alone, as the last thing.`;

export const answering: Mode = {
  name: "answer",
  directive,
  tool: "SubmitAnswer",
  submit: (ground, door) =>
    createSubmitReport({
      door,
      form: { input: answerSchema },
      judge: judgeOf(ground),
      as: { tool: "SubmitAnswer", description },
    }),
  publish: async (reading) => {
    const { submission } = reading;
    if (submission.kind !== "answer") throw new Error(`a question ended with ${submission.kind}`);
    return tell(reading, submission);
  },
};

const judgeOf =
  (ground: Ground): Judge<Omit<Answer, "kind">> =>
  async (answer) => {
    const findings: readonly Finding[] = [
      ...(await checkReferences(ground, answer.references)),
      ...checkCitations(answer),
      ...((await ground.unheard()) ? [unheard] : []),
    ];
    return { accepted: findings.length === 0, report: { kind: "answer", ...answer }, findings };
  };

const missing = (message: string, path: string, line?: number): Finding => ({
  ...{ rule: "reference-missing", severity: "error", message, path },
  ...(line === undefined ? {} : { line }),
});

/** Files and lines as they are at the commit. */
const checkReferences = async (
  { readFiles }: Pick<Ground, "readFiles">,
  references: readonly Reference[],
): Promise<readonly Finding[]> => {
  const paths = references.flatMap(({ file }) => pathOf(file) ?? []);
  const { texts, tooLarge } = await readFiles([...new Set(paths)]);
  return references.flatMap((reference) => problemOf(reference, texts, tooLarge) ?? []);
};

const pathOf = (file: string): string | undefined => {
  const canon = canonPath(file);
  return canon.ok ? canon.path : undefined;
};

const problemOf = (
  { file, line, end_line }: Reference,
  texts: ReadonlyMap<string, string>,
  tooLarge: readonly string[],
): Finding | undefined => {
  const path = pathOf(file);
  if (path === undefined) return missing("is no path of a file below /repo", file);
  if (tooLarge.includes(path)) return undefined;
  const text = texts.get(path);
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
    .filter((number) => number > references.length)
    .map((number) => ({
      rule: "citation-without-reference",
      severity: "error",
      message: `the text says [${number}], and there are ${references.length} references`,
    }));
};

const tell = async ({ ground, github, session, evidence, redact }: Reading, submission: Answer) => {
  const { run, gathered } = ground;
  const { trigger } = run.job;
  const { texts, tooLarge } = await ground.readFiles(submission.references.flatMap(({ file }) => pathOf(file) ?? []));
  const references = submission.references.map((reference): RenderedReference => {
    const path = pathOf(reference.file) ?? reference.file;
    const place = { path, line: reference.line, lastLine: reference.end_line ?? reference.line };
    const problem = problemOf(reference, texts, tooLarge);
    return problem
      ? { ...place, missing: true }
      : { ...place, url: github.lineUrl(trigger.repository, gathered.commit, place) };
  });
  const marker = answerMarker("commentId" in trigger ? trigger.commentId : trigger.thread.number);
  const body = renderAnswer({ answer: submission.answer, references, evidence, commit: gathered.commit });
  const id = await session.upsertComment(trigger.thread.number, marker, redact(`${marker}\n${body}`), undefined);
  return {
    kind: "answered" as const,
    summary: "The question is answered.",
    comment: `${github.threadUrl(trigger.repository, trigger.thread)}#issuecomment-${id}`,
  };
};
