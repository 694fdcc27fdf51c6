import { expect, test } from "vitest";
import type { FileChange } from "../../src/domain/changeset.ts";
import { changesOnto } from "../../src/run/onto.ts";

const file = (path: string, text: string, kind: "added" | "modified" = "added"): FileChange => ({
  ...{ path, kind, mode: "100644" },
  content: Buffer.from(text).toString("base64"),
});
const gone = (path: string): FileChange => ({ path, kind: "deleted" });
/** What the runs before published on top of `was`, which holds `old.py` and `kept.py`. */
const was = { "old.py": "old\n", "kept.py": "kept\n" };
const published = [file("a.py", "a\n"), file("b.py", "b\n"), file("kept.py", "changed\n", "modified"), gone("old.py")];
const is = { "a.py": "a\n", "b.py": "b\n", "kept.py": "changed\n" };
const onto = (changeset: readonly FileChange[]) => {
  const reader = (files: Record<string, string>) => async (path: string) => files[path];
  return changesOnto(changeset, published, { was: reader(was), is: reader(is) });
};

test("what is there already needs no commit", async () => {
  expect(await onto(published)).toEqual([]);
});

test("what is new is added, and what differs is modified, whatever it was against the first commit", async () => {
  expect(
    await onto([file("a.py", "A\n"), file("b.py", "b\n"), file("c.py", "c\n"), published[2]!, gone("old.py")]),
  ).toEqual([file("a.py", "A\n", "modified"), file("c.py", "c\n")]);
});

test("what was published and is taken back is as it was before the first of the runs", async () => {
  expect(await onto([file("a.py", "a\n")])).toEqual([
    gone("b.py"),
    file("kept.py", "kept\n", "modified"),
    file("old.py", "old\n"),
  ]);
});
