/** Which files of a folder the analysis gets. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readSourceFolder } from "../../src/app/source-folder.ts";
import { ConfigError } from "../../src/domain/errors.ts";

let folder: string;
const write = (path: string, text = "x = 1\n"): void => {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
};
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sources-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("reads Python alone, and not that of environments and tools", () => {
  for (const path of ["app/main.py", "app/b.py", "README.md", ".git/hooks/h.py", "node_modules/a/b.py"]) write(path);
  for (const path of ["app/__pycache__/a.py", "lib/site-packages/c.py", "env/lib/d.py", "env/pyvenv.cfg", ".tox/e.py"])
    write(path);
  const { sources, texts, unread } = readSourceFolder(folder);
  expect(sources.map(({ path }) => path)).toEqual(["app/b.py", "app/main.py"]);
  expect([...texts.values()]).toEqual(["x = 1\n"]);
  expect(unread).toEqual([]);
});

test("follows no link out of the folder and reads nothing large, and says so", () => {
  symlinkSync("/etc/hostname", join(folder, "app/secret.py"));
  symlinkSync("/", join(folder, "everything"));
  write("large.py", "#".repeat(1_500_000));
  const { sources, unread } = readSourceFolder(folder);
  expect(sources.map(({ path }) => path)).toEqual(["app/b.py", "app/main.py"]);
  expect(unread.map(({ file, about }) => `${file} ${about}`)).toEqual([
    "app/secret.py is a link, and links are not followed",
    "large.py has 1.5 MB, and files of more than 1 MB are not read",
  ]);
});

test.each([
  ["nowhere", /there is no .*nowhere; name the folder/],
  ["README.md", /README.md is a file; name the folder/],
  [".git", undefined],
  ["empty", /there is no Python in .*empty/],
])("of %s gives files or a sentence", (name, sentence) => {
  mkdirSync(join(folder, "empty"), { recursive: true });
  const read = () => readSourceFolder(join(folder, name));
  if (sentence === undefined) expect(read().sources).toHaveLength(1);
  else {
    expect(read).toThrow(ConfigError);
    expect(read).toThrow(sentence);
  }
});
