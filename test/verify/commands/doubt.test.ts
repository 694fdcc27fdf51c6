import { describe, expect, test } from "vitest";
import { doubtOf } from "../../../src/verify/commands/doubt.ts";

const said = (command: string): string => {
  const doubt = doubtOf(command);
  return doubt ? `${doubt.kind}: ${doubt.reason}` : "counts";
};

describe("doubtOf", () => {
  test.each([
    "pytest -q",
    "cd backend && python -m pytest tests",
    "cd backend; pytest -q",
    "cd backend\npytest -q",
    "set -o pipefail; pytest -q | tail -5",
    "set -euo pipefail\npytest -q | tee /tmp/log\necho done",
    "set -e; pytest; echo passed",
    "pytest -q || exit 1",
    "pytest -q; code=$?; rm -rf /tmp/x; exit $code",
    "pytest; exit $?",
    "(cd backend && pytest)",
    "timeout 60 env A=1 poetry run pytest",
    "bash -c 'cd backend && pytest'",
    "npm test",
    "make -C backend test",
    "tox -e py311",
    "python -m coverage run -m pytest",
    "# Serve it\ncd backend && python3 -B -W ignore - <<'END'\nimport os || true\nassert 1\nEND",
    "python3 -c 'import app; assert app.x == 1'",
    "git apply --check - <<'PATCH'\n--- a\n+++ b || true\nPATCH",
    "if [ -d backend ]; then cd backend; fi && pytest",
  ])("the exit code counts: %j", (command) => expect(said(command)).toBe("counts"));

  test.each([
    ["pytest || true", "masked: its exit code is masked by `|| true`"],
    ["pytest || :", "masked: its exit code is masked by `|| :`"],
    ["pytest || exit 0", "masked: its exit code is masked by `|| exit 0`"],
    ["pytest || echo failed && exit 0", "masked: its exit code is masked by `|| echo failed`"],
    ["pytest; true", "masked: its exit code is lost: `true` runs after it whatever came of it"],
    ["pytest\nexit 0", "masked: its exit code is lost: `exit 0` runs after it whatever came of it"],
    ["set -e; set +e; pytest; echo ok", "masked: its exit code is lost: `echo ok` runs after it whatever came of it"],
    ["pytest && echo good; echo bad", "masked: its exit code is lost: `echo bad` runs after it whatever came of it"],
    ["pytest &", "masked: it runs in the background, where its exit code is lost"],
    ["pytest & wait", "masked: it runs in the background, where its exit code is lost"],
    ["pytest -q 2>&1 | tail -20", "masked: its exit code is masked by the pipe to `tail`"],
    ["set +o pipefail; pytest | cat", "masked: its exit code is masked by the pipe to `cat`"],
    ["! pytest", "masked: its exit code is taken by `!`"],
    ["if pytest; then echo ok; fi", "masked: its exit code is taken by `if`"],
    ["(pytest || true)", "masked: its exit code is masked by `|| true`"],
    ["{ pytest; } || true", "masked: its exit code is masked by `|| true`"],
    ["for f in a b; do pytest $f; done", "masked: its exit code is taken by `for … done`"],
    ["trap 'exit 0' EXIT; pytest", "masked: its exit code is masked by a trap"],
    ['bash -c "pytest || true"', "masked: its exit code is masked by `|| true`"],
    ["pytest 'unclosed", "masked: it cannot be read as shell commands: a quote or bracket is left open"],
    ["echo 5 passed", "unproven: it only prints or ends"],
    ["true", "unproven: it only prints or ends"],
    ["echo 'pytest: 12 passed'; exit 0", "unproven: it only prints or ends"],
    ["python -m compileall -q backend/app", "unproven: it only compiles"],
    ["python3 -m py_compile a.py && echo ok", "unproven: it only compiles"],
    ["PYTHONPATH=. python -B -c 'import app.main; print(\"ok\")'", "unproven: it only imports"],
    ['python -c "from app.main import app"', "unproven: it only imports"],
    ["grep -q register backend/app/main.py", "unproven: it only looks at files"],
    ["ruff check . && mypy app", "unproven: it reads the code and runs none of it"],
    ["cd backend", "unproven: it runs nothing of the application"],
    ["", "unproven: it runs nothing of the application"],
    ["curl -sS http://localhost:8500/x", "unproven: an exit code does not say what was answered"],
    [
      "uvicorn app:app & sleep 1; curl localhost:8500; kill %1",
      "masked: its exit code is lost: `kill %1` runs after it whatever came of it",
    ],
  ])("%j: %s", (command, expected) => expect(said(command)).toBe(expected));
});
