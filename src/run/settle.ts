/** A loop's end becomes what may be published: from values alone, the status only ever lowered. */
import { type Answered, answerDecision } from "../domain/answered.ts";
import { isUsedUp, type Limits, type WorkFound } from "../domain/budget.ts";
import type { Changeset } from "../domain/changeset.ts";
import type { ContractChange } from "../domain/contract.ts";
import type { RunEvent } from "../domain/event.ts";
import type { Facts, ImportFact } from "../domain/facts.ts";
import type { Evidence, Finding } from "../domain/finding.ts";
import { ledgerOf } from "../domain/ledger.ts";
import type { CutShort } from "../domain/outcome.ts";
import type { Boundary } from "../domain/policy.ts";
import { withRemembered } from "../domain/remember.ts";
import { blockedReport, type ReportDecision, type Status } from "../domain/report.ts";
import type { StackPart } from "../domain/stack.ts";
import type { StandardsConfig } from "../domain/standards.ts";
import { openHandoffs } from "../domain/subagent.ts";
import type { TaskList } from "../domain/task.ts";
import type { Worktree } from "../ports.ts";
import { checkChangeset } from "../verify/check-changeset.ts";
import { checkSubagents } from "../verify/check-child.ts";
import { settleStatus } from "../verify/check-report.ts";
import { reviewFindings } from "../verify/check-review.ts";
import { withDoubts } from "../verify/commands/doubt.ts";
import { cutBySize } from "../verify/stack.ts";
import type { CheckCode } from "./check-code.ts";
import { type Generated, nothingGenerated } from "./collection.ts";
import { baseTexts } from "./judge.ts";
import type { LoopEnd } from "./loop.ts";
import type { Others } from "./others.ts";
import type { Settled } from "./publication.ts";
import { foundIn, ownStretch, rememberedIn } from "./resume.ts";

export type Ended = Exclude<LoopEnd, { kind: "aborted" }>;

/** The files as our code hashed them, the commands as they ran. @param run its whole transcript, and what it was about */
export const settle = async (
  end: Ended,
  run: {
    readonly worktree: Worktree;
    readonly others: Others;
    readonly boundary: Boundary;
    /** Text of a file at the commit that the run started from. */
    readonly base: (path: string) => Promise<string | undefined>;
    readonly checkCode: CheckCode;
    /** What the App itself writes to go with the work. */
    readonly generate: (head: Facts, changes: readonly ContractChange[]) => Promise<Generated>;
    /** What the repository keeps otherwise than the house. */
    readonly standards: StandardsConfig;
    readonly title: string;
    /** Lines of a pull request; undefined where there is one already. */
    readonly size: number | undefined;
    /** @param found what the agent found the work to be, if it did */
    readonly limitsOf: (found: WorkFound | undefined) => Limits;
    /** Of the runs that it goes on from. */
    readonly before: readonly RunEvent[];
    readonly events: readonly RunEvent[];
    /** What people answered before the plan that it carries out. */
    readonly answered: readonly Answered[];
  },
): Promise<Settled> => {
  const { changeset, refused: odd } = await run.worktree.collect();
  const found = foundIn([...run.before, ...run.events]).found;
  const limits = run.limitsOf(found);
  const evidence = evidenceOf(run.before, run.events);
  const { others } = run;
  const subagents = others.handedBack();
  const review = others.review();
  const boundaries = [run.boundary, ...others.boundaries()];
  const submitted = end.kind === "reported" && "endpoints_created" in end.report ? end.report : undefined;
  const report = submitted
    ? { ...submitted, handoffs: [...openHandoffs(submitted, subagents)] }
    : blockedReport(run.title, end.kind === "blocked" ? end.reason : "no report was handed in", whyShort(end));
  const code = await run.checkCode(report, changeset);
  const findings =
    end.kind === "reported"
      ? end.findings
      : [
          ...checkChangeset(changeset, odd, boundaries, {
            base: await baseTexts(run, changeset),
            migrationFolders: others.migrationFolders(),
            standards: run.standards,
          }),
          ...code.findings,
          ...checkSubagents(subagents),
          ...reviewFindings(review, changeset),
        ];
  const status = settleStatus(report, findings);
  const cutShort = cutShortBy(end, report.status, limits);
  const isWhole = status === "DONE" || status === "DONE_WITH_CONCERNS";
  const limit = isWhole && cutShort === undefined ? run.size : undefined;
  const cut = { before: await baseTexts(run, changeset), imports: code.head?.imports, limit };
  const { parts, tooLarge } = partsOf(changeset, cut);
  return {
    generated: isWhole && code.head ? await run.generate(code.head, code.contract) : nothingGenerated,
    claims: code.claims,
    apiChanges: code.contract,
    report: withRemembered(report, [
      ...run.answered.map(answerDecision),
      ...answeredIn([...run.before, ...run.events]),
      ...rememberedIn(ownStretch(run.events)),
    ]),
    boundaries,
    subagents,
    review,
    contract: others.contract(),
    status,
    findings: [...findings, ...tooLarge],
    evidence: withDoubts(evidence),
    changeset,
    parts,
    published: publishedBefore(run.events),
    cutShort,
    found,
    tasks: tasksIn([...run.before, ...run.events]),
    ledger: ledgerOf(run.events),
    spend: end.spend,
    limits,
  };
};

/** Without the code's imports nobody knows what could stand without what. */
const partsOf = (
  changeset: Changeset,
  known: {
    readonly before: (path: string) => string | undefined;
    readonly imports: readonly ImportFact[] | undefined;
    readonly limit: number | undefined;
  },
): { readonly parts: readonly StackPart[]; readonly tooLarge: readonly Finding[] } => {
  const { before, imports, limit } = known;
  if (limit === undefined || imports === undefined) return { parts: [], tooLarge: [] };
  const parts = cutBySize(changeset, { before, imports, limit });
  const [only] = parts;
  if (!only || parts.length > 1 || only.lines <= limit) return { parts, tooLarge: [] };
  const message = `the change has ${only.lines} lines, tests left out, and a pull request has ${limit} here at most; its files need one another, so it could not be cut into models, services and routes`;
  return { parts, tooLarge: [{ rule: "too-large", severity: "note", message }] };
};

/** What ran before counts where the run went on from the same files: elsewhere a tree's hash means other ones. */
const evidenceOf = (before: readonly RunEvent[], own: readonly RunEvent[]): readonly Evidence[] => {
  const goesOn = own.findLast((event) => event.type === "continues");
  const stands = goesOn?.type === "continues" && goesOn.stands;
  const all = [...(stands ? before : []), ...own].flatMap((event) =>
    event.type === "evidence" || event.type === "checked" ? event.evidence : [],
  );
  // A conversation that took another one's work up has what still counts of it again.
  return [...new Map(all.map((evidence) => [JSON.stringify(evidence), evidence])).values()];
};

/** The checkpoint that a run goes on from stands right before the word of it. */
const publishedBefore = (own: readonly RunEvent[]): Changeset => {
  const at = own.findLastIndex(({ type }) => type === "continues");
  const left = own.slice(0, Math.max(0, at)).findLast((event) => event.type === "checkpoint");
  return left?.type === "checkpoint" ? left.changeset : [];
};

/** What people answered, in this run or in those that it goes on from: one that asked back had nowhere to record it. */
const answeredIn = (events: readonly RunEvent[]): readonly ReportDecision[] =>
  events.flatMap((event) => (event.type === "continues" ? (event.answered ?? []).map(answerDecision) : []));

export const tasksIn = (events: readonly RunEvent[]): TaskList => {
  const list = events.findLast((event) => event.type === "tasks" && event.child === undefined);
  return list?.type === "tasks" ? list.tasks : [];
};

/** A report counts as an end of its own, unless it had to be written because nothing was left to spend. */
const cutShortBy = (end: Ended, status: Status, limits: Limits): CutShort | undefined => {
  if (end.kind === "blocked") return end.cause === "stopped" ? "stopped" : end.cause === "budget" ? "limit" : undefined;
  return status !== "DONE" && isUsedUp(end.spend, limits) ? "limit" : undefined;
};

const whyShort = (end: Ended): string | undefined =>
  end.kind === "blocked" && end.cause === "stopped"
    ? `The run was ${end.reason} before the agent handed in a report. What it had written by then is kept as it was.`
    : undefined;
