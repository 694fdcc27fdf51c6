import { describe, expect, it } from "vitest";
import { checkListing, type Entry } from "../../src/workspace/listing.ts";

const entry = (path: string, mode = "100644"): Entry => ({ path, mode, sha: "0".repeat(40), size: 1 });

describe("what a commit may hold", () => {
  it.each([
    "backend/app/main.py",
    ".github/workflows/ci.yml",
    ".gitignore",
    ".gitattributes",
    "docs/.git.md",
    "a b/ü.txt",
    "Makefile",
  ])("takes %s", (path) => {
    expect(() => checkListing([entry(path)])).not.toThrow();
  });

  it.each([
    [".git/config", "git folder"],
    ["sub/.GIT/hooks/x", "git folder"],
    ["git~1/config", "git folder"],
    [".git. /config", "git folder"],
    [".git::$INDEX_ALLOCATION/x", "git folder"],
    [".g\u200cit/config", "git folder"],
    ["a/../b", '".." segment'],
    ["./a", '"." segment'],
    ["a//b", '"" segment'],
    ["a/\ufffd", "not UTF-8"],
    [`${"x".repeat(256)}`, "longer than 255 bytes"],
    [`${"x/".repeat(2_500)}x`, "longer than 4,000 bytes"],
  ])("refuses %j", (path, problem) => {
    expect(() => checkListing([entry(path)])).toThrow(problem);
  });

  it("refuses two spellings of a file or of a folder", () => {
    expect(() => checkListing([entry("README.md"), entry("readme.md")])).toThrow("upper and lower case");
    expect(() =>
      checkListing([entry("Api", "040000"), entry("Api/a.py"), entry("api", "040000"), entry("api/b.py")]),
    ).toThrow('"Api" and "api"');
  });
});
