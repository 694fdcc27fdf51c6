/** `architect run` on a local repository, as a user types it. */
import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, cpSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fixture } from "./support/scene.ts";

const main = join(import.meta.dirname, "../src/main.ts");
const title = "Create user registration endpoint";
let folder: string;
let repository: string;

const git = (...args: string[]) => execFileSync("git", ["-C", repository, ...args], { encoding: "utf8" }).trim();
const architect = (...args: string[]) =>
  spawnSync(process.execPath, [main, ...args], {
    encoding: "utf8",
    env: { PATH: process.env["PATH"] ?? "", HOME: folder, ARCHITECT_DATA: join(folder, "data") },
  });

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "architect-local-"));
  chmodSync(folder, 0o711);
  repository = join(folder, "shop");
  cpSync(fixture("shop"), repository, { recursive: true });
  git("init", "-q", "-b", "main");
  git("add", "-A");
  git("-c", "user.name=maintainer", "-c", "user.email=maintainer@localhost", "commit", "-q", "-m", "Start");
});

afterAll(() => {
  execFileSync("rm", ["-rf", folder]);
});

test("leaves a branch with work and memory, and touches neither the checkout nor its branch", () => {
  const before = git("rev-parse", "main");
  const { status, stdout, stderr } = architect("run", "--repo", repository, title);
  expect(stderr).toBe("");
  expect(status).toBe(0);
  expect(stdout).toContain("Status: DONE_WITH_CONCERNS");
  expect(git("rev-list", "--count", "main..architect/issue-1-create-user-registration-endpoint")).toBe("2");
  expect([git("rev-parse", "main"), git("status", "--porcelain")]).toEqual([before, ""]);
});

test("run again, it starts anew beside the first branch", () => {
  const { status, stdout } = architect("run", "--repo", repository, "--json", title);
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    branch: "architect/issue-1-create-user-registration-endpoint-2",
    outcome: { kind: "published", status: "DONE_WITH_CONCERNS" },
  });
});

test("asks where it does not understand, and ends with 1", () => {
  const { status, stdout } = architect("run", "--repo", repository, "Make everything better");
  expect(status).toBe(1);
  expect(stdout).toContain("NEEDS_CONTEXT");
});

test.each([
  ["no git repository", ["run", "--repo", "/", "x"], /must be a git repository/],
  ["no request", ["run"], /say what to design/],
  ["an unknown command", ["serve"], /no command "serve"/],
  ["an unknown option", ["run", "--fast", "x"], /--fast/],
  [
    "an unknown model without a key",
    ["run", "--repo", ".", "--model", "claude-opus-5-5", "x"],
    /ANTHROPIC_API_KEY is missing/,
  ],
])("%s is answered with a sentence and exit code 2", (_, args, sentence) => {
  const { status, stderr } = architect(...args);
  expect(stderr).toMatch(sentence);
  expect(stderr).not.toMatch(/^\s+at /m);
  expect(status).toBe(2);
});
