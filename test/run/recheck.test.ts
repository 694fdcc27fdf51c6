/** Which heads are checked once more and for whom, and how a check is given up: over a GitHub and files in memory. */
import { randomUUID } from "node:crypto";
import { setImmediate as turn } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Job, toJob } from "../../src/domain/job.ts";
import type { PushTrigger } from "../../src/domain/trigger.ts";
import { createNewest } from "../../src/run/newest.ts";
import { createPlaces } from "../../src/run/places.ts";
import { giveUpCheck, type RecheckDeps, recheck } from "../../src/run/recheck.ts";
import { factsOf } from "../support/facts.ts";
import { type Bench, createBench } from "../support/reading-bench.ts";
import { reportWith } from "../support/report.ts";

const repository = { id: 1, owner: "acme", name: "shop", installationId: 7, defaultBranch: "main" };
const maintainer = { login: "maintainer", id: 5, type: "User" };
const suite = "python suite.py";

let bench: Bench;
let pull: { readonly number: number; readonly branch: string };
let ran: string[];
let queue: { jobs: Job[]; moved: () => void };

const head = (): string => bench.github.branches.get(pull.branch) ?? "";
const jobOf = (change: Partial<PushTrigger> = {}): Job => {
  const trigger: PushTrigger = {
    ...{ kind: "push", repository, sender: maintainer, thread: { kind: "pull", number: pull.number } },
    ...{ branch: pull.branch, headSha: head(), title: "Users", ...change },
  };
  return toJob(trigger, { id: randomUUID(), acceptedAt: "2026-11-25T12:00:00Z", issue: 3 });
};
const depsWith = (over: Partial<RecheckDeps> = {}): RecheckDeps => ({
  ...{ github: bench.github, workspace: bench.workspace, store: bench.store, sandboxed: true, log: () => {} },
  analysis: {
    inspect: async () => ({ ok: true, facts: await factsOf({}), breaches: [] }),
    close: async () => undefined,
  },
  settings: { names: { agents: [] }, defaults: async () => ({}) },
  places: createPlaces(1),
  newest: createNewest(
    {
      jobsOn: async () => queue.jobs,
      onMove: (listener) => {
        queue.moved = listener;
      },
    },
    () => {},
  ),
  clock: () => new Date("2026-11-25T12:00:00Z"),
  redact: (text) => text.replaceAll("s3cret", "***"),
  ...over,
});
const check = (job = jobOf(), over: Partial<RecheckDeps> = {}): Promise<void> =>
  recheck(depsWith(over), job, new AbortController().signal);
const checkAt = (sha: string) => bench.github.checks.find(({ headSha }) => headSha === sha);
/** What people pushed on top. */
const pushed = (): string => {
  const sha = randomUUID().replaceAll("-", "").padEnd(40, "0");
  const bytes = Buffer.from("x = 2\n").toString("base64");
  const change = { path: "app/api/users.py", kind: "modified", mode: "100644", content: bytes } as const;
  bench.github.commits.set(sha, { parent: head(), message: "Edit", changes: [change] });
  bench.github.branches.set(pull.branch, sha);
  return sha;
};

beforeEach(async () => {
  bench = createBench({ "app/main.py": "x = 1\n", ".github/architect.yml": `test: ${suite}\n` });
  ran = [];
  queue = { jobs: [], moved: () => {} };
  bench.workspace.command = async (line) => {
    ran.push(line);
    return { exitCode: 0, output: "1 passed" };
  };
  await bench.run(bench.command("design users"), [
    { calls: [{ name: "Write", input: { file_path: "/repo/app/api/users.py", content: "x = 1\n" } }] },
    {
      calls: [
        {
          name: "SubmitReport",
          input: reportWith({
            ...{ endpoints_created: [], models_created: [], middleware_added: [], security_measures: [] },
            ...{ test_commands: [], documentation: { openapi_updated: false, postman_collection: null } },
          }),
        },
      ],
    },
  ]);
  const [made] = bench.github.pulls;
  if (!made) throw new Error("there is no pull request");
  pull = made;
  ran = [];
});
afterEach(() => {
  expect(bench.workspace.open).toBe(0);
  bench.close();
});

describe("a check that is made again", () => {
  test("is at work first, runs the suite before and with the change, and closes what it opened", async () => {
    const sha = pushed();
    await check();
    expect(bench.github.begun).toEqual([`pull-${pull.number} ${sha}`]);
    expect(ran).toEqual([suite, suite]);
    expect(checkAt(sha)?.view.conclusion).toBe("success");
    expect(bench.github.open_).toBe(0);
  });

  test("fails where the suite fails on what was pushed, though the report told of concerns", async () => {
    const [made] = bench.github.pulls;
    if (made)
      bench.github.pulls[0] = {
        ...made,
        body: made.body.replace('"status": "DONE"', '"status": "DONE_WITH_CONCERNS"'),
      };
    let runs = 0;
    bench.workspace.command = async () => {
      runs += 1;
      return runs === 1
        ? { exitCode: 1, output: "FAILED suite.py::test_users - x" }
        : { exitCode: 0, output: "1 passed" };
    };
    const sha = pushed();
    await check();
    expect(checkAt(sha)?.view).toMatchObject({ conclusion: "failure" });
    expect(checkAt(sha)?.view.summary).toMatch(/test\\?_users/);
  });

  test("asks nobody's leave of who pushed, and of who asks or edits that he may write", async () => {
    bench.github.permissions.set(6, "read");
    const stranger = { login: "stranger", id: 6, type: "User" };
    for (const again of ["asked", "edited"] as const) await check(jobOf({ sender: stranger, again }));
    expect(bench.github.begun).toEqual([]);
    await check(jobOf({ sender: stranger }));
    expect(bench.github.begun).toHaveLength(1);
  });

  test.each([
    ["a head that the branch has left", {}, { headSha: "a".repeat(40) }],
    ["somebody else's pull request", { author: maintainer }, {}],
    ["a fork's", { sameRepository: false }, {}],
    ["one that is closed", { state: "closed" as const }, {}],
  ])("is not begun on %s", async (_, change, trigger) => {
    const [made] = bench.github.pulls;
    if (made) bench.github.pulls[0] = { ...made, ...change };
    await check(jobOf(trigger));
    expect([bench.github.begun, ran]).toEqual([[], []]);
  });

  test.each([
    ["without a sandbox", { sandboxed: false }, "the App runs without a sandbox"],
    ["where the sandbox does not hold", {}, "the sandbox on the App's machine does not hold"],
  ])(
    "runs nothing %s: of what people pushed the evidence is stale, of the App's own push it is not",
    async (_, over, reason) => {
      if (!("sandboxed" in over)) bench.workspace.health = { ok: false, reason: "no", mend: "mend it" };
      const own = head();
      await check(jobOf({ again: "asked" }), over);
      expect(checkAt(own)?.view.conclusion).toBe("success");
      expect(checkAt(own)?.view.summary).toContain("ran on this commit before it was proposed");
      const sha = pushed();
      await check(jobOf(), over);
      expect(checkAt(sha)?.view.conclusion).toBe("neutral");
      expect(checkAt(sha)?.view.summary).toContain(`were run on an earlier commit, and not on this one: ${reason}`);
      expect(ran).toEqual([]);
    },
  );
});

describe("a check for which a newer one comes", () => {
  /** While its suite runs. */
  const overtakenBy = async (next: () => Job): Promise<void> => {
    const job = jobOf();
    bench.workspace.command = async (_, __, signal) => {
      const ended = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
      queue.jobs = [job, next()];
      queue.moved();
      await ended;
      return { ended: "aborted" };
    };
    await check(job);
  };

  test("ends at once, and its commit says that the newer one counts", async () => {
    const sha = pushed();
    await overtakenBy(() => {
      pushed();
      return jobOf();
    });
    expect(checkAt(sha)?.view).toMatchObject({ conclusion: "cancelled" });
  });

  test("leaves its check run at work for the newer one where both are about the same commit", async () => {
    const sha = pushed();
    await overtakenBy(() => jobOf({ again: "edited" }));
    expect(checkAt(sha)).toBeUndefined();
    expect(bench.github.begun).toHaveLength(1);
  });

  test("goes on where the newer one is about another pull request of the issue", async () => {
    const sha = pushed();
    const job = jobOf();
    bench.workspace.command = async (_, __, signal) => {
      queue.jobs = [job, jobOf({ thread: { kind: "pull", number: pull.number + 1 } })];
      queue.moved();
      await turn();
      return signal.aborted ? { ended: "aborted" } : { exitCode: 0, output: "1 passed" };
    };
    await check(job);
    expect(checkAt(sha)?.view.conclusion).toBe("success");
  });

  test("is run again after the App's own end: then nothing is said of it", async () => {
    const closing = new AbortController();
    bench.workspace.command = async () => {
      closing.abort(new Error("the App ends"));
      return { ended: "aborted" };
    };
    const sha = pushed();
    await expect(recheck(depsWith(), jobOf(), closing.signal)).rejects.toThrow("the App ends");
    expect(checkAt(sha)).toBeUndefined();
  });
});

describe("a check that is given up", () => {
  test("fails with the reason, without secrets, rather than to hold the pull request back for ever", async () => {
    const sha = pushed();
    await giveUpCheck(depsWith(), jobOf(), new Error("the disk s3cret is full\nat x"));
    expect(checkAt(sha)?.view).toMatchObject({ conclusion: "failure", title: "This commit could not be checked" });
    expect(checkAt(sha)?.view.summary).toMatch(/the disk [^ ]*\*[^ ]* is full/);
  });

  test("leaves one that came to its end before, and a head that the branch has left", async () => {
    const ended = checkAt(head());
    await giveUpCheck(depsWith(), jobOf(), new Error("x"));
    expect(checkAt(head())).toBe(ended);
    const old = jobOf({ headSha: "a".repeat(40) });
    await giveUpCheck(depsWith(), old, new Error("x"));
    expect(checkAt("a".repeat(40))).toBeUndefined();
  });
});

describe("places", () => {
  test("are taken in the order of asking, and one that is given up while it waits is nobody's", async () => {
    const places = createPlaces(1);
    const leave = await places.enter(new AbortController().signal);
    const gone = new AbortController();
    const order: string[] = [];
    const lost = places.enter(gone.signal);
    const next = places.enter(new AbortController().signal).then((out) => {
      order.push("next");
      return out;
    });
    gone.abort(new Error("not any more"));
    await expect(lost).rejects.toThrow("not any more");
    order.push("left");
    leave();
    (await next)();
    expect(order).toEqual(["left", "next"]);
    await expect(places.enter(gone.signal)).rejects.toThrow("not any more");
    (await places.enter(new AbortController().signal))();
  });
});
