/** What GitHub shows and the App has stored at the end of a dialogue, in words that two runs of it can be compared by: without ids, hashes, times and addresses. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { promisify } from "node:util";
import { databaseFile } from "../../../src/environment.ts";
import type { Emulator } from "../../emulator/emulator.ts";
import { gitEnvironment } from "../../emulator/git/run-git.ts";
import type { Scene } from "../scene.ts";

const run = promisify(execFile);

type Said = {
  readonly by: string;
  readonly body: string;
  readonly reactions: readonly string[];
};

export type ThreadState = {
  readonly number: number;
  readonly kind: "issue" | "pull";
  readonly title: string;
  readonly body: string;
  readonly state: string;
  readonly labels: readonly string[];
  readonly reactions: readonly string[];
  readonly comments: readonly Said[];
  readonly pull?: {
    readonly draft: boolean;
    readonly merged: boolean;
    readonly head: string;
    readonly base: string;
    /** People who are asked to review it. */
    readonly asked: readonly string[];
    readonly reviews: readonly (Said & { readonly state: string })[];
    readonly lines: readonly (Said & { readonly at: string; readonly answers: boolean; readonly resolved: boolean })[];
    readonly checks: readonly string[];
  };
};

export type EndState = {
  readonly threads: readonly ThreadState[];
  /** By branch: its commits with message and patch, oldest first. */
  readonly branches: Readonly<Record<string, string>>;
  readonly store: StoreState;
};

/** Turns of the model that are not lost to an App that ends here. */
export const storedTurns = (file: string): number => {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    return Number(database.prepare("SELECT COUNT(*) AS n FROM spends").get()?.["n"]);
  } finally {
    database.close();
  }
};

/** @property left jobs that wait or run, runs without an end, what people said and no run has dealt with */
export type StoreState = {
  /** Each as what was asked, and how it ended. */
  readonly runs: readonly string[];
  readonly deliveries: readonly string[];
  readonly left: { readonly jobs: number; readonly runs: number; readonly remarks: number };
};

/**
 * Hashes get the number of their first appearance, so that two that are the same stay the same.
 * @param commits whose hashes may be digits alone, as ids are
 */
const createMask = (commits: readonly string[]): ((text: string) => string) => {
  const hashes: string[] = [];
  const maskOf = (word: string): string => {
    const commit = commits.find((one) => one.startsWith(word));
    if (commit === undefined && /^\d+$/.test(word)) return "<id>";
    // Letters alone are a word of some language, unless they happen to be a commit's.
    if (commit === undefined && !/\d/.test(word)) return word;
    const hash = commit ?? word;
    if (!hashes.includes(hash)) hashes.push(hash);
    return `<hash ${hashes.indexOf(hash) + 1}>`;
  };
  return (text) =>
    text
      .replace(/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, "<id>")
      .replace(/\b\d{4}-\d\d-\d\d(?:T[\d:.]+Z)?/g, "<time>")
      .replace(/http:\/\/127\.0\.0\.1:\d+/g, "<url>")
      // What a turn costs depends on what the vendor still has in its cache.
      .replace(/(?:less than )?\$\d+\.\d\d(?= of )/g, "<money>")
      .replace(/\b(discussion_r)\d+\b/g, "$1<id>")
      .replace(/\b[0-9a-f]{7,64}\b/g, maskOf)
      .replace(/\b\d+(?:\.\d+)?(?: ms| s| min)\b/g, "<duration>");
};

export const readEndState = async ({ emulator, folder, config }: Scene): Promise<EndState> => {
  const bare = join(folder, "github/acme/shop.git");
  const git = async (...args: string[]) =>
    (await run("git", ["-C", bare, ...args], { env: gitEnvironment(folder), maxBuffer: 64 * 1024 * 1024 })).stdout;
  const mask = createMask((await git("rev-list", "--all")).split("\n"));
  const branches: Record<string, string> = {};
  for (const branch of [...emulator.branches().keys()].sort()) {
    const range = branch === "main" ? "main" : `main..${branch}`;
    const format = "--format=commit by %an, %cn%n%B";
    const log = await git("log", "--reverse", "--topo-order", "-m", "-p", format, range, "--");
    branches[branch] = mask(log.replace(/^index [0-9a-f]+\.\..*\n/gm, ""));
  }
  const threads: ThreadState[] = [];
  for (const issue of emulator.issues()) threads.push(await readThread(emulator, issue.number, mask));
  return { threads, branches, store: readStore(databaseFile(config.dataFolder), mask) };
};

const readStore = (file: string, mask: (text: string) => string): StoreState => {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    const rows = (sql: string) => database.prepare(sql).all() as Record<string, string>[];
    const count = (from: string) => Number(rows(`SELECT COUNT(*) AS n FROM ${from}`)[0]?.["n"]);
    return {
      runs: rows("SELECT issue, job, outcome FROM runs ORDER BY place").map(({ issue, job = "", outcome }) =>
        mask(`#${issue} ${wordsOfJob(job)}: ${wordsOfOutcome(outcome)}`),
      ),
      deliveries: rows("SELECT event, job_key, ended_as FROM deliveries")
        .map(({ event, job_key: key, ended_as: as }) => mask(`${event} on ${key}: ${as}`))
        .sort(),
      left: {
        jobs: count("jobs"),
        runs: count("runs WHERE ended_at IS NULL"),
        remarks: count("remarks WHERE body IS NOT NULL"),
      },
    };
  } finally {
    database.close();
  }
};

const wordsOfJob = (job: string): string => {
  const { trigger } = JSON.parse(job) as { trigger: { kind: string; command?: { verb: string } } };
  return trigger.command?.verb ?? trigger.kind;
};

const wordsOfOutcome = (outcome: string | undefined | null): string => {
  if (!outcome) return "no end";
  const { kind, status, cutShort, summary } = JSON.parse(outcome) as Record<string, unknown>;
  return JSON.stringify({ kind, status, cutShort, summary });
};

const readThread = async (emulator: Emulator, number: number, mask: (text: string) => string): Promise<ThreadState> => {
  const issue = emulator.issue(number);
  const isPull = (await emulator.pulls()).some((pull) => pull.number === number);
  return {
    number,
    kind: isPull ? "pull" : "issue",
    title: issue.title,
    body: mask(issue.body ?? ""),
    state: issue.state,
    labels: issue.labels.map(({ name }) => name).sort(),
    reactions: namesOf(emulator.reactions({ issue: number })),
    comments: emulator.comments(number).map(({ id, user, body }) => ({
      by: user.login,
      body: mask(body),
      reactions: namesOf(emulator.reactions({ comment: id })),
    })),
    ...(isPull ? { pull: await readPull(emulator, number, mask) } : {}),
  };
};

const readPull = async (
  emulator: Emulator,
  number: number,
  mask: (text: string) => string,
): Promise<NonNullable<ThreadState["pull"]>> => {
  const pull = await emulator.pull(number);
  const commits = await emulator.commits(number);
  const lines = await emulator.reviewComments(number);
  const resolved = new Set(emulator.resolvedThreads(number));
  return {
    draft: pull.draft,
    merged: pull.merged,
    head: pull.head.ref,
    base: pull.base.ref,
    asked: pull.requested_reviewers.map(({ login }) => login).sort(),
    reviews: emulator.reviews(number).map(({ user, body, state }) => ({
      ...{ by: user.login, body: mask(body), state },
      reactions: [],
    })),
    lines: lines
      .toSorted((a, b) => (a.in_reply_to_id ?? a.id) - (b.in_reply_to_id ?? b.id) || a.id - b.id)
      .map(({ id, user, body, path, line, in_reply_to_id: start }) => ({
        at: `${path}:${line}`,
        answers: start !== undefined,
        resolved: resolved.has(start ?? id),
        by: user.login,
        body: mask(body),
        reactions: namesOf(emulator.reactions({ reviewComment: id })),
      })),
    // The order of two lines of history that a merge brings together is that of the clock.
    checks: commits
      .flatMap(({ sha, message }) =>
        emulator.checkRuns(sha).map((run) => {
          const { name, status, conclusion, output } = run as Record<string, unknown>;
          const [subject] = message.split("\n");
          return mask(`${subject}: ${JSON.stringify({ name, status, conclusion, output: wordsOf(output) })}`);
        }),
      )
      .sort(),
  };
};

/** Without the addresses that hold ids. */
const wordsOf = (output: unknown): unknown => {
  const { title, summary, text, annotations_count } = output as Record<string, unknown>;
  return { title, summary, text, annotations_count };
};

const namesOf = (reactions: readonly { readonly content: string; readonly by: string }[]): string[] =>
  reactions.map(({ content, by }) => `${content} by ${by}`).sort();
