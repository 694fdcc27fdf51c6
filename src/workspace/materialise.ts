/** Puts a commit's files on the disk from git's objects alone: no checkout, so no symbolic link, submodule, filter or line-end conversion can act. */
import { once } from "node:events";
import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  futimesSync,
  linkSync,
  mkdirSync,
  openSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { runGit, startGit } from "./git.ts";
import { fileTime } from "./index-file.ts";
import { type Entry, type FileEntry, isFile } from "./listing.ts";

export type MaterialiseRequest = {
  readonly gitDir: string;
  readonly commit: string;
  /** Must not exist. */
  readonly target: string;
  /** Folders that exist empty where the commit has none. */
  readonly mountPoints: readonly string[];
  /** A tree of another commit of the repository: what did not change is hard-linked from it. */
  readonly previous?: { readonly folder: string; readonly commit: string };
};

/** @param entries the commit's listing, checked */
export const materialise = async (request: MaterialiseRequest, entries: readonly Entry[]): Promise<void> => {
  const files = entries.filter(isFile);
  makeFolders(request.target, files, request.mountPoints);
  const { previous } = request;
  const missing = previous
    ? linkUnchanged(request, previous.folder, files, await changedSince(request, previous.commit))
    : files;
  await writeBlobs(request.gitDir, request.target, missing);
};

const folderMode = 0o755;

const makeFolders = (target: string, files: readonly FileEntry[], mountPoints: readonly string[]): void => {
  const made = new Set<string>();
  const make = (folder: string): void => {
    if (made.has(folder)) return;
    if (folder !== "") make(folder.slice(0, Math.max(0, folder.lastIndexOf("/"))));
    mkdirSync(join(target, folder));
    chmodSync(join(target, folder), folderMode);
    made.add(folder);
  };
  make("");
  for (const { path } of files) make(path.slice(0, Math.max(0, path.lastIndexOf("/"))));
  for (const folder of mountPoints) make(folder);
};

/** Paths whose blob or mode is another one than in the earlier commit. */
const changedSince = async (request: MaterialiseRequest, earlier: string): Promise<ReadonlySet<string>> => {
  const args = ["diff-tree", "-r", "-z", "--name-only", "--no-renames", "--no-ext-diff", "--no-textconv"];
  const output = await runGit(request.gitDir, [...args, earlier, request.commit, "--"]);
  return new Set(output.toString("utf8").split("\0"));
};

/** @returns the files that could not be linked: changed ones, and those that the file system refuses to link once more */
const linkUnchanged = (
  { target }: MaterialiseRequest,
  from: string,
  files: readonly FileEntry[],
  changed: ReadonlySet<string>,
): FileEntry[] =>
  files.filter(({ path }) => {
    if (changed.has(path)) return true;
    try {
      linkSync(join(from, path), join(target, path));
      return false;
    } catch {
      return true;
    }
  });

const newline = 10;

const writeBlobs = async (gitDir: string, target: string, files: readonly FileEntry[]): Promise<void> => {
  if (files.length === 0) return;
  const child = startGit(gitDir, ["cat-file", "--batch"]);
  let stderr = "";
  child.stderr.on("data", (chunk: Buffer) => {
    stderr = `${stderr}${chunk.toString("utf8")}`.slice(-500);
  });
  const ended = once(child, "close");
  child.stdin.on("error", () => undefined);
  child.stdin.end(files.map(({ sha }) => `${sha}\n`).join(""));
  const writer = createWriter(target, files);
  try {
    for await (const chunk of child.stdout) writer.take(chunk as Buffer);
  } catch (error) {
    child.kill("SIGKILL");
    throw error;
  } finally {
    writer.close();
  }
  await ended;
  if (writer.written() !== files.length)
    throw new Error(`git cat-file gave ${writer.written()} of ${files.length} files: ${stderr.trim()}`);
};

/** Cuts the stream of `cat-file --batch` ("<sha> blob <size>\n<bytes>\n", again and again) into files as it comes. */
const createWriter = (target: string, files: readonly FileEntry[]) => {
  let index = 0;
  let header: Buffer = Buffer.alloc(0);
  let left = 0;
  let descriptor: number | undefined;
  const open = (): void => {
    const file = files[index];
    const [sha, type, size] = header.toString("latin1").split(" ");
    if (!file || sha !== file.sha || type !== "blob" || !size)
      throw new Error(
        `git cat-file answered ${JSON.stringify(header.toString("latin1").slice(0, 80))} for ${file?.sha}`,
      );
    left = Number(size);
    const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants;
    descriptor = openSync(join(target, file.path), O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY, 0o600);
    header = Buffer.alloc(0);
  };
  const finish = (): void => {
    const file = files[index];
    if (descriptor === undefined || !file) return;
    // The owner cannot write either: these bytes are shared by every tree that links to them.
    fchmodSync(descriptor, file.mode === "100755" ? 0o555 : 0o444);
    futimesSync(descriptor, fileTime, fileTime);
    closeSync(descriptor);
    descriptor = undefined;
    index += 1;
  };
  const takeHeader = (chunk: Buffer, at: number): number => {
    const end = chunk.indexOf(newline, at);
    header = Buffer.concat([header, chunk.subarray(at, end === -1 ? undefined : end)]);
    if (end === -1) return chunk.byteLength;
    open();
    return end + 1;
  };
  const takeBytes = (into: number, chunk: Buffer, at: number): number => {
    const count = Math.min(left, chunk.byteLength - at);
    for (let done = 0; done < count; ) done += writeSync(into, chunk, at + done, count - done);
    left -= count;
    if (left > 0 || at + count >= chunk.byteLength) return at + count;
    finish();
    return at + count + 1;
  };
  return {
    take(chunk: Buffer): void {
      for (let at = 0; at < chunk.byteLength; )
        at = descriptor === undefined ? takeHeader(chunk, at) : takeBytes(descriptor, chunk, at);
    },
    written: (): number => index,
    close(): void {
      if (descriptor !== undefined) closeSync(descriptor);
    },
  };
};
