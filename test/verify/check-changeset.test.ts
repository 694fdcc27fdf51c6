import { describe, expect, test } from "vitest";
import type { FileChange } from "../../src/domain/changeset.ts";
import { checkChangeset } from "../../src/verify/check-changeset.ts";

const boundary = { allowed: ["backend/app/api", "backend/app/services"], forbidden: ["frontend"] };
const added = (path: string, text = "x = 1\n"): FileChange => ({
  path,
  kind: "added",
  mode: "100644",
  content: Buffer.from(text).toString("base64"),
});
const found = (change: FileChange, base?: string) =>
  checkChangeset([change], [], [boundary], { base: () => base, migrationFolders: [], standards: {} }).map(
    ({ rule, line }) => [rule, line].filter(Boolean).join(":"),
  );

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

  test("what the collector refused goes back to the model with its reason", () => {
    const findings = checkChangeset([], [{ path: "backend/app/api/link", reason: "a symlink" }], [boundary], {
      base: () => undefined,
      migrationFolders: [],
      standards: {},
    });
    expect(findings).toMatchObject([{ rule: "uncommittable", severity: "error", path: "backend/app/api/link" }]);
  });
});
