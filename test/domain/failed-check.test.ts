import { describe, expect, test } from "vitest";
import {
  blamedIn,
  type CheckSeen,
  type FailedCheck,
  isDoubtful,
  isSame,
  judgeCheck,
  type Surroundings,
  turnedOut,
} from "../../src/domain/failed-check.ts";

const failed = (text: string, changes: Partial<FailedCheck> = {}): FailedCheck => ({
  ...{ id: 5, suite: 1, name: "tests", app: "github-actions", url: "", conclusion: "failure" },
  ...{ text, errors: ["Process completed with exit code 1."], workflow: { run: 9, attempt: 1 } },
  ...changes,
});
const around = (changes: Partial<Surroundings> = {}): Surroundings => ({
  ...{ onBase: undefined, baseBranch: "main", again: false, blamed: new Map() },
  changed: ["backend/app/services/user_service.py", "backend/app/schemas/user.py"],
  ...changes,
});

describe("a failed check is", () => {
  test.each([
    [
      "ours where its output blames a file of the pull request, as tools say it",
      failed("app/services/user_service.py:12:5: F841 error: local variable"),
      around({ onBase: "passed" }),
      {
        cause: "ours",
        reason: "its output blames `backend/app/services/user_service.py`, which this pull request changes",
      },
    ],
    [
      "ours where it blames a test that uses one",
      failed("FAILED backend/tests/test_users.py::test_register - assert 500 == 201"),
      around({ blamed: new Map([["backend/tests/test_users.py", "from app.services import user_service\n"]]) }),
      {
        cause: "ours",
        reason:
          "its output blames `backend/tests/test_users.py`, which uses `backend/app/services/user_service.py` of this pull request",
      },
    ],
    [
      "ours where it failed in two runs of the same commit, though it looks like an accident",
      failed("curl: (6) Could not resolve host: example.com"),
      around({ again: true, onBase: "passed" }),
      { cause: "ours", reason: "it passes on `main`, and it failed in two runs of this commit" },
    ],
    [
      "not ours where the base branch fails, too",
      failed("FAILED tests/test_health.py::test_ok"),
      around({ onBase: "failed", again: true }),
      { cause: "not-ours", reason: "it fails on `main`, too" },
    ],
    [
      "not ours where the machine lacks something",
      failed("bash: ruff: command not found", { errors: ["Process completed with exit code 127."] }),
      around(),
      { cause: "not-ours", reason: "a command is missing where it runs (exit code 127)" },
    ],
    [
      "likely flaky where the net failed it",
      failed("pip: Read timed out."),
      around(),
      { cause: "flaky", reason: "a connection broke off" },
    ],
    [
      "unclear where the base fails and the output blames us",
      failed("backend/app/schemas/user.py:3: error"),
      around({ onBase: "failed" }),
      {
        cause: "unclear",
        reason:
          "it fails on `main`, too, but here its output blames `backend/app/schemas/user.py`, which this pull request changes",
      },
    ],
    [
      "unclear where nothing speaks for anything",
      failed("something went wrong"),
      around({ onBase: "passed" }),
      { cause: "unclear", reason: "it passes on `main`, and its output names no file that this pull request changes" },
    ],
    [
      "unclear where there is no output",
      failed("", { unread: "GitHub keeps its log no longer (410)" }),
      around(),
      { cause: "unclear", reason: "GitHub keeps its log no longer (410)" },
    ],
  ])("%s", (_, check, known, judgement) => {
    expect(judgeCheck(check, known)).toEqual(judgement);
  });

  test("not ours by a file that only passed", () => {
    const check = failed("backend/app/schemas/user.py::test_ok PASSED\nFAILED tests/test_health.py::test_ok");
    expect(judgeCheck(check, around()).cause).toBe("unclear");
  });
});

describe("a file that output blames", () => {
  test("is found in tracebacks, linters and test summaries, once", () => {
    const text = [
      '  File "/ci/shop/app/main.py", line 3, in <module>',
      "app/db.py:10:1: E402 module level import",
      "FAILED tests/test_a.py::test_x",
      "FAILED tests/test_a.py::test_y",
      "collected 3 items from nowhere.py",
    ].join("\n");
    expect(blamedIn(text)).toEqual(["ci/shop/app/main.py", "app/db.py", "tests/test_a.py"]);
  });

  test.each([
    ["app/main.py", "ci/shop/app/main.py", true],
    ["backend/app/main.py", "app/main.py", true],
    ["backend/app/main.py", "main.py", false],
    ["app/main.py", "other_app/main.py", false],
  ])("%s is what is called %s: %s", (path, said, same) => {
    expect(isSame(path, said)).toBe(same);
  });
});

describe("running it again", () => {
  const told = { ...failed(""), cause: "unclear" as const, reason: "x" };
  const now = (changes: Partial<CheckSeen>): CheckSeen[] => [
    { ...told, id: 6, ended: true, conclusion: "success", ...changes },
  ];

  test("is worth it once, for a job of a workflow of which nothing is shown", () => {
    expect(isDoubtful(told)).toBe(true);
    expect(isDoubtful({ ...told, cause: "flaky" })).toBe(true);
    expect(isDoubtful({ ...told, cause: "ours" })).toBe(false);
    expect(isDoubtful({ ...told, cause: "not-ours" })).toBe(false);
    expect(isDoubtful({ ...told, workflow: { run: 9, attempt: 2 } })).toBe(false);
    expect(isDoubtful({ ...told, workflow: undefined })).toBe(false);
  });

  test("shows an accident where the same check passes then", () => {
    expect(turnedOut(told, now({}))).toMatchObject({ cause: "flaky", reason: expect.stringContaining("same commit") });
    expect(turnedOut(told, now({ conclusion: "failure" }))).toEqual(told);
    expect(turnedOut(told, now({ id: told.id }))).toEqual(told);
    expect(turnedOut(told, now({ name: "lint" }))).toEqual(told);
    expect(turnedOut(told, now({ app: "other" }))).toEqual(told);
  });
});
