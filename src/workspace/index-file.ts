/** Writes git's index by hand, so that `git status` inside the walls need not hash a file. Format: https://git-scm.com/docs/index-format, version 3. */
import { createHash } from "node:crypto";
import { type Entry, isFile } from "./listing.ts";

/** Every file of a worktree has this time (seconds), as in an archive: no two checkouts differ, and what a run changed is newer. */
export const fileTime = 1_000_000_000;

const extended = 0x4000;
const skipWorktree = 0x4000;
const maxNameLength = 0xfff;

/**
 * @param entries of the base commit, folders included, in git's order
 * @param materialised whether this very blob lies at its path: of another one, git compares the bytes
 */
export const renderIndex = (entries: readonly Entry[], materialised: (entry: Entry) => boolean): Buffer => {
  const files = entries.filter((entry) => entry.mode !== "040000");
  const header = Buffer.alloc(12);
  header.write("DIRC", 0, "latin1");
  header.writeUInt32BE(3, 4);
  header.writeUInt32BE(files.length, 8);
  const body = Buffer.concat([
    header,
    ...files.map((entry) => renderEntry(entry, isFile(entry) && materialised(entry))),
    renderCacheTree(entries),
  ]);
  return Buffer.concat([body, createHash("sha1").update(body).digest()]);
};

/** Only the fields that git compares under `core.checkStat=minimal`, the time and the size, are filled in. */
const renderEntry = (entry: Entry, isFresh: boolean): Buffer => {
  const path = Buffer.from(entry.path, "utf8");
  const length = 64 + path.byteLength;
  const record = Buffer.alloc(length + 8 - (length % 8));
  if (isFresh) {
    record.writeUInt32BE(fileTime, 8);
    record.writeUInt32BE(entry.size % 2 ** 32, 36);
  }
  record.writeUInt32BE(Number.parseInt(entry.mode, 8), 24);
  record.write(entry.sha, 40, "hex");
  record.writeUInt16BE(extended | Math.min(path.byteLength, maxNameLength), 60);
  record.writeUInt16BE(isFile(entry) ? 0 : skipWorktree, 62);
  path.copy(record, 64);
  return record;
};

type Folder = { name: string; sha: string; files: number; folders: Folder[] };

const byLengthThenBytes = (a: Folder, b: Folder): number => {
  const [left, right] = [Buffer.from(a.name), Buffer.from(b.name)];
  return left.byteLength - right.byteLength || left.compare(right);
};

/** The ids of unchanged folders, so that git sees without reading them that HEAD and index agree. */
const renderCacheTree = (entries: readonly Entry[]): Buffer => {
  const root: Folder = { name: "", sha: "", files: 0, folders: [] };
  const byPath = new Map<string, Folder>([["", root]]);
  const parentOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf("/")));
  for (const { path, mode, sha } of entries) {
    if (mode === "040000") {
      const folder: Folder = { name: path.slice(path.lastIndexOf("/") + 1), sha, files: 0, folders: [] };
      byPath.set(path, folder);
      byPath.get(parentOf(path))?.folders.push(folder);
    } else {
      for (let up = parentOf(path); ; up = parentOf(up)) {
        const folder = byPath.get(up);
        if (folder) folder.files += 1;
        if (up === "") break;
      }
    }
  }
  // The root's own id is not listed: -1 says that git has to work it out.
  const parts: Buffer[] = [];
  const visit = (folder: Folder): void => {
    const isKnown = folder.sha !== "";
    parts.push(Buffer.from(`${folder.name}\0${isKnown ? folder.files : -1} ${folder.folders.length}\n`));
    if (isKnown) parts.push(Buffer.from(folder.sha, "hex"));
    for (const child of folder.folders.sort(byLengthThenBytes)) visit(child);
  };
  visit(root);
  const content = Buffer.concat(parts);
  const head = Buffer.alloc(8);
  head.write("TREE", 0, "latin1");
  head.writeUInt32BE(content.byteLength, 4);
  return Buffer.concat([head, content]);
};
