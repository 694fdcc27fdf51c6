import { afterAll, beforeAll, expect, test } from "vitest";
import { HERE, openStage, type Stage } from "./stage.ts";

let stage: Stage;
let sha: string;
let token: string;
let made: { readonly id: number; readonly check_suite: { readonly id: number } };
beforeAll(async () => {
  stage = await openStage({ app: { events: ["pull_request"] } });
  const maintainer = stage.emulator.as("maintainer");
  sha = await maintainer.pushFiles("feature", { "app/new.py": "y = 1\n" }, "Add y");
  await maintainer.openPull({ head: "feature", base: "main", title: "Add y" });
  token = await stage.token();
  const asked = { name: "report", head_sha: sha, external_id: "pull-1", status: "completed", conclusion: "neutral" };
  made = (await stage.call("POST", `${HERE}/check-runs`, { token, body: asked })).body as unknown as typeof made;
});
afterAll(() => stage.close());

const told = async (): Promise<[string, unknown][]> => {
  await stage.emulator.idle();
  return stage.received
    .map(({ headers, raw }): [string, { action?: string }] => [String(headers["x-github-event"]), JSON.parse(raw)])
    .filter(([, { action }]) => action === "rerequested");
};

test("a check run that somebody asks for again is told to its App, which subscribes to none, and stays as it is", async () => {
  await stage.emulator.rerequest("maintainer", { run: made.id });
  expect(await told()).toMatchObject([
    [
      "check_run",
      {
        sender: { login: "maintainer" },
        check_run: {
          ...{ id: made.id, external_id: "pull-1", status: "completed", conclusion: "neutral" },
          check_suite: { status: "queued", conclusion: null },
          pull_requests: [{ number: 1, head: { sha } }],
        },
      },
    ],
  ]);
});

test("its suite is at work once the App changes it", async () => {
  await stage.call("PATCH", `${HERE}/check-runs/${made.id}`, { token, body: { status: "in_progress" } });
  const { body } = await stage.call("GET", `${HERE}/check-suites/${made.check_suite.id}`);
  expect(body).toMatchObject({ status: "in_progress", conclusion: null });
});

test("a whole suite is told once, and another App's to that one alone", async () => {
  await stage.emulator.rerequest("maintainer", { suite: made.check_suite.id });
  const others = await stage.emulator.reportSuite({ sha, jobs: [{ name: "docs", conclusion: "success" }] });
  await stage.emulator.rerequest("maintainer", { suite: others });
  expect((await told()).map(([event]) => event)).toEqual(["check_run", "check_suite"]);
});

test("who may not write is shown no button", async () => {
  await expect(stage.emulator.rerequest("triager", { run: made.id })).rejects.toThrow(/sees no "Re-run"/);
});

test("was told in GitHub's own words all along", () => {
  expect(stage.emulator.violations).toEqual([]);
});
