/**
 * Two commits of a mirror put together, in no working tree. What git makes on the way lies in a folder of its own that is
 * gone afterwards; attributes, drivers, filters and hooks of the repository are read by none of these processes.
 */
import { createHash } from "node:crypto";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { deflate } from "node:zlib";
import { bytesOf, type Changeset } from "../domain/changeset.ts";
import type { Merge, TreeEntry } from "../ports.ts";
import { requireCommit, runGit, tryGit } from "./git.ts";
import { temporaryName } from "./owner.ts";

/** Renames are looked for among all files that either side added and removed, which may be many. */
const timeoutMs = 60_000;
/** Of what both sides changed, put together. */
const maxBlobBytes = 4 * 1024 * 1024;

/** Git 2.43 reads attributes from a bare repository's HEAD unless it is told of another tree; older ones never do. */
const noAttributes = { GIT_ATTR_SOURCE: "4b825dc642cb6eb9a060e54bf8d69288fbee4904" };

const nobody = {
  GIT_AUTHOR_NAME: "nobody",
  GIT_AUTHOR_EMAIL: "nobody@localhost",
  GIT_AUTHOR_DATE: "@0 +0000",
  GIT_COMMITTER_NAME: "nobody",
  GIT_COMMITTER_EMAIL: "nobody@localhost",
  GIT_COMMITTER_DATE: "@0 +0000",
};

type Scratch = {
  readonly gitDir: string;
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
};

/** @param folder where scratch folders may be made; nobody else reads it */
export const mergeIn = async (
  gitDir: string,
  folder: string,
  ours: { readonly commit: string; readonly changes?: Changeset },
  theirs: string,
  since?: string,
): Promise<Merge> => {
  const scratch = await openScratch(gitDir, folder);
  try {
    const tip = await withChanges(scratch, requireCommit(ours.commit), ours.changes ?? []);
    const other = requireCommit(theirs);
    return await merge(scratch, tip, other, since === undefined ? other : await grownFrom(scratch, since, tip, other));
  } finally {
    await rm(scratch.folder, { recursive: true, force: true });
  }
};

/** Binary files included, each whole. */
export const patchIn = async (
  gitDir: string,
  folder: string,
  ours: { readonly commit: string; readonly changes?: Changeset },
  maxBytes: number,
): Promise<string | undefined> => {
  const scratch = await openScratch(gitDir, folder);
  try {
    const commit = requireCommit(ours.commit);
    const tip = await withChanges(scratch, commit, ours.changes ?? []);
    const args = ["diff-tree", "-p", "--binary", "--full-index", "--no-renames", "--no-ext-diff", "--no-textconv"];
    const patch = (await git(scratch, [...args, commit, tip, "--"])).toString("utf8");
    return Buffer.byteLength(patch) > maxBytes ? undefined : patch;
  } finally {
    await rm(scratch.folder, { recursive: true, force: true });
  }
};

const openScratch = async (gitDir: string, parent: string): Promise<Scratch> => {
  const folder = temporaryName(join(parent, "merge"));
  await mkdir(join(folder, "info"), { recursive: true });
  await writeFile(join(folder, "info/alternates"), `${join(gitDir, "objects")}\n`);
  return { gitDir, folder, env: { ...noAttributes, ...nobody, GIT_OBJECT_DIRECTORY: folder } };
};

const git = async ({ gitDir, env }: Scratch, args: readonly string[], more: { input?: string; index?: string } = {}) =>
  runGit(gitDir, args, {
    env: { ...env, ...(more.index === undefined ? {} : { GIT_INDEX_FILE: more.index }) },
    ...(more.input === undefined ? {} : { input: more.input }),
    timeoutMs,
  });

const text = (bytes: Buffer): string => bytes.toString("latin1").trim();

/** What is not committed yet, as a commit that only the scratch folder knows. */
const withChanges = async (scratch: Scratch, commit: string, changes: Changeset): Promise<string> => {
  if (changes.length === 0) return commit;
  const index = join(scratch.folder, "index");
  const lines: string[] = [];
  for (const change of changes)
    lines.push(
      change.kind === "deleted"
        ? `0 ${"0".repeat(40)}\t${change.path}\0`
        : `${change.mode} ${await writeBlob(scratch, bytesOf(change))}\t${change.path}\0`,
    );
  await git(scratch, ["read-tree", commit], { index });
  await git(scratch, ["update-index", "-z", "--index-info"], { index, input: lines.join("") });
  const tree = text(await git(scratch, ["write-tree"], { index }));
  return text(await git(scratch, ["commit-tree", tree, "-p", commit, "-m", "work"]));
};

/** Written as git would: one process for each of many files would take long. */
const writeBlob = async ({ folder }: Scratch, bytes: Buffer): Promise<string> => {
  const object = Buffer.concat([Buffer.from(`blob ${bytes.byteLength}\0`), bytes]);
  const sha = createHash("sha1").update(object).digest("hex");
  await mkdir(join(folder, sha.slice(0, 2)), { recursive: true });
  await writeFile(join(folder, sha.slice(0, 2), sha.slice(2)), await promisify(deflate)(object));
  return sha;
};

/** Theirs as if it had grown from `since`, so that git does not take what both hold for two changes. */
const grownFrom = async (scratch: Scratch, since: string, ours: string, theirs: string): Promise<string> => {
  const args = ["merge-base", "--is-ancestor", requireCommit(since), ours];
  if ((await tryGit(scratch.gitDir, args, { env: scratch.env, timeoutMs })).exitCode !== 0) return theirs;
  return text(await git(scratch, ["commit-tree", `${theirs}^{tree}`, "-p", since, "-m", "theirs"]));
};

const nothing: Merge = { base: undefined, contained: false, ours: [], theirs: [], conflicts: [], entries: [] };

/** @param grown theirs as git is to see its history */
const merge = async (scratch: Scratch, ours: string, theirs: string, grown: string): Promise<Merge> => {
  if ((await mergeBase(scratch, ours, theirs)) === theirs) return { ...nothing, base: theirs, contained: true };
  const base = await mergeBase(scratch, ours, grown);
  if (base === "") return nothing;
  const [mine, other] = [await changed(scratch, base, ours), await changed(scratch, base, theirs)];
  const { tree, conflicts } = await mergeTrees(scratch, ours, grown);
  const entries = (await diff(scratch, theirs, tree)).filter(({ path }) => !conflicts.includes(path));
  const own = new Set(mine);
  // Git follows renames: what people moved elsewhere would take our changes along, past every boundary.
  const strayed = entries.map(({ path }) => path).filter((path) => !own.has(path));
  const kept = entries.filter(({ path }) => own.has(path));
  return {
    base,
    contained: false,
    ours: mine,
    theirs: other,
    conflicts: [...new Set([...conflicts, ...strayed])].sort(),
    entries: await withContents(scratch, kept),
  };
};

const mergeBase = async (scratch: Scratch, a: string, b: string): Promise<string> => {
  const found = await tryGit(scratch.gitDir, ["merge-base", a, b], { env: scratch.env, timeoutMs });
  if (found.exitCode > 1) throw new Error(`git merge-base ended with ${found.exitCode}: ${found.stderr.trim()}`);
  return text(found.stdout);
};

/** https://git-scm.com/docs/git-merge-tree, "OUTPUT" */
const mergeTrees = async (scratch: Scratch, ours: string, theirs: string) => {
  const args = ["merge-tree", "-z", "--write-tree", "--name-only", "--no-messages", ours, theirs];
  const { exitCode, stdout, stderr } = await tryGit(scratch.gitDir, args, { env: scratch.env, timeoutMs });
  if (exitCode > 1) throw new Error(`git merge-tree ended with ${exitCode}: ${stderr.trim().slice(-500)}`);
  const [tree = "", ...paths] = stdout.toString("utf8").split("\0");
  const conflicts = [...new Set(paths.filter((path) => path !== ""))];
  if (exitCode === 1 && conflicts.length === 0) throw new Error("git merge-tree names no file of a conflict");
  return { tree, conflicts };
};

const changed = async (scratch: Scratch, from: string, to: string): Promise<readonly string[]> =>
  (await git(scratch, ["diff-tree", "-r", "-z", "--no-renames", "--name-only", from, to, "--"]))
    .toString("utf8")
    .split("\0")
    .filter((path) => path !== "");

/** Raw records: `:<mode> <mode> <sha> <sha> <letter>`, then the path. */
const diff = async (scratch: Scratch, from: string, to: string): Promise<TreeEntry[]> => {
  const output = await git(scratch, ["diff-tree", "-r", "-z", "--no-renames", "--raw", `${from}^{tree}`, to, "--"]);
  const parts = output.toString("utf8").split("\0");
  const entries: TreeEntry[] = [];
  for (let at = 0; at + 1 < parts.length; at += 2) {
    const [, mode = "", , sha = "", letter] = parts[at]?.split(" ") ?? [];
    const path = parts[at + 1] ?? "";
    entries.push(letter === "D" ? { path, kind: "deleted" } : { path, kind: "file", mode, sha });
  }
  return entries;
};

/** Of what the mirror does not have: it came into being here. */
const withContents = async (scratch: Scratch, entries: readonly TreeEntry[]): Promise<TreeEntry[]> => {
  // A submodule's commit is nowhere here, and need not be.
  const files = entries.filter((entry) => entry.kind === "file").filter(({ mode }) => mode !== "160000");
  const shas = [...new Set(files.map(({ sha }) => sha))];
  const missing = await missingIn(scratch.gitDir, shas);
  const contents = new Map<string, string>();
  for (const sha of missing) {
    const args = ["cat-file", "blob", sha];
    const bytes = await runGit(scratch.gitDir, args, { env: scratch.env, maxBytes: maxBlobBytes, timeoutMs });
    contents.set(sha, bytes.toString("base64"));
  }
  return entries.map((entry) => {
    const content = entry.kind === "file" ? contents.get(entry.sha) : undefined;
    return entry.kind === "file" && content !== undefined ? { ...entry, content } : entry;
  });
};

const missingIn = async (gitDir: string, shas: readonly string[]): Promise<readonly string[]> => {
  if (shas.length === 0) return [];
  const output = await runGit(gitDir, ["cat-file", "--batch-check"], { input: `${shas.join("\n")}\n` });
  const missing = new Set(
    output
      .toString("latin1")
      .split("\n")
      .flatMap((line) => (line.endsWith(" missing") ? [line.slice(0, 40)] : [])),
  );
  return shas.filter((sha) => missing.has(sha));
};
