import { randomUUID } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { CheckSeen } from "../../src/domain/failed-check.ts";
import { toJob } from "../../src/domain/job.ts";
import { parseBody } from "../../src/domain/render-report.ts";
import type { CheckFailure } from "../../src/ports.ts";
import { checksDue } from "../../src/run/checks-due.ts";
import { bot } from "../support/memory-github.ts";
import { type Bench, createBench } from "../support/reading-bench.ts";
import { reportWith } from "../support/report.ts";
import type { ScriptedTurn } from "../support/scripted-model.ts";

const repository = { id: 1, owner: "acme", name: "shop", installationId: 7, defaultBranch: "main" };
const base = "b".repeat(40);

const write = (name: string): ScriptedTurn => ({
  calls: [{ name: "Write", input: { file_path: `/repo/app/api/${name}.py`, content: "x = 1\n" } }],
});
const submit: ScriptedTurn = {
  calls: [
    {
      name: "SubmitReport",
      input: reportWith({ status: "DONE_WITH_CONCERNS", handoffs: [{ to: "test-generator", task: "tests" }] }),
    },
  ],
};
const bash: ScriptedTurn = { calls: [{ name: "Bash", input: { command: "python check.py" } }] };

let bench: Bench;
let pull: { readonly number: number; readonly branch: string };
let log: string[];

beforeEach(async () => {
  bench = createBench({ "app/main.py": "x = 1\n" });
  log = [];
  await bench.run(bench.command("design users"), [write("users"), bash, submit]);
  const [made] = bench.github.pulls;
  if (!made) throw new Error("there is no pull request");
  pull = made;
});
afterEach(() => bench.close());

const head = () => bench.github.branches.get(pull.branch) ?? "";
let ids = 100;
/** A job of a workflow ended on the head, at its end as `log` says. */
const ends = (
  name: string,
  conclusion: "success" | "failure",
  text = "something went wrong",
  { sha = head(), attempt = 1 } = {},
): CheckSeen => {
  ids += 1;
  const check = {
    id: ids,
    suite: 1,
    name,
    app: "github-actions",
    url: "https://github.test/x",
    ended: true,
    conclusion,
  };
  const others = (bench.github.seen.get(sha) ?? []).filter((one) => one.name !== name);
  bench.github.seen.set(sha, [...others, check]);
  const failure: CheckFailure = { log: { ok: true, text }, workflow: { run: 9, attempt } };
  if (conclusion === "failure") bench.github.failures.set(check.id, failure);
  return check;
};
/** What the delivery of a suite that ended comes to. */
const told = async (turns: readonly ScriptedTurn[] = [], headSha = head()) => {
  const thread = { kind: "pull", number: pull.number } as const;
  const job = toJob(
    { kind: "checks", repository, sender: bot, thread, branch: pull.branch, headSha, title: "Failed checks" },
    { id: randomUUID(), acceptedAt: "2026-11-25T12:00:00Z", issue: 3 },
  );
  const execute = bench.execute(turns);
  const { github, store } = bench;
  const due = await checksDue({ github, store, log: (line) => void log.push(line), amend: execute.amend }, job);
  if (!due) return undefined;
  await execute.run(job, new AbortController().signal);
  return (await bench.recordOf(job)).outcome;
};
const asked = () => bench.model().requests.length;
const brief = () => JSON.stringify(bench.model().requests[0]?.messages);
const status = () => [...bench.github.comments.values()].find(({ thread }) => thread === pull.number)?.body;
const ciLine = () => /^(.*) <!-- architect:ci -->$/m.exec(bench.github.pulls[0]?.body ?? "")?.[1];

const blaming = "##[group]Run pytest\napp/api/users.py:1: error\n##[error]Process completed with exit code 1.";

describe("a check that failed on the head of our pull request", () => {
  test("by our doing is mended in one run, whose agent has the output, and told to be fixed once all pass", async () => {
    ends("tests", "failure", blaming);
    ends("lint", "failure", "app/api/users.py:1: E1");
    const outcome = await told([write("mended"), bash, submit]);
    expect(brief()).toContain("checks of it failed");
    expect(brief()).toContain("app/api/users.py:1: E1");
    expect(outcome).toMatchObject({
      kind: "published",
      ci: expect.stringMatching(/^2 failed checks: .*ours.*changed in/),
    });
    const work = [...bench.github.commits.values()].at(-2);
    expect(work?.message).toMatch(/^User registration: mend failed checks\n/);
    expect(ciLine()).toContain("changed in");
    ends("tests", "success");
    expect(await told()).toBeUndefined();
    expect(ciLine()).toContain("fixed in");
    expect(status()).toContain("fixed in");
    const writes = bench.github.writes.length;
    await told();
    expect(bench.github.writes).toHaveLength(writes);
  });

  test("runs for whoever asked for something here last, and for nobody without write access", async () => {
    ends("tests", "failure", blaming);
    bench.github.permission = "read";
    const writes = bench.github.writes.length;
    expect(await told([write("mended"), bash, submit])).toMatchObject({ kind: "refused" });
    expect(asked()).toBe(0);
    expect(bench.github.writes).toHaveLength(writes);
  });

  test("as on the base branch is not ours: nothing is asked of a model", async () => {
    ends("tests", "failure", "x", { sha: base });
    ends("tests", "failure");
    expect(await told()).toMatchObject({ kind: "answered", ci: expect.stringContaining("it fails on `main`, too") });
    expect(asked()).toBe(0);
    expect(ciLine()).toContain("not ours");
    expect(status()).toContain("not ours");
  });

  test("and is not mended takes DONE back from the description, the issue's end, and the state of ready", async () => {
    const made = bench.github.pulls[0];
    if (!made) throw new Error("there is no pull request");
    const done = made.body
      .replace(
        /^\*\*Status: DONE_WITH_CONCERNS\.\*\*.*$/m,
        "**Status: DONE.** What was asked for is here, and nothing is left open.",
      )
      .replace("Refs #3", "Closes #3")
      .replace('"status": "DONE_WITH_CONCERNS"', '"status": "DONE"');
    bench.github.pulls[0] = { ...made, body: done, draft: false };
    expect(parseBody(done)?.status).toBe("DONE");
    ends("tests", "failure", blaming);
    const blocked = reportWith({
      status: "BLOCKED",
      blockers: ["The machine lacks a database."],
      endpoints_created: [],
    });
    await told([
      { calls: [{ name: "SubmitReport", input: { ...blocked, models_created: [], middleware_added: [] } }] },
    ]);
    const { body, draft } = bench.github.pulls[0];
    expect(parseBody(body)?.status).toBe("DONE_WITH_CONCERNS");
    expect(body).toContain("**Status: DONE_WITH_CONCERNS.**");
    expect(body).not.toContain("Closes #3");
    expect(draft).toBe(true);
  });

  test("is seen to once, however often it is told", async () => {
    ends("tests", "failure", blaming);
    await told([submit]);
    await told([submit]);
    expect(log).toEqual([expect.stringContaining("a run has seen to them")]);
  });
});

describe("where nothing shows whose doing it is, and the App may, the failed jobs are started once more", () => {
  beforeEach(() => {
    bench.github.rerunnable = true;
  });

  test("and what passes then was flaky", async () => {
    ends("tests", "failure");
    await told();
    expect([asked(), bench.github.reruns]).toEqual([0, [9]]);
    expect(ciLine()).toContain("its failed jobs were started again");
    ends("tests", "success");
    await told();
    expect(ciLine()).toContain("flaky (it passed on the same commit when it was run again)");
    expect(status()).toContain("all checks of this commit pass now");
  });

  test("and what fails again is ours to look at", async () => {
    ends("tests", "failure");
    await told();
    ends("tests", "failure", "something went wrong", { attempt: 2 });
    expect(await told([submit])).toMatchObject({
      ci: expect.stringContaining("ours (it failed in two runs of this commit)"),
    });
    expect(bench.github.reruns).toEqual([9]);
    expect(asked()).toBeGreaterThan(0);
  });
});

test("where the App may not start jobs again, the agent looks at what is unclear, and people are asked about what looks flaky", async () => {
  ends("tests", "failure", "pip: Read timed out.");
  await told();
  expect(asked()).toBe(0);
  expect(ciLine()).toMatch(/looks flaky .*: run its failed jobs again\. The App may not start failed jobs again here/);
  ends("lint", "failure");
  await told([submit]);
  expect(brief()).toContain('\\"cause\\":\\"unclear\\"');
});

describe("nothing is started", () => {
  test.each([
    ["on a head that has moved", () => told([], "a".repeat(40)), "has moved on"],
    [
      "where the pull request has the label that turns it off",
      () => {
        Object.assign(bench.github.pulls[0] ?? {}, { labels: ["Architect: no-ci"] });
        return told();
      },
      "has the label architect: no-ci",
    ],
    [
      "on a pull request of somebody else",
      () => {
        Object.assign(bench.github.pulls[0] ?? {}, { author: { login: "maintainer", id: 5, type: "User" } });
        return told();
      },
      "none of ours",
    ],
    [
      "on a pull request from a fork",
      () => {
        Object.assign(bench.github.pulls[0] ?? {}, { sameRepository: false });
        return told();
      },
      "none of ours",
    ],
    [
      "on what a person pushed",
      () => {
        bench.github.authors.set(head(), { login: "maintainer", id: 5, type: "User" });
        return told();
      },
      "somebody else pushed this head",
    ],
  ])("%s", async (_, act, reason) => {
    ends("tests", "failure", blaming);
    const writes = bench.github.writes.length;
    expect(await act()).toBeUndefined();
    expect(log).toEqual([expect.stringContaining(reason)]);
    expect(bench.github.writes).toHaveLength(writes);
  });

  test("where the configuration says `ci: off`", async () => {
    bench.workspace.base[".github/architect.yml"] = "ci: off\n";
    ends("tests", "failure", blaming);
    expect(await told([submit])).toMatchObject({ kind: "refused", summary: expect.stringContaining("ci: off") });
    expect(asked()).toBe(0);
  });
});

describe("attempts end", () => {
  test("after three on one head, which people are told once", async () => {
    for (const name of ["a", "b", "c"]) {
      ends(name, "failure", blaming);
      await told([submit]);
    }
    ends("d", "failure", blaming);
    expect(await told([submit])).toMatchObject({ status: "BLOCKED" });
    expect(status()).toContain("Checks still fail after 3 attempts on this commit (`d`)");
    expect(asked()).toBe(0);
    ends("e", "failure", blaming);
    const before = status();
    await told([submit]);
    expect([asked(), status()]).toEqual([0, before]);
  });

  test("after five in a row, unless a person asked for something since", async () => {
    for (let n = 0; n < 5; n += 1) {
      ends("tests", "failure", blaming);
      expect(await told([write(`mended_${n}`), bash, submit])).toMatchObject({ kind: "published" });
    }
    ends("tests", "failure", blaming);
    await told([submit]);
    expect(status()).toContain("Checks still fail after 5 attempts in a row (`tests`)");
    await bench.run(bench.command("design more"), [write("more"), bash, submit]);
    ends("tests", "failure", blaming);
    expect(await told([write("mended_again"), bash, submit])).toMatchObject({ kind: "published" });
  });
});
