/** The check run on the App's pull request after its own push: what people push, ask for again, retarget and edit, each proven anew without any model. */
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { PullView } from "./emulator/readers.ts";
import { type ModuleScene, modulePath, moduleText, startModuleScene } from "./support/module-scene.ts";
import { hasBubblewrap } from "./workspace/support.ts";

const suite = `import pathlib, time, unittest


class Tests(unittest.TestCase):
    def test_nothing_is_broken(self):
        for path in pathlib.Path("backend/app/services").glob("*.py"):
            text = path.read_text()
            if "SLOW" in text:
                time.sleep(250)
            self.assertNotIn("BROKEN", text)


unittest.main()
`;
const config = "test: python3 backend/suite.py\n";

type Run = {
  readonly id: number;
  readonly status: string;
  readonly conclusion: string | null;
  readonly check_suite: { readonly id: number };
  readonly output: { readonly title: string; readonly summary: string };
};

let own: ModuleScene;
let pull: PullView;
let head: string;
beforeAll(async () => {
  own = await startModuleScene();
  await maintainer().pushFiles("old", { "NOTES.md": "Before there was a suite.\n" }, "Keep the old ways");
  await configure(config);
  await maintainer().pushFiles("main", { "backend/suite.py": suite }, "Add a suite");
  own.report = { status: "DONE", concerns: [] };
  const issue = await own.ask("orders");
  await own.settled();
  pull = await own.pullOf(issue);
  head = pull.head.sha;
}, 60_000);
afterAll(async () => {
  expect(own?.scene.emulator.violations).toEqual([]);
  await own?.close();
});

const maintainer = () => own.scene.emulator.as("maintainer");
const configure = (text: string) =>
  maintainer().pushFiles("main", { ".github/architect.yml": text }, "Configure the architect");
/** Of the App, on a commit, the newest last. */
const runsAt = (sha: string): Run[] => (own.scene.emulator.checkRuns(sha) as Run[]).sort((a, b) => a.id - b.id);
const runAt = (sha: string): Run => {
  const found = runsAt(sha).at(-1);
  if (!found) throw new Error(`nothing was checked at ${sha}`);
  return found;
};
const push = (name: string, text: string): Promise<string> =>
  maintainer().pushFiles(pull.head.ref, { [modulePath(name)]: text }, `Write ${name}`);
const pushed = async (name: string, text: string): Promise<string> => {
  const sha = await push(name, text);
  await own.settled();
  return sha;
};
const edit = async (change: { readonly body?: string; readonly base?: string }): Promise<void> => {
  await maintainer().request("PATCH", `/repos/acme/shop/pulls/${pull.number}`, change);
  await own.settled();
};
const turns = (): number => own.api.requests.length;

describe.skipIf(!hasBubblewrap)("the check run of the App's pull request", () => {
  test("succeeds on the App's own push", () => {
    expect(runAt(head)).toMatchObject({ status: "completed", conclusion: "success" });
  });

  test("succeeds on a person's push on which all that the report claims ran again", async () => {
    const before = turns();
    const run = runAt(await pushed("bills", moduleText("bills")));
    expect(run).toMatchObject({ status: "completed", conclusion: "success" });
    expect(run.output.summary).toMatch(
      /`python3 backend\/suite\.py` \| exit code 0 \| .* \| passes with the change \|/,
    );
    expect(run.output.summary).not.toContain("earlier commit");
    expect(turns()).toBe(before);
  });

  test("fails on one that breaks a test, and names it", async () => {
    const run = runAt(await pushed("bills", moduleText("bills", "BROKEN = True\n")));
    expect(run).toMatchObject({ status: "completed", conclusion: "failure" });
    expect(run.output.summary).toMatch(
      /\*\*Error\*\*: `python3 backend\/suite\.py` passed before the change and fails with it: test\\?_nothing\\?_is\\?_broken/,
    );
  });

  test("is at work as long as the check is, and gives way to that of a newer push", async () => {
    const slow = await push("bills", moduleText("bills", "SLOW = True\n"));
    while (runsAt(slow).at(-1)?.status !== "in_progress") await wait(20);
    expect(runAt(slow)).toMatchObject({ status: "in_progress", conclusion: null });
    const next = await pushed("bills", moduleText("bills"));
    expect(runAt(slow)).toMatchObject({ status: "completed", conclusion: "cancelled" });
    expect(runAt(next)).toMatchObject({ status: "completed", conclusion: "success" });
  }, 60_000);

  test("is made again by Re-run on the same head, one or all of a suite", async () => {
    const { emulator } = own.scene;
    const sha = (await emulator.pull(pull.number)).head.sha;
    const { id, check_suite: of } = runAt(sha);
    await configure("test: python3 backend/suite.py && test -e nowhere\n");
    await emulator.rerequest("maintainer", { run: id });
    await own.settled();
    expect(runAt(sha)).toMatchObject({ id, status: "completed", conclusion: "neutral" });
    await configure(config);
    await emulator.rerequest("maintainer", { suite: of.id });
    await own.settled();
    expect(runAt(sha)).toMatchObject({ id, status: "completed", conclusion: "success" });
  });

  test("is made again where people change the base", async () => {
    const sha = (await own.scene.emulator.pull(pull.number)).head.sha;
    await edit({ base: "old" });
    expect(runAt(sha).output.summary).toContain("| failed before the change |");
    await edit({ base: "main" });
    expect(runAt(sha).output.summary).toContain("| passed before the change |");
  });

  test("is made again where people change what the report claims, and not for their other words", async () => {
    const { number } = pull;
    const { head: at, body } = await own.scene.emulator.pull(number);
    const lie =
      '"endpoints_created": [{"method": "GET", "path": "/api/v1/nowhere", "auth": "none", "rate_limit": null}]';
    await edit({ body: (body ?? "").replace('"endpoints_created": []', lie) });
    expect(runAt(at.sha)).toMatchObject({ conclusion: "failure" });
    expect(runAt(at.sha).output.summary).toContain("**contradicted**");
    await edit({ body: `For the accountants.\n\n${body}` });
    expect(runAt(at.sha)).toMatchObject({ conclusion: "success" });
    const tokens = own.scene.emulator.deliveries.length;
    await edit({ body: `For the accountants and others.\n\n${body}` });
    expect(own.scene.emulator.deliveries.length).toBe(tokens + 1);
    expect(runsAt(at.sha)).toHaveLength(1);
  });

  test("says that nothing was run where the set-up fails, and of its own push that it ran before", async () => {
    await configure(`${config}setup: echo no network && false\n`);
    const theirs = runAt(await pushed("taxes", moduleText("taxes")));
    expect(theirs).toMatchObject({ conclusion: "neutral" });
    expect(theirs.output.summary).toContain("were run on an earlier commit, and not on this one: ");
    await maintainer().request("PATCH", `/repos/acme/shop/git/refs/heads/${pull.head.ref}`, { sha: head, force: true });
    await own.settled();
    await own.scene.emulator.rerequest("maintainer", { run: runAt(head).id });
    await own.settled();
    expect(runAt(head)).toMatchObject({ conclusion: "success" });
    expect(runAt(head).output.summary).toContain("ran on this commit before it was proposed, and were not run again: ");
    await configure(config);
  });
});
