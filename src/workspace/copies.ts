/** A run's own copies of the folders that it may change, below one folder of ours, and how a checkpoint is put into them. */
import { chmodSync, constants, copyFileSync, lchownSync, readdirSync, rmSync, statSync, utimesSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { bytesOf, type Changeset, type FileChange } from "../domain/changeset.ts";
import { canonPath, isWithin } from "../domain/policy.ts";
import { makeFolder, removeFolder } from "./disk.ts";
import { openBelow, openRoot } from "./folder-walk.ts";
import { fileTime } from "./index-file.ts";
import type { SandboxUser } from "./layout.ts";

/** How many files are copied before other jobs get their turn: some milliseconds' worth. */
const filesInARow = 50;

/** @param from a folder of a tree @param to must be empty or missing, its parent must exist */
const copyFolder = async (from: string, to: string, user: SandboxUser | undefined): Promise<void> => {
  let copied = 0;
  const visit = async (source: string, target: string): Promise<void> => {
    await makeFolder(target, 0o755, user);
    for (const entry of readdirSync(source, { withFileTypes: true })) {
      const [inner, copy] = [join(source, entry.name), join(target, entry.name)];
      if (entry.isDirectory()) {
        await visit(inner, copy);
      } else {
        copyOne(inner, copy, user);
        copied += 1;
        if (copied % filesInARow === 0) await setImmediate();
      }
    }
  };
  await visit(from, to);
};

/** With the time that the index knows the file by. */
const copyOne = (from: string, to: string, user: SandboxUser | undefined): void => {
  copyFileSync(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  chmodSync(to, (statSync(from).mode & 0o111) === 0 ? 0o644 : 0o755);
  utimesSync(to, fileTime, fileTime);
  if (user) lchownSync(to, user.uid, user.gid);
};

/** @param folders repository paths; "" copies the whole tree */
export const copyFolders = async (
  tree: string,
  target: string,
  folders: readonly string[],
  user: SandboxUser | undefined,
): Promise<void> => {
  for (const folder of folders) {
    const above = folder.split("/").slice(0, -1);
    for (const [index] of above.entries()) await makeFolder(join(target, ...above.slice(0, index + 1)), 0o755);
    await copyFolder(join(tree, folder), join(target, folder), user);
  }
};

/** @throws where a checkpoint holds a path that no run can have written */
export const restoreCopies = async (
  tree: string,
  target: string,
  roots: readonly string[],
  changeset: Changeset,
  user: SandboxUser | undefined,
): Promise<void> => {
  for (const root of roots) await removeFolder(join(target, root));
  await copyFolders(tree, target, roots, user);
  await applyChanges(target, roots, changeset, user);
};

/** Into copies that no process works in. */
export const applyChanges = async (
  target: string,
  roots: readonly string[],
  changeset: Changeset,
  user: SandboxUser | undefined,
): Promise<void> => {
  const root = openRoot(target);
  try {
    for (const change of changeset) {
      const canon = canonPath(change.path);
      if (!canon.ok || canon.path !== change.path || !isWithin(change.path, roots))
        throw new Error(`the checkpoint has ${JSON.stringify(change.path)}, which lies in no folder of this run`);
      await applyChange(root, change, user);
    }
  } finally {
    root.close();
  }
};

const applyChange = async (
  root: ReturnType<typeof openRoot>,
  change: FileChange,
  user: SandboxUser | undefined,
): Promise<void> => {
  const cut = change.path.lastIndexOf("/");
  const give = (path: string): void => {
    if (user) lchownSync(path, user.uid, user.gid);
  };
  const folder = openBelow(root, change.path.slice(0, cut), give);
  const path = `${folder.path}/${change.path.slice(cut + 1)}`;
  try {
    rmSync(path, { force: true });
    if (change.kind === "deleted") return;
    const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants;
    const file = await open(path, O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY, 0o600);
    try {
      await file.writeFile(bytesOf(change));
      await file.chmod(change.mode === "100755" ? 0o755 : 0o644);
      if (user) await file.chown(user.uid, user.gid);
    } finally {
      await file.close();
    }
  } finally {
    folder.close();
  }
};
