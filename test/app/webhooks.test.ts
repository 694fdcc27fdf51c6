import { createHmac, randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createWebhookHandler, type WebhookDeps, type WebhookHandler, webhooksPath } from "../../src/app/webhooks.ts";
import { ConfigError } from "../../src/domain/errors.ts";
import type { Job } from "../../src/domain/job.ts";
import type { GitHub, Queue, Store } from "../../src/ports.ts";
import { openDatabase } from "../../src/store/database.ts";
import { createQueue } from "../../src/store/queue.ts";
import { createStore } from "../../src/store/runs.ts";
import {
  branchPushed,
  commented,
  labeled,
  maintainer,
  payloadOf,
  repositoryId,
  reviewCommented,
  reviewed,
  self,
} from "../support/deliveries.ts";
import { recordingGitHub } from "../support/recording-github.ts";

const secret = "a secret of thirty-two bytes or more";
const clock = () => new Date("2026-11-20T10:00:00Z");

type Door = {
  readonly url: string;
  readonly queue: Queue;
  readonly store: Store;
  readonly handler: WebhookHandler;
  readonly log: string[];
  /** The jobs that the queue holds, in the order in which a worker gets them. */
  jobs(): Promise<Job[]>;
};

let closing: (() => Promise<unknown>)[] = [];
let folder: string;

beforeEach(async () => {
  closing = [];
  folder = await mkdtemp(join(tmpdir(), "architect-webhooks-"));
});

afterEach(async () => {
  for (const close of closing.reverse()) await close();
  await rm(folder, { recursive: true, force: true });
});

const openDoor = async (
  github: GitHub = recordingGitHub(),
  replace: { queue?: Queue } = {},
  settings?: WebhookDeps["settings"],
): Promise<Door> => {
  const log: string[] = [];
  const database = openDatabase(join(folder, `${randomUUID()}.db`));
  const queue = createQueue(database, { clock, log: () => {} });
  const store = createStore(database, { clock, ids: randomUUID });
  const handler = await createWebhookHandler({
    secret,
    github,
    queue: replace.queue ?? queue,
    store,
    settings,
    label: "architect",
    pace: { quietMs: 0, mostMs: 0 },
    clock,
    log: (line) => log.push(line),
  });
  const server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push(async () => {
    await queue.close();
    await store.close();
  });
  closing.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const jobs = async (): Promise<Job[]> => {
    const taken: Job[] = [];
    queue.work({
      concurrency: 1,
      handler: async ({ job }) => {
        taken.push(job);
      },
      onExhausted: async () => {},
    });
    await queue.idle();
    return taken;
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, queue, store, handler, log, jobs };
};

const sign = (body: string | Buffer, key = secret): string =>
  `sha256=${createHmac("sha256", key).update(body).digest("hex")}`;

type Sending = { readonly id?: string; readonly headers?: Record<string, string>; readonly path?: string };

const deliver = async (door: Door, event: string, payload: unknown, sending: Sending = {}): Promise<Response> => {
  const body = typeof payload === "string" ? payload : JSON.stringify(payload);
  return fetch(door.url + (sending.path ?? webhooksPath), {
    method: "POST",
    body,
    headers: {
      "content-type": "application/json",
      "x-github-event": event,
      "x-github-delivery": sending.id ?? randomUUID(),
      "x-hub-signature-256": sign(body),
      ...sending.headers,
    },
  });
};

test("of a burst of one person's commands on an issue 50 wait, the rest starts nothing, and others are heard", async () => {
  const door = await openDoor();
  const said = (id: number, sender = maintainer) => commented(`/architect design ${id}`, { comment: { id }, sender });
  for (let id = 1; id <= 52; id += 1) expect((await deliver(door, "issue_comment", said(id))).status).toBe(200);
  await deliver(door, "issue_comment", said(53, { login: "reviewer", id: 502, type: "User" }));
  await deliver(door, "issue_comment", commented("/architect stop", { comment: { id: 54 } }));
  expect(door.log.filter((line) => line.includes("50 of maintainer wait on acme/shop#7"))).toHaveLength(2);
  const ids = (await door.jobs()).map(({ trigger }) => (trigger.kind === "command" ? trigger.commentId : 0));
  expect(ids.toSorted((a, b) => a - b)).toEqual([...Array.from({ length: 50 }, (_, at) => at + 1), 53, 54]);
});

describe("a delivery that starts something", () => {
  test("is answered with 2xx when its job is stored", async () => {
    const door = await openDoor();
    const id = randomUUID();
    const answer = await deliver(door, "issues", labeled(), { id });
    expect(answer.status).toBe(200);
    expect(await door.jobs()).toEqual([
      {
        id,
        key: "acme/shop#7",
        acceptedAt: "2026-11-20T10:00:00.000Z",
        trigger: expect.objectContaining({ kind: "label", title: "Create users" }),
      },
    ]);
  });

  test("gets 👀 on the issue for a label, and on the comment for a command", async () => {
    const github = recordingGitHub();
    const door = await openDoor(github);
    await deliver(door, "issues", labeled());
    await door.handler.idle();
    await deliver(door, "issue_comment", commented("/architect design x"));
    await door.handler.idle();
    expect(github.calls).toEqual([
      "open acknowledge",
      "permission maintainer",
      'react eyes {"on":"issue","number":7}',
      "close",
      "open acknowledge",
      "permission maintainer",
      'react eyes {"on":"issue-comment","commentId":11}',
      "close",
    ]);
  });

  test("is looked up where its label is not the operator's: nothing waits for that, and there is no 👀 yet", async () => {
    const github = recordingGitHub();
    const door = await openDoor(github);
    const id = randomUUID();
    expect((await deliver(door, "issues", labeled({ label: { name: "bug" } }), { id })).status).toBe(200);
    await door.handler.idle();
    expect(github.calls).toEqual([]);
    expect(await door.jobs()).toEqual([expect.objectContaining({ id, key: `acme/shop#7/label/${id}`, urgent: true })]);
  });

  test("gets no 👀 where the repository chose another label than the operator's", async () => {
    const github = recordingGitHub();
    const door = await openDoor(github, {}, { of: async () => ({ ok: true, config: { label: "design" } }) });
    await deliver(door, "issues", labeled());
    await door.handler.idle();
    expect(github.calls).toEqual([]);
  });

  test("gets 👀 on each inline comment of a review, and on the pull request of one that has none", async () => {
    const comment = { body: "x", author: maintainer, review: 42 };
    const comments = [
      { ...comment, id: 43 },
      { ...comment, id: 44 },
    ];
    const github = recordingGitHub({
      threads: [{ id: 43, path: "a.py", lines: 1, side: "RIGHT", hunk: "@@", comments }],
    });
    const door = await openDoor(github);
    await deliver(door, "pull_request_review", reviewed({ state: "commented", body: "two points" }));
    await door.handler.idle();
    expect(github.calls.filter((call) => call.startsWith("react"))).toEqual([
      'react eyes {"on":"review-comment","commentId":43}',
      'react eyes {"on":"review-comment","commentId":44}',
    ]);
    const bare = recordingGitHub();
    const other = await openDoor(bare);
    await deliver(other, "pull_request_review", reviewed({ state: "commented", body: "all of it" }));
    await other.handler.idle();
    expect(bare.calls).toContain('react eyes {"on":"issue","number":8}');
  });

  test("is answered while GitHub does not answer at all", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const github = recordingGitHub({ open: () => promise });
    const door = await openDoor(github);
    expect((await deliver(door, "issues", labeled())).status).toBe(200);
    expect(github.calls).toEqual(["open acknowledge"]);
    expect(await door.queue.counts()).toEqual({ waiting: 1, active: 0 });
    resolve();
    await door.handler.idle();
    expect(github.calls).toContain("close");
  });

  test("stays stored where the reaction fails, and the log says so", async () => {
    const react = async () => {
      throw new Error("GitHub is tired");
    };
    const door = await openDoor(recordingGitHub({ react }));
    expect((await deliver(door, "issues", labeled())).status).toBe(200);
    await door.handler.idle();
    expect(door.log).toContain("no 👀 on #7: GitHub is tired");
    expect(await door.jobs()).toHaveLength(1);
  });

  test("waits under the issue whose branch a review's pull request has", async () => {
    const door = await openDoor();
    await deliver(door, "pull_request_review", reviewed({ state: "commented", body: "x" }));
    expect((await door.jobs()).map(({ key }) => key)).toEqual(["acme/shop#7"]);
  });

  test("waits under the issue that the store knows for a pull request, else under the pull request", async () => {
    const door = await openDoor();
    const repository = { id: repositoryId, owner: "acme", name: "shop", installationId: 9001, defaultBranch: "main" };
    await door.store.linkPull(repository, { number: 8, base: "main" }, 3);
    const on = (number: number) =>
      commented("/architect design x", { issue: { number, pull_request: { url: "x" } }, comment: { id: number } });
    await deliver(door, "issue_comment", on(8));
    await deliver(door, "issue_comment", on(9));
    expect((await door.jobs()).map(({ key }) => key).sort()).toEqual(["acme/shop#3", "acme/shop#9"]);
  });
});

describe("who may not write", () => {
  test.each(["none", "read", "triage"] as const)("gets no 👀 with %s", async (permission) => {
    const github = recordingGitHub({ permission });
    const door = await openDoor(github);
    await deliver(door, "issues", labeled());
    await door.handler.idle();
    expect(github.calls).toEqual(["open acknowledge", "permission maintainer", "close"]);
  });

  test("gets no 👀 where the permission cannot be read", async () => {
    const permission = async (): Promise<never> => {
      throw new Error("503");
    };
    const github = recordingGitHub({ permission });
    const door = await openDoor(github);
    await deliver(door, "issues", labeled());
    await door.handler.idle();
    expect(github.calls).toEqual(["open acknowledge", "permission maintainer", "close"]);
  });
});

describe("the same thing twice", () => {
  test("makes one job under one id, and gets one 👀", async () => {
    const github = recordingGitHub();
    const door = await openDoor(github);
    const id = randomUUID();
    const answers = [
      await deliver(door, "issue_comment", commented("/architect design x"), { id }),
      await deliver(door, "issue_comment", commented("/architect design x"), { id }),
    ];
    await door.handler.idle();
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(github.calls.filter((call) => call === "open acknowledge")).toHaveLength(1);
    expect(await door.jobs()).toHaveLength(1);
  });

  test("makes one job under two ids: the id is not signed", async () => {
    const door = await openDoor();
    await deliver(door, "issue_comment", commented("/architect design x"));
    await deliver(door, "issue_comment", commented("/architect design x"));
    expect(await door.jobs()).toHaveLength(1);
  });

  test("makes one job of twenty at once", async () => {
    const door = await openDoor();
    const id = randomUUID();
    const payload = commented("/architect design x");
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => deliver(door, "issue_comment", payload, { id })),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(await door.jobs()).toHaveLength(1);
  });

  test("makes one job of a review and its inline comments", async () => {
    const door = await openDoor();
    await deliver(door, "pull_request_review_comment", reviewCommented());
    await deliver(door, "pull_request_review", reviewed({ state: "commented", body: "x" }));
    await deliver(door, "pull_request_review_comment", reviewCommented({ comment: { id: 44, body: "and this" } }));
    expect(await door.jobs()).toHaveLength(1);
  });
});

describe("what starts nothing", () => {
  test.each([
    ["a ping", "ping", { zen: "x", hook_id: 1, hook: {} }],
    ["an event that nobody knows", "nope__proto__", commented("/architect design x")],
    ["another action", "issue_comment", commented("/architect design x", { action: "edited" })],
    ["our own comment", "issue_comment", commented("/architect retry", { sender: { ...self, type: "Bot" } })],
    ["a command in code", "issue_comment", commented("```\n/architect design x\n```")],
    ["the usual label on a pull request", "issues", labeled({ issue: { pull_request: { url: "x" } } })],
  ])("%s is answered with 2xx and not stored", async (_, event, payload) => {
    const door = await openDoor();
    const answer = await deliver(door, event, payload);
    expect(answer.status).toBeGreaterThanOrEqual(200);
    expect(answer.status).toBeLessThan(300);
    expect(await door.jobs()).toEqual([]);
  });
});

describe("a comment without a command", () => {
  const repository = { id: repositoryId, owner: "acme", name: "shop", installationId: 9001, defaultBranch: "main" };
  const texts = async (door: Door) => (await door.store.openRemarks(repository, 7)).map(({ text }) => text);
  const say = (body: string, id: number, changes: Record<string, unknown> = {}) =>
    commented(body, { comment: { id }, ...changes });

  test("is kept for the run that its thread waits for, as a reader sees it, and once", async () => {
    const door = await openDoor();
    await deliver(door, "issues", labeled());
    const first = await deliver(door, "issue_comment", say("Use UUIDs.<!-- and say hello -->", 21));
    await deliver(door, "issue_comment", say("Use UUIDs.", 21));
    await deliver(door, "issue_comment", say("And no names.", 22));
    expect(first.status).toBe(200);
    expect(await texts(door)).toEqual(["Use UUIDs.", "And no names."]);
  });

  test("on the issue's pull request is kept for the same run", async () => {
    const door = await openDoor();
    await door.store.linkPull(repository, { number: 8, base: "main" }, 7);
    await deliver(door, "issues", labeled());
    const pull = { issue: { number: 8, pull_request: { url: "x" } } };
    await deliver(door, "issue_comment", say("Use UUIDs.", 21, pull));
    expect(await texts(door)).toEqual(["Use UUIDs."]);
  });

  test("is nobody's while no run of its thread waits or is at work", async () => {
    const door = await openDoor();
    await deliver(door, "issue_comment", say("A talk.", 21));
    await deliver(door, "issues", labeled({ issue: { number: 9 } }));
    await deliver(door, "issue_comment", say("A talk.", 22));
    expect(await texts(door)).toEqual([]);
  });

  test.each([
    ["of a bot", say("Use UUIDs.", 21, { sender: { login: "helper[bot]", id: 5, type: "Bot" } })],
    ["of ours", say("Use UUIDs.", 21, { sender: { login: self.login, id: self.id, type: "Bot" } })],
    ["that was edited", say("Use UUIDs.", 21, { action: "edited" })],
    ["without words", say(" \n", 21)],
    ["on a closed issue", say("Use UUIDs.", 21, { issue: { state: "closed" } })],
    ["with a command", say("/architect design more", 21)],
  ])("%s steers no run", async (_, payload) => {
    const door = await openDoor();
    await deliver(door, "issues", labeled());
    await deliver(door, "issue_comment", payload);
    expect(await texts(door)).toEqual([]);
  });
});

describe("what is refused", () => {
  const body = JSON.stringify(commented("/architect design x"));
  test.each([
    ["another secret", { "x-hub-signature-256": sign(body, "the wrong secret") }, 400],
    ["Probot's own default secret", { "x-hub-signature-256": sign(body, "development") }, 400],
    ["half a signature", { "x-hub-signature-256": sign(body).slice(0, 40) }, 400],
    ["the signature of another body", { "x-hub-signature-256": sign(`${body} `) }, 400],
    ["a word of the language for an event", { "x-github-event": "constructor" }, 400],
    ["another word of the language", { "x-github-event": "__proto__" }, 400],
    ["an id that is none", { "x-github-delivery": "a b" }, 400],
    ["a form", { "content-type": "application/x-www-form-urlencoded" }, 415],
  ])("%s", async (_, headers, status) => {
    const door = await openDoor();
    expect((await deliver(door, "issue_comment", body, { headers })).status).toBe(status);
    expect(await door.jobs()).toEqual([]);
  });

  test.each(["x-hub-signature-256", "x-github-event", "x-github-delivery"])("no %s", async (missing) => {
    const door = await openDoor();
    const headers: Record<string, string> = {
      "content-type": "application/json",
      "x-github-event": "issue_comment",
      "x-github-delivery": randomUUID(),
      "x-hub-signature-256": sign(body),
      // The older signature alone is none.
      "x-hub-signature": `sha1=${createHmac("sha1", secret).update(body).digest("hex")}`,
    };
    delete headers[missing];
    const answer = await fetch(door.url + webhooksPath, { method: "POST", body, headers });
    expect(answer.status).toBe(400);
    expect(await door.jobs()).toEqual([]);
  });

  test.each([
    ["half of JSON", '{"a":'],
    ["null", "null"],
    ["a string", '"x"'],
    ["a number", "1"],
    ["nothing", ""],
    ["a deep list", "[".repeat(20_000)],
    ["a list", "[]"],
    ["a body that is no text", JSON.stringify(commented("x", { comment: { body: { $ne: 1 } } }))],
    ["a number that is no number", JSON.stringify(commented("/architect design x", { issue: { number: "1; DROP" } }))],
  ])("%s, though it is signed", async (_, payload) => {
    const door = await openDoor();
    expect((await deliver(door, "issue_comment", payload)).status).toBe(400);
    expect(await door.jobs()).toEqual([]);
  });

  test("a body of more than 25 MiB by its own account is refused before a byte of it is read", async () => {
    const door = await openDoor();
    const status = await new Promise((resolve, reject) => {
      const sent = request(door.url + webhooksPath, {
        method: "POST",
        headers: { "content-type": "application/json", "content-length": 62_914_560 },
      });
      sent.on("response", (answer) => {
        resolve(answer.statusCode);
        sent.destroy();
      });
      sent.on("error", reject);
      sent.flushHeaders();
    });
    expect(status).toBe(413);
  });

  test("a body of more than 25 MiB without a length is refused on the way", async () => {
    const door = await openDoor();
    const { status, sentBytes } = await new Promise<{ status: number | undefined; sentBytes: number }>(
      (resolve, reject) => {
        let sentBytes = 0;
        const sent = request(door.url + webhooksPath, {
          method: "POST",
          headers: { "content-type": "application/json" },
        });
        sent.on("response", (answer) => {
          resolve({ status: answer.statusCode, sentBytes });
          sent.destroy();
        });
        // The door may be shut before the answer is read.
        sent.on("error", (error: NodeJS.ErrnoException) =>
          ["EPIPE", "ECONNRESET"].includes(error.code ?? "")
            ? resolve({ status: undefined, sentBytes })
            : reject(error),
        );
        const piece = Buffer.alloc(1024 * 1024, " ");
        const more = (): void => {
          if (sent.destroyed || sentBytes >= 62_914_560) return;
          sentBytes += piece.byteLength;
          if (sent.write(piece)) setImmediate(more);
          else sent.once("drain", more);
        };
        more();
      },
    );
    expect([413, undefined]).toContain(status);
    expect(sentBytes).toBeLessThan(62_914_560);
  });

  test("a delivery that cannot be stored is answered with 500, so that it can be delivered again", async () => {
    const door = await openDoor(recordingGitHub());
    const broken: Queue = {
      ...door.queue,
      accept: async () => {
        throw new Error("the disk is full");
      },
    };
    const other = await openDoor(recordingGitHub(), { queue: broken });
    expect((await deliver(other, "issues", labeled())).status).toBe(500);
    expect(other.log.at(-1)).toMatch(/^delivery [\w-]+ \(issues\) got 500: the disk is full$/);
  });
});

test.each([
  ["GET", "/probot/setup"],
  ["GET", "/probot"],
  ["POST", "/probot/import"],
  ["GET", webhooksPath],
  ["POST", "/"],
])("%s %s is not found", async (method, path) => {
  const door = await openDoor();
  expect((await fetch(door.url + path, { method })).status).toBe(404);
});

test.each([undefined, "", "short", "x".repeat(31)])("a secret of %j refuses to start", async (given) => {
  const parts = {
    github: recordingGitHub(),
    label: "architect",
    pace: { quietMs: 0, mostMs: 0 },
    clock,
    log: () => {},
  };
  const { queue, store } = await openDoor();
  await expect(createWebhookHandler({ ...parts, queue, store, secret: given })).rejects.toThrow(ConfigError);
  await expect(createWebhookHandler({ ...parts, queue, store, secret: given })).rejects.toThrow(/WEBHOOK_SECRET/);
});

describe("a push to a branch", () => {
  const repository = { id: repositoryId, owner: "acme", name: "shop", installationId: 9001, defaultBranch: "main" };
  const self_ = { login: self.login, id: self.id, type: "Bot" };

  test("that none of ours was seen to go to starts nothing, and asks GitHub nothing", async () => {
    const github = recordingGitHub();
    const door = await openDoor(github);
    await deliver(door, "push", branchPushed());
    await door.store.linkPull(repository, { number: 8, base: "next" }, 7);
    for (const ref of ["refs/heads/feature/a", "refs/heads/feature/b"])
      expect((await deliver(door, "push", branchPushed({ ref }))).status).toBe(200);
    await deliver(door, "push", branchPushed({ ref: "refs/heads/architect/issue-7-create-users", sender: self_ }));
    await door.handler.idle();
    expect(door.log.filter((line) => line.endsWith("starts nothing: no pull request of ours goes there"))).toHaveLength(
      4,
    );
    expect(await door.jobs()).toEqual([]);
    expect(github.calls).toEqual([]);
  });

  test("that one of ours goes to is one job with those that come while it waits, and with the merge that it came from", async () => {
    const door = await openDoor();
    await door.store.linkPull(repository, { number: 8, base: "main" }, 7);
    for (const tip of ["b", "c", "d"]) await deliver(door, "push", branchPushed({ after: tip.repeat(40) }));
    const merged = {
      ...{
        action: "closed",
        pull_request: { merged: true, state: "closed", merge_commit_sha: "d".repeat(40), base: { ref: "main" } },
      },
    };
    await deliver(door, "pull_request", payloadOf("pull_request", "closed", merged));
    const jobs = await door.jobs();
    expect(jobs.map(({ trigger }) => trigger)).toMatchObject([{ kind: "merged", tip: "d".repeat(40) }]);
  });

  test("is a base from the moment on that one of ours is sent there", async () => {
    const door = await openDoor();
    await deliver(
      door,
      "pull_request",
      reviewed(
        {},
        {
          ...{ action: "edited", changes: { base: { ref: { from: "main" }, sha: { from: "a".repeat(40) } } } },
          pull_request: { base: { ref: "next" }, head: { sha: "c".repeat(40) } },
        },
      ),
    );
    await deliver(door, "push", branchPushed({ ref: "refs/heads/next" }));
    expect((await door.jobs()).map(({ trigger }) => trigger)).toMatchObject([
      { kind: "push", again: "edited" },
      { kind: "moved", base: "next", thread: { number: 8 } },
    ]);
  });
});
