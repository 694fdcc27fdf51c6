/** A workspace over maps of files by commit: what a run needs of one, without git and without walls. */
import { blobSha, bytesOf } from "../../src/domain/changeset.ts";
import type { HttpSession, HttpSessionResult } from "../../src/domain/http.ts";
import type { RepositoryRef } from "../../src/domain/repository.ts";
import { unifiedDiff } from "../../src/model/blueprint/diff.ts";
import type { SandboxHealth, TreeEntry, Workspace } from "../../src/ports.ts";
import type { MemoryGitHub } from "./memory-github.ts";
import { type Command, createMemoryWalls } from "./memory-walls.ts";

export type MemoryWorkspace = Workspace & {
  readonly base: Record<string, string>;
  health: SandboxHealth;
  open: number;
  /** What commands do. */
  command: Command | undefined;
  /** What a server comes to; where a test says nothing, every request is answered well. */
  serve: (session: HttpSession) => HttpSessionResult | undefined;
};

/** Everything is answered with success. */
const answerAll = ({ requests }: HttpSession): HttpSessionResult => ({
  readyMs: 5,
  log: "",
  answers: requests.map(({ method, path }) => ({
    path: path.map((piece) => (typeof piece === "string" ? piece : "1")).join(""),
    status: method === "POST" ? 201 : 200,
    contentType: "application/json",
    location: "",
    body: "{}",
    durationMs: 2,
  })),
});

/** File by file: what both sides changed otherwise is a conflict. */
const mergeFiles = (base: Map<string, string>, ours: Map<string, string>, theirs: Map<string, string>) => {
  const paths = [...new Set([...base.keys(), ...ours.keys(), ...theirs.keys()])].sort();
  const mine = paths.filter((path) => base.get(path) !== ours.get(path));
  const other = paths.filter((path) => base.get(path) !== theirs.get(path));
  const conflicts = mine.filter((path) => other.includes(path) && ours.get(path) !== theirs.get(path));
  const entries = mine
    .filter((path) => !conflicts.includes(path) && ours.get(path) !== theirs.get(path))
    .map((path): TreeEntry => {
      const bytes = Buffer.from(ours.get(path) ?? "");
      if (!ours.has(path)) return { path, kind: "deleted" };
      return { path, kind: "file", mode: "100644", sha: blobSha(bytes), content: bytes.toString("base64") };
    });
  return { ours: mine, theirs: other, conflicts, entries };
};

/** The base branch's only commit. */
const baseCommit = "b".repeat(40);

/** @param github whose commits can be checked out, too */
export const createMemoryWorkspace = (base: Record<string, string>, github: MemoryGitHub): MemoryWorkspace => {
  const filesAt = (commit: string): Map<string, string> => {
    const request = github.commits.get(commit);
    if (!request) return new Map(Object.entries(base));
    const files = filesAt(request.parent);
    for (const change of request.changes)
      if (change.kind === "deleted") files.delete(change.path);
      else files.set(change.path, Buffer.from(change.content, "base64").toString());
    return files;
  };
  const ancestorsOf = (commit: string): readonly string[] => {
    const request = github.commits.get(commit);
    return [commit, ...(request?.parents ?? [request?.parent ?? []].flat()).flatMap(ancestorsOf)];
  };
  const commonAncestor = (a: string, b: string): string => {
    const others = new Set(ancestorsOf(b));
    return ancestorsOf(a).find((commit) => others.has(commit)) ?? baseCommit;
  };
  const heads = (repository: RepositoryRef) => new Map([[repository.defaultBranch, baseCommit], ...github.branches]);
  const workspace: MemoryWorkspace = {
    base,
    health: { ok: true },
    open: 0,
    command: undefined,
    serve: answerAll,
    checkSandbox: async () => workspace.health,
    fetch: async (repository, branches) =>
      new Map([...heads(repository)].filter(([branch]) => branches.includes(branch) && Object.keys(base).length > 0)),
    fetchPull: async (_, number) => github.pulls.find((pull) => pull.number === number)?.headSha,
    readFile: async (_, commit, path) => {
      const text = filesAt(commit).get(path);
      return text === undefined || text.length > 1024 * 1024 ? undefined : text;
    },
    listSources: async (_, commit, isWanted) =>
      [...filesAt(commit)]
        .filter(([path]) => isWanted(path))
        .map(([path, text]) => ({ path, sha: blobSha(Buffer.from(text)) })),
    readFiles: async (_, commit, paths) => {
      const found = [...filesAt(commit)].filter(([path]) => paths.includes(path));
      return {
        texts: new Map(found.filter(([, text]) => text.length <= 1024 * 1024)),
        tooLarge: found.filter(([, text]) => text.length > 1024 * 1024).map(([path]) => path),
      };
    },
    readNamed: async (repository, commit, { folder, name, most }) => {
      const paths = [...filesAt(commit).keys()]
        .filter((path) => path.startsWith(`${folder}/`) && /^[^/]+\/[^/]+$/.test(path.slice(folder.length + 1)))
        .filter((path) => path.endsWith(`/${name}`))
        .sort();
      const read = await workspace.readFiles(repository, commit, paths.slice(0, most));
      return { ...read, more: Math.max(0, paths.length - most) };
    },
    mergeBase: async (_, a, b) => commonAncestor(a, b),
    merge: async (_, ours, theirs, since) => {
      const base = since ?? commonAncestor(ours.commit, theirs);
      const mine = filesAt(ours.commit);
      for (const change of ours.changes ?? [])
        if (change.kind === "deleted") mine.delete(change.path);
        else mine.set(change.path, bytesOf(change).toString());
      return { base, contained: base === theirs, ...mergeFiles(filesAt(base), mine, filesAt(theirs)) };
    },
    patchOf: async (_, { commit, changes }, maxBytes) => {
      const before = filesAt(commit);
      const patch = changes
        .map((change) => unifiedDiff(change.path, before.get(change.path) ?? "", bytesOf(change).toString()))
        .join("\n");
      return patch.length > maxBytes ? undefined : patch;
    },
    openWorktree: async (_, { commit, boundaries }) => {
      workspace.open += 1;
      const walls = createMemoryWalls(Object.fromEntries(filesAt(commit)), workspace.command, boundaries);
      return {
        commit,
        enter: async (boundary) => walls.enter(boundary),
        collect: async () => walls.collect(),
        restore: async (changeset) => walls.restore(changeset),
        openTrial: async () => ({
          bash: (line, options) => walls.bash(line, options),
          serve: async (session) => workspace.serve(session),
          close: async () => undefined,
        }),
        close: async () => {
          workspace.open -= 1;
        },
      };
    },
  };
  return workspace;
};
