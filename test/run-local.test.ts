/** `architect run` and `architect replay` on a local repository, as a user types them. */
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startMessagesApi } from "./support/messages-api.ts";
import { reportWith } from "./support/report.ts";
import { fixture } from "./support/scene.ts";
import { screenOf } from "./support/terminal.ts";

const main = join(import.meta.dirname, "../src/main.ts");
const title = "Create user registration endpoint";
const branch = "architect/issue-1-create-user-registration-endpoint";
let folder: string;
let repository: string;

const git = (...args: string[]) => execFileSync("git", ["-C", repository, ...args], { encoding: "utf8" }).trim();
const environment = (more: Record<string, string> = {}) => ({
  PATH: process.env["PATH"] ?? "",
  HOME: folder,
  ARCHITECT_DATA: join(folder, "data"),
  ARCHITECT_CACHE: folder,
  ...more,
});
const architect = (...args: string[]) =>
  spawnSync(process.execPath, [main, ...args], { encoding: "utf8", env: environment() });

type Ended = { readonly status: number | null; readonly stdout: string; readonly stderr: string };

/** The same while this process goes on. @param onText told of all that was said so far on either stream */
const running = (
  args: readonly string[],
  env: Record<string, string>,
  onText: (said: string, interrupt: () => void) => void = () => {},
) =>
  new Promise<Ended>((resolve) => {
    const child = spawn(process.execPath, [main, ...args], {
      env: environment(env),
      stdio: ["ignore", "pipe", "pipe"],
    });
    const said = { stdout: "", stderr: "" };
    const listen = (stream: "stdout" | "stderr") => (chunk: Buffer) => {
      said[stream] += chunk.toString();
      onText(said[stream], () => void child.kill("SIGINT"));
    };
    child.stdout.on("data", listen("stdout"));
    child.stderr.on("data", listen("stderr"));
    child.once("close", (status) => resolve({ status, ...said }));
  });

/** Good enough for the sandbox's own check, which asks for `python`; what the agent runs with `python3` never ends. */
const slowPython = (): string => {
  const python = join(folder, "slow-python");
  mkdirSync(join(python, "bin"), { recursive: true });
  const script = (does: string) => `#!/bin/sh\n${does}\n`;
  writeFileSync(join(python, "bin/python"), script('exec /usr/bin/python3 "$@"'), { mode: 0o755 });
  writeFileSync(join(python, "bin/python3"), script("exec sleep 600"), { mode: 0o755 });
  return python;
};

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
  const { status, stdout, stderr } = architect("run", "--repo", repository, "--task", title, "--budget", "$2");
  expect(stderr).toBe("");
  expect(status).toBe(0);
  expect(stdout).toMatch(/ ▸ Writing .* …\n/);
  expect(stdout).toMatch(/^Status: DONE/m);
  expect(stdout).toMatch(/^ {2}backend\/app\/models\/user\.py +\| +\d+ \++$/m);
  expect(stdout).toMatch(/\$0 of \$2\.00/);
  expect(stdout).not.toMatch(/report as JSON|\/architect design|Refs #1/);
  expect(stdout).not.toContain("\u001b");
  expect(git("rev-list", "--count", `main..${branch}`)).toBe("2");
  expect(git("log", "--format=%B", `main..${branch}`)).not.toMatch(/#1/);
  expect([git("rev-parse", "main"), git("status", "--porcelain")]).toEqual([before, ""]);
});

test("run again, it starts anew beside the first branch; --json is one object, and what people read is on stderr", () => {
  writeFileSync(join(repository, "notes.txt"), "not committed\n");
  const { status, stdout, stderr } = architect("run", "--repo", repository, "--json", title);
  rmSync(join(repository, "notes.txt"));
  expect(status).toBe(0);
  const end = JSON.parse(stdout);
  expect(Object.keys(end)).toEqual(["run", "outcome", "branch", "report", "findings", "evidence", "files", "body"]);
  expect(end).toMatchObject({
    branch: `${branch}-2`,
    outcome: { kind: "published" },
    report: { feature: "user-registration" },
  });
  expect(end.evidence.length).toBeGreaterThan(0);
  expect(end.body).toContain(`**Status: ${end.outcome.status}.**`);
  const numbers = git("diff", "--numstat", "--no-renames", `main...${branch}-2`).split("\n");
  expect(
    end.files.map((file: Record<string, string>) => `${file["additions"]}\t${file["deletions"]}\t${file["path"]}`),
  ).toEqual(numbers);
  expect(end.files).toContainEqual(expect.objectContaining({ path: "backend/app/models/user.py", status: "added" }));
  expect(stderr).toContain("1 uncommitted change is not seen by the run");
  expect(stderr).toContain(`run ${end.run.slice(0, 8)}`);
});

test("asks where it does not understand, and ends with 1", () => {
  const { status, stdout } = architect("run", "--repo", repository, "Make everything better");
  expect(status).toBe(1);
  expect(stdout).toContain("NEEDS_CONTEXT");
  expect(stdout).toMatch(/^1\. /m);
  expect(stdout).toContain("give the task again with the answers in it");
});

test("on a terminal the task list is one block, redrawn in place within the window, without colours if so wished", () => {
  const line = `stty cols 44 rows 40 && ${process.execPath} ${main} run --repo ${repository} --task '${title}'`;
  const { stdout } = spawnSync("script", ["-qec", line, "/dev/null"], {
    encoding: "utf8",
    env: environment({ TERM: "xterm-256color", NO_COLOR: "1", SHELL: "/bin/sh" }),
  });
  expect(stdout).toContain("▸ Writing the Pydantic schemas …");
  expect(stdout.split("\u001b[").filter((text) => /^\d*m/.test(text))).toEqual([]);
  const screen = screenOf(stdout, 44);
  const from = screen.findIndex((text) => text.startsWith("Ended after 0:"));
  const to = screen.findIndex((text) => text.startsWith("Status: DONE"));
  expect(from).toBeGreaterThan(0);
  expect(screen.slice(from, to).filter((text) => /^ {2}[✓▸·] /u.test(text)).length).toBeGreaterThanOrEqual(6);
  expect(screen.filter((text) => text === "  ✓ Write the Pydantic schemas")).toHaveLength(1);
  expect(screen.filter((text) => /Writing the Pydantic|^Working\./.test(text))).toEqual([]);
});

describe("an interrupted run", () => {
  test("keeps its work, is told apart, and goes on with no turn asked twice", async () => {
    let refused: ReturnType<typeof architect> | undefined;
    const args = ["run", "--repo", repository, "--json", "--task", title];
    const stopped = await running(args, { ARCHITECT_PYTHON: slowPython() }, (said, interrupt) => {
      if (refused || !/ ✓ /.test(said)) return;
      refused = architect("replay");
      // npm hands on what the terminal has sent already.
      interrupt();
      interrupt();
    });
    expect(stopped.status).toBe(130);
    const { run, outcome, branch: none } = JSON.parse(stopped.stdout);
    expect([outcome, none]).toEqual([null, null]);
    expect(stopped.stderr).toContain(`architect run --repo ${repository} --continue ${run.slice(0, 8)}`);
    expect(refused?.status).toBe(2);
    expect(refused?.stderr).toMatch(/in use by another running Backend Architect \(process \d+, ".*main\.ts run/);

    const before = JSON.parse(architect("replay", run, "--json").stdout);
    expect(before.status).toBe("interrupted");
    expect(before.turns).toBeGreaterThan(5);
    const elsewhere = join(folder, "elsewhere");
    execFileSync("git", ["init", "-q", "-b", "main", elsewhere]);
    const other = architect("run", "--repo", elsewhere, "--continue", run);
    expect([other.status, other.stderr]).toEqual([2, expect.stringContaining(`has no run ${run}`)]);

    const { status, stdout } = architect("run", "--repo", repository, "--continue", "--json");
    expect([status, JSON.parse(stdout).run]).toEqual([0, run]);
    const after = JSON.parse(architect("replay", run, "--json").stdout);
    const [asked, all] = [before, after].map(({ conversations }) =>
      conversations[0].turns.map(({ at }: { at: string }) => at),
    );
    expect(after.conversations).toHaveLength(1);
    expect(all.slice(0, asked.length)).toEqual(asked);
    expect(all.length).toBeGreaterThan(asked.length);
    expect(after.spend.turns).toBe(all.length);
  });

  test("is none any more when it has ended", () => {
    const { status, stderr } = architect("run", "--repo", repository, "--continue");
    expect([status, stderr]).toEqual([2, expect.stringContaining("no run of this repository was interrupted")]);
  });
});

test("a model that fails ends the run with the reason and keeps it; going on asks no turn again", async () => {
  let down = true;
  const asks = reportWith({
    ...{ status: "NEEDS_CONTEXT", questions: [{ question: "Which table?", options: [] }], handoffs: [] },
    ...{ endpoints_created: [], models_created: [], middleware_added: [], security_measures: [], test_commands: [] },
    documentation: { openapi_updated: false, postman_collection: null },
  });
  const api = await startMessagesApi((_, served) => {
    if (served === 0) return { text: "I look.", tools: [{ name: "Glob", input: { pattern: "**/*.toml" } }] };
    if (down) return { status: { code: 403, type: "permission_error" } };
    return { tools: [{ name: "SubmitReport", input: asks }] };
  });
  const env = { ANTHROPIC_API_KEY: api.apiKey, ANTHROPIC_BASE_URL: api.url };
  const failed = await running(["run", "--repo", repository, "--task", title], env);
  expect([failed.status, failed.stderr]).toEqual([
    1,
    expect.stringMatching(/architect: the run failed: .*permission/s),
  ]);
  expect(failed.stderr).not.toMatch(/^\s+at |test-key/m);
  expect(failed.stdout).toContain("To go on: architect run");
  down = false;
  const ended = await running(["run", "--repo", repository, "--continue"], env);
  expect(ended.stdout).toMatch(/NEEDS_CONTEXT[\s\S]+1\. Which table\?/);
  expect(ended.status).toBe(1);
  expect(api.requests.map(({ messages }) => messages.length)).toEqual([1, 3, 3]);
  expect(api.refusals).toEqual([]);
  await api.close();
});

test("replay lists runs, and shows one with its calls, exit codes, changed paths and outcome", () => {
  const list = architect("replay", "--data", join(folder, "data/local"));
  expect(list.stdout).toMatch(/^RUN +WHEN +STATUS +TURNS +SPENT +REQUEST\n/);
  expect(list.stdout).toMatch(/NEEDS_CONTEXT .*local\/shop: Make everything better$/m);
  const id = /^(\w{8}) .*DONE\w* .*Create user/m.exec(list.stdout)?.[1] ?? "";
  const { status, stdout } = architect("replay", id);
  expect(status).toBe(0);
  expect(stdout).toMatch(/^ +Bash .*\n +→ exit code \d+: /m);
  expect(stdout).toMatch(/^ +Changed: .*backend\/app\/models\/user\.py \(added\)/m);
  expect(stdout).toMatch(/^ +SubmitReport DONE\w*\n +→ The report is accepted/m);
  expect(stdout).toMatch(new RegExp(`^${branch}(-\\d)? at [0-9a-f]{7}$`, "m"));
});

test.each([
  ["no git repository", ["run", "--repo", "/", "x"], /must be a git repository/],
  ["a data folder that is none", ["replay", "--data", "/"], /is no data folder of an App/],
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
