import { describe, expect, test } from "vitest";
import type { FileChange } from "../../src/domain/changeset.ts";
import type { StandardsConfig } from "../../src/domain/standards.ts";
import { checkChangeset } from "../../src/verify/check-changeset.ts";

const boundary = { allowed: ["backend/app/api", "backend/app/services"], forbidden: ["frontend"] };
const added = (path: string, text = "x = 1\n"): FileChange => ({
  path,
  kind: "added",
  mode: "100644",
  content: Buffer.from(text).toString("base64"),
});
const found = (change: FileChange, base?: string) =>
  checkChangeset([change], [], [boundary], () => base).map(({ rule, line }) => [rule, line].filter(Boolean).join(":"));

describe("checkChangeset", () => {
  test.each([
    ["a file in bounds passes", added("backend/app/api/v1/users.py"), []],
    ["a file outside is out of bounds", added("frontend/index.ts"), ["out-of-bounds"]],
    ["a folder with the same beginning is outside", added("backend/app/api_old/users.py"), ["out-of-bounds"]],
    [
      "a deletion outside is out of bounds",
      { path: "backend/app/main.py", kind: "deleted" } as const,
      ["out-of-bounds"],
    ],
    [
      "a direct language-model import is foreign",
      added("backend/app/services/a.py", "import os\nfrom openai import X\n"),
      ["forbidden-import:2"],
    ],
    [
      "a submodule of one is foreign, too",
      added("backend/app/services/a.py", "import langgraph.graph\n"),
      ["forbidden-import:1"],
    ],
    ["a name that only begins alike is not", added("backend/app/services/a.py", "import openai_mock\n"), []],
    [
      "one among others on a line is",
      added("backend/app/services/a.py", "import os, litellm as l\n"),
      ["forbidden-import:1"],
    ],
    [
      "a package that is named as a part of another is",
      added("backend/app/services/a.py", "from google import genai\n"),
      ["forbidden-import:1"],
    ],
    [
      "one that is imported by a call is",
      added("backend/app/services/a.py", "x = importlib.import_module('anthropic')\n"),
      ["forbidden-import:1"],
    ],
    [
      "a store of embeddings is",
      added("backend/app/services/a.py", "from qdrant_client.http import models\n"),
      ["forbidden-import:1"],
    ],
    [
      "a migration outside its folder is",
      added("backend/app/services/a.py", "from alembic import op\n"),
      ["foreign-migration:1"],
    ],
    ["a word in a comment is not", added("backend/app/services/a.py", "# import openai\n"), []],
  ])("%s", (_name, change, expected) => {
    expect(found(change)).toEqual(expected);
  });

  test("an import that was there before is no finding", () => {
    const change: FileChange = {
      ...added("backend/app/services/a.py", "import openai\nx = 2\n"),
      kind: "modified",
    } as FileChange;
    expect(found(change, "import openai\n")).toEqual([]);
  });

  test("a migration in its own folder may import alembic", () => {
    const change = added("backend/alembic/versions/1_users.py", "from alembic import op\n");
    expect(checkChangeset([change], [], [{ allowed: ["backend/alembic"], forbidden: [] }])).toEqual([]);
  });

  test("a repository may allow a package, or turn the rule off", () => {
    const change = added("backend/app/services/a.py", "import openai.types\nimport langgraph\n");
    const rules = (standards: StandardsConfig) =>
      checkChangeset([change], [], [boundary], () => undefined, standards).map(({ line }) => line);
    expect(rules({ "forbidden-import": { allowed: ["openai"], reason: "its product" } })).toEqual([2]);
    expect(rules({ "forbidden-import": { enabled: false, reason: "its product" } })).toEqual([]);
  });

  test("what the collector refused goes back to the model with its reason", () => {
    const findings = checkChangeset([], [{ path: "backend/app/api/link", reason: "a symlink" }], [boundary]);
    expect(findings).toMatchObject([{ rule: "uncommittable", severity: "error", path: "backend/app/api/link" }]);
  });
});
