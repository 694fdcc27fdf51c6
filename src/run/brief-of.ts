/** What the agent is told at first: the request, its context and a review, with the words of those who may write alone. Reads GitHub for who may. */
import type { Brief, BriefReview, ReadingKind } from "../domain/brief.ts";
import { parseDecisions, selectDecisions } from "../domain/memory.ts";
import type { PlanContent } from "../domain/plan.ts";
import type { Boundary } from "../domain/policy.ts";
import { parseBody } from "../domain/render-report.ts";
import type { Person } from "../domain/repository.ts";
import { commandsOf, configPath } from "../domain/repository-config.ts";
import type { RepositoryConfig } from "../domain/repository-schema.ts";
import type { CommandTrigger, Trigger } from "../domain/trigger.ts";
import { visibleText } from "../domain/visible-text.ts";
import type { GitHubSession, Pull, Review, RunRecord } from "../ports.ts";
import { mayWrite } from "./rights.ts";

/** GitHub's own limit of a comment is 64 KiB; what is longer than this is cut and the request says so. */
const maxRequestBytes = 32 * 1024;
const maxCommentBytes = 8 * 1024;

export const composeBriefOf = async (
  session: GitHubSession,
  run: RunRecord,
  known: {
    boundary: Boundary;
    config: RepositoryConfig;
    decisions: string | undefined;
    pull: Pull | undefined;
    review: Review | undefined;
    instructions: NonNullable<Brief["instructions"]>;
    reads: ReadingKind | undefined;
    plan: PlanContent | undefined;
  },
): Promise<Brief> => {
  const { trigger } = run.job;
  const { pull, review } = known;
  const request = requestOf(trigger);
  const context = trigger.kind === "command" ? await contextOf(session, trigger) : undefined;
  const followUp = pull !== undefined && trigger.thread.kind === "pull" && known.reads === undefined;
  const decisions = selectDecisions(parseDecisions(known.decisions).decisions, `${request.title}\n${request.body}`, 20);
  const report = pull ? parseBody(pull.body) : undefined;
  return {
    kind: known.reads ?? (followUp ? "follow-up" : "design"),
    issue: run.issue,
    request,
    ...(context ? { context } : {}),
    boundary: known.boundary,
    configFile: configPath,
    ...commandsOf(known.config),
    decisions: decisions.map(({ id, title, rationale }) => ({ id, title, rationale })),
    ...(known.instructions.length > 0 ? { instructions: known.instructions } : {}),
    ...(pull ? { pull: { number: pull.number, branch: pull.branch } } : {}),
    ...(report ? { report } : {}),
    ...(known.plan ? { plan: known.plan } : {}),
    ...(followUp ? { review: await briefReview(session, trigger, review) } : {}),
  };
};

const cut = (text: string): string => visibleText(text, maxRequestBytes);

/** What is asked for, as it stood in the signed delivery. */
const requestOf = (trigger: Trigger): Brief["request"] => {
  const { command } = trigger.kind === "command" ? trigger : {};
  if (
    command &&
    (command.verb === "design" || command.verb === "ask" || command.verb === "plan") &&
    command.request.trim() !== ""
  ) {
    const [title = "", ...rest] = command.request.trim().split("\n");
    return { title: cut(title), body: cut(rest.join("\n")) };
  }
  return { title: cut(trigger.title), body: "body" in trigger ? cut(trigger.body) : "" };
};

/** The issue's own text is context for a command where its author may write; otherwise only its title's author could steer. */
const contextOf = async (session: GitHubSession, trigger: CommandTrigger): Promise<Brief["context"]> => {
  const same = (a: Person, b: Person) => a.id === b.id;
  if (!same(trigger.author, trigger.sender) && !mayWrite(await session.permissionOf(trigger.author))) return undefined;
  return { title: cut(trigger.title), body: cut(trigger.body) };
};

const briefReview = async (
  session: GitHubSession,
  trigger: Trigger,
  review: Review | undefined,
): Promise<BriefReview> => {
  const trusted = await writersAmong(session, review?.earlier ?? []);
  return {
    body:
      trigger.kind === "command" && trigger.command.verb === "design"
        ? cut(trigger.command.request)
        : cut(review?.body ?? ""),
    comments: (review?.comments ?? []).map((comment) => ({
      id: comment.id,
      path: comment.path,
      ...(comment.line === undefined ? {} : { line: comment.line }),
      hunk: comment.hunk.slice(0, maxCommentBytes),
      body: visibleText(comment.body, maxCommentBytes),
      earlier: (review?.earlier ?? [])
        .filter(
          (other) => other.threadId === comment.threadId && other.id !== comment.id && trusted.has(other.author.id),
        )
        .map((other) => `${other.author.login}: ${visibleText(other.body, maxCommentBytes)}`),
    })),
  };
};

/** What people without write access wrote in a thread is left out, whoever answered them. */
const writersAmong = async (session: GitHubSession, comments: Review["earlier"]): Promise<Set<number>> => {
  const people = new Map(comments.map(({ author }) => [author.id, author]));
  const answers = await Promise.all(
    [...people.values()].map(async (person) => ({ id: person.id, ok: mayWrite(await session.permissionOf(person)) })),
  );
  return new Set(answers.filter(({ ok }) => ok).map(({ id }) => id));
};
