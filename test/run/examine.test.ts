/** What reports claim, run for real: git, bubblewrap, and a server of the standard library. One lie a test. */

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { noSpend } from "../../src/domain/budget.ts";
import { type Changeset, treeHash } from "../../src/domain/changeset.ts";
import type { RunEvent } from "../../src/domain/event.ts";
import type { Evidence } from "../../src/domain/finding.ts";
import type { Report } from "../../src/domain/report.ts";
import type { Workspace, Worktree } from "../../src/ports.ts";
import type { Project } from "../../src/run/ask-server.ts";
import { createExamine } from "../../src/run/examine.ts";
import { checkRuns } from "../../src/verify/check-runs.ts";
import { openRealWorkspace, type RealWorkspace } from "../support/real-workspace.ts";
import { reportWith } from "../support/report.ts";
import { hasBubblewrap } from "../workspace/support.ts";

const server = `
import json, sys
from http.server import BaseHTTPRequestHandler, HTTPServer

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        status = {"/api/v1/items": 200, "/api/v1/items/7": 200, "/api/v1/broken": 500, "/api/v1/page": 200}.get(self.path, 404)
        self.send_response(status)
        self.send_header("content-type", "text/html" if self.path.endswith("page") else "application/json")
        self.end_headers()
        self.wfile.write(json.dumps({"path": self.path}).encode())

    def log_message(self, *args):
        pass

HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
`;

const suite = `
import sys, unittest

class Tests(unittest.TestCase):
    def test_old(self):
        self.assertTrue(open("app/state").read() != "red\\n")

    def test_new(self):
        self.assertNotIn("broken", open("app/state").read())

unittest.main()
`;

const committed = { "app/state": "green\n", "app/main.py": "a = 1\n", "server.py": server, "suite.py": suite };
const repository = { id: 1, owner: "owner", name: "backend", installationId: 1, defaultBranch: "main" };
const never = new AbortController().signal;
const serve = { command: "exec python3 server.py 8500", port: 8500, health: "/" };
const items = { method: "GET" as const, path: "/api/v1/items", auth: "none", rate_limit: null };

describe.skipIf(!hasBubblewrap)("a report that is examined", () => {
  let real: RealWorkspace;
  let workspace: Workspace;
  let commit: string;
  let worktree: Worktree;
  let stored: RunEvent[];
  let bases: number;

  beforeAll(async () => {
    real = await openRealWorkspace(repository, committed);
    ({ workspace, commit } = real);
    worktree = await workspace.openWorktree(repository, {
      ...{ runId: "run-1", commit, base: commit, baseBranch: "main" },
      boundaries: [{ allowed: ["app"], forbidden: [] }],
    });
  });

  afterAll(async () => {
    await worktree?.close();
    await real?.close();
  });

  const changed = (state = "changed\n"): Changeset => [
    { path: "app/state", kind: "modified", mode: "100644", content: Buffer.from(state).toString("base64") },
  ];

  const run = async (
    report: Partial<Report>,
    {
      project = { serve },
      changeset = changed(),
      evidence = [],
      events = [],
    }: { project?: Project; changeset?: Changeset; evidence?: Evidence[]; events?: readonly RunEvent[] } = {},
  ) => {
    stored = [];
    bases = 0;
    const examine = createExamine({
      ...{ commit, base: commit, worktree, project, events, clock: () => new Date() },
      walls: await worktree.enter({ allowed: [], forbidden: [] }),
      record: async (added) => void stored.push(...added),
      redact: (text) => text.replaceAll("hunter2", "[redacted]"),
      openBase: () => {
        bases += 1;
        return workspace.openWorktree(repository, {
          ...{ runId: "run-1.base", commit, base: commit, baseBranch: "main", boundaries: [] },
        });
      },
    });
    const whole = reportWith({ status: "DONE", endpoints_created: [], test_commands: [], ...report });
    const runs = await examine(whole, { changeset, evidence, spend: noSpend, signal: never });
    return {
      runs,
      findings: checkRuns(whole, runs).map(({ rule, severity, message }) => `${severity} ${rule}: ${message}`),
    };
  };

  it("is untouched where everything that it claims is so", async () => {
    const { runs, findings } = await run({
      endpoints_created: [items, { ...items, path: "/api/v1/items/{item_id}" }],
      test_commands: [
        "ID=$(curl -s localhost:8500/api/v1/items | jq -r .path)",
        "curl -s http://localhost:8500/api/v1/items/7",
        "curl -s http://localhost:8500/api/v1/items/8 # 404",
        "python3 suite.py",
      ],
    });
    expect(findings).toEqual([]);
    expect(runs.evidence.map(({ check, exitCode }) => [check?.kind, exitCode])).toEqual([
      ["server", 0],
      ["request", 0],
      ["request", 0],
      ["request", 0],
      ["command", 0],
    ]);
    expect(stored.map(({ type }) => type)).toEqual(["checked", "checked"]);
  });

  it("that claims a command passes which fails", async () => {
    const { findings } = await run({ test_commands: ["python3 -c 'import sys; sys.exit(4)'"] });
    expect(findings).toEqual(["error command-failed: `python3 -c 'import sys; sys.exit(4)'` ended with exit code 4"]);
  });

  it("that masks an exit code: it is not even run", async () => {
    const { runs, findings } = await run({ test_commands: ["python3 suite.py || true"] });
    expect(findings).toEqual([
      "error command-masked: `python3 suite.py || true` was not run, for it would prove nothing: its exit code is masked by `|| true`. Name the plain command",
    ]);
    expect(runs.evidence).toEqual([]);
  });

  it.each([
    ["that only echoes", "echo 'GET /api/v1/items 200'", "it only prints or ends"],
    ["that only compiles", "python3 -m compileall -q app", "it only compiles"],
    ["that only imports", "python3 -c 'import app.main'", "it only imports"],
  ])("%s leaves its endpoint unproven", async (_, command, reason) => {
    const { findings } = await run({ endpoints_created: [items], test_commands: [command] });
    expect(findings).toEqual([
      expect.stringMatching(new RegExp(`^note command-proves-nothing: .*${reason}`)),
      "error endpoint-unproven: no request of test_commands reaches GET /api/v1/items: add a curl command that does, and is answered with success",
    ]);
  });

  it.each([
    ["never reaches the endpoint", "curl localhost:8500/api/v1/items/7", [/^error endpoint-unproven: no request/]],
    [
      "reaches it with another method",
      "curl -X POST localhost:8500/api/v1/items",
      [/^error request-failed: POST .* 501/, /^error endpoint-unproven/],
    ],
    [
      "only shows that it refuses",
      "curl localhost:8500/api/v1/items?x=1 # 404",
      [/expect to be refused: add one that succeeds/],
    ],
    [
      "hides the answer",
      "curl -f localhost:8500/api/v1/items || true",
      [/^error command-unreadable: .*hides what it was answered/, /^error endpoint-unproven/],
    ],
  ])("whose request %s", async (_, command, wanted) => {
    const { findings } = await run({ endpoints_created: [items], test_commands: [command] });
    expect(findings).toEqual(wanted.map((pattern) => expect.stringMatching(pattern)));
  });

  it.each([
    ["500", "/api/v1/broken", 'it was answered 500: {"path": "/api/v1/broken"}'],
    ["404", "/api/v1/none", 'it was answered 404: {"path": "/api/v1/none"}'],
    ["a web page", "/api/v1/page", "it was answered 200 with a web page, not by an endpoint"],
  ])("whose endpoint answers %s", async (_, path, fault) => {
    const { findings } = await run({
      endpoints_created: [{ ...items, path }],
      test_commands: [`curl localhost:8500${path}`],
    });
    expect(findings).toEqual([
      `error request-failed: GET ${path}: ${fault}`,
      `concern endpoint-unproven: no request to GET ${path} succeeded`,
    ]);
  });

  it("that expects another status than comes", async () => {
    const { findings } = await run({ test_commands: ["curl localhost:8500/api/v1/items # 409"] });
    expect(findings).toEqual([
      'error request-failed: GET /api/v1/items: it was answered 200, not 409: {"path": "/api/v1/items"}',
    ]);
  });

  it("whose evidence is stale is run anew, and whose evidence is fresh is not", async () => {
    const ran = (tree: string): Evidence => ({
      command: "python3 suite.py",
      exitCode: 0,
      durationMs: 1,
      output: "old",
      tree,
    });
    const test_commands = ["python3 suite.py"];
    const stale = await run({ test_commands }, { changeset: changed("red\n"), evidence: [ran("older")] });
    expect(stale.findings).toEqual([
      expect.stringMatching(/^error command-failed: `python3 suite.py` ended with exit code 1/),
    ]);
    const fresh = await run({ test_commands }, { evidence: [ran(treeHash(changed()))] });
    expect([fresh.findings, stored, fresh.runs.evidence[0]?.output]).toEqual([[], [], "old"]);
  });

  it("with no run at all", async () => {
    expect((await run({ endpoints_created: [items] })).findings).toEqual([
      "error endpoint-unproven: no request of test_commands reaches GET /api/v1/items: add a curl command that does, and is answered with success",
    ]);
  });

  it("that says its concerns keeps them beside what was found; one that promises nothing is not run", async () => {
    const test_commands = ["python3 -c 'import sys; sys.exit(4)'"];
    const said = await run({ status: "DONE_WITH_CONCERNS", concerns: ["slow"], test_commands });
    expect(said.findings).toEqual([expect.stringMatching(/^concern command-failed/)]);
    const blocked = await run({ status: "BLOCKED", test_commands });
    expect([blocked.findings, stored]).toEqual([[], []]);
  });

  it.each([
    [
      "that never starts",
      "echo 'Traceback' >&2; echo 'SyntaxError: invalid syntax' >&2; exit 1",
      "error server-failed: the requests could not be made: the server ended with exit code 1: SyntaxError: invalid syntax",
    ],
    [
      "that lacks a package",
      "python3 -c 'import no_such_package'",
      "concern not-served: the application could not be run here, so no endpoint was tried: package no_such_package is missing",
    ],
    [
      "that needs a database",
      "python3 -c 'import socket; socket.create_connection((\"127.0.0.1\", 5432))'",
      "concern not-served: the application could not be run here, so no endpoint was tried: it needs a service that is not here (ConnectionRefusedError: [Errno 111] Connection refused)",
    ],
  ])("with a server %s", async (_, command, finding) => {
    const { findings } = await run(
      { endpoints_created: [items], test_commands: ["curl localhost:8500/api/v1/items"] },
      { project: { serve: { ...serve, command } } },
    );
    expect(findings).toEqual([finding]);
  });

  it("with a server that never stops and floods its output is ended, and what it answered counts", async () => {
    const command = "trap '' TERM INT; yes flood & python3 server.py 8500";
    const { runs, findings } = await run(
      { endpoints_created: [items], test_commands: ["curl localhost:8500/api/v1/items"] },
      { project: { serve: { ...serve, command } } },
    );
    expect(findings).toEqual([]);
    expect(runs.evidence[0]?.output.length).toBeLessThanOrEqual(4_000);
  });

  it("whose command floods its output, or writes where it may not, changes nothing", async () => {
    const { findings } = await run({
      test_commands: [
        "yes 1; exit $?",
        'python3 -c \'import io; io.open("/usr/x", "w")\'',
        "python3 -c 'import shutil; shutil.rmtree(\"app\")'",
      ],
    });
    expect(findings[0]).toMatch(
      /^error command-failed: .* ended with exit code 137: \[the App ended it after \d+ s: output\]/,
    );
    expect(findings[1]).toMatch(/^error command-failed: .* Read-only file system/);
    expect(findings).toHaveLength(2);
    expect((await worktree.collect()).changeset).toEqual([]);
  });

  it("with no application is a concern that says how to name one", async () => {
    const { findings } = await run(
      { endpoints_created: [items], test_commands: ["curl localhost:8500/api/v1/items"] },
      { project: {} },
    );
    expect(findings).toEqual([
      "concern not-served: the application could not be run here, so no endpoint was tried: no application was found to start; `serve` in .github/architect.yml names the command that does",
    ]);
  });

  it("with a server of another application than the repository's", async () => {
    const { findings } = await run(
      { test_commands: ["uvicorn fake:app --port 8500", "curl localhost:8500/api/v1/items"] },
      { project: {} },
    );
    expect(findings).toEqual([
      "error server-failed: the requests could not be made: the server's application fake is no module of the repository",
    ]);
  });

  it("after a crash: what was run on the same files is not run again", async () => {
    const report = {
      endpoints_created: [items],
      test_commands: ["curl localhost:8500/api/v1/items", "python3 suite.py"],
    };
    const project = { serve, test: ["python3 suite.py"] };
    const first = await run(report, { project });
    const events = [...stored];
    expect([events.length, bases]).toEqual([4, 1]);
    const again = await run(report, { project, events });
    expect([again.runs, stored, bases]).toEqual([first.runs, [], 0]);
    await run(report, { project, events, changeset: changed("other\n") });
    expect([stored.length, bases]).toEqual([3, 0]);
  });

  it("keeps no secret of the App in what it shows", async () => {
    await run({ test_commands: ["python3 -c 'print(\"hunter2\")'"] });
    expect(JSON.stringify(stored)).not.toContain("hunter2");
  });

  describe("and the repository's suite", () => {
    const project = { test: ["python3 suite.py"] };
    const at = (runs: { readonly evidence: readonly Evidence[] }) =>
      runs.evidence.map(({ check, exitCode }) => check?.kind === "suite" && [check.at, exitCode]);

    it("green before and after", async () => {
      const { runs, findings } = await run({}, { project });
      expect([at(runs), findings]).toEqual([
        [
          ["base", 0],
          ["head", 0],
        ],
        [],
      ]);
    });

    it("broken by the change", async () => {
      const { runs, findings } = await run({}, { project, changeset: changed("red\n") });
      expect(at(runs)).toEqual([
        ["base", 0],
        ["head", 1],
      ]);
      expect(findings).toEqual([
        "error suite-broken: `python3 suite.py` passed before the change and fails with it: test_old",
      ]);
    });
  });
});
