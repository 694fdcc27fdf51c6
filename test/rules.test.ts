/** Who and what starts a run, through everything: the owner's and the repository's configuration, as people on GitHub see it. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { statusMarker } from "../src/domain/render-status.ts";
import { type App, startApp } from "../src/serve.ts";
import type { Person } from "./emulator/person.ts";
import { type Scene, startScene } from "./support/scene.ts";

const file = ".github/architect.yml";
/** What the blueprint asks back about, after a look. */
const title = "Make it better";

let scene: Scene;
let app: App;
let maintainer: Person;
let owner: Person;

const settled = async () => {
  await scene.emulator.idle();
  await app.queue.idle();
  await scene.emulator.idle();
};
type Comment = { readonly body: string; readonly user: { readonly login: string } };
const commentsOn = async (issue: number, person = maintainer): Promise<Comment[]> =>
  (await person.request("GET", `/repos/acme/shop/issues/${issue}/comments`)) as Comment[];
const statusOf = async (issue: number): Promise<string> =>
  (await commentsOn(issue)).find(({ body }) => body.includes(statusMarker))?.body ?? "none";
const eyesOn = async (issue: number): Promise<number> => {
  const found = (await maintainer.request("GET", `/repos/acme/shop/issues/${issue}`)) as {
    reactions: { eyes: number };
  };
  return found.reactions.eyes;
};
const configure = (text: string | null, at: Person = maintainer) => at.pushFiles("main", { [file]: text }, "Configure");
/** An App that remembers nothing of the configuration it read. */
const restart = async () => {
  await app?.close();
  app = await startApp(scene.config, () => {});
  scene.emulator.setWebhookUrl(`${app.url}/api/github/webhooks`);
};
const labelled = async (label: string): Promise<number> => {
  const { number } = await maintainer.createIssue({ title });
  await maintainer.label(number, label);
  await settled();
  return number;
};

beforeAll(async () => {
  scene = await startScene({
    repository: { files: `${import.meta.dirname}/fixtures/backends/shop` },
    others: [{ owner: "acme", name: ".github", files: { "README.md": "# For all\n" } }],
  });
  maintainer = scene.emulator.as("maintainer");
  owner = maintainer.at({ owner: "acme", name: ".github" });
});

beforeEach(restart);

afterAll(async () => {
  await app?.close();
  await scene?.close();
});

test("the label that the repository chose starts a run, and the operator's is like any other", async () => {
  await configure("label: design\n");
  const usual = await labelled("architect");
  expect(await commentsOn(usual)).toEqual([]);
  expect(await eyesOn(usual)).toBe(0);
  const chosen = await labelled("Design");
  expect(await statusOf(chosen)).toContain("**NEEDS_CONTEXT.**");
  expect(await eyesOn(chosen)).toBe(1);
  const other = await labelled("bug");
  expect(await commentsOn(other)).toEqual([]);
});

describe("defaults in the owner's repository .github", () => {
  test("count where the repository says nothing, and give way where it does", async () => {
    await configure(null);
    await configure("label: design\nwho: { permission: admin }\n", owner);
    const refused = await labelled("design");
    expect(await statusOf(refused)).toContain("`who.permission` asks for `admin`");
    await configure("who: { permission: write }\n");
    await restart();
    expect(await statusOf(await labelled("design"))).toContain("**NEEDS_CONTEXT.**");
  });

  test("that are wrong are named with their file, the key and what it may be", async () => {
    await configure("label: design\nwho: { permision: admin }\n", owner);
    expect(await statusOf(await labelled("design"))).toContain(
      "acme/.github: .github/architect.yml: at `who`: unknown key `permision`; did you mean `permission`? allowed here: permission, people",
    );
  });
});

test("as many runs as a repository lets begin in a day begin, and what comes then is said once on each thread", async () => {
  await configure(null, owner);
  await configure("runs: { person: 1 }\n");
  await restart();
  const first = await labelled("architect");
  expect(await statusOf(first)).toContain("one run for `@maintainer` began today, and no more may");
  const before = (await commentsOn(first))[0]?.body;
  await maintainer.comment(first, "/architect design it\n");
  await settled();
  await restart();
  await maintainer.comment(first, "/architect design it once more\n");
  await settled();
  expect((await commentsOn(first)).filter(({ user }) => user.login !== "maintainer").map(({ body }) => body)).toEqual([
    before,
  ]);
});

test("whoever has write access may stop runs, and ask how they stand, where the configuration lets them start none", async () => {
  await configure("who: { permission: admin }\n");
  await restart();
  const refused = await labelled("architect");
  expect(await statusOf(refused)).toContain("`who.permission` asks for `admin`");
  for (const verb of ["stop", "status", "help"]) {
    await maintainer.comment(refused, `/architect ${verb}`);
    await settled();
  }
  const answers = (await commentsOn(refused)).filter(({ body }) => body.includes("architect:command:"));
  expect(answers.map(({ body }) => body).join("\n")).toMatch(/nothing waits[\s\S]*who\.permission[\s\S]*`stop`/);
  expect(answers).toHaveLength(3);
});

test("all of it was said in GitHub's own words", () => {
  expect(scene.emulator.violations).toEqual([]);
});
