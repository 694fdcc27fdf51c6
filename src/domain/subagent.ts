/** What a subagent handed back, as values: for the agent that started it, for the checks and for people. Runs nothing. */
import type { Changeset, FileChange } from "./changeset.ts";
import type { ChildReport } from "./child-report.ts";
import type { Finding } from "./finding.ts";
import type { Spend } from "./outcome.ts";
import type { Handoff, Report, Status } from "./report.ts";

export type HandedBack = {
  readonly agent: string;
  /** Its name, where it worked as a teammate. */
  readonly mate?: string | undefined;
  /** Its report's, or a worse one where the checks found something; BLOCKED where it handed in none. */
  readonly status: Status;
  /** The last one that it handed in. */
  readonly report?: ChildReport;
  /** Why there is no report. */
  readonly reason?: string;
  readonly findings: readonly Finding[];
  /** What it changed, against the files as it found them. */
  readonly files: readonly { readonly path: string; readonly kind: FileChange["kind"] }[];
  /** Its own. */
  readonly spend: Spend;
};

/** Tells one subagent of a run from another. @param call id of the tool call that started it */
export const childId = (call: string, agent: string): string => `${call}:${agent}`;

export const agentOfChild = (id: string): string => id.slice(id.lastIndexOf(":") + 1);

/** The changes that were made since: what `after` has otherwise than `before`. A change that was undone is a deletion. */
export const changesSince = (before: Changeset, after: Changeset): Changeset => {
  const known = new Map(before.map((change) => [change.path, change]));
  const now = new Set(after.map((change) => change.path));
  const undone = before
    .filter((change) => !now.has(change.path))
    .map((change) => ({ path: change.path, kind: "deleted" as const }));
  return [...after.filter((change) => !isSame(change, known.get(change.path))), ...undone].sort((a, b) =>
    a.path < b.path ? -1 : 1,
  );
};

const succeeded = ({ status }: HandedBack): boolean => status === "DONE" || status === "DONE_WITH_CONCERNS";

const isSame = (a: FileChange, b: FileChange | undefined): boolean => {
  if (a.kind === "deleted" || b?.kind === "deleted") return a.kind === b?.kind;
  return a.kind === b?.kind && a.mode === b.mode && a.content === b.content;
};

/** What is left of a report's hand-offs: work that a subagent of the run did is none, a patch for a maintainer always is. */
export const openHandoffs = (report: Report, children: readonly HandedBack[]): readonly Handoff[] =>
  report.handoffs.filter(
    ({ to, patch }) =>
      patch !== undefined || !children.some((child) => [child.agent, child.mate].includes(to) && succeeded(child)),
  );

/** Subagents whose end leaves something open. One that could not go on is made good by a later one of its kind that could. */
export const openEnds = (children: readonly HandedBack[]): readonly HandedBack[] =>
  children.filter((child, index) => {
    if (child.status === "DONE") return false;
    if (child.status === "DONE_WITH_CONCERNS") return true;
    return !children.slice(index + 1).some((later) => later.agent === child.agent && succeeded(later));
  });

/**
 * The result of the Agent call: one sentence, then one line of JSON between the lines `<subagent-json>` and
 * `</subagent-json>`. The same value always makes the same bytes.
 */
export const renderHandedBack = (back: HandedBack): string => {
  const { agent, status, report, reason, findings, files } = back;
  const changed = files.length === 0 ? "It changed no file" : `It changed ${files.map(fileName).join(", ")}`;
  const how = reason === undefined ? `ended with ${status}` : `was stopped before it handed in a report (${reason})`;
  const value = {
    agent,
    status,
    report: report ?? null,
    reason: reason ?? null,
    files,
    findings: findings.map(({ rule, severity, message, path }) => ({
      rule,
      severity,
      message,
      ...(path === undefined ? {} : { path }),
    })),
  };
  return [
    `${agent} ${how}. ${changed}.`,
    "<subagent-json>",
    JSON.stringify(value).replaceAll("<", "\\u003c"),
    "</subagent-json>",
  ].join("\n");
};

const fileName = ({ path, kind }: HandedBack["files"][number]): string => `/repo/${path} (${kind})`;
