/** What people do to branches and pull requests while a run of the App is at work: theirs stands, and nothing of either side is lost. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Octokit } from "@octokit/rest";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { conflictMarker } from "../src/domain/render/merges.ts";
import type { PullView } from "./emulator/readers.ts";
import { type ModuleScene, modulePath, moduleText, startModuleScene } from "./support/module-scene.ts";

const at = { owner: "acme", repo: "shop" };
let own: ModuleScene;
let octokit: Octokit;
beforeAll(async () => {
  own = await startModuleScene();
  octokit = new Octokit({ baseUrl: own.scene.emulator.api, auth: "maintainer-token" });
}, 60_000);
afterAll(() => own?.close());
afterEach(() => {
  own.beforeReport = async () => {};
  own.testCommands = [];
});

const github = () => own.scene.emulator;
const maintainer = () => github().as("maintainer");
/** Once, while the run is at work. */
const meanwhile = (act: () => Promise<unknown>): void => {
  own.beforeReport = async () => {
    own.beforeReport = async () => {};
    await act();
  };
};
const ready = ({ node_id: id }: PullView): Promise<unknown> =>
  octokit.graphql(
    "mutation ($id: ID!) { markPullRequestReadyForReview(input: { pullRequestId: $id }) { clientMutationId } }",
    { id },
  );
const pushed = async (branch: string, path: string, text: string): Promise<string> =>
  maintainer().pushFiles(branch, { [path]: text }, "Meanwhile");
/** An issue, its run, and its pull request. */
const proposed = async (name: string): Promise<PullView> => {
  const issue = await own.ask(name);
  await own.settled();
  return own.pullOf(issue);
};
const follow = async (pull: PullView, name: string): Promise<void> => {
  await maintainer().comment(pull.number, `/architect design Write the module ${name}`);
  await own.settled();
};
const says = async (pull: number, marker: string): Promise<string[]> =>
  github()
    .comments(pull)
    .map(({ body }) => body)
    .filter((body) => body.includes(marker));
const issueOf = ({ head }: PullView): number => Number(/issue-(\d+)/.exec(head.ref)?.[1]);

describe("a base branch that moves while a run is at work", () => {
  test("is merged by a commit of two parents on top of the work, which is run again with it", async () => {
    own.testCommands = [`python3 -c "import os; assert os.path.exists('${modulePath("taxes")}')"`];
    let tip = "";
    meanwhile(async () => {
      tip = await pushed("main", modulePath("rates"), moduleText("rates"));
    });
    const pull = await proposed("taxes");
    const [merge, memory] = [...(await github().commits(pull.number))].reverse();
    expect(merge).toMatchObject({ sha: pull.head.sha, verified: true, author: "backend-architect[bot]" });
    expect(await own.parentsOf(pull.head.sha)).toEqual([memory?.sha, tip]);
    expect(await github().file(pull.head.sha, modulePath("rates"))).toBe(moduleText("rates"));
    expect(await github().file(pull.head.sha, modulePath("taxes"))).toBe(moduleText("taxes"));
    expect(pull.body).toContain(
      "`main` has moved on, and one file of it is merged in; what the report claims was run again with it",
    );
    expect(pull.body).toContain("| exit code 0 |");
  }, 60_000);

  test("shows what no longer holds with it, and the status is not better than that", async () => {
    own.testCommands = [`python3 -c "import os; assert not os.path.exists('${modulePath("limits")}')"`];
    meanwhile(() => pushed("main", modulePath("limits"), moduleText("limits")));
    const pull = await proposed("quotas");
    expect(pull.body).toContain("with the base merged in: `python3 -c");
    expect(pull.draft).toBe(true);
  }, 60_000);

  test("has both memories in the end", async () => {
    const other = await proposed("banks");
    await ready(other);
    meanwhile(() => maintainer().merge(other.number, "squash"));
    const pull = await proposed("cards");
    const text = await github().file(pull.head.sha, ".claude/context/knowledge/decisions/active.json");
    expect(text).toContain("Keep banks in a module of its own");
    expect(text).toContain("Keep cards in a module of its own");
    expect((await github().pull(pull.number)).mergeable).toBe(true);
  }, 60_000);

  test("is not merged where it conflicts: the work is there, and what to do stands in the comment and in the report", async () => {
    meanwhile(() => pushed("main", modulePath("coins"), "COINS = 1\n"));
    const pull = await proposed("coins");
    expect((await own.parentsOf(pull.head.sha)).length).toBe(1);
    expect(pull.mergeable).toBe(false);
    expect(await github().file(pull.head.sha, modulePath("coins"))).toBe(moduleText("coins"));
    expect((await says(pull.number, conflictMarker))[0]).toContain(`- \`${modulePath("coins")}\``);
    expect(pull.body).toContain(`conflicts with this branch in \`${modulePath("coins")}\`; merge it by hand`);
  }, 60_000);
});

describe("a base branch that moved before a run", () => {
  test("is merged into the branch first, so that the agent finds what is there now; its own merge ends no run", async () => {
    const [pull, other] = [await proposed("boats"), await proposed("sails")];
    const tip = await pushed("main", modulePath("winds"), moduleText("winds"));
    let seen: string | undefined;
    meanwhile(async () => {
      seen = (await github().pull(pull.number)).head.sha;
      await ready(other);
      await maintainer().merge(other.number);
      await github().idle();
    });
    await follow(pull, "masts");
    expect(await own.parentsOf(seen ?? "")).toEqual([pull.head.sha, tip]);
    expect(github().checkRuns(seen ?? "")).toMatchObject([{ conclusion: "neutral" }]);
    const { head, mergeable } = await github().pull(pull.number);
    expect(mergeable).toBe(true);
    for (const name of ["boats", "winds", "masts", "sails"])
      expect(await github().file(head.sha, modulePath(name))).toBe(moduleText(name));
    expect(await says(pull.number, "architect:kept:")).toEqual([]);
  }, 60_000);

  test("is not merged where it conflicts: that is said once, and the run goes on with the branch as it is", async () => {
    const pull = await proposed("piers");
    await pushed("main", modulePath("piers"), "PIERS = 1\n");
    await follow(pull, "docks");
    const { head } = await github().pull(pull.number);
    expect(await github().file(head.sha, modulePath("docks"))).toBe(moduleText("docks"));
    expect(await says(pull.number, conflictMarker)).toHaveLength(1);
  }, 60_000);
});

describe("a person who pushes to the branch while a run is at work", () => {
  let pull: PullView;
  let theirs = "";
  let comment = "";
  beforeAll(async () => {
    pull = await proposed("clients");
    meanwhile(async () => {
      theirs = await pushed(pull.head.ref, modulePath("clients"), moduleText("clients", "VIP = True\n"));
    });
    await follow(pull, "visits");
    comment = (await says(pull.number, "architect:kept:"))[0] ?? "";
  }, 60_000);

  test("has the last word: nothing is pushed, and both comments say so", async () => {
    expect((await github().pull(pull.number)).head.sha).toBe(theirs);
    expect(comment).toContain(
      `**Not pushed.** @maintainer pushed to \`${pull.head.ref}\` while this run was at work, so it did not push.`,
    );
    expect(own.status(pull.number)).toContain("Its work is kept as a patch. It stands in [a comment of its own](");
  });

  test("can take the work with git apply", () => {
    const patch = /```diff\n([\s\S]*?\n)```/.exec(comment)?.[1] ?? "";
    const folder = mkdtempSync(join(own.scene.folder, "apply-"));
    const file = join(folder, modulePath("clients"));
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, moduleText("clients"));
    execFileSync("git", ["init", "-q"], { cwd: folder });
    execFileSync("git", ["apply"], { cwd: folder, input: patch });
    expect(execFileSync("cat", [join(folder, modulePath("visits"))], { encoding: "utf8" })).toBe(moduleText("visits"));
  });

  test("has the work on top of theirs by /architect continue", async () => {
    await maintainer().comment(pull.number, "/architect continue");
    await own.settled();
    const { head } = await github().pull(pull.number);
    expect(await github().file(head.sha, modulePath("visits"))).toBe(moduleText("visits"));
    expect(await github().file(head.sha, modulePath("clients"))).toBe(moduleText("clients", "VIP = True\n"));
    expect((await github().commits(pull.number)).map(({ sha }) => sha)).toContain(theirs);
  }, 60_000);
});

describe("a pull request that is no longer open when its run ends", () => {
  test("is left closed, and the work goes on once it is opened again", async () => {
    const pull = await proposed("pens");
    meanwhile(() => maintainer().closePull(pull.number));
    await follow(pull, "inks");
    expect(await github().pull(pull.number)).toMatchObject({ state: "closed", head: { sha: pull.head.sha } });
    expect(own.status(pull.number)).toContain(
      `The pull request was closed while this run was at work, so nothing was pushed.`,
    );
    await octokit.rest.pulls.update({ ...at, pull_number: pull.number, state: "open" });
    await maintainer().comment(pull.number, "/architect continue");
    await own.settled();
    const { head } = await github().pull(pull.number);
    expect(await github().file(head.sha, modulePath("inks"))).toBe(moduleText("inks"));
  }, 60_000);

  test("is left merged, and the work goes into a new one", async () => {
    const pull = await proposed("rods");
    meanwhile(async () => {
      await ready(pull);
      await maintainer().merge(pull.number);
    });
    await follow(pull, "reels");
    expect(own.status(pull.number)).toContain("The pull request was merged while this run was at work");
    const issue = issueOf(pull);
    await maintainer().comment(issue, "/architect continue");
    await own.settled();
    const next = await own.pullOf(issue);
    expect(next.number).not.toBe(pull.number);
    expect(await github().file(next.head.sha, modulePath("reels"))).toBe(moduleText("reels"));
  }, 60_000);

  test("is told that its branch was deleted", async () => {
    const pull = await proposed("nets");
    meanwhile(() => maintainer().deleteBranch(pull.head.ref));
    await follow(pull, "hooks");
    expect(own.status(pull.number)).toContain(
      `The branch \`${pull.head.ref}\` was deleted while this run was at work, so nothing was pushed.`,
    );
    expect((await says(pull.number, "architect:kept:"))[0]).toContain('NAME = "hooks"');
  }, 60_000);
});

test("work whose base is gone says which one, and waits for /architect continue", async () => {
  await pushed("next", "docs/next.md", "Next\n");
  const { number } = await maintainer().createIssue({ title: "Tables" });
  meanwhile(() => maintainer().deleteBranch("next"));
  await maintainer().comment(number, "/architect design --base next Write the module tables");
  await own.settled();
  expect(own.status(number)).toContain(
    "Nothing was published: the branch `next` that the pull request was to go to is gone. Push it again where it is still wanted.",
  );
  await pushed("next", "docs/next.md", "Next\n");
  await maintainer().comment(number, "/architect continue");
  await own.settled();
  expect(await own.pullOf(number)).toMatchObject({ base: { ref: "next" } });
}, 60_000);

test("people's title, text, labels and readiness stand where they change them while a run is at work", async () => {
  const pull = await proposed("mugs");
  meanwhile(async () => {
    const body = `For the spring sale.\n\n${pull.body}\n\n- [x] looked at`;
    await octokit.rest.pulls.update({ ...at, pull_number: pull.number, title: "Mugs, at last", body });
    await maintainer().label(pull.number, "spring");
    await ready(pull);
  });
  await follow(pull, "cups");
  const now = await github().pull(pull.number);
  expect(now).toMatchObject({ title: "Mugs, at last", draft: false });
  expect(now.body?.startsWith("For the spring sale.")).toBe(true);
  expect(now.body?.endsWith("- [x] looked at")).toBe(true);
  expect(now.body).toContain("Adds the module cups.");
  expect(await github().file(now.head.sha, modulePath("cups"))).toBe(moduleText("cups"));
}, 60_000);

test("was told in GitHub's own words all along", () => {
  expect(github().violations).toEqual([]);
  expect(own.api.refusals).toEqual([]);
});
