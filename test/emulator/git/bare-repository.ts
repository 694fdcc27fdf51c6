/** One bare repository on disk: what the REST and web routes read of it and write to it. Knows no HTTP and no GitHub. */
import { randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { diffFiles, type FileDiff } from "./diff.ts";
import { createObjects, type GitObject } from "./objects.ts";
import { createGit, type Git, GitError } from "./run-git.ts";

export type Signature = { readonly name: string; readonly email: string; readonly date: string };

export type Commit = {
  readonly sha: string;
  readonly tree: string;
  readonly parents: readonly string[];
  readonly author: Signature;
  readonly committer: Signature;
  readonly message: string;
};

export type TreeEntry = {
  readonly path: string;
  readonly mode: string;
  readonly type: string;
  readonly sha: string;
  readonly size: number | undefined;
};

export type TreeChange = { readonly path: string; readonly mode: string; readonly sha: string | null };

export type RefChange = { readonly ref: string; readonly before: string; readonly after: string };

export const NO_SHA = "0".repeat(40);

export type BareRepository = {
  readonly directory: string;
  readonly git: Git;
  /** Full names (`refs/heads/main`) to commits; as of the last write or `rereadRefs`. */
  readonly refs: ReadonlyMap<string, string>;
  branch(name: string): string | undefined;
  /** After a push, whose refs changed on disk. */
  rereadRefs(): Promise<RefChange[]>;
  /** `after` = NO_SHA deletes. @returns false when the ref is not at `before` any more */
  writeRef(change: RefChange): Promise<boolean>;
  /** A branch, a full ref or a (short) SHA to a commit's SHA; undefined when there is none. */
  resolve(name: string): Promise<string | undefined>;
  typeOf(sha: string): Promise<string | undefined>;
  readBlob(sha: string): Promise<Buffer>;
  readCommit(sha: string): Promise<Commit>;
  /** SHAs, newest first. @param range as `git rev-list` takes it */
  history(range: readonly string[], limit: number): Promise<string[]>;
  /** The commits of a history. */
  log(range: readonly string[], limit: number): Promise<Commit[]>;
  /** @param at a tree or commit, @param path below it; "" for the root */
  listTree(at: string, path: string, recursive: boolean): Promise<TreeEntry[]>;
  entryAt(commit: string, path: string): Promise<TreeEntry | undefined>;
  writeBlob(content: Buffer): Promise<string>;
  /** @returns undefined when a path to delete is not there */
  writeTree(base: string | undefined, changes: readonly TreeChange[]): Promise<string | undefined>;
  writeCommit(commit: Omit<Commit, "sha">): Promise<string>;
  mergeBase(a: string, b: string): Promise<string | undefined>;
  isAncestor(ancestor: string, of: string): Promise<boolean>;
  /** Of a range between two SHAs. */
  count(range: string): Promise<number>;
  /** What `head` changed since it left `base` (three dots). */
  diff(base: string, head: string): Promise<readonly FileDiff[]>;
  diffText(base: string, head: string): Promise<string>;
  /** The patch of one file between two commits without context lines. */
  bareDiff(from: string, to: string, path: string): Promise<string>;
  /** The tree of a merge; undefined on conflicts. */
  mergeTree(base: string, head: string): Promise<string | undefined>;
  /** Ends the process that reads objects. */
  close(): void;
};

/** Git's failure with these exit codes is an answer: "no". */
async function unlessExit<T>(codes: readonly number[], ask: Promise<T>): Promise<T | undefined> {
  try {
    return await ask;
  } catch (error) {
    if (error instanceof GitError && codes.includes(error.exitCode)) return undefined;
    throw error;
  }
}

const EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";

export function createBareRepository(directory: string): BareRepository {
  const git = createGit(directory);
  const refs = new Map<string, string>();
  const objects = createObjects(directory);
  const remembered = createMemory();
  const text = async (args: readonly string[]): Promise<string> => (await git(args)).toString();

  /** Reading refs back from disk and writing one take turns, or a reading could undo a write in memory. */
  let last: Promise<unknown> = Promise.resolve();
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const next = last.then(work, work);
    last = next;
    return next;
  }

  async function rereadRefs(): Promise<RefChange[]> {
    const lines = (await text(["for-each-ref", "--format=%(objectname) %(refname)"])).split("\n").filter(Boolean);
    const now = new Map(lines.map((line) => [line.slice(41), line.slice(0, 40)]));
    const changes = [...new Set([...refs.keys(), ...now.keys()])]
      .map((ref) => ({ ref, before: refs.get(ref) ?? NO_SHA, after: now.get(ref) ?? NO_SHA }))
      .filter(({ before, after }) => before !== after);
    for (const { ref, after } of changes) keep(ref, after);
    return changes;
  }

  function keep(ref: string, sha: string): void {
    if (sha === NO_SHA) refs.delete(ref);
    else refs.set(ref, sha);
  }

  async function writeRef({ ref, before, after }: RefChange): Promise<boolean> {
    if ((refs.get(ref) ?? NO_SHA) !== before) return false;
    await git(after === NO_SHA ? ["update-ref", "-d", ref, before] : ["update-ref", ref, after, before]);
    keep(ref, after);
    return true;
  }

  async function resolve(name: string): Promise<string | undefined> {
    const known = refs.get(name) ?? refs.get(`refs/heads/${name}`) ?? refs.get(`refs/${name}`);
    if (known !== undefined) return known;
    if (!/^[0-9a-f]{4,40}$/.test(name)) return undefined;
    const sha = await unlessExit([1, 128], text(["rev-parse", "--verify", "--quiet", `${name}^{commit}`]));
    return sha?.trim();
  }

  async function objectOf(sha: string, type: string): Promise<GitObject> {
    const object = await objects.read(sha);
    if (object?.type !== type) throw new Error(`${sha} is no ${type} of ${directory}`);
    return object;
  }

  const readCommit = async (sha: string): Promise<Commit> =>
    parseCommit(sha, (await objectOf(sha, "commit")).content.toString());

  const history = async (range: readonly string[], limit: number): Promise<string[]> =>
    (await text(["rev-list", `--max-count=${limit}`, ...range])).split("\n").filter(Boolean);

  async function listTree(at: string, path: string, recursive: boolean): Promise<TreeEntry[]> {
    const where = path === "" ? at : `${at}:${path}`;
    const output = await unlessExit([128], text(["ls-tree", "-z", "-l", ...(recursive ? ["-r", "-t"] : []), where]));
    return (output ?? "").split("\0").filter(Boolean).map(parseTreeEntry);
  }

  async function entryAt(commit: string, path: string): Promise<TreeEntry | undefined> {
    const [entry] = (await text(["ls-tree", "-z", "-l", commit, "--", path])).split("\0").filter(Boolean);
    return entry === undefined ? undefined : parseTreeEntry(entry);
  }

  async function writeTree(base: string | undefined, changes: readonly TreeChange[]): Promise<string | undefined> {
    const index = join(directory, `index-${randomUUID()}`);
    const env = { GIT_INDEX_FILE: index };
    try {
      await git(["read-tree", ...(base === undefined ? ["--empty"] : [base])], { env });
      const deleted = changes.filter(({ sha }) => sha === null).map(({ path }) => path);
      if (deleted.length > 0) {
        const present = await git(["ls-files", "-z", "--", ...deleted.map((path) => `:(literal)${path}`)], { env });
        const paths = present.toString().split("\0");
        if (deleted.some((path) => !paths.includes(path))) return undefined;
      }
      const lines = changes.map(({ path, mode, sha }) =>
        sha === null ? `0 ${NO_SHA}\t${path}` : `${mode} ${sha}\t${path}`,
      );
      await git(["update-index", "-z", "--index-info"], { env, input: lines.map((line) => `${line}\0`).join("") });
      return (await git(["write-tree"], { env })).toString().trim();
    } finally {
      await rm(index, { force: true });
    }
  }

  const mergeBase = (a: string, b: string): Promise<string | undefined> =>
    remembered(`merge-base ${a} ${b}`, async () => (await unlessExit([1], text(["merge-base", a, b])))?.trim());

  const isAncestor = (ancestor: string, of: string): Promise<boolean> =>
    remembered(`ancestor ${ancestor} ${of}`, async () => {
      const answer = await unlessExit([1], text(["merge-base", "--is-ancestor", ancestor, of]));
      return answer !== undefined;
    });

  /** Before 2.38 git cannot merge without a work tree (it exits with 129): then only what is ahead is mergeable. */
  const mergeTree = (base: string, head: string): Promise<string | undefined> =>
    remembered(`merge ${base} ${head}`, async () => {
      if (await isAncestor(base, head)) return (await readCommit(head)).tree;
      const merged = await unlessExit([1, 129], text(["merge-tree", "--write-tree", base, head]));
      return merged?.split("\n")[0];
    });

  return {
    directory,
    git,
    refs,
    branch: (name) => refs.get(`refs/heads/${name}`),
    rereadRefs: () => inTurn(rereadRefs),
    writeRef: (change) => inTurn(() => writeRef(change)),
    resolve,
    typeOf: async (sha) => (await objects.read(sha))?.type,
    readBlob: async (sha) => (await objectOf(sha, "blob")).content,
    readCommit,
    history,
    log: async (range, limit) => Promise.all((await history(range, limit)).map(readCommit)),
    listTree,
    entryAt,
    writeBlob: (content) => objects.write("blob", content),
    writeTree,
    writeCommit: (commit) => objects.write("commit", Buffer.from(printCommit(commit))),
    mergeBase,
    isAncestor,
    count: (range) => remembered(`count ${range}`, async () => Number(await text(["rev-list", "--count", range]))),
    diff: (base, head) =>
      remembered(`diff ${base} ${head}`, async () => diffFiles(git, (await mergeBase(base, head)) ?? EMPTY_TREE, head)),
    diffText: async (base, head) => {
      const from = (await mergeBase(base, head)) ?? EMPTY_TREE;
      return text(["diff", "--no-color", "--no-ext-diff", "-M", from, head]);
    },
    bareDiff: (from, to, path) =>
      remembered(`bare-diff ${from} ${to} ${path}`, () =>
        text(["diff", "--no-color", "--no-ext-diff", "-U0", from, to, "--", path]),
      ),
    mergeTree,
    close: objects.close,
  };
}

/** What is said of commits by their SHAs never changes. A failure is not kept. */
function createMemory(): <T>(key: string, make: () => Promise<T>) => Promise<T> {
  const kept = new Map<string, Promise<unknown>>();
  return <T>(key: string, make: () => Promise<T>): Promise<T> => {
    const known = kept.get(key);
    if (known !== undefined) return known as Promise<T>;
    const made = make();
    kept.set(key, made);
    made.catch(() => kept.delete(key));
    return made;
  };
}

function parseTreeEntry(line: string): TreeEntry {
  const [facts, path] = line.split("\t") as [string, string];
  const [mode, type, sha, size] = facts.split(/ +/) as [string, string, string, string];
  return { path, mode, type, sha, size: size === "-" ? undefined : Number(size) };
}

function parseCommit(sha: string, raw: string): Commit {
  const end = raw.indexOf("\n\n");
  const head = raw.slice(0, end);
  const values = (key: string): string[] =>
    [...head.matchAll(new RegExp(`^${key} (.*)$`, "gm"))].map(([, value]) => value as string);
  return {
    sha,
    tree: values("tree")[0] as string,
    parents: values("parent"),
    author: parseSignature(values("author")[0] as string),
    committer: parseSignature(values("committer")[0] as string),
    message: raw.slice(end + 2).replace(/\n$/, ""),
  };
}

function parseSignature(line: string): Signature {
  const [, name = "", email = "", seconds = "0"] = /^(.*) <(.*)> (\d+) /.exec(line) ?? [];
  return { name, email, date: new Date(Number(seconds) * 1000).toISOString().replace(".000Z", "Z") };
}

function printCommit({ tree, parents, author, committer, message }: Omit<Commit, "sha">): string {
  const sign = ({ name, email, date }: Signature): string =>
    `${name} <${email}> ${Math.floor(Date.parse(date) / 1000)} +0000`;
  const head = [
    `tree ${tree}`,
    ...parents.map((parent) => `parent ${parent}`),
    `author ${sign(author)}`,
    `committer ${sign(committer)}`,
  ];
  return `${head.join("\n")}\n\n${message}`;
}
