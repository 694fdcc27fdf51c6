/** What is to be published, and by what means: the values that the steps of publishing share. */
import type { Limits, WorkFound } from "../domain/budget.ts";
import type { Changeset } from "../domain/changeset.ts";
import type { ClaimVerdict } from "../domain/claim.ts";
import type { ContractChange } from "../domain/contract.ts";
import type { RunEvent } from "../domain/event.ts";
import type { Finding, ShownEvidence } from "../domain/finding.ts";
import type { Ledger } from "../domain/ledger.ts";
import type { CutShort, Spend } from "../domain/outcome.ts";
import type { Paper } from "../domain/paper.ts";
import type { StoredPlan } from "../domain/plan.ts";
import type { Boundary } from "../domain/policy.ts";
import type { Report, Status } from "../domain/report.ts";
import type { Review } from "../domain/review.ts";
import type { CommitPurpose, StackPart } from "../domain/stack.ts";
import type { HandedBack } from "../domain/subagent.ts";
import type { TaskList } from "../domain/task.ts";
import type { Mail } from "../domain/team.ts";
import type { Clock, GitHub, GitHubSession, Pull, RunRecord, Store, Workspace } from "../ports.ts";
import type { Generated } from "./collection.ts";
import type { Gathered } from "./gather.ts";
import type { Signing } from "./signatures.ts";

/** What the loop came to, held against the rules: only this is shown and committed. */
export type Settled = {
  readonly report: Report;
  /** Of a run that designs without code. */
  readonly paper?: Paper | undefined;
  readonly status: Status;
  readonly findings: readonly Finding[];
  /** Of the report, as the code shows them. */
  readonly claims: readonly ClaimVerdict[];
  /** The API beside the base branch's. */
  readonly apiChanges: readonly ContractChange[];
  readonly evidence: readonly ShownEvidence[];
  readonly changeset: Changeset;
  /** `treeHash` of what is published, where that is merged with a base that moved; else that of the changeset. */
  readonly tree?: string | undefined;
  /** The same, cut by its size: more than one where it becomes a stack of pull requests. */
  readonly parts: readonly StackPart[];
  /** Files of the App's own that go with it. */
  readonly generated: Generated;
  /** What of it the runs that it goes on from have published, as they left it. */
  readonly published: Changeset;
  /** Of every agent that was at work: what lies in none of them is not published. */
  readonly boundaries: readonly Boundary[];
  readonly subagents: readonly HandedBack[];
  readonly review?: Review | undefined;
  /** What the agents wrote for those who build on the API. */
  readonly contract: readonly Mail[];
  /** Where it ended before its agent was done. */
  readonly cutShort: CutShort | undefined;
  /** What the agent found the work to be, where that is more than it looked. */
  readonly found: WorkFound | undefined;
  /** As it stands at the end. */
  readonly tasks: TaskList;
  readonly ledger: Ledger;
  readonly spend: Spend;
  readonly limits: Limits;
};

/** The base branch where it went on after the run had begun. */
export type BaseMoved = {
  readonly branch: string;
  readonly tip: string;
  /** That it changed since, the memory's left out. */
  readonly files: readonly string[];
  /** The merged files of the agents told against the tip, where that is all that counts and they can be read. */
  readonly changes?: Changeset | undefined;
  /** Where they cannot be merged; none of them where there is no history in common. */
  readonly conflicts?: readonly string[] | undefined;
};

/** Runs what was settled once more with a base that moved merged in. */
export type HoldOn = (
  settled: Settled,
  moved: Pick<BaseMoved, "tip" | "branch"> & { readonly changes: Changeset },
) => Promise<Pick<Settled, "evidence" | "findings"> | undefined>;

export type PublishDeps = {
  readonly github: GitHub;
  readonly store: Store;
  readonly workspace: Pick<Workspace, "fetch" | "merge" | "mergeBase" | "patchOf" | "readFile" | "readFiles">;
  readonly holdOn?: HoldOn | undefined;
  readonly definition: { readonly name: string };
  readonly model: { readonly name: string };
  readonly clock: Clock;
  /** Holds a part of a stack against the code and the standards, on its own. */
  readonly checkPart: (session: GitHubSession, pull: Pick<Pull, "number" | "headSha">) => Promise<void>;
  readonly record: (events: readonly RunEvent[]) => Promise<void>;
  readonly notices: readonly string[];
  readonly log: (line: string) => void;
  /** What the run carried out, where people approved a plan. */
  readonly plan: StoredPlan | undefined;
  readonly redact: (text: string) => { readonly text: string; readonly leaks: number };
} & Signing;

export type Publication = {
  readonly deps: PublishDeps;
  readonly session: GitHubSession;
  readonly run: RunRecord;
  readonly gathered: Gathered;
  readonly settled: Settled;
  /** Of the work, where it becomes a stack: as an attempt before has cut it, or as it was settled. */
  readonly parts: readonly StackPart[];
  /** Where it had moved. */
  readonly moved?: BaseMoved | undefined;
  /** An attempt before has. */
  readonly cut: boolean;
  /** Commits that this run made, by purpose: also those of an attempt that crashed. */
  readonly made: Map<CommitPurpose, string>;
};
