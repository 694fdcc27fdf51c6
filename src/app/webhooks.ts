/** The door for GitHub's deliveries: verified by Probot, stored as jobs, answered at once. No call to GitHub stands before the answer. */
import { AsyncLocalStorage } from "node:async_hooks";
import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createNodeMiddleware, type Options, Probot } from "probot";
import { holdMove, takeInMove, toMoved } from "../domain/base-trigger.ts";
import { ConfigError } from "../domain/errors.ts";
import { issueOfBranch, type Job, keyOf, toJob } from "../domain/job.ts";
import { type ParsedTrigger, parseTrigger, type Said, type TriggerOptions } from "../domain/parse-trigger.ts";
import { toRemark } from "../domain/remark.ts";
import { isLabelOf } from "../domain/repository-config.ts";
import { holdBack, type Pace, takeIn } from "../domain/review-trigger.ts";
import { takeInSuite } from "../domain/suite-trigger.ts";
import {
  type ChecksTrigger,
  isUpkeep,
  type LabelTrigger,
  type PushTrigger,
  type Trigger,
  type UpkeepTrigger,
} from "../domain/trigger.ts";
import type { Clock, GitHub, GitHubSession, Queue, ReactionTarget, Store } from "../ports.ts";
import { readReviews } from "../run/follow-up.ts";
import { mayWrite } from "../run/rights.ts";
import type { Settings } from "../run/settings.ts";

export type WebhookDeps = {
  /** At least 32 bytes. */
  readonly secret: string | undefined;
  readonly github: GitHub;
  readonly queue: Queue;
  readonly store: Store;
  readonly label: string;
  /** For comments that stand alone. */
  readonly pace: Pace;
  readonly appId?: number | undefined;
  /** Of repositories; where left out, none chose a label of its own. */
  readonly settings?: Pick<Settings, "of"> | undefined;
  /** Those that the operator lets in. */
  readonly bots?: TriggerOptions["bots"];
  readonly clock: Clock;
  readonly log: (line: string) => void;
};

export type WebhookHandler = {
  (request: IncomingMessage, response: ServerResponse): void;
  /** Gives the sign that a job was taken; one that is there already is left. */
  acknowledge(trigger: Trigger): void;
  /** Resolves when no reaction is under way: for shut-down and tests. */
  idle(): Promise<void>;
};

export const webhooksPath = "/api/github/webhooks";

/** GitHub sends no more than this. */
const maxBodyBytes = 25 * 1024 * 1024;

const events = [
  "issues.labeled",
  "issue_comment.created",
  "pull_request_review.submitted",
  "pull_request_review_comment.created",
  "pull_request.synchronize",
  "check_run.rerequested",
  "check_suite.rerequested",
  "check_suite.completed",
  "pull_request.closed",
  "pull_request.edited",
  "push",
] as const;

/** @throws ConfigError without a secret that is worth the name: Probot would take everybody's word for GitHub's */
export const createWebhookHandler = async (deps: WebhookDeps): Promise<WebhookHandler> => {
  const secret = checkSecret(deps.secret);
  const person = await deps.github.whoami();
  const slug = person.login.replace(/\[bot\]$/, "");
  const self = { login: person.login, id: person.id, slug, appId: deps.appId };
  const options: TriggerOptions = { label: deps.label, self, command: "architect", bots: deps.bots };
  const arrivals = new AsyncLocalStorage<Arrival>();
  const pending = new Set<Promise<void>>();
  const background = (work: Promise<void>): void => {
    const tracked = work.finally(() => pending.delete(tracked));
    pending.add(tracked);
  };
  const acknowledgeSoon = (trigger: Trigger): void => {
    background(acknowledge(deps, trigger));
  };
  // Probot signs in nowhere here: the token keeps it from asking for the App's private key.
  const probot = new Probot({ githubToken: "unused", secret, log: silentLog() });
  const middleware = await createNodeMiddleware(
    (app) => {
      app.on([...events], async ({ id, name, payload }) => {
        const arrival = arrivals.getStore();
        if (!arrival) throw new Error("the delivery came past the body reader");
        try {
          const job = await receive(deps, options, { id, event: name, digest: arrival.digest, payload });
          if (job) acknowledgeSoon(job.trigger);
        } catch (error) {
          arrival.problem = messageOf(error);
          throw error;
        }
      });
    },
    { probot, webhooksPath },
  );
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (!isWebhook(request)) return answer(response, 404, "not found");
    const body = await readBody(request);
    if (!body) return refuseLarge(request, response);
    if (!/^\s*\{/.test(body.subarray(0, 64).toString("latin1")))
      return answer(response, 400, "the body is no JSON object");
    const event = String(request.headers["x-github-event"] ?? "");
    if (event !== "" && !isEventName(event)) return answer(response, 400, "X-GitHub-Event is no event's name");
    const digest = createHash("sha256").update(event).update("\0").update(body).digest("hex");
    const arrival: Arrival = { digest, problem: "Probot refused it" };
    Object.assign(request, { body: {}, rawBody: body });
    await arrivals.run(arrival, () => middleware(request, response, () => answer(response, 404, "not found")));
    if (response.statusCode >= 400)
      deps.log(`delivery ${deliveryOf(request)} (${event}) got ${response.statusCode}: ${arrival.problem}`);
  };
  const handler = (request: IncomingMessage, response: ServerResponse): void => {
    handle(request, response).catch((error: unknown) => {
      deps.log(`delivery ${deliveryOf(request)} failed: ${messageOf(error)}`);
      if (!response.headersSent) answer(response, 500, "the delivery could not be taken");
      else response.destroy();
    });
  };
  return Object.assign(handler, {
    acknowledge: acknowledgeSoon,
    idle: async () => {
      while (pending.size > 0) await Promise.allSettled(pending);
    },
  });
};

const checkSecret = (secret: string | undefined): string => {
  if (!secret) throw new ConfigError("WEBHOOK_SECRET is missing: set it to the secret of the App's webhook");
  if (Buffer.byteLength(secret) < 32)
    throw new ConfigError(
      "WEBHOOK_SECRET is too short: 32 bytes at least, such as the output of `openssl rand -hex 32`",
    );
  return secret;
};

/** What is known of a delivery outside of Probot's events. */
type Arrival = { readonly digest: string; problem: string };

type Delivery = { readonly id: string; readonly event: string; readonly digest: string; readonly payload: unknown };

/** @returns the job that was stored, or nothing where the delivery starts nothing; @throws with a `status` for GitHub */
const receive = async (deps: WebhookDeps, options: TriggerOptions, delivery: Delivery): Promise<Job | undefined> => {
  const { id, event, digest } = delivery;
  if (!/^[\w-]{1,64}$/.test(id)) throw badRequest("X-GitHub-Delivery is no delivery id");
  const parsed = await readOn(deps, parseTrigger(event, delivery.payload, options));
  if ("ignored" in parsed) {
    if (parsed.said && (await takeRemark(deps, parsed.said))) {
      deps.log(`delivery ${id} (${event}) is kept for the run of #${parsed.said.thread.number}`);
      return undefined;
    }
    deps.log(`delivery ${id} (${event}) starts nothing: ${parsed.ignored}`);
    if (parsed.malformed) throw badRequest(`this is no ${event} payload: ${parsed.ignored}`);
    return undefined;
  }
  const { trigger, dedupe } = parsed;
  const issue = await issueOf(deps.store, trigger);
  const made = toJob(trigger, { id, acceptedAt: deps.clock().toISOString(), issue });
  const job = holdMove(holdBack(made, deps.pace), deps.pace);
  if (isAsked(trigger) && (await isCrowded(deps, job))) {
    deps.log(`delivery ${id} (${event}) starts nothing: ${maxWaiting} of ${trigger.sender.login} wait on ${job.key}`);
    return undefined;
  }
  let news = true;
  const into = (waiting: Job): Job | undefined => {
    const merged = takeIn(waiting, job, deps.pace) ?? takeInSuite(waiting, job) ?? takeInMove(waiting, job, deps.pace);
    if (merged) news = reviewsOf(merged) > reviewsOf(waiting);
    return merged;
  };
  const taken = await deps.queue.accept(job, { event, digest, ...(dedupe === undefined ? {} : { dedupe }), into });
  deps.log(`delivery ${id} (${event}) on ${job.key}: ${taken}`);
  return taken === "accepted" || (taken === "merged" && news) ? job : undefined;
};

/** What only the store can tell: a push to a branch that none of ours was seen to go to costs nothing more. */
const readOn = async ({ store }: WebhookDeps, parsed: ParsedTrigger): Promise<ParsedTrigger> => {
  if ("trigger" in parsed) {
    const { trigger } = parsed;
    if (trigger.kind !== "push" || trigger.base === undefined) return parsed;
    const { repository, thread, base } = trigger;
    await store.linkPull(repository, { number: thread.number, base }, await issueOf(store, trigger));
    return parsed;
  }
  const { moved } = parsed;
  const pull = moved && (await store.pullTo(moved.repository, moved.base));
  return moved && pull !== undefined ? { trigger: toMoved(moved, pull) } : parsed;
};

/** Anybody may comment on a public repository: so many of one person wait on one issue, the rest starts nothing. */
const maxWaiting = 50;

const isAsked = ({ kind }: Trigger): boolean => kind === "command" || kind === "label";

const isCrowded = async ({ queue }: WebhookDeps, { key, trigger }: Job): Promise<boolean> => {
  const waiting = await queue.jobsOn(key);
  return (
    waiting.filter((job) => isAsked(job.trigger) && job.trigger.sender.id === trigger.sender.id).length >= maxWaiting
  );
};

const reviewsOf = ({ trigger }: Job): number => (trigger.kind === "review" ? trigger.reviews.length : 0);

const issueOf = async (
  store: Store,
  on: Pick<Trigger, "repository" | "thread"> & { readonly branch?: string },
): Promise<number> => {
  const { repository, thread, branch } = on;
  if (thread.kind === "issue") return thread.number;
  const known = await store.issueOfPull(repository, thread.number);
  const named = branch === undefined ? undefined : issueOfBranch(branch);
  return known ?? named ?? thread.number;
};

/** A comment to a run that waits or is at work. Who wrote it may steer or not: the run asks when it reads it. */
const takeRemark = async ({ store, queue, clock }: WebhookDeps, said: Said): Promise<boolean> => {
  const { repository, comment } = said;
  const issue = await issueOf(store, said);
  if ((await queue.jobsOn(keyOf(repository, issue))).every(({ trigger }) => isUpkeep(trigger))) return false;
  return store.keepRemark(repository, issue, toRemark(comment, clock().toISOString()));
};

/** 👀 for whoever may start a run; nobody did where the trigger is GitHub's own. The run asks again before it does anything, so a failure here costs a sign only. */
const acknowledge = async (deps: WebhookDeps, trigger: Trigger): Promise<void> => {
  if (isUnasked(trigger)) return;
  try {
    if (trigger.kind === "label" && !(await isLabelHere(deps, trigger))) return;
    const session = await deps.github.open(trigger.repository, "acknowledge");
    try {
      if (!mayWrite(await session.permissionOf(trigger.sender))) return;
      for (const target of await targetsOf(deps, session, trigger)) await session.react(target, "eyes");
    } finally {
      await session.close();
    }
  } catch (error) {
    deps.log(`no 👀 on #${trigger.thread.number}: ${messageOf(error)}`);
  }
};

/** Nobody waits for a sign of it. */
const isUnasked = (trigger: Trigger): trigger is PushTrigger | ChecksTrigger | UpkeepTrigger =>
  trigger.kind === "push" || trigger.kind === "checks" || isUpkeep(trigger);

/** One that is not the operator's is looked up by its job. */
const isLabelHere = async ({ settings }: WebhookDeps, { label, repository }: LabelTrigger): Promise<boolean> => {
  if (!label) return true;
  return label.usual && (!settings || isLabelOf(await settings.of(repository), label));
};

/** A review takes no reaction itself; its inline comments do, and where it has none, the pull request. */
const targetsOf = async (
  deps: WebhookDeps,
  session: GitHubSession,
  trigger: Exclude<Trigger, PushTrigger | ChecksTrigger | UpkeepTrigger>,
): Promise<ReactionTarget[]> => {
  if (trigger.kind === "command") return [{ on: "issue-comment", commentId: trigger.commentId }];
  const thread: ReactionTarget = { on: "issue", number: trigger.thread.number };
  if (trigger.kind === "label") return [thread];
  if (trigger.closed) return [];
  const { items } = await readReviews(deps, session, trigger, []);
  const said = items.flatMap((item) => item.said);
  if (said.length === 0) return trigger.reviews.every(({ loose }) => loose) ? [] : [thread];
  return said.slice(0, 20).map(({ id }) => ({ on: "review-comment", commentId: id }));
};

const isWebhook = (request: IncomingMessage): boolean =>
  request.method === "POST" && (request.url ?? "").replace(/\?.*$/s, "").replace(/\/+$/, "") === webhooksPath;

/** The header is not signed, and Probot looks it up in an object: `constructor` would find something. */
const isEventName = (event: string): boolean => /^[a-z][a-z_]{0,63}$/.test(event) && !(event in {});

/** @returns the bytes as they came, or undefined where they are too many; then the rest is unread */
const readBody = async (request: IncomingMessage): Promise<Buffer | undefined> => {
  if (Number(request.headers["content-length"] ?? 0) > maxBodyBytes) return undefined;
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    length += (chunk as Buffer).byteLength;
    if (length > maxBodyBytes) return undefined;
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
};

/** The sender hears why before the line is cut; what it still sends is thrown away unread. */
const refuseLarge = (request: IncomingMessage, response: ServerResponse): void => {
  response.setHeader("connection", "close");
  request.resume();
  response.once("finish", () => setTimeout(() => request.destroy(), 1_000).unref());
  answer(response, 413, "the body is larger than 25 MiB");
};

const answer = (response: ServerResponse, status: number, error: string): void => {
  response.writeHead(status, { "content-type": "application/json; charset=utf-8" }).end(JSON.stringify({ error }));
};

const badRequest = (message: string): Error => Object.assign(new Error(message), { status: 400 });

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const deliveryOf = (request: IncomingMessage): string =>
  String(request.headers["x-github-delivery"] ?? "")
    .replace(/[^\w-]/g, "")
    .slice(0, 64) || "without an id";

/** What Probot would log are whole deliveries; what matters is logged here. */
const silentLog = (): NonNullable<Options["log"]> => {
  const nothing = () => {};
  const levels = { fatal: nothing, error: nothing, warn: nothing, info: nothing, debug: nothing, trace: nothing };
  const log = { level: "silent", ...levels, silent: nothing, child: () => log };
  return log as unknown as NonNullable<Options["log"]>;
};
