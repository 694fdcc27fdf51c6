/** The loop and its tools against the real walls: git, the file process, ripgrep and bubblewrap. */

import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadLibrary } from "../../src/app/library.ts";
import type { RunEvent } from "../../src/domain/event.ts";
import type { Boundary } from "../../src/domain/policy.ts";
import type { Workspace, Worktree } from "../../src/ports.ts";
import { runLoop } from "../../src/run/loop.ts";
import { resumeFrom } from "../../src/run/resume.ts";
import { createSubagents } from "../../src/run/subagent.ts";
import { loopDeps, runTest } from "../support/loop.ts";
import { openRealWorkspace, type RealWorkspace } from "../support/real-workspace.ts";
import { soundReport } from "../support/report.ts";
import {
  createScriptedCast,
  createScriptedModel,
  type ScriptedCall,
  type ScriptedTurn,
} from "../support/scripted-model.ts";

const boundary: Boundary = { allowed: ["app/api", "app/models"], forbidden: ["frontend"] };
const repository = { id: 1, owner: "owner", name: "backend", installationId: 1, defaultBranch: "main" };
const committed = {
  "app/api/users.py": "from fastapi import APIRouter\n\nrouter = APIRouter()\n",
  "app/main.py": "from app.api.users import router\n",
  "frontend/a.ts": "export {};\n",
};

let real: RealWorkspace;
let workspace: Workspace;
let commit: string;

beforeAll(async () => {
  real = await openRealWorkspace(repository, committed);
  ({ workspace, commit } = real);
});

afterAll(async () => {
  await real?.close();
});

const read = (path: string): ScriptedCall => ({ name: "Read", input: { file_path: `/repo/${path}` } });
const edit = (old_string: string, new_string: string): ScriptedCall => ({
  name: "Edit",
  input: { file_path: "/repo/app/api/users.py", old_string, new_string },
});
const bash = (command: string): ScriptedCall => ({ name: "Bash", input: { command } });
const submit: ScriptedTurn = { calls: [{ name: "SubmitReport", input: soundReport }] };

const open = (runId: string): Promise<Worktree> =>
  workspace.openWorktree(repository, { runId, commit, base: commit, baseBranch: "main", boundaries: [boundary] });

const run = async (worktree: Worktree, turns: readonly ScriptedTurn[], before: readonly RunEvent[] = []) => {
  const resume = resumeFrom(before);
  if (resume) await worktree.restore(resume.changeset);
  const walls = await worktree.enter(boundary);
  const result = await runTest(createScriptedModel(turns), walls, {
    resume,
    checkpoint: () => worktree.collect(),
    limits: { turns: (resume?.spend.turns ?? 0) + turns.length },
  });
  const results = result.events.flatMap((event) =>
    event.type === "user"
      ? event.message.content.flatMap((block) => (block.type === "tool_result" ? [block] : []))
      : [],
  );
  return { ...result, texts: results.map((block) => block.content) };
};

describe("the tools in the real sandbox", () => {
  it("find, read, change, run and report, and the changeset is what they wrote", async () => {
    const worktree = await open("run-whole");
    const { end, texts, events } = await run(worktree, [
      {
        calls: [
          { name: "Glob", input: { pattern: "**/*.py" } },
          { name: "Grep", input: { pattern: "APIRouter\\(", output_mode: "content", path: "/repo/app" } },
          { name: "Grep", input: { pattern: "router", output_mode: "count" } },
          read("app/api/users.py"),
        ],
      },
      {
        calls: [
          edit("router = APIRouter()", 'router = APIRouter(prefix="/users")'),
          { name: "Write", input: { file_path: "/repo/app/models/user.py", content: "class User: ...\n" } },
          bash("git status --short && python3 -c 'import ast; ast.parse(open(\"app/models/user.py\").read())'; exit 3"),
        ],
      },
      submit,
    ]);
    expect(texts[0]?.split("\n").sort()).toEqual(["/repo/app/api/users.py", "/repo/app/main.py"]);
    expect(texts[1]).toBe("app/api/users.py:3:router = APIRouter()");
    expect(texts[2]).toBe("app/api/users.py:1\napp/main.py:1\n\n2 matches in 2 files.");
    expect(texts[3]).toBe("     1\tfrom fastapi import APIRouter\n     2\t\n     3\trouter = APIRouter()");
    expect(texts.slice(4, 6)).toEqual([
      "Changed /repo/app/api/users.py: 1 replacement.",
      "Created /repo/app/models/user.py (1 line).",
    ]);
    expect(texts[6]).toMatch(/^exit code 3\n M app\/api\/users\.py\n\?\? app\/models\//);
    expect(events.find((event) => event.type === "evidence")).toMatchObject({ evidence: { exitCode: 3 } });
    expect(events.find((event) => event.type === "checkpoint")).toMatchObject({
      changeset: [
        { path: "app/api/users.py", kind: "modified" },
        { path: "app/models/user.py", kind: "added" },
      ],
    });
    expect(end).toMatchObject({ kind: "reported", accepted: true });
    await worktree.close();
  });

  it("cannot write outside the boundary: the policy says why, and the kernel holds", async () => {
    const worktree = await open("run-outside");
    const { texts } = await run(worktree, [
      { calls: [read("app/main.py")] },
      {
        calls: [
          { name: "Write", input: { file_path: "/repo/app/main.py", content: "x" } },
          bash("echo x > app/main.py; echo x > frontend/a.ts; cat app/main.py frontend/a.ts"),
        ],
      },
    ]);
    expect(texts[1]).toContain("You may write below /repo/app/api/, /repo/app/models/.");
    expect(texts[2]).toMatch(/Read-only file system[\s\S]*from app\.api\.users import router\nexport \{\};$/);
    expect((await worktree.collect()).changeset).toEqual([]);
    await worktree.close();
  });

  it("refuse an edit of what a command changed after it was read", async () => {
    const worktree = await open("run-stale");
    const { texts } = await run(worktree, [
      { calls: [read("app/api/users.py"), bash("echo '# more' >> app/api/users.py"), edit("router = ", "api = ")] },
    ]);
    expect(texts[2]).toContain("changed since it was read");
    await worktree.close();
  });

  it("go on after a crash from the last checkpoint, with what was seen still known", async () => {
    const first = await open("run-crash");
    const begun = await run(first, [
      { calls: [read("app/api/users.py")] },
      { calls: [edit("router = APIRouter()", "router = APIRouter()  # one"), bash("true")] },
    ]);
    await first.close();
    const second = await open("run-crash");
    const { texts, end } = await run(second, [{ calls: [edit("# one", "# two")] }, submit], begun.events);
    expect(texts[0]).toBe("Changed /repo/app/api/users.py: 1 replacement.");
    expect(end).toMatchObject({ kind: "reported", spend: { turns: 4 } });
    const { changeset } = await second.collect();
    expect(
      changeset.map((change) => (change.kind === "deleted" ? "" : Buffer.from(change.content, "base64").toString())),
    ).toEqual(["from fastapi import APIRouter\n\nrouter = APIRouter()  # two\n"]);
    await second.close();
  });
});

describe("a reviewer in the real sandbox", () => {
  it("reads and runs, and can write nothing in the repository", async () => {
    const worktree = await open("run-review");
    const walls = await worktree.enter({ allowed: [], forbidden: [] });
    const signal = new AbortController().signal;
    const tried = "git status --short; cat app/main.py; for f in app/main.py app/api/users.py; do echo x >> $f; done";
    const { output } = await walls.bash(tried, { timeoutMs: 10_000, signal });
    expect(output).toContain("from app.api.users import router\n");
    expect(
      output.match(/users\.py: Read-only file system|main\.py: (Read-only file system|Permission denied)/g),
    ).toHaveLength(2);
    expect((await walls.read("app/main.py"))?.text).toBe(committed["app/main.py"]);
    await expect(walls.write("app/api/new.py", "x", undefined)).rejects.toThrow("You may write nothing.");
    expect((await worktree.collect()).changeset).toEqual([]);
    await worktree.close();
  });
});

describe("a subagent in the real sandbox", () => {
  const childBoundary: Boundary = { allowed: ["app/tests"], forbidden: ["app/api"] };
  const testFile = "app/tests/test_users.py";
  const script = {
    lead: [
      {
        calls: [
          { name: "Write", input: { file_path: "/repo/app/models/user.py", content: "class User: ...\n" } },
          {
            name: "Agent",
            input: { description: "Test users", prompt: "Test app/models/user.py.", subagent_type: "test-generator" },
          },
          bash(`cat ${testFile}; echo x >> ${testFile}`),
        ],
      },
      submit,
    ],
    tests: [
      {
        calls: [
          read("app/models/user.py"),
          bash("echo x > app/models/user.py; mkdir -p app/tests/.cache; ln -s / app/tests/link"),
        ],
      },
      {
        calls: [
          { name: "Write", input: { file_path: `/repo/${testFile}`, content: "def test_user():\n    assert True\n" } },
          bash(`python3 ${testFile} && echo 'pytest: 1 passed'; echo x > app/tests/.cache/v`),
        ],
      },
    ],
  } satisfies Record<string, readonly ScriptedTurn[]>;

  const play = async (runId: string, before: readonly RunEvent[] = [], turns = 20) => {
    const library = await loadLibrary(join(import.meta.dirname, "../../agents"));
    const generator = library.definitions.get("test-generator");
    if (!generator) throw new Error("no test-generator");
    const worktree = await workspace.openWorktree(repository, {
      ...{ runId, commit, base: commit, baseBranch: "main" },
      boundaries: [boundary, childBoundary],
    });
    const resume = resumeFrom(before);
    if (resume) await worktree.restore(resume.changeset);
    const model = createScriptedCast((text) => (text.includes('"kind":"tests"') ? "tests" : "lead"), script);
    const deps = loopDeps(model, await worktree.enter(boundary), { resume, checkpoint: () => worktree.collect() });
    const subagents = createSubagents({
      ...deps,
      agents: [{ ...generator, boundary: childBoundary, maxTurns: turns }],
      worktree,
      baseText: async () => undefined,
      standards: {},
      facts: { issue: 1, request: { title: "Users" }, decisions: [], configFile: ".github/architect.yml" },
      ...{ events: before, history: before, cast: () => ({ model }) },
    });
    return { worktree, deps: { ...deps, subagents }, model };
  };

  it("writes where its parent cannot, and not where its parent can; what cannot be committed of it goes", async () => {
    const { worktree, deps } = await play("run-child", [], 2);
    expect(await runLoop(deps)).toMatchObject({ kind: "reported" });
    const results = deps.stored.events.flatMap((event) =>
      event.type === "user" ? event.message.content.filter((block) => block.type === "tool_result") : [],
    );
    const texts = results.map(({ content }) => content);
    expect(texts[1]).toMatch(/app\/models\/user\.py: Read-only file system/);
    expect(texts.find((one) => one.startsWith("test-generator"))).toContain(`It changed /repo/${testFile} (added).`);
    expect(texts.at(-2)).toMatch(/assert True\n.*test_users\.py: Read-only file system/);
    const { changeset, refused } = await worktree.collect();
    expect(changeset.map(({ path }) => path)).toEqual(["app/models/user.py", testFile]);
    expect(refused).toEqual([]);
    await worktree.close();
  });

  it("goes on after a crash on the files as it left them", async () => {
    const first = await play("run-child-crash");
    let stored = 0;
    const dying = runLoop({
      ...first.deps,
      subagents: createSubagents({
        ...first.deps,
        agents: first.deps.subagents.agents,
        worktree: first.worktree,
        baseText: async () => undefined,

        standards: {},
        facts: { issue: 1, request: { title: "Users" }, decisions: [], configFile: ".github/architect.yml" },
        ...{ events: [], history: [], cast: () => ({ model: first.model }) },
        record: async (events, spend) => {
          await first.deps.record(events, spend);
          stored += 1;
          if (stored === 3) throw new Error("killed");
        },
      }),
    });
    await expect(dying).rejects.toThrow("killed");
    await first.worktree.close();
    const second = await play("run-child-crash", first.deps.stored.events, 2);
    expect(await runLoop(second.deps)).toMatchObject({ kind: "reported" });
    expect([...first.model.asked, ...second.model.asked]).toEqual(["lead 0", "tests 0", "tests 1", "lead 1"]);
    const { changeset } = await second.worktree.collect();
    expect(changeset.map(({ path }) => path)).toEqual(["app/models/user.py", testFile]);
    await second.worktree.close();
  });
});
