import { describe, expect, test } from "vitest";
import type { FileChange } from "../../src/domain/changeset.ts";
import { checkWeakenedTests } from "../../src/verify/weakened-tests.ts";

const path = "backend/tests/test_orders.py";
const old = `import pytest

def test_total():
    assert total([1, 2]) == 3
    assert total([]) == 0

async def test_refused(client):
    with pytest.raises(ValueError):
        total(None)
`;

const written = (text: string, at = path, kind: "added" | "modified" = "modified"): FileChange => ({
  ...{ path: at, kind, mode: "100644" },
  content: Buffer.from(text).toString("base64"),
});

const said = (changes: readonly FileChange[], added: readonly string[] = []): readonly string[] =>
  checkWeakenedTests(changes, { added, before: (asked) => (asked === path ? old : undefined) }).map(
    ({ rule, severity, message }) => `${severity} ${rule}: ${message}`,
  );

describe("of tests that were there before", () => {
  test("what is added to, or renamed inside, is no finding", () => {
    expect(said([written(`${old}\ndef test_more():\n    assert total([9]) == 9\n`)])).toEqual([]);
  });

  test("one that moved to another file is still there", () => {
    const rest = old.replace(/\nasync def[\s\S]*/, "");
    const moved =
      "import pytest\nasync def test_refused(client):\n    with pytest.raises(ValueError):\n        total(None)\n";
    expect(said([written(rest), written(moved, "backend/tests/test_refusals.py", "added")])).toEqual([]);
  });

  test.each([
    [
      "a deleted file",
      { path, kind: "deleted" } as const,
      "concern tests-removed: no longer has test_total, test_refused, which the branch has: say why in the report",
    ],
    [
      "a removed test",
      written(old.replace(/\nasync def[\s\S]*/, "")),
      "concern tests-removed: no longer has test_refused, which the branch has: say why in the report",
    ],
    [
      "a removed assertion",
      written(old.replace("    assert total([]) == 0\n", "")),
      "concern assertions-removed: has 2 assertions and had 3",
    ],
    [
      "one commented out",
      written(old.replace("    assert total([])", "    # assert total([])")),
      "concern assertions-removed: has 2 assertions and had 3",
    ],
    [
      "a skip",
      written(old.replace("def test_total", "@pytest.mark.skip\ndef test_total")),
      "concern tests-skipped: skips tests that ran before, or expects them to fail (1 more than before)",
    ],
    [
      "an expected failure",
      written(old.replace("def test_total", "@pytest.mark.xfail(reason='later')\ndef test_total")),
      "concern tests-skipped: skips tests that ran before, or expects them to fail (1 more than before)",
    ],
  ])("%s is told", (_, change, expected) => expect(said([change])).toEqual([expected]));

  test("a hook that chooses tests or judges them is told, in a new file as well", () => {
    const hook = "def pytest_sessionfinish(session):\n    session.exitstatus = 0\n";
    expect(said([written(hook, "backend/tests/conftest.py", "added")], ["backend/tests/conftest.py"])).toEqual([
      "concern test-hook: pytest_sessionfinish changes which tests run, or how they are judged",
    ]);
  });

  test("files of the same pull request, and files that are no tests, may change as they like", () => {
    expect(said([{ path, kind: "deleted" }], [path])).toEqual([]);
    expect(said([written("assert 1\n", "backend/app/core/check.py")])).toEqual([]);
  });
});
