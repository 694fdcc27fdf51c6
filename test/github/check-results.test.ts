import { generateKeyPairSync } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { CheckSeen } from "../../src/domain/failed-check.ts";
import type { RepositoryRef } from "../../src/domain/repository.ts";
import { createGitHub } from "../../src/github/github.ts";
import { fetchLog } from "../../src/github/job-logs.ts";
import type { CheckFailure, ChecksAt, GitHub } from "../../src/ports.ts";
import type { CiJob } from "../emulator/ci.ts";
import { type Emulator, startEmulator } from "../emulator/emulator.ts";

const { privateKey } = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  privateKeyEncoding: { type: "pkcs1", format: "pem" },
  publicKeyEncoding: { type: "spki", format: "pem" },
});
const branch = "architect/issue-1-users";

type Stage = {
  readonly emulator: Emulator;
  readonly github: GitHub;
  readonly repository: RepositoryRef;
  readonly sha: string;
  close(): Promise<void>;
};

const openStage = async (actions: "none" | "read" | "write"): Promise<Stage> => {
  const root = await mkdtemp(join(tmpdir(), "architect-checks-"));
  const emulator = await startEmulator({
    root,
    app: {
      ...{ id: 5, slug: "architect-app", privateKey, webhookSecret: "a secret of thirty-two bytes or more" },
      permissions: {
        ...{ checks: "write", contents: "write", issues: "write", pull_requests: "write", metadata: "read" },
        ...(actions === "none" ? {} : { actions }),
      },
      events: ["check_suite"],
      installationId: 9001,
    },
    users: { maintainer: { token: "token-of-maintainer", permission: "maintain" } },
    repositories: [{ owner: "acme", name: "shop", files: { "README.md": "# Shop\n" } }],
  });
  const maintainer = emulator.as("maintainer");
  const { id } = (await maintainer.request("GET", "/repos/acme/shop")) as { id: number };
  return {
    emulator,
    github: createGitHub({ appId: 5, privateKey, apiUrl: emulator.api, webUrl: emulator.url, clock: () => new Date() }),
    repository: { id, owner: "acme", name: "shop", installationId: 9001, defaultBranch: "main" },
    sha: await maintainer.pushFiles(branch, { "a.py": "x = 1\n" }, "Work"),
    close: async () => {
      await emulator.close();
      await rm(root, { recursive: true, force: true });
    },
  };
};

const checksOf = async ({ github, repository, sha }: Stage): Promise<ChecksAt> => {
  const session = await github.open(repository, "checks");
  try {
    return await session.fetchChecks(sha);
  } finally {
    await session.close();
  }
};
const named = ({ checks }: ChecksAt, name: string): CheckSeen => {
  const found = checks.find((check) => check.name === name);
  if (!found) throw new Error(`there is no check ${name}`);
  return found;
};
const failureOf = async ({ github, repository }: Stage, check: CheckSeen): Promise<CheckFailure> => {
  const session = await github.open(repository, "checks");
  try {
    return await session.fetchFailure(check);
  } finally {
    await session.close();
  }
};
const log = "2026-11-25T10:00:00.0000000Z E   assert 1 == 2\n";
const failed: CiJob = {
  ...{ name: "tests", conclusion: "failure", log },
  steps: [
    { name: "Install", conclusion: "success" },
    { name: "Run pytest", conclusion: "failure" },
  ],
};

describe("where the App may read Actions and start jobs", () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage("write");
  });
  afterEach(() => {
    expect(stage.emulator.violations).toEqual([]);
  });
  afterAll(() => stage.close());

  test("the checks of a commit are those of others, the newest of each, and who is still at work", async () => {
    const session = await stage.github.open(stage.repository, "publish");
    const view = { conclusion: "failure", title: "t", summary: "s", notes: [] } as const;
    await session.upsertCheck({ headSha: stage.sha, key: "pull-1", view });
    await session.close();
    await stage.emulator.reportSuite({ sha: stage.sha, jobs: [failed] });
    await stage.emulator.reportSuite({
      sha: stage.sha,
      app: { id: 900, slug: "ci-elsewhere", name: "CI elsewhere" },
      jobs: [{ name: "build", conclusion: "failure", output: { title: "3 failures", summary: "see below" } }],
      unfinished: ["deploy"],
    });
    const { checks, pending } = await checksOf(stage);
    expect(checks.map(({ name, app, ended, conclusion }) => [name, app, ended, conclusion]).sort()).toEqual([
      ["build", "ci-elsewhere", true, "failure"],
      ["deploy", "ci-elsewhere", false, undefined],
      ["tests", "github-actions", true, "failure"],
    ]);
    expect(pending).toEqual(["ci-elsewhere"]);
  });

  test("why a job failed is its log, the step and the attempt of its workflow", async () => {
    expect(await failureOf(stage, named(await checksOf(stage), "tests"))).toEqual({
      log: { ok: true, text: log },
      step: "Run pytest",
      workflow: { run: expect.any(Number), attempt: 1 },
    });
  });

  test("why another App's check failed is what it wrote", async () => {
    const { log: written } = await failureOf(stage, named(await checksOf(stage), "build"));
    expect(written).toEqual({ ok: true, text: "3 failures\n\nsee below" });
  });

  test("failed jobs are started again once, however often it is asked", async () => {
    const { workflow } = await failureOf(stage, named(await checksOf(stage), "tests"));
    if (!workflow) throw new Error("it belongs to no workflow");
    expect(await stage.github.mayRerun(stage.repository)).toBe(true);
    expect(await stage.github.rerunFailedJobs(stage.repository, workflow)).toBe("started");
    expect(await stage.github.rerunFailedJobs(stage.repository, workflow)).toBe("started");
    const again = named(await checksOf(stage), "tests");
    expect(again.ended).toBe(false);
    await stage.emulator.finishSuite(again.suite, [failed]);
    const { workflow: second } = await failureOf(stage, named(await checksOf(stage), "tests"));
    expect(second).toEqual({ run: workflow.run, attempt: 2 });
  });

  test("a workflow that GitHub starts no more is refused, not an accident", async () => {
    const { workflow } = await failureOf(stage, named(await checksOf(stage), "tests"));
    if (!workflow) throw new Error("it belongs to no workflow");
    const text = JSON.stringify({
      message: "Unable to re-run this workflow run because it was created over a month ago",
    });
    stage.emulator.failNext({
      method: "POST",
      path: /rerun-failed-jobs$/,
      status: 403,
      text,
      type: "application/json",
    });
    expect(await stage.github.rerunFailedJobs(stage.repository, workflow)).toBe("refused");
  });

  test("a log that GitHub does not keep is told to be gone", async () => {
    await stage.emulator.reportSuite({ sha: stage.sha, jobs: [{ name: "old", conclusion: "failure" }] });
    expect((await failureOf(stage, named(await checksOf(stage), "old"))).log).toEqual({
      ok: false,
      reason: "GitHub keeps its log no longer (410)",
    });
  });
});

test("where the App may only read Actions, no job is started", async () => {
  const stage = await openStage("read");
  await stage.emulator.reportSuite({ sha: stage.sha, jobs: [failed] });
  const { log: read, workflow } = await failureOf(stage, named(await checksOf(stage), "tests"));
  expect(read.ok).toBe(true);
  expect(await stage.github.mayRerun(stage.repository)).toBe(false);
  expect(await stage.github.rerunFailedJobs(stage.repository, workflow ?? { run: 0, attempt: 0 })).toBe(
    "not-permitted",
  );
  await stage.close();
});

test("where the App may not even read Actions, its checks are known without their logs, and why", async () => {
  const stage = await openStage("none");
  await stage.emulator.reportSuite({ sha: stage.sha, jobs: [failed] });
  expect(await failureOf(stage, named(await checksOf(stage), "tests"))).toEqual({
    log: { ok: false, reason: "the App may not read its log, for want of the permission Actions: read" },
  });
  await stage.close();
});

describe("a log", () => {
  type Answers = (url: string) => Response;
  const fetching = async (answers: Answers) => {
    const seen: (string | undefined)[] = [];
    const source = {
      ...{ apiUrl: "https://api.github.com", webUrl: "https://github.com", token: async () => "the-token" },
      fetch: async (input: string | URL | Request, init?: RequestInit) => {
        seen.push(new Headers(init?.headers).get("authorization") ?? undefined);
        return answers(String(input));
      },
    };
    return { log: await fetchLog(source, { owner: "acme", repo: "shop" }, 5), seen };
  };
  const led = (location: string) => new Response(null, { status: 302, headers: { location } });
  const isApi = (url: string) => url.startsWith("https://api.github.com/");

  test("comes from the signed link without the token, and is its end where it is long", async () => {
    const lines = Array.from({ length: 400_000 }, (_, n) => `line ${n}\n`).join("");
    const { log: read, seen } = await fetching((url) =>
      isApi(url) ? led("https://logs.example/x?sig=1") : new Response(lines),
    );
    expect(seen).toEqual(["Bearer the-token", undefined]);
    if (!read.ok) throw new Error(read.reason);
    expect(read.text.length).toBeLessThanOrEqual(1024 * 1024);
    expect(read.text).toMatch(/^line \d+\n/);
    expect(read.text).toMatch(/line 399999\n$/);
  });

  test.each(["http://logs.example/x", "file:///etc/passwd", "https://me:pass@logs.example/x"])(
    "is not asked for at %s",
    async (location) => {
      const { log: read, seen } = await fetching(() => led(location));
      expect(read).toMatchObject({ ok: false });
      expect(seen).toHaveLength(1);
    },
  );
});
