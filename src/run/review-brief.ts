/** What the agent of a review is told at first: the change as its diff shows it, and what our facts say of it already. Whoever proposes the change is heard only where they may write. */
import { asData, type Brief, type BriefChange } from "../domain/brief.ts";
import type { Finding } from "../domain/finding.ts";
import { parseDecisions, selectDecisions } from "../domain/memory.ts";
import type { Boundary } from "../domain/policy.ts";
import { commandsOf, configPath } from "../domain/repository-config.ts";
import type { RepositoryConfig } from "../domain/repository-schema.ts";
import { visibleText } from "../domain/visible-text.ts";
import type { GitHubSession, PullFile, RunRecord } from "../ports.ts";
import type { ReviewTarget } from "./review-target.ts";
import { mayWrite } from "./rights.ts";

const maxRequestBytes = 8 * 1024;
const maxDescriptionBytes = 8 * 1024;
const maxPatch = 12_000;
const maxPatches = 90_000;
const maxFiles = 300;
const maxFindings = 60;

export const composeReviewBrief = async (
  session: GitHubSession,
  run: RunRecord,
  target: ReviewTarget,
  known: {
    readonly boundary: Boundary;
    readonly config: RepositoryConfig;
    readonly decisions: string | undefined;
    readonly instructions: NonNullable<Brief["instructions"]>;
  },
): Promise<Brief> => {
  const { pull, wish, files, runnable, checked } = target;
  const [title = "", ...rest] = visibleText(wish, maxRequestBytes).split("\n");
  const isHeard = mayWrite(await session.permissionOf(pull.author));
  const text = { title: visibleText(pull.title, 500), body: visibleText(pull.body, maxDescriptionBytes) };
  const decisions = selectDecisions(
    parseDecisions(known.decisions).decisions,
    [wish, ...files.map(({ path }) => path)].join("\n").slice(0, maxRequestBytes),
    20,
  );
  const { test, serve } = commandsOf(known.config).commands ?? {};
  return {
    kind: "review",
    issue: run.issue,
    request: { title: title || `Review pull request #${pull.number}`, body: rest.join("\n") },
    ...(isHeard ? { context: text } : {}),
    ...(!isHeard && known.config.who?.untrusted === "as-data"
      ? { untrusted: asData(pull.author.login, text.title, text.body) }
      : {}),
    boundary: known.boundary,
    configFile: configPath,
    ...(runnable && (test || serve) ? { commands: { ...(test ? { test } : {}), ...(serve ? { serve } : {}) } } : {}),
    decisions: decisions.map(({ id, title: name, rationale }) => ({ id, title: name, rationale })),
    ...(known.instructions.length > 0 ? { instructions: known.instructions } : {}),
    pull: { number: pull.number, branch: pull.branch },
    change: changeIn(target, checked?.findings ?? []),
  };
};

export const changeIn = (
  { pull, runnable, files }: Pick<ReviewTarget, "pull" | "runnable" | "files">,
  found: readonly Finding[],
): BriefChange => ({
  base: pull.base,
  runnable,
  files: withPatches(files),
  more: Math.max(0, files.length - maxFiles),
  found: found.slice(0, maxFindings).map(({ rule, severity, message, path, line }) => ({
    ...{ rule, severity, message },
    ...(path === undefined ? {} : { path }),
    ...(line === undefined ? {} : { line }),
  })),
});

/** Python first, in the order of the diff; what has no room is to be read in the worktree. */
const withPatches = (files: readonly PullFile[]): BriefChange["files"] => {
  let room = maxPatches;
  const taken = new Map<string, string>();
  for (const wanted of [true, false])
    for (const { path, patch } of files)
      if (path.endsWith(".py") === wanted && patch !== undefined && patch.length <= Math.min(maxPatch, room)) {
        taken.set(path, patch);
        room -= patch.length;
      }
  return files.slice(0, maxFiles).map(({ path, kind, before }) => {
    const patch = taken.get(path);
    return { path, kind, ...(before === undefined ? {} : { before }), ...(patch === undefined ? {} : { patch }) };
  });
};
