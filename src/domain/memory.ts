/** The memory that lies in the target repository: what a run adds to its two files, as values. Touches no disk and no GitHub. */
import { createHash } from "node:crypto";
import type { FileChange } from "./changeset.ts";
import {
  type Decision,
  type DecisionsFile,
  decisionsPath,
  nextId,
  parseDecisions,
  renderDecisions,
} from "./memory/decisions.ts";
import { maxFileBytes } from "./memory/json.ts";
import type { MemoryTexts } from "./memory/merge.ts";
import { compareDecisions } from "./memory/similar.ts";
import { maxListed, parseState, renderState, type State, statePath } from "./memory/state.ts";
import type { Report, ReportDecision, Status } from "./report.ts";

export { type Decision, decisionsPath, parseDecisions } from "./memory/decisions.ts";
export { type MemoryTexts, mergeMemory } from "./memory/merge.ts";
export { selectDecisions } from "./memory/similar.ts";
export { parseState, statePath } from "./memory/state.ts";

export type MemoryChange = {
  readonly runId: string;
  readonly issue: number;
  readonly pull?: number | undefined;
  /** ISO 8601. */
  readonly at: string;
  readonly agent: string;
  readonly report: Report;
  /** What the run settled on: never better than the report's own. */
  readonly status: Status;
  readonly commit?: string | undefined;
};

/** An earlier run of the same issue that opened no pull request, so that nothing of it stands in the files yet. */
export type EarlierRun = Pick<MemoryChange, "runId" | "issue" | "at" | "agent" | "status"> & {
  readonly summary: string;
  readonly blockers: readonly string[];
  readonly questions: readonly { readonly question: string }[];
};

export type MemoryUpdate = {
  /** Sorted by path; empty where the files say it all already. */
  readonly files: FileChange[];
  /** Sentences for the pull request. */
  readonly notes: string[];
};

/**
 * Adds what a run decided, finished or left open. Doing it again for the same run changes nothing. A file that cannot be
 * read is set aside under another name beside its place, and what could be read of it goes on.
 */
export const updateMemory = (
  current: MemoryTexts,
  change: MemoryChange,
  earlier: readonly EarlierRun[] = [],
): MemoryUpdate => {
  const decisions = parseDecisions(current.decisions);
  const state = parseState(current.state);
  const added = fitting(addDecisions(decisions.decisions, change), decisions);
  const all = added.decisions;
  const recorded = earlier.reduce(addEarlier, state.state);
  const nextState = addRun(addAgentDecisions(recorded, all, change), change);
  const asides = [
    ...setAside(decisionsPath, current.decisions, decisions.broken),
    ...setAside(statePath, current.state, state.broken),
  ];
  return {
    files: [
      ...asides.map(({ file }) => file),
      ...write(
        decisionsPath,
        current.decisions,
        all.length === 0 && !current.decisions ? undefined : renderDecisions(all, decisions.rest),
      ),
      ...write(statePath, current.state, renderState(nextState)),
    ].sort((a, b) => (a.path < b.path ? -1 : 1)),
    notes: [...asides.map(({ note }) => note), ...added.notes],
  };
};

const write = (path: string, before: string | undefined, text: string | undefined): FileChange[] =>
  text === undefined || text === before
    ? []
    : [
        {
          path,
          kind: before === undefined ? "added" : "modified",
          mode: "100644",
          content: Buffer.from(text).toString("base64"),
        },
      ];

const setAside = (path: string, text: string | undefined, broken: string | undefined) => {
  if (broken === undefined || text === undefined) return [];
  const digest = createHash("sha256").update(text).digest("hex").slice(0, 8);
  const aside = path.replace(/\.json$/, `.broken-${digest}.json`);
  const note = `\`${path}\` could not be read: ${broken}. It is kept unchanged as \`${aside}\`, and what could be read of it was carried over.`;
  return write(aside, undefined, text).map((file) => ({ file, note }));
};

/** A later decision names the ones that it takes the place of: "supersedes DEC-20261125-0001". */
const namedAsOld = (decision: ReportDecision): string[] =>
  [...`${decision.title}\n${decision.rationale}`.matchAll(/\bsupersedes\s+(DEC-\d{8}-\d{4})\b/gi)].map(
    ([, id]) => id?.toUpperCase() ?? "",
  );

type Added = { readonly decisions: Decision[]; readonly notes: string[] };

/** A file that we could not read again is never written. */
const fitting = (added: Added, before: DecisionsFile): Added =>
  Buffer.byteLength(renderDecisions(added.decisions, before.rest)) <= maxFileBytes
    ? added
    : {
        decisions: before.decisions,
        notes: [
          `\`${decisionsPath}\` would grow beyond 1 MiB, so this run's decisions were not added. Move old ones away.`,
        ],
      };

const addDecisions = (known: readonly Decision[], change: MemoryChange): Added =>
  change.report.decisions.reduce((added, decision) => addDecision(added, decision, change), {
    decisions: [...known],
    notes: [],
  } as Added);

const addDecision = ({ decisions, notes }: Added, decision: ReportDecision, change: MemoryChange): Added => {
  const inForce = decisions.filter((old) => old.superseded_by === null);
  const isOwn = (old: Decision) => old["run"] === change.runId && old.title === decision.title;
  if (decisions.some(isOwn)) return { decisions, notes };
  const same = inForce.find((old) => compareDecisions(old, decision) === "same");
  if (same)
    return {
      decisions,
      notes:
        same["issue"] === change.issue
          ? notes
          : [...notes, `The decision “${decision.title}” was not recorded again: ${same.id} says so already.`],
    };
  const id = nextId(change.at.slice(0, 10), new Set(decisions.map((old) => old.id)));
  const named = namedAsOld(decision);
  const replaced = inForce.filter(
    (old) => named.includes(old.id) || (old["run"] !== change.runId && compareDecisions(old, decision) === "changed"),
  );
  return {
    decisions: [
      ...decisions.map((old) => (replaced.includes(old) ? { ...old, status: "superseded", superseded_by: id } : old)),
      toDecision(decision, id, change),
    ],
    notes: [...notes, ...replaced.map((old) => `${id} supersedes ${old.id} (“${old.title}”).`)],
  };
};

const toDecision = (decision: ReportDecision, id: string, change: MemoryChange): Decision => ({
  id,
  date: change.at.slice(0, 10),
  category: decision.category,
  title: decision.title,
  rationale: decision.rationale,
  alternatives: decision.alternatives,
  impact: decision.impact,
  status: change.status === "DONE" || change.status === "DONE_WITH_CONCERNS" ? "implemented" : "proposed",
  agent: change.agent,
  superseded_by: null,
  issue: change.issue,
  run: change.runId,
});

/** Under the agent's name: which decisions are its own. The decisions themselves stand in `active.json`. */
const addAgentDecisions = (state: State, decisions: readonly Decision[], change: MemoryChange): State => {
  const before = state.agent_decisions[change.agent] ?? [];
  const known = new Set(before.map(({ id }) => id));
  const added = decisions
    .filter((decision) => decision["run"] === change.runId && !known.has(decision.id))
    .map(({ id, title }) => ({ id, decision: title, timestamp: change.at, run: change.runId }));
  if (added.length === 0) return state;
  return {
    ...state,
    agent_decisions: { ...state.agent_decisions, [change.agent]: [...before, ...added].slice(-maxListed) },
  };
};

const brief = (text: string): string => {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length <= 500 ? line : `${line.slice(0, 499)}…`;
};

const isDone = (status: Status): boolean => status === "DONE" || status === "DONE_WITH_CONCERNS";

const entryOf = (run: MemoryChange | EarlierRun, timestamp: unknown) => ({
  agent: run.agent,
  issue: run.issue,
  run: run.runId,
  status: run.status,
  summary: brief("report" in run ? run.report.summary : run.summary),
  task: "report" in run ? run.report.feature : `issue #${run.issue}`,
  timestamp: timestamp ?? run.at,
  ...("pull" in run && run.pull !== undefined ? { pull: run.pull } : {}),
  ...("commit" in run && run.commit !== undefined ? { commit: run.commit } : {}),
});

const findRun = (state: State, runId: string) =>
  [...state.tasks_completed, ...state.tasks_pending].find((entry) => entry.run === runId);

const addEarlier = (state: State, run: EarlierRun): State => (findRun(state, run.runId) ? state : addRun(state, run));

/** One entry for each run, which stays where it stands: finished, or pending with what stands in the way. */
const addRun = (state: State, run: MemoryChange | EarlierRun): State => {
  const listed = findRun(state, run.runId);
  const entry = entryOf(run, listed?.["timestamp"]);
  const next = listed ? state : { ...state, last_activity: run.at, session_id: run.runId };
  const put = <T extends { run?: string | undefined }>(list: readonly T[], one: T): T[] =>
    list.some((old) => old.run === run.runId) ? list.map((old) => (old.run === run.runId ? one : old)) : [...list, one];
  const without = <T extends { run?: string | undefined }>(list: readonly T[]): T[] =>
    list.filter((old) => old.run !== run.runId);
  if (isDone(run.status)) {
    const { open, resolved } = resolve(without(next.tasks_pending), run);
    return { ...next, tasks_completed: put([...next.tasks_completed, ...resolved], entry), tasks_pending: open };
  }
  const about = "report" in run ? run.report : run;
  const blockers = [...about.blockers, ...about.questions.map(({ question }) => question)];
  return {
    ...next,
    tasks_completed: without(next.tasks_completed),
    tasks_pending: put(next.tasks_pending, { ...entry, priority: "high", blocking: true, blockers }),
  };
};

/** What was open for the same issue is open no longer: it moves to the finished tasks and says through which run. */
const resolve = (pending: State["tasks_pending"], run: MemoryChange | EarlierRun) => {
  const isResolved = (task: State["tasks_pending"][number]) =>
    task.run !== undefined && task.issue === run.issue && task["agent"] === run.agent;
  return {
    open: pending.filter((task) => !isResolved(task)),
    resolved: pending.filter(isResolved).map((task) => ({ ...task, resolved_by: run.runId })),
  };
};
