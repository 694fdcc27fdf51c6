/** What the agent is told at first: the request, its context and a review, with the words of those who may write alone. Reads GitHub for who may. */
import {
  aboutData,
  asData,
  type Brief,
  type BriefChecks,
  type BriefReview,
  type ReadingKind,
} from "../domain/brief.ts";
import { type FollowUp, suggestionOf } from "../domain/follow-up.ts";
import { parseDecisions, selectDecisions } from "../domain/memory.ts";
import type { StoredPlan } from "../domain/plan.ts";
import type { Boundary } from "../domain/policy.ts";
import { parseBody } from "../domain/render-report.ts";
import type { Person } from "../domain/repository.ts";
import { commandsOf, configPath } from "../domain/repository-config.ts";
import type { RepositoryConfig } from "../domain/repository-schema.ts";
import { itemId } from "../domain/review-thread.ts";
import type { Planned } from "../domain/suggestion.ts";
import type { CommandTrigger, Trigger } from "../domain/trigger.ts";
import { visibleText } from "../domain/visible-text.ts";
import type { GitHubSession, Pull, RunRecord } from "../ports.ts";
import { mayWrite } from "./rights.ts";

/** GitHub's own limit of a comment is 64 KiB; what is longer than this is cut and the request says so. */
const maxRequestBytes = 32 * 1024;
const maxCommentBytes = 8 * 1024;
/** Of people who are not heard: so many texts, and so much of each. */
const maxOthers = 40;
const maxOthersBytes = 2 * 1024;

export const composeBriefOf = async (
  session: GitHubSession,
  run: RunRecord,
  known: {
    boundary: Boundary;
    config: RepositoryConfig;
    decisions: string | undefined;
    pull: Pull | undefined;
    followUp: FollowUp | undefined;
    instructions: NonNullable<Brief["instructions"]>;
    reads: ReadingKind | undefined;
    plan: StoredPlan | undefined;
    checks?: BriefChecks | undefined;
  },
): Promise<Brief> => {
  const { trigger } = run.job;
  const { pull } = known;
  const request = requestOf(trigger);
  const context = trigger.kind === "command" ? await contextOf(session, trigger, known.config) : {};
  const reworks = known.reads === undefined || known.reads === "paper";
  const followUp = pull !== undefined && trigger.thread.kind === "pull" && reworks;
  const decisions = selectDecisions(parseDecisions(known.decisions).decisions, `${request.title}\n${request.body}`, 20);
  const report = pull ? parseBody(pull.body) : undefined;
  return {
    kind: known.reads ?? (followUp ? "follow-up" : "design"),
    issue: run.issue,
    request,
    ...context,
    boundary: known.boundary,
    configFile: configPath,
    ...commandsOf(known.config),
    decisions: decisions.map(({ id, title, rationale }) => ({ id, title, rationale })),
    ...(known.instructions.length > 0 ? { instructions: known.instructions } : {}),
    ...(pull ? { pull: { number: pull.number, branch: pull.branch } } : {}),
    ...(report ? { report } : {}),
    ...(known.plan ? planOf(known.plan) : {}),
    ...(followUp ? { review: briefReview(trigger, known.followUp) } : {}),
    ...(known.checks ? { checks: known.checks } : {}),
  };
};

const planOf = ({ plan, for: { answers = [] } }: StoredPlan): Pick<Brief, "plan" | "answers"> => ({
  plan,
  ...(answers.length > 0
    ? { answers: answers.map(({ number, question, option, text }) => ({ number, question, option, text })) }
    : {}),
});

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

/** The issue's own text is context for a command where its author may write; otherwise it is left out, or data, as the configuration says. */
const contextOf = async (
  session: GitHubSession,
  trigger: CommandTrigger,
  { who }: RepositoryConfig,
): Promise<Pick<Brief, "context" | "untrusted">> => {
  const same = (a: Person, b: Person) => a.id === b.id;
  const { author } = trigger;
  const [title, body] = [cut(trigger.title), cut(trigger.body)];
  if (same(author, trigger.sender) || mayWrite(await session.permissionOf(author))) return { context: { title, body } };
  return who?.untrusted === "as-data" ? { untrusted: asData(author.login, title, body) } : {};
};

/** Of those who are not heard, each as data. */
const untrustedIn = ({ others = [], items }: FollowUp): Pick<BriefReview, "untrusted"> => {
  const said = [
    ...others.map(({ author, body }) => ({ by: author.login, text: visibleText(body, maxOthersBytes) })),
    ...items.flatMap((item) =>
      (item.others ?? []).map(({ author, body }) => ({
        ...{ before: itemId(item), by: author.login, text: visibleText(body, maxOthersBytes) },
      })),
    ),
  ];
  return said.length > 0 ? { untrusted: { about: aboutData, said: said.slice(0, maxOthers) } } : {};
};

const briefReview = (trigger: Trigger, followUp: FollowUp | undefined): BriefReview => {
  const { reviews = [], items = [] } = followUp ?? {};
  const demanding = reviews.filter(({ state }) => state === "changes_requested").map(({ author }) => author.login);
  return {
    body:
      trigger.kind === "command" && trigger.command.verb === "design"
        ? cut(trigger.command.request)
        : cut(told(reviews.filter(({ body }) => body.trim() !== ""))),
    ...(demanding.length > 0 ? { changesRequestedBy: [...new Set(demanding)] } : {}),
    comments: items.map((item) => {
      const { thread, said, earlier } = item;
      const planned = followUp && suggestionOf(followUp, itemId(item));
      return {
        id: itemId(item),
        path: thread.path,
        ...(thread.line === undefined ? {} : { line: thread.line }),
        hunk: thread.hunk.slice(0, maxCommentBytes),
        by: said.at(-1)?.author.login ?? "",
        body: visibleText(told(said), maxCommentBytes),
        earlier: earlier.map(({ author, body }) => `${author.login}: ${visibleText(body, maxCommentBytes)}`),
        ...(planned ? { suggestion: briefSuggestion(planned) } : {}),
      };
    }),
    ...(followUp ? untrustedIn(followUp) : {}),
  };
};

/** One text as it is; of several people, who said what. */
const told = (said: readonly { readonly author: Person; readonly body: string }[]): string => {
  const alone = new Set(said.map(({ author }) => author.id)).size === 1;
  return said.map(({ author, body }) => (alone ? body : `${author.login}: ${body}`)).join("\n\n");
};

const briefSuggestion = (planned: Planned): NonNullable<BriefReview["comments"][number]["suggestion"]> => {
  if (!planned.applies)
    return { applied: false, notApplied: planned.reason, by: planned.by.join("\n").slice(0, maxCommentBytes) };
  const { from, to, replaces, by } = planned.suggestion;
  const text = (lines: readonly string[]) => lines.join("\n").slice(0, maxCommentBytes);
  return { applied: true, lines: `${from}-${to}`, replaces: text(replaces), by: text(by) };
};
