import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { HERE, openStage, type Stage } from "./stage.ts";

type Run = { readonly id: number; readonly name: string; readonly status: string; readonly conclusion: string | null };

let stage: Stage;
let sha: string;
beforeAll(async () => {
  stage = await openStage();
  const maintainer = stage.emulator.as("maintainer");
  sha = await maintainer.pushFiles("feature", { "app/new.py": "y = 1\n" }, "Add y");
  await maintainer.openPull({ head: "feature", base: "main", title: "Add y" });
});
afterAll(() => stage.close());

const suitesTold = async () => {
  await stage.emulator.idle();
  return stage.received
    .filter(({ headers }) => headers["x-github-event"] === "check_suite")
    .map(({ raw }) => JSON.parse(raw));
};
const runsOf = async (suite: number, filter = "latest"): Promise<Run[]> => {
  const { body } = await stage.call("GET", `${HERE}/check-suites/${suite}/check-runs?filter=${filter}`);
  return body["check_runs"] as Run[];
};

describe("a suite of Actions", () => {
  let suite: number;
  let failed: number;
  const log = "2026-11-25T10:00:00.0000000Z E   assert 1 == 2\n";
  beforeAll(async () => {
    suite = await stage.emulator.reportSuite({
      sha,
      jobs: [
        { name: "lint", conclusion: "success", log: "fine" },
        { name: "tests", conclusion: "failure", log, steps: [{ name: "Run pytest", conclusion: "failure" }] },
      ],
    });
    failed = (await runsOf(suite)).find(({ name }) => name === "tests")?.id ?? 0;
  });

  test("is told once, when its last job ends, with the pull request that has its commit", async () => {
    const told = await suitesTold();
    expect(told).toHaveLength(1);
    expect(told[0]).toMatchObject({
      action: "completed",
      check_suite: {
        id: suite,
        head_sha: sha,
        head_branch: "feature",
        conclusion: "failure",
        pull_requests: [{ number: 1, head: { ref: "feature", sha } }],
      },
    });
  });

  test("has jobs with the ids of their check runs, and the steps that failed", async () => {
    const { body } = await stage.call("GET", `${HERE}/actions/jobs/${failed}`);
    expect(body).toMatchObject({ id: failed, run_attempt: 1, steps: [{ name: "Run pytest", conclusion: "failure" }] });
  });

  test("gives a log by a signed link, which takes no other credential", async () => {
    const token = await stage.token({ permissions: { actions: "read" } });
    const api = `${stage.emulator.api}${HERE}/actions/jobs/${failed}/logs`;
    const led = await fetch(api, { redirect: "manual", headers: { authorization: `Bearer ${token}` } });
    expect(led.status).toBe(302);
    const link = led.headers.get("location") ?? "";
    expect(await (await fetch(link)).text()).toBe(log);
    expect((await fetch(link, { headers: { authorization: `Bearer ${token}` } })).status).toBe(403);
    expect(stage.emulator.violations.splice(0)).toEqual(["a log was asked for with the Authorization header"]);
  });

  test("shows jobs and logs to nobody without actions: read", async () => {
    const token = await stage.token({ permissions: { checks: "read" } });
    expect((await stage.call("GET", `${HERE}/actions/jobs/${failed}/logs`, { token })).status).toBe(403);
  });

  test("starts failed jobs again for whoever may, as further check runs of the same suite", async () => {
    const { body } = await stage.call("GET", `${HERE}/actions/jobs/${failed}`);
    const again = `${HERE}/actions/runs/${body["run_id"]}/rerun-failed-jobs`;
    const token = await stage.token({ permissions: { actions: "read" } });
    expect((await stage.call("POST", again, { token })).status).toBe(403);
    expect((await stage.call("POST", again)).status).toBe(201);
    expect((await stage.call("POST", again)).status).toBe(403);
    const workflow = await stage.call("GET", `${HERE}/actions/runs/${body["run_id"]}`);
    expect(workflow.body).toMatchObject({ run_attempt: 2, status: "in_progress", head_sha: sha });
    expect((await runsOf(suite)).map(({ name, status }) => [name, status])).toEqual([
      ["lint", "completed"],
      ["tests", "queued"],
    ]);
    await stage.emulator.finishSuite(suite, [{ name: "tests", conclusion: "success" }]);
    expect((await suitesTold()).map(({ check_suite }) => check_suite.conclusion)).toEqual(["failure", "success"]);
    expect(await runsOf(suite, "all")).toHaveLength(3);
  });
});

describe("a suite of another App", () => {
  test("ends when its last check does, and has what the App wrote in place of a log", async () => {
    const app = { id: 900, slug: "ci-elsewhere", name: "CI elsewhere" };
    const output = { title: "3 failures", summary: "see below" };
    const before = (await suitesTold()).length;
    const suite = await stage.emulator.reportSuite({
      sha,
      app,
      jobs: [{ name: "build", conclusion: "failure", output }],
      unfinished: ["deploy"],
    });
    expect(await suitesTold()).toHaveLength(before);
    await stage.emulator.finishSuite(suite, [{ name: "deploy", conclusion: "skipped" }]);
    expect((await suitesTold()).at(-1)).toMatchObject({ check_suite: { id: suite, app: { slug: "ci-elsewhere" } } });
    const [build] = await runsOf(suite);
    expect(build).toMatchObject({ name: "build", output });
    expect((await stage.call("GET", `${HERE}/actions/jobs/${build?.id}`)).status).toBe(404);
  });
});

test("was told in GitHub's own words all along", () => {
  expect(stage.emulator.violations).toEqual([]);
});
