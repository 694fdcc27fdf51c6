/** What makes a run that writes no code another one than the runs that implement: what its agent is to do, the tool that it ends by, and what is written of it. */
import type { Answered } from "../domain/answered.ts";
import type { ReadingKind } from "../domain/brief.ts";
import type { Limits } from "../domain/budget.ts";
import type { Definition, WorkKind } from "../domain/definition.ts";
import type { Finding, ShownEvidence } from "../domain/finding.ts";
import type { Outcome } from "../domain/outcome.ts";
import type { Submission } from "../domain/submission.ts";
import type { Suggestion } from "../domain/suggestion.ts";
import type { FilesRead, GitHub, GitHubSession, Inspection, RunRecord } from "../ports.ts";
import type { Gathered } from "./gather.ts";
import type { Settled } from "./publication.ts";
import type { Door } from "./tools/submit-report.ts";
import type { Tool } from "./tools/tool.ts";

/** What a submission can be held against. */
export type Ground = {
  readonly run: RunRecord;
  readonly gathered: Gathered;
  /** At the commit that the run reads. */
  readonly readFiles: (paths: readonly string[]) => Promise<FilesRead>;
  /** Paths of a commit's files. */
  readonly list: (commit: string, isWanted: (path: string) => boolean) => Promise<readonly string[]>;
  /** Facts and breaches of that commit; undefined where nothing reads them here. */
  readonly inspect: () => Promise<Inspection | undefined>;
  /** Of a run that does work of that kind. */
  readonly limitsOf: (kind: WorkKind) => Limits;
  /** That a run which implements starts for parts of its work. */
  readonly agents: readonly string[];
  /** What people suggested on its pull request, word for word, in this review and before. */
  readonly suggested: () => Promise<readonly Suggestion[]>;
  /** People said something that the agent has not read. */
  readonly unheard: () => Promise<boolean>;
};

/** A submission that ended its run, with what was found wrong with it: errors only where it was refused for the last time. */
export type Reading = {
  readonly ground: Ground;
  readonly github: GitHub;
  readonly session: GitHubSession;
  readonly submission: Submission;
  readonly findings: readonly Finding[];
  /** What people answered to questions of its conversation, the last word of each. */
  readonly answered: readonly Answered[];
  /** What the agent ran. */
  readonly evidence: readonly ShownEvidence[];
  /** The model that spoke last. */
  readonly model: string;
  /** Of this App's secrets and people's. */
  readonly redact: (text: string) => string;
  /** Opens a pull request, or brings the one there is up to date, with what is not filled in here as the run has it. */
  readonly publish: (what: Proposed) => Promise<Outcome>;
};

export type Proposed = Pick<
  Settled,
  "report" | "paper" | "status" | "findings" | "claims" | "changeset" | "boundaries"
>;

/** One file of `modes/` each. The runs that implement are none of them. */
export type Mode = {
  /** What its brief is called. */
  readonly name: ReadingKind;
  /** For the agent, below its directive, which speaks of implementing. */
  readonly directive: string;
  /** The name of the tool that ends it. */
  readonly tool: `Submit${string}`;
  readonly submit: (ground: Ground, door: Door) => Tool;
  /** Tells people. May be repeated after a crash: each write finds what the one before made. */
  readonly publish: (reading: Reading) => Promise<Told>;
  /** The same where the agent came to no end and nobody stopped it, in a mode that has something to say without it. @param reason ends a sentence */
  readonly publishWithout?: (reading: Omit<Reading, "submission" | "findings">, reason: string) => Promise<Told>;
};

/** What people were told. */
export type Told = Partial<Outcome> & Pick<Outcome, "kind" | "summary">;

/** Tools that change files, or that start those who do. */
const writing = /^(Edit|MultiEdit|Write|ExitWorktree|TeamCreate|SendMessage|Remember|Agent(\(.*\))?)$/;

/** The agent of an implementing run, as it is in this mode. */
export const agentIn = (mode: Mode, definition: Definition): Definition => ({
  ...definition,
  tools: definition.tools.filter((tool) => !writing.test(tool)),
  disallowedTools: [...(definition.disallowedTools ?? []), "Agent"],
  directive: `${definition.directive.trim()}\n\n# This run\n\n${mode.directive.trim()}`,
});
