import { describe, expect, test } from "vitest";
import { doubtAbout, doubtOf } from "../../../src/verify/commands/doubt.ts";

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
    "cd backend || exit 1; pytest",
    "exec 2>&1; pytest",
    "export PATH=/opt/venv/bin:$PATH && pytest",
    'PATH="$VIRTUAL_ENV/bin:$PATH" pytest',
    ". .venv/bin/activate && pytest",
    "exec pytest",
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
    ["pytest || exit 256", "masked: its exit code is masked by `|| exit 256`"],
    ["exit 0; pytest", "masked: `exit 0` ends the shell before it"],
    ["if true; then exit; fi; pytest", "masked: `exit` ends the shell before it"],
    ["exec true; pytest", "masked: `exec true` ends the shell before it"],
    ["function pytest { true; }; pytest", "masked: `function pytest` before it may put something else under its name"],
    ["alias pytest=true; pytest", "masked: `alias pytest=true` before it may put something else under its name"],
    ["hash -p /bin/true pytest; pytest", "masked: `hash -p` before it may put something else under its name"],
    ["PATH=/tmp/x:$PATH pytest", "masked: `PATH=/tmp/x:$PATH` may put something else under its name"],
    ["export PATH=./fake:$PATH; pytest", "masked: `PATH=./fake:$PATH` may put something else under its name"],
    ["env BASH_ENV=/tmp/x bash -c pytest", "masked: `BASH_ENV=…` changes what runs under its name"],
    ["PYTEST_ADDOPTS=--co pytest", "masked: `PYTEST_ADDOPTS=…` changes which tests run: write the options out"],
    ["eval 'pytest || true'", "unproven: what it runs cannot be read: name the plain command"],
    ["pytest --collect-only -q", "unproven: it runs no test"],
    ["python -m pytest --co", "unproven: it runs no test"],
    ["tox --notest", "unproven: it runs no test"],
    ["make -n test", "unproven: it runs no test"],
    ["bash -n run-tests.sh", "unproven: it only reads the script"],
    ["python -c 'assert True'", "unproven: it runs nothing of the application"],
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

describe("doubtAbout", () => {
  const said = (command: string, output: string, exitCode = 0): string =>
    doubtAbout({ command, output, exitCode, durationMs: 1, tree: "t" })?.reason ?? "counts";
  const none = "its output names no test that passed";

  test.each([
    ["pytest -q", "..\n2 passed in 0.10s", "counts"],
    ["cd backend && python -m pytest --color=yes", "\u001b[32m10 passed\u001b[0m, 1 skipped in 1.2s", "counts"],
    ["bash -c 'pytest -q'", "1 passed in 0.10s", "counts"],
    ["pytest -q", "3 skipped in 0.01s", none],
    ["pytest -q", "no tests ran in 0.01s", none],
    ["pytest -q > /dev/null", "", none],
    ["pytest -q", "2 xpassed in 0.01s", none],
    ["bash -c 'pytest -q'", "3 deselected in 0.01s", none],
    ["python -m unittest", "...\nRan 3 tests in 0.001s\n\nOK", "counts"],
    ["python -m unittest", "Ran 3 tests in 0.001s\n\nOK (skipped=1)", "counts"],
    ["python -m unittest", "Ran 3 tests in 0.001s\n\nOK (skipped=3)", none],
    ["python -m unittest", "Ran 0 tests in 0.000s\n\nOK", none],
    ["python -m unittest -h", "usage: python -m unittest", none],
    ["python3 -c 'import app; assert app.x == 1'", "", "counts"],
    ["make test", "", "counts"],
  ])("%j with %j: %s", (command, output, expected) => expect(said(command, output)).toBe(expected));

  test("of what failed its output says no more than its exit code", () => {
    expect(said("pytest -q", "", 1)).toBe("counts");
  });
});
