/** Somebody's pull request in memory, reviewed by real facts: what its base holds, what it makes of it, and its diff as GitHub would show it. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Job } from "../../src/domain/job.ts";
import type { Outcome } from "../../src/domain/outcome.ts";
import type { CommandTrigger } from "../../src/domain/trigger.ts";
import type { Analysis, Model, Pull, PullFile } from "../../src/ports.ts";
import type { ExecuteDeps } from "../../src/run/execute.ts";
import { diffFiles } from "../emulator/git/diff.ts";
import { createGit } from "../emulator/git/run-git.ts";
import { type Bench, createBench } from "./reading-bench.ts";
import type { ScriptedTurn } from "./scripted-model.ts";

type Texts = Readonly<Record<string, string>>;

export const pullNumber = 12;
const baseCommit = "b".repeat(40);
const stranger = { login: "stranger", id: 66, type: "User" };

export type ReviewBench = Bench & {
  /** A new head; `null` takes a file away. @returns its commit */
  push(files: Readonly<Record<string, string | null>>): Promise<string>;
  change(over: Partial<Pull>): void;
  /** `/architect review`, to its end; by the facts alone where no turns are given. */
  review(words?: string, turns?: readonly ScriptedTurn[], over?: Partial<ExecuteDeps>): Promise<Outcome>;
  /** One that may crash and be taken up again. */
  reviewJob(job: Job, turns?: readonly ScriptedTurn[], over?: Partial<ExecuteDeps>): Promise<Outcome>;
  /** Comments on lines of a review, as `path:line side` and body. */
  lines(review?: number): readonly (readonly [string, string])[];
  body(review?: number): string;
};

/** Git's own diff, so that patches and renames are GitHub's. */
const diffOf = async (base: Texts, head: Texts): Promise<readonly PullFile[]> => {
  const folder = mkdtempSync(join(tmpdir(), "architect-diff-"));
  const git = (...args: string[]) =>
    execFileSync("git", ["-c", "user.name=m", "-c", "user.email=m@localhost", ...args], { cwd: folder });
  const commit = (files: Texts) => {
    git("rm", "-rq", "--ignore-unmatch", ".");
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    git("add", "-A");
    git("commit", "-qm", "x", "--allow-empty");
    return git("rev-parse", "HEAD").toString().trim();
  };
  try {
    git("init", "-q");
    const [from, to] = [commit(base), commit(head)];
    return (await diffFiles(createGit(folder), from, to)).map(({ path, status, previousPath, patch }) => ({
      path,
      kind: status === "changed" ? "modified" : status,
      ...(previousPath === undefined ? {} : { before: previousPath }),
      ...(patch === undefined ? {} : { patch }),
    }));
  } finally {
    rmSync(folder, { recursive: true });
  }
};

/** @param analysis real, and the caller's to close */
export const createReviewBench = (base: Texts, analysis: Analysis): ReviewBench => {
  const bench = createBench(base);
  const { github } = bench;
  let head: Texts = base;
  let pushes = 0;
  const pull: Pull = {
    ...{ number: pullNumber, nodeId: "PR", url: `https://github.test/acme/shop/pull/${pullNumber}`, state: "open" },
    ...{ merged: false, draft: false, title: "Better orders", body: "Please merge.", author: stranger },
    ...{ branch: "better", base: "main", headSha: baseCommit, baseSha: baseCommit, sameRepository: false },
    updatedAt: "2026-11-25T11:00:00Z",
  };
  github.pulls.push(pull);
  github.permissions.set(stranger.id, "read");
  const change: ReviewBench["change"] = (over) => {
    github.pulls[0] = { ...(github.pulls[0] as Pull), ...over };
  };
  const reviewAt = (at = -1) => github.reviews.at(at);
  const comment = (): Partial<CommandTrigger> => ({
    thread: { kind: "pull", number: pullNumber },
    title: "Better orders",
  });
  const silent: Model = { name: "blueprint", templated: true, turn: () => Promise.reject(new Error("was asked")) };
  const reviewJob: ReviewBench["reviewJob"] = (job, turns = [], over = {}) =>
    bench.run(job, turns, { analysis, ...(turns.length > 0 ? {} : { model: silent }), ...over });
  return {
    ...bench,
    change,
    push: async (files) => {
      const next = { ...head, ...files };
      head = Object.fromEntries(Object.entries(next).filter(([, text]) => text !== null)) as Texts;
      pushes += 1;
      const sha = String(pushes).repeat(40);
      const changes = [
        ...Object.entries(head).map(([path, text]) => ({
          ...{ path, kind: "modified" as const, mode: "100644" as const },
          content: Buffer.from(text).toString("base64"),
        })),
        ...Object.keys(base).flatMap((path) => (path in head ? [] : [{ path, kind: "deleted" as const }])),
      ];
      github.commits.set(sha, { parent: baseCommit, message: "", changes });
      github.files.set(pullNumber, await diffOf(base, head));
      change({ headSha: sha });
      return sha;
    },
    reviewJob,
    review: (words = "", turns = [], over = {}) => reviewJob(bench.command(`review ${words}`, comment()), turns, over),
    lines: (at) => (reviewAt(at)?.lines ?? []).map(({ path, line, side, body }) => [`${path}:${line} ${side}`, body]),
    body: (at) => reviewAt(at)?.body ?? "",
  };
};
