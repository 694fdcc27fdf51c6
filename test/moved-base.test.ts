/** A base branch that moves by a push, whoever pushed and however: what it does to the App's open pull requests, and to a run that begins meanwhile. */
import { createServer } from "node:http";
import { Octokit } from "@octokit/rest";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createAnalysis } from "../src/analysis/analysis.ts";
import { conflictMarker } from "../src/domain/render/merges.ts";
import type { Machine } from "../src/serve.ts";
import { openDatabase } from "../src/store/database.ts";
import { createWorkspace } from "../src/workspace/workspace.ts";
import type { PullView } from "./emulator/readers.ts";
import { type ModuleScene, modulePath, moduleText, startModuleScene } from "./support/module-scene.ts";

const at = { owner: "acme", repo: "shop" };
const decisionsFile = ".claude/context/knowledge/decisions/active.json";

/** Called before two lines of history are merged in the mirror. */
let beforeMerge = async (): Promise<void> => {};
/** Branches that were brought into the mirror. */
let fetched: (readonly string[])[] = [];
const machine: Machine = {
  ...{ openDatabase, createAnalysis, createServer },
  createWorkspace: (options) => {
    const workspace = createWorkspace(options);
    return {
      ...workspace,
      fetch: (repository, branches, credentials) => {
        fetched.push(branches);
        return workspace.fetch(repository, branches, credentials);
      },
      merge: async (...sides) => {
        await beforeMerge();
        return workspace.merge(...sides);
      },
    };
  },
};

let own: ModuleScene;
let octokit: Octokit;
beforeAll(async () => {
  own = await startModuleScene({}, machine);
  octokit = new Octokit({ baseUrl: own.scene.emulator.api, auth: "maintainer-token" });
}, 60_000);
afterAll(() => own?.close());

const github = () => own.scene.emulator;
const maintainer = () => github().as("maintainer");
const proposed = async (name: string): Promise<PullView> => {
  const issue = await own.ask(name);
  await own.settled();
  return own.pullOf(issue);
};
const says = (pull: number, marker: string): string[] =>
  github()
    .comments(pull)
    .map(({ body }) => body)
    .filter((body) => body.includes(marker));
/** The memory of another branch, as somebody's own commit on the base. */
const bring = async (from: PullView, to: string): Promise<string> => {
  const files = await Promise.all(
    [decisionsFile, ".claude/context/session/state.json"].map(async (path) => [
      path,
      await github().file(from.head.sha, path),
    ]),
  );
  return maintainer().pushFiles(to, Object.fromEntries(files), "Squashed on a laptop");
};

describe("a push straight to the base", () => {
  let first: PullView;
  let second: PullView;
  let tip: string;
  beforeAll(async () => {
    [first, second] = [await proposed("orders"), await proposed("invoices")];
    tip = await bring(first, "main");
    await own.settled();
  }, 60_000);

  test("has it merged into the pull request that only the memory kept from it, without a merge on GitHub", async () => {
    const { head, mergeable } = await github().pull(second.number);
    expect(mergeable).toBe(true);
    expect(await own.parentsOf(head.sha)).toEqual([second.head.sha, tip]);
    expect(github().checkRuns(head.sha)).toMatchObject([{ external_id: `pull-${second.number}` }]);
  });

  test("to a branch that nothing of ours goes to brings nothing into the mirror", async () => {
    fetched = [];
    await maintainer().pushFiles("feature", { "docs/a.md": "A\n" }, "A");
    await maintainer().pushFiles("feature", { "docs/a.md": "B\n" }, "B");
    await own.settled();
    expect(fetched).toEqual([]);
  });

  test("that takes commits back leaves what has them as it is", async () => {
    const before = (await github().pull(second.number)).head.sha;
    const [parent = ""] = await own.parentsOf(tip);
    await octokit.rest.git.updateRef({ ...at, ref: "heads/main", sha: parent, force: true });
    await own.settled();
    expect((await github().pull(second.number)).head.sha).toBe(before);
    await octokit.rest.git.updateRef({ ...at, ref: "heads/main", sha: tip });
    await own.settled();
    expect((await github().pull(second.number)).head.sha).toBe(before);
  });

  test("that conflicts in the code is said once, and that it does no longer", async () => {
    await maintainer().pushFiles("main", { [modulePath("invoices")]: "INVOICES = 1\n" }, "Ours");
    await own.settled();
    expect(says(second.number, conflictMarker)).toEqual([expect.stringContaining(`- \`${modulePath("invoices")}\``)]);
    await maintainer().pushFiles("main", { [modulePath("invoices")]: null }, "Not ours");
    await own.settled();
    expect(says(second.number, conflictMarker)).toEqual([expect.stringContaining("it does no longer")]);
  });
});

describe("a merge on GitHub", () => {
  test("comes as the word of the merge and as a push, and is looked at once", async () => {
    const [first, second] = [await proposed("parcels"), await proposed("labels")];
    fetched = [];
    await own.merge(first.number, "squash");
    const looks = fetched.filter((branches) => branches.includes(second.head.ref) && branches.length > 3);
    expect(looks).toHaveLength(1);
    expect((await own.parentsOf((await github().pull(second.number)).head.sha)).length).toBe(2);
  }, 60_000);
});

describe("a run that begins while a branch of its issue is being merged", () => {
  test("waits for that, stands on it, and loses nothing", async () => {
    const [first, second] = [await proposed("carts"), await proposed("gifts")];
    const reached = Promise.withResolvers<void>();
    const go = Promise.withResolvers<void>();
    beforeMerge = async () => {
      beforeMerge = async () => {};
      reached.resolve();
      await go.promise;
    };
    const asked = own.api.requests.length;
    const merging = own.merge(first.number);
    await reached.promise;
    await maintainer().comment(second.number, "/architect design Write the module wraps");
    await github().idle();
    expect(own.api.requests.length).toBe(asked);
    go.resolve();
    await merging;
    await own.settled();
    const { head } = await github().pull(second.number);
    expect(says(second.number, "architect:kept:")).toEqual([]);
    const subjects = (await github().commits(second.number)).map(({ message }) => message.split("\n")[0]);
    expect(subjects.filter((subject) => subject?.startsWith("Merge main"))).toHaveLength(1);
    for (const name of ["carts", "gifts", "wraps"])
      expect(await github().file(head.sha, modulePath(name))).toBe(moduleText(name));
  }, 60_000);
});

describe("a pull request that stands on another one of ours", () => {
  let lower: PullView;
  let upper: PullView;
  let top: PullView;
  const standing = async (name: string, on: PullView): Promise<PullView> => {
    const { number } = await maintainer().createIssue({ title: name });
    await maintainer().comment(number, `/architect design --base ${on.head.ref} Write the module ${name}`);
    await own.settled();
    return own.pullOf(number);
  };
  beforeAll(async () => {
    lower = await proposed("bricks");
    upper = await standing("walls", lower);
    top = await standing("roofs", upper);
  }, 60_000);

  test("has each push to that one merged in, by whomever, and so has what stands on it, without a model", async () => {
    await maintainer().comment(lower.number, "/architect design Write the module mortar");
    await own.settled();
    const asked = own.api.requests.length;
    await maintainer().pushFiles(lower.head.ref, { [modulePath("bricks")]: moduleText("bricks", "RED = 1\n") }, "Red");
    await own.settled();
    expect(own.api.requests.length).toBe(asked);
    for (const { number } of [upper, top]) {
      const { head, mergeable } = await github().pull(number);
      expect(mergeable).toBe(true);
      expect(await github().file(head.sha, modulePath("mortar"))).toBe(moduleText("mortar"));
      expect(await github().file(head.sha, modulePath("bricks"))).toContain("RED");
      expect(github().checkRuns(head.sha)).toMatchObject([{ external_id: `pull-${number}` }]);
    }
  }, 60_000);

  test("is told where that one conflicts with it, and what stands on it is not touched", async () => {
    const before = await github().pull(top.number);
    await maintainer().pushFiles(lower.head.ref, { [modulePath("walls")]: "WALLS = 1\n" }, "Walls of our own");
    await own.settled();
    expect(says(upper.number, conflictMarker)).toEqual([expect.stringContaining(`- \`${modulePath("walls")}\``)]);
    expect((await github().pull(top.number)).head.sha).toBe(before.head.sha);
    expect(says(top.number, conflictMarker)).toEqual([]);
  }, 60_000);
});

test("was told in GitHub's own words all along", () => {
  expect(github().violations).toEqual([]);
  expect(own.api.refusals).toEqual([]);
});
