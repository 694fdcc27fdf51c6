/** One delivery's payload as a trigger, or why it is none. Pure: it asks nobody, so who may do what is checked later. */
import { z } from "zod";
import { announceMerge, announceMove, type Moved, pushFacts } from "./base-trigger.ts";
import { parseCommand } from "./command.ts";
import { announceEdit, announceRerun, changesOfPull, rerunFacts, runFacts } from "./recheck-trigger.ts";
import type { Person, RepositoryRef, Thread } from "./repository.ts";
import { announceComment, announceReview, closedAs, notOurs } from "./review-trigger.ts";
import { announceSuite, suiteFacts } from "./suite-trigger.ts";
import type { Trigger } from "./trigger.ts";

export type Self = {
  readonly login: string;
  readonly id: number;
  readonly slug: string;
  /** Of the App: what was written with a token of ours is our own doing, whoever it counts for. */
  readonly appId?: number | undefined;
};

export type TriggerOptions = {
  /** The label's name; upper and lower case are the same, as on GitHub. */
  readonly label: string;
  readonly self: Self;
  /** The command's name without the slash. */
  readonly command: string;
  /** Those that count as people do; any other is ignored. None where left out. */
  readonly bots?: readonly Pick<Person, "login" | "id">[] | undefined;
};

export type ParsedTrigger =
  /** `dedupe`: two deliveries that carry the same one announce the same thing. */
  | { readonly trigger: Trigger; readonly dedupe?: string }
  /**
   * `malformed`: not what GitHub sends under this event's name. `said`: a word to a run of the thread, if one is going.
   * `moved`: a trigger if one of ours goes to that branch.
   */
  | { readonly ignored: string; readonly malformed?: true; readonly said?: Said; readonly moved?: Moved };

/** A comment of a person that starts nothing. */
export type Said = Common & {
  readonly thread: Thread;
  readonly comment: { readonly id: number; readonly author: Person; readonly body: string };
};

/** GitHub's stand-in for people whose account is gone. */
const ghost: Person = { login: "ghost", id: 10137, type: "User" };

const id = z.number().int().positive();
const sha = z.string().regex(/^[0-9a-f]{40}$/);
const person = z.object({ login: z.string().min(1), id, type: z.string() });
const common = {
  repository: z.object({
    id,
    name: z.string().min(1),
    owner: z.object({ login: z.string().min(1) }),
    default_branch: z.string().min(1),
  }),
  sender: person,
  installation: z.object({ id }).optional(),
};
/** The App whose token it was written with, if any. */
const via = { performed_via_github_app: z.object({ id }).nullish() };
const issue = z.object({
  number: id,
  title: z.string(),
  body: z.string().nullish(),
  state: z.string(),
  user: person.nullable(),
  pull_request: z.looseObject({ merged_at: z.string().nullish() }).nullish(),
});
const pullRequest = z.object({
  number: id,
  title: z.string(),
  state: z.string(),
  merged_at: z.string().nullish(),
  user: person.nullable(),
  head: z.object({ ref: z.string(), repo: z.object({ id }).nullable() }),
  base: z.object({ repo: z.object({ id }) }),
});

const labeled = z.object({ ...common, issue, label: z.object({ name: z.string() }).optional() });
const commented = z.object({ ...common, issue, comment: z.object({ id, body: z.string(), ...via }) });
const reviewed = z.object({
  ...common,
  pull_request: pullRequest,
  review: z.object({ id, state: z.string(), body: z.string().nullish() }),
});
const reviewCommented = z.object({
  ...common,
  pull_request: pullRequest,
  comment: z.object({ id, body: z.string(), pull_request_review_id: id.nullish(), in_reply_to_id: id.nullish() }),
});

const pushed = z.object({
  ...common,
  pull_request: pullRequest.extend({
    head: pullRequest.shape.head.extend({ sha }),
  }),
});

const closed = z.object({
  ...common,
  pull_request: pullRequest.extend({
    merged: z.boolean(),
    merge_commit_sha: sha.nullish(),
    head: pullRequest.shape.head.extend({ sha }),
    base: z.object({ ref: z.string().min(1), repo: z.object({ id }) }),
  }),
});

const edited = z.object({
  ...common,
  changes: changesOfPull,
  pull_request: pullRequest.extend({
    body: z.string().nullish(),
    head: pullRequest.shape.head.extend({ sha }),
    base: z.object({ ref: z.string().min(1), repo: z.object({ id }) }),
  }),
});

/** With a deploy key nobody may be named. */
const branchPushed = z.object({ ...common, sender: person.default(ghost), ...pushFacts });

const runRerequested = z.object({ ...common, check_run: runFacts });
const suiteRerequested = z.object({ ...common, check_suite: rerunFacts });
const suiteCompleted = z.object({ ...common, check_suite: suiteFacts });

/** @returns never throws: whatever the payload is, it is a trigger or it is ignored with a reason */
export const parseTrigger = (event: string, payload: unknown, options: TriggerOptions): ParsedTrigger => {
  const action = z.object({ action: z.string() }).safeParse(payload).data?.action;
  switch (`${event}.${action}`) {
    case "issues.labeled":
      return read(labeled, payload, options, parseLabel);
    case "issue_comment.created":
      return read(commented, payload, options, parseComment);
    case "pull_request_review.submitted":
      return read(reviewed, payload, options, parseReview);
    case "pull_request_review_comment.created":
      return read(reviewCommented, payload, options, parseReviewComment);
    case "pull_request.synchronize":
      return read(pushed, payload, options, parsePush, "others");
    case "pull_request.edited":
      return read(edited, payload, options, parseEdit);
    case "check_run.rerequested":
      return read(runRerequested, payload, options, (payload, common, { self }) =>
        announceRerun(payload.check_run, common, self),
      );
    case "check_suite.rerequested":
      return read(suiteRerequested, payload, options, (payload, common, { self }) =>
        announceRerun(payload.check_suite, common, self),
      );
    case "check_suite.completed":
      return read(suiteCompleted, payload, options, announceSuite, "anybody");
    case "pull_request.closed":
      return read(closed, payload, options, announceMerge, "anybody");
    case "push.undefined":
      return read(branchPushed, payload, options, announceMove, "anybody");
    default:
      return { ignored: "nothing starts on this event" };
  }
};

type Common = { readonly repository: RepositoryRef; readonly sender: Person };

const read = <T extends z.infer<z.ZodObject<typeof common>>>(
  schema: z.ZodType<T>,
  payload: unknown,
  options: TriggerOptions & { readonly anybody?: true },
  parse: (payload: T, common: Common, options: TriggerOptions) => ParsedTrigger,
  /** What is asked for by nobody may come from a machine; of what is our own doing we know. */
  from: "people" | "others" | "anybody" = "people",
): ParsedTrigger => {
  const parsed = schema.safeParse(payload);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return { ignored: `${issue?.path.join(".") || "the payload"}: ${issue?.message}`, malformed: true };
  }
  const { repository, sender, installation } = parsed.data;
  const unheard = unheardOf(sender, options, from);
  if (unheard !== undefined) return { ignored: unheard };
  if (!installation) return { ignored: "the delivery belongs to no installation of the App" };
  const ref: RepositoryRef = {
    id: repository.id,
    owner: repository.owner.login,
    name: repository.name,
    installationId: installation.id,
    defaultBranch: repository.default_branch,
  };
  return parse(parsed.data, { repository: ref, sender: personOf(sender) }, options);
};

const unheardOf = (
  sender: Person,
  options: TriggerOptions,
  from: "people" | "others" | "anybody",
): string | undefined => {
  const { self } = options;
  if (from === "anybody") return undefined;
  if (sender.id === self.id || sender.login.toLowerCase() === self.login.toLowerCase()) return "our own doing";
  if (from === "others") return undefined;
  return sender.type === "User" || isListed(sender, options) ? undefined : `${sender.login} is no person`;
};

const isListed = ({ login, id, type }: Person, { bots = [] }: TriggerOptions): boolean =>
  type === "Bot" && bots.some((bot) => bot.id === id && bot.login.toLowerCase() === login.toLowerCase());

/** Every comment of ours carries such a line: text that holds one is ours, or a copy of it. */
const ownMark = /<!--\s*architect:/i;

/** @returns why a text is none of anybody else's */
const notTheirs = (
  text: { readonly body: string; readonly performed_via_github_app?: { readonly id: number } | null | undefined },
  { self }: TriggerOptions,
): string | undefined => {
  const via = text.performed_via_github_app?.id;
  if (via !== undefined && via === self.appId) return "our own doing";
  return ownMark.test(text.body) ? "a copy of our own words" : undefined;
};

const personOf = ({ login, id, type }: Person): Person => ({ login, id, type });

const parseLabel = (
  { issue, label }: z.infer<typeof labeled>,
  common: Common,
  options: TriggerOptions,
): ParsedTrigger => {
  if (!label) return { ignored: "a label that is gone" };
  if (issue.pull_request) return { ignored: "the label counts on issues, not on pull requests" };
  if (issue.state !== "open") return { ignored: "the issue is closed" };
  const { number, title, body } = issue;
  // Which one the repository chose stands in its configuration, and nobody waits for that here.
  const put = { name: label.name, usual: label.name.toLowerCase() === options.label.toLowerCase() };
  return {
    trigger: { ...common, kind: "label", thread: { kind: "issue", number }, title, body: body ?? "", label: put },
  };
};

const parseComment = (
  { issue, comment }: z.infer<typeof commented>,
  common: Common,
  options: TriggerOptions,
): ParsedTrigger => {
  const ours = notTheirs(comment, options);
  if (ours !== undefined) return { ignored: ours };
  const command = parseCommand(comment.body, options.command);
  const kind = issue.pull_request ? "pull" : "issue";
  if (!command) {
    const ignored = "the comment holds no command";
    if (issue.state !== "open" || comment.body.trim() === "") return { ignored };
    const { id, body } = comment;
    const thread = { kind, number: issue.number } as const;
    return { ignored, said: { ...common, thread, comment: { id, author: common.sender, body } } };
  }
  const closed = closedAs({ state: issue.state, merged_at: issue.pull_request?.merged_at });
  return {
    trigger: {
      ...common,
      kind: "command",
      thread: { kind, number: issue.number },
      command,
      commentId: comment.id,
      title: issue.title,
      body: issue.body ?? "",
      author: issue.user ? personOf(issue.user) : ghost,
      ...(closed ? { closed } : {}),
    },
  };
};

const parseReview = (
  { pull_request: pull, review }: z.infer<typeof reviewed>,
  common: Common,
  options: TriggerOptions,
): ParsedTrigger => {
  const ours = notTheirs({ body: review.body ?? "" }, options);
  if (ours !== undefined) return { ignored: ours };
  return announceReview(pull, review, common, options.self);
};

const parseReviewComment = (
  { pull_request: pull, comment }: z.infer<typeof reviewCommented>,
  common: Common,
  options: TriggerOptions,
): ParsedTrigger => {
  const ours = notTheirs(comment, options);
  if (ours !== undefined) return { ignored: ours };
  return announceComment(pull, comment, common, options.self);
};

const parsePush = (
  { pull_request: pull }: z.infer<typeof pushed>,
  common: Common,
  options: TriggerOptions,
): ParsedTrigger => {
  const ignored = notOurs(pull, common, options.self) ?? (closedAs(pull) ? "the pull request is closed" : undefined);
  if (ignored !== undefined) return { ignored };
  const { number, head, title } = pull;
  const thread = { kind: "pull", number } as const;
  return {
    trigger: { ...common, kind: "push", thread, branch: head.ref, headSha: head.sha, title },
    dedupe: `push:${common.repository.id}:${number}:${head.sha}`,
  };
};

const parseEdit = (
  { pull_request: pull, changes }: z.infer<typeof edited>,
  common: Common,
  options: TriggerOptions,
): ParsedTrigger => {
  const ignored = notOurs(pull, common, options.self) ?? (closedAs(pull) ? "the pull request is closed" : undefined);
  return ignored === undefined ? announceEdit(pull, changes, common) : { ignored };
};
