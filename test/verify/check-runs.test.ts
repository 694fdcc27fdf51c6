import { describe, expect, test } from "vitest";
import type { Evidence } from "../../src/domain/finding.ts";
import { checkRuns, type Runs } from "../../src/verify/check-runs.ts";
import { endpointOf, faultOf } from "../../src/verify/commands/answers.ts";
import { packageRoot, rankApplications, serverFor } from "../../src/verify/commands/application.ts";
import { whyNotServed } from "../../src/verify/commands/served.ts";
import { reportWith } from "../support/report.ts";

const suite = (at: "base" | "head", exitCode: number, output: string, command = "pytest -q"): Evidence => ({
  ...{ command, exitCode, output, durationMs: 1, tree: at },
  check: { kind: "suite", at },
});

const said = (runs: Partial<Runs>, status: "DONE" | "DONE_WITH_CONCERNS" = "DONE") =>
  checkRuns(reportWith({ status, endpoints_created: [], test_commands: [] }), {
    ...{ evidence: [], skipped: [] },
    ...runs,
  }).map(({ severity, rule, message }) => `${severity} ${rule}: ${message}`);

describe("the suite before and after", () => {
  const red = "FAILED tests/test_a.py::test_one - assert 1 == 2\n1 failed, 3 passed in 0.1s\n";
  const redder = `FAILED tests/test_b.py::test_two - KeyError\n${red}`;

  test.each([
    ["green and green", "4 passed in 0.1s", 0, "5 passed in 0.1s", 0, []],
    [
      "green and red: we broke it",
      "4 passed",
      0,
      red,
      1,
      ["error suite-broken: `pytest -q` passed before the change and fails with it: tests/test_a.py::test_one"],
    ],
    [
      "red in the same tests: it was red before",
      red,
      1,
      red,
      1,
      ["note suite-red: `pytest -q` failed before the change, in the same tests: tests/test_a.py::test_one"],
    ],
    [
      "red in more tests",
      red,
      1,
      redder,
      1,
      ["error suite-broken: `pytest -q` failed before the change; these fail only with it: tests/test_b.py::test_two"],
    ],
    ["red and green: mended", red, 1, "4 passed in 0.1s", 0, []],
    [
      "red without a word",
      "boom",
      2,
      "boom",
      2,
      ["concern suite-unclear: `pytest -q` failed before the change and fails with it, so it shows nothing: boom"],
    ],
    [
      "green with fewer tests",
      "12 passed in 1s",
      0,
      "9 passed in 1s",
      0,
      ["concern suite-shrunk: `pytest -q`: 12 tests passed before the change, 9 with it"],
    ],
  ] as const)("%s", (_, before, beforeCode, after, afterCode, findings) => {
    const evidence = [suite("base", beforeCode, before), suite("head", afterCode, after)];
    expect(said({ evidence })).toEqual(findings);
  });

  test("where a concern is said already, it is one more", () => {
    expect(said({ evidence: [suite("base", 0, ""), suite("head", 1, red)] }, "DONE_WITH_CONCERNS")).toEqual([
      expect.stringMatching(/^concern suite-broken/),
    ]);
  });

  test("what there was no time for is said", () => {
    expect(said({ skipped: ["pytest -q"] })).toEqual([
      "concern command-not-run: `pytest -q` was not run: the time or room for test commands was used up",
    ]);
  });
});

describe("requests and endpoints", () => {
  const endpoints = [
    { method: "GET" as const, path: "/users/{user_id}" },
    { method: "GET" as const, path: "/users/me" },
    { method: "GET" as const, path: "/files/{rest:path}" },
    { method: "POST" as const, path: "/users/" },
  ];
  const reached = (method: string, path: string) => endpointOf({ method, path }, endpoints)?.path;

  test.each([
    ["GET", "/users/7?x=1", "/users/{user_id}"],
    ["GET", "/users/me", "/users/me"],
    ["GET", "/users/7/posts", undefined],
    ["GET", "/users/", undefined],
    ["GET", "/files/a/b.txt", "/files/{rest:path}"],
    ["POST", "/users/", "/users/"],
    ["POST", "/users", undefined],
    ["DELETE", "/users/7", undefined],
  ])("%s %s reaches %s", (method, path, template) => expect(reached(method, path)).toBe(template));

  const request = { method: "GET", port: 1, path: [], headers: [], follow: false };
  const answer = { path: "/api/a", contentType: "application/json", location: "", body: "", durationMs: 1 };

  test.each([
    [{ status: 201 }, undefined, undefined],
    [{ status: 204, contentType: "" }, undefined, undefined],
    [{ status: 302, location: "/login" }, undefined, undefined],
    [
      { status: 307, location: "http://localhost:1/api/a/" },
      undefined,
      "it was sent on to http://localhost:1/api/a/: ask that path",
    ],
    [
      { status: 200, contentType: "application/problem+json", body: "{}" },
      undefined,
      "it was answered 200 with problem details: {}",
    ],
    [{ status: 409 }, 409, undefined],
    [{ status: 503 }, 503, "it was answered 503"],
    [{ status: 404 }, 409, "it was answered 404, not 409"],
    [{ status: 200 }, 404, "it was answered 200, not 404"],
    [{ problem: "the connection broke" }, undefined, "the connection broke"],
  ])("%j with %s expected", (over, expected, fault) => {
    expect(faultOf({ request, text: "", ...(expected ? { expected } : {}) }, { ...answer, ...over })).toBe(fault);
  });

  test("a 5xx for want of a service is a concern with the reason, whatever the status claims", () => {
    const server: Evidence = {
      ...{ command: "uvicorn", exitCode: 0, durationMs: 1, tree: "t", output: "ConnectionRefusedError: [Errno 111]" },
      check: { kind: "server" },
    };
    const failed: Evidence = {
      ...{ ...server, command: "curl", exitCode: 22 },
      check: { kind: "request", method: "GET", path: "/a", status: 500, fault: "it was answered 500" },
    };
    expect(said({ evidence: [server, failed] })).toEqual([
      "concern request-failed: GET /a: it was answered 500; it needs a service that is not here (ConnectionRefusedError: [Errno 111])",
    ]);
  });
});

describe("servers", () => {
  const server = { port: 8500, own: ["backend", "app", "main"], waitedMs: 30_000 };

  test.each([
    ["ModuleNotFoundError: No module named 'asyncpg'", 1, false, "package asyncpg is missing"],
    ["/opt/python3: No module named uvicorn", 1, false, "package uvicorn is missing"],
    ["/bin/bash: line 1: uvicorn: command not found", 127, false, "package uvicorn is missing"],
    [
      "ModuleNotFoundError: No module named 'app.missing'",
      1,
      true,
      "the server ended with exit code 1: ModuleNotFoundError: No module named 'app.missing'",
    ],
    [
      "socket.gaierror: [Errno -2] Name or service not known",
      3,
      false,
      "it needs a service that is not here (socket.gaierror: [Errno -2] Name or service not known)",
    ],
    ["", undefined, true, "the server did not listen on port 8500 within 30 s"],
  ])("%s", (log, exitCode, mendable, reason) => {
    expect(whyNotServed({ log, exitCode }, server)).toEqual({ mendable, reason });
  });

  test("the application is found where it is likely to be, and served from where it is imported", () => {
    const lines = [
      { path: "tests/main.py", text: "app = FastAPI()" },
      { path: "tools/mock/app.py", text: "app = FastAPI()" },
      { path: "backend/app/main.py", text: "api: FastAPI = FastAPI(title='x')" },
    ];
    const [found] = rankApplications(lines);
    expect(found?.path).toBe("backend/app/main.py");
    expect(packageRoot("backend/app/main.py", "import os\nfrom app.core import x\n")).toBe("backend");
    expect(packageRoot("main.py", "import os\n")).toBeUndefined();
    expect(found && serverFor(found, "backend", { port: 8500, migrates: true })).toEqual({
      command:
        "cd '/repo/backend' && python3 -m alembic upgrade head && exec python3 -m uvicorn app.main:api --port 8500",
      port: 8500,
      module: "backend/app/main",
    });
    expect(serverFor({ path: "app.py", text: "def create_app():" }, "", { port: 1, migrates: false }).command).toBe(
      "exec python3 -m uvicorn app:create_app --factory --port 1",
    );
  });
});

describe("a test command that ran", () => {
  const ran = (command: string, output: string): Evidence => ({
    ...{ command, exitCode: 0, output, durationMs: 1, tree: "t" },
    check: { kind: "command" },
  });
  const findingsOf = (one: Evidence) =>
    checkRuns(reportWith({ status: "DONE", endpoints_created: [], test_commands: [one.command] }), {
      ...{ evidence: [one], skipped: [] },
    }).map(({ severity, rule, message }) => `${severity} ${rule}: ${message}`);

  test("shows what its suite says of itself, not what its exit code says", () => {
    expect(findingsOf(ran("pytest -q tests", "2 passed in 0.10s"))).toEqual([]);
    expect(findingsOf(ran("pytest -q tests", "2 skipped in 0.10s"))).toEqual([
      "error command-proves-nothing: `pytest -q tests` ran and shows nothing: its output names no test that passed",
    ]);
  });
});
