/** What people and repositories can do wrong, each through everything: nothing starts that should not, and everybody is told what would be right. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Octokit } from "@octokit/rest";
import { afterAll, beforeAll, expect, test } from "vitest";
import { statusMarker } from "../src/domain/render-status.ts";
import { type App, startApp } from "../src/serve.ts";
import { fixture, type Scene, startScene } from "./support/scene.ts";

const owner = "acme";
const decisions = ".claude/context/knowledge/decisions/active.json";

let scene: Scene;
let app: App;
let github: Octokit;

const filesOf = (folder: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.(py|toml|md)$/.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => [path.slice(folder.length + 1), readFileSync(path, "utf8")]),
  );

beforeAll(async () => {
  scene = await startScene({
    repository: { files: fixture("shop") },
    others: [
      { owner, name: "empty" },
      { owner, name: "notes", files: { "README.md": "# Notes\n" } },
      {
        owner,
        name: "broken-memory",
        files: { ...filesOf(fixture("shop")), [decisions]: '{"decisions": [{"title": "Keep me' },
      },
    ],
  });
  app = await startApp(scene.config, () => {});
  scene.emulator.setWebhookUrl(`${app.url}/api/github/webhooks`);
  github = new Octokit({ baseUrl: scene.emulator.api, auth: "maintainer-token" });
});

afterAll(async () => {
  await app?.close();
  await scene?.close();
});

const settled = async () => {
  await scene.emulator.idle();
  await app.queue.idle();
  await scene.emulator.idle();
};

/** Opens an issue, labels it, and gives the status comment when all is done. */
const ask = async (repo: string, title: string, body = ""): Promise<string> => {
  const { data: issue } = await github.rest.issues.create({ owner, repo, title, body });
  await github.rest.issues.addLabels({ owner, repo, issue_number: issue.number, labels: ["architect"] });
  await settled();
  return statusOn(repo, issue.number);
};
const statusOn = async (repo: string, issue_number: number): Promise<string> => {
  const { data } = await github.rest.issues.listComments({ owner, repo, issue_number });
  const found = data.filter(({ body }) => body?.includes(statusMarker));
  expect(found.length).toBeLessThanOrEqual(1);
  return found[0]?.body ?? "";
};
const pullsOf = async (repo: string) => (await github.rest.pulls.list({ owner, repo, state: "all" })).data;

test("a label set by somebody who may label but not write starts nothing and is not answered", async () => {
  scene.emulator.setPermission("stranger", "triage");
  const { data: issue } = await github.rest.issues.create({
    owner,
    repo: "shop",
    title: "Create user registration endpoint",
  });
  const stranger = new Octokit({ baseUrl: scene.emulator.api, auth: "stranger-token" });
  await stranger.rest.issues.addLabels({ owner, repo: "shop", issue_number: issue.number, labels: ["architect"] });
  await settled();
  const { data: after } = await github.rest.issues.get({ owner, repo: "shop", issue_number: issue.number });
  expect([after.comments, after.reactions?.eyes]).toEqual([0, 0]);
  expect(await pullsOf("shop")).toEqual([]);
});

test.each([
  ["in the middle of a sentence", "You could write /architect design a login here."],
  ["in a quote", "> /architect design a login"],
  ["in a code block", "```\n/architect design a login\n```"],
  ["in a hidden comment", "<!--\n/architect design a login\n-->"],
  ["as the beginning of another word", "/architectural design is hard"],
])("a command %s is none", async (_, body) => {
  const { data: issue } = await github.rest.issues.create({ owner, repo: "shop", title: "A talk" });
  await github.rest.issues.createComment({ owner, repo: "shop", issue_number: issue.number, body });
  await settled();
  const { data: after } = await github.rest.issues.get({ owner, repo: "shop", issue_number: issue.number });
  expect(after.comments).toBe(1);
});

test("an empty repository is told to push a first commit", async () => {
  expect(await ask("empty", "Create user registration endpoint")).toContain("Push a first commit");
});

test("a repository without a backend is asked where it is", async () => {
  const status = await ask("notes", "Create user registration endpoint");
  expect(status).toContain("NEEDS_CONTEXT");
  expect(status).toMatch(/FastAPI/);
  expect(await pullsOf("notes")).toEqual([]);
});

test.each([
  ["in another language", "Erstelle einen Endpunkt, mit dem sich Kunden registrieren können", ""],
  ["of 60 kB", "Please do all of this", "We need many things in the backend. ".repeat(1700)],
])("a request %s gets precise questions and no pull request", async (_, title, body) => {
  const status = await ask("shop", title, body);
  expect(status).toContain("NEEDS_CONTEXT");
  expect(status).toMatch(/1\. /);
  expect(await pullsOf("shop")).toEqual([]);
});

test("a broken memory file is set aside in the pull request, byte for byte, and said", async () => {
  const status = await ask("broken-memory", "Create user registration endpoint");
  expect(status).toContain("DONE_WITH_CONCERNS");
  const [pull] = await pullsOf("broken-memory");
  expect(pull?.body).toContain("could not be read");
  const { data: files } = await github.rest.pulls.listFiles({
    owner,
    repo: "broken-memory",
    pull_number: pull?.number ?? 0,
  });
  const aside = files.find(({ filename }) => /active\.broken-[0-9a-f]{8}\.json$/.test(filename));
  const { data } = await github.rest.repos.getContent({
    owner,
    repo: "broken-memory",
    path: aside?.filename ?? "",
    ref: pull?.head.ref ?? "",
  });
  expect("content" in data && Buffer.from(data.content, "base64").toString()).toBe('{"decisions": [{"title": "Keep me');
});

test("none of it departed from GitHub's contract", () => {
  expect(scene.emulator.violations).toEqual([]);
});
