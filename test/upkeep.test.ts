/** Pull requests of the App, merged one after the other: those that wait stay mergeable, with the memory of all of them. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { conflictMarker } from "../src/domain/render/merges.ts";
import type { PullView } from "./emulator/readers.ts";
import { type ModuleScene, modulePath, moduleText, startModuleScene } from "./support/module-scene.ts";

const decisionsFile = ".claude/context/knowledge/decisions/active.json";
const stateFile = ".claude/context/session/state.json";

let own: ModuleScene;
beforeAll(async () => {
  own = await startModuleScene();
}, 60_000);
afterAll(() => own?.close());

const github = () => own.scene.emulator;
const json = async (ref: string, path: string) => JSON.parse((await github().file(ref, path)) ?? "null");
const decided = async (ref: string): Promise<string[]> =>
  (await json(ref, decisionsFile)).decisions
    .map(({ id, title }: { id: string; title: string }) => `${id} ${title}`)
    .filter((line: string) => line.startsWith("DEC-"));
const conflictsSaid = (pull: number) =>
  github()
    .comments(pull)
    .filter(({ body }) => body.includes(conflictMarker));
const pullsFor = async (...names: readonly string[]): Promise<readonly [PullView, PullView]> => {
  const issues: number[] = [];
  for (const name of names) issues.push(await own.ask(name));
  await own.settled();
  const [a, b] = await Promise.all(issues.map((issue) => own.pullOf(issue)));
  if (!a || !b) throw new Error("two pull requests were asked for");
  return [a, b];
};

describe("of two pull requests that both add to the memory", () => {
  let first: PullView;
  let second: PullView;
  let merged: string;
  beforeAll(async () => {
    [first, second] = await pullsFor("orders", "invoices");
    merged = await own.merge(first.number);
  }, 60_000);

  test("the second one has the base merged in when the first one is, by a commit of two parents that GitHub signed", async () => {
    const { head, mergeable } = await github().pull(second.number);
    expect(mergeable).toBe(true);
    const last = (await github().commits(second.number)).find(({ sha }) => sha === head.sha);
    expect(last).toMatchObject({ verified: true, author: "backend-architect[bot]" });
    expect(last?.message).toMatch(/^Merge main into architect\/issue-2-write-the-module-invoices\n\nThe files of /);
    const parents = await own.parentsOf(head.sha);
    expect(parents).toEqual([second.head.sha, merged]);
  });

  test("it holds the decisions of both, each under an id of its own, and the work of both", async () => {
    const { head } = await github().pull(second.number);
    expect(await decided(head.sha)).toEqual([
      expect.stringMatching(/^DEC-\d{8}-0001 Keep orders in a module of its own$/),
      expect.stringMatching(/^DEC-\d{8}-0002 Keep invoices in a module of its own$/),
    ]);
    const { tasks_completed: done } = await json(head.sha, stateFile);
    expect(done.map(({ issue }: { issue?: number }) => issue)).toEqual(expect.arrayContaining([1, 2]));
    expect(await github().file(head.sha, modulePath("orders"))).toBe(moduleText("orders"));
  });

  test("its new head has a check run that says that nothing ran on it", async () => {
    const { head } = await github().pull(second.number);
    const [check] = github().checkRuns(head.sha);
    expect(check).toMatchObject({ conclusion: "neutral", external_id: `pull-${second.number}` });
    expect(JSON.stringify(check?.["output"])).toContain("run on an earlier commit, and not on this one");
  });

  test("nobody is written to, and a delivery that comes again changes nothing", async () => {
    expect(conflictsSaid(second.number)).toEqual([]);
    const before = (await github().pull(second.number)).head.sha;
    const closed = github().deliveries.find(({ event, action }) => event === "pull_request" && action === "closed");
    await github().redeliver(closed?.guid ?? "");
    await own.settled();
    expect((await github().pull(second.number)).head.sha).toBe(before);
  });

  test("it is merged in its turn, and the base branch has the memory of both", async () => {
    await own.merge(second.number, "squash");
    expect(await decided("main")).toHaveLength(2);
  });
});

describe("a pull request that conflicts in its code, too", () => {
  let pull: PullView;
  beforeAll(async () => {
    const [first, second] = await pullsFor("parcels", "labels");
    pull = second;
    await github()
      .as("maintainer")
      .pushFiles(first.head.ref, { [modulePath("labels")]: moduleText("labels", "SIZE = 2\n") }, "Size labels");
    await own.settled();
    await own.merge(first.number);
  }, 60_000);

  test("is left as it is, and one comment says where and what to do", async () => {
    expect((await github().pull(pull.number)).head.sha).toBe(pull.head.sha);
    const said = conflictsSaid(pull.number);
    expect(said).toHaveLength(1);
    expect(said[0]?.body.replace(/[0-9a-f]{12}/g, "…")).toMatchInlineSnapshot(`
      "<!-- architect:conflict -->

      **This branch conflicts with \`main\`**, as of …. Nothing was merged.

      Both changed:

      - \`.claude/context/session/state.json\`
      - \`backend/app/services/labels.py\`

      Of the memory's files keep the entries of both sides.

      Merge \`main\` into \`architect/issue-6-write-the-module-labels\` by hand, or with “Resolve conflicts” below; reviews and commands go on from what you push."
    `);
  });

  test("has that comment edited when the conflict is gone, and gets no other one", async () => {
    const maintainer = github().as("maintainer");
    await maintainer.pushFiles("main", { [modulePath("labels")]: null }, "Take the sizes back");
    const other = await own.ask("stamps");
    await own.settled();
    await own.merge((await own.pullOf(other)).number);
    const said = conflictsSaid(pull.number);
    expect(said.map(({ body }) => body.replace(/[0-9a-f]{12}/g, "…"))).toEqual([
      `${conflictMarker}\n\nThis branch conflicted with \`main\`; as of … it does no longer.`,
    ]);
    expect((await github().pull(pull.number)).mergeable).toBe(true);
  }, 60_000);
});

describe("a pull request on the branch of another one", () => {
  let lower: PullView;
  let upper: PullView;
  let merged: string;
  beforeAll(async () => {
    const issue = await own.ask("carts");
    await own.settled();
    lower = await own.pullOf(issue);
    const maintainer = github().as("maintainer");
    const { number } = await maintainer.createIssue({ title: "Checkouts" });
    await maintainer.comment(number, `/architect design --base ${lower.head.ref} Write the module checkouts`);
    await own.settled();
    upper = await own.pullOf(number);
    await maintainer.pushFiles(
      upper.head.ref,
      { [modulePath("carts")]: moduleText("carts", "MAX = 9\n") },
      "Bound carts",
    );
    await own.settled();
    merged = await own.merge(lower.number, "squash");
  }, 60_000);

  test("goes where that one went, and stays mergeable after a squash, too: what both hold is no conflict", async () => {
    expect(upper.base.ref).toBe(lower.head.ref);
    const now = await github().pull(upper.number);
    expect(now).toMatchObject({ base: { ref: "main" }, mergeable: true, state: "open" });
    expect((await own.parentsOf(now.head.sha))[1]).toBe(merged);
    expect(await github().file(now.head.sha, modulePath("carts"))).toBe(moduleText("carts", "MAX = 9\n"));
    const { tasks_completed: done } = await json(now.head.sha, stateFile);
    const carts = Number(/issue-(\d+)/.exec(lower.head.ref)?.[1]);
    expect(done.map(({ issue }: { issue?: number }) => issue)).toEqual(expect.arrayContaining([carts, carts + 2]));
    expect(conflictsSaid(upper.number)).toEqual([]);
  });
});

test("was told in GitHub's own words all along", () => {
  expect(github().violations).toEqual([]);
  expect(own.api.refusals).toEqual([]);
});
