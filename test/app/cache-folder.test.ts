/** The folder of what can be made again: who may write in it decides whether it is one. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { openCacheFolder } from "../../src/app/cache-folder.ts";

const folder = mkdtempSync(join(tmpdir(), "cache-folder-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("a cache folder", () => {
  it("is made for its owner alone, with what is above it", () => {
    const made = join(folder, "a/b/c");
    expect(openCacheFolder(made)).toBe(made);
    expect(["a", "a/b", "a/b/c"].map((part) => statSync(join(folder, part)).mode & 0o777)).toEqual([
      0o700, 0o700, 0o700,
    ]);
    expect(openCacheFolder(made)).toBe(made);
  });

  it("is none where others could write or look", () => {
    const open = join(folder, "open");
    mkdirSync(open);
    for (const mode of [0o777, 0o770, 0o707, 0o750]) {
      chmodSync(open, mode);
      expect(openCacheFolder(open)).toBeUndefined();
    }
  });

  it("is none where it is somebody else's, a link, or a file", () => {
    const mine = join(folder, "mine");
    mkdirSync(mine, { mode: 0o700 });
    expect(openCacheFolder(mine, statSync(mine).uid + 1)).toBeUndefined();
    symlinkSync(mine, join(folder, "link"));
    expect(openCacheFolder(join(folder, "link"))).toBeUndefined();
    writeFileSync(join(folder, "file"), "");
    expect(openCacheFolder(join(folder, "file"))).toBeUndefined();
    expect(openCacheFolder(join(folder, "file/below"))).toBeUndefined();
  });

  it("is none where there is no place for it", () => {
    expect(openCacheFolder(undefined)).toBeUndefined();
  });
});
