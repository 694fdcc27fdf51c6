/** A workspace over maps of files by commit: what a run needs of one, without git and without walls. */
import { blobSha } from "../../src/domain/changeset.ts";
import type { HttpSession, HttpSessionResult } from "../../src/domain/http.ts";
import type { RepositoryRef } from "../../src/domain/repository.ts";
import type { SandboxHealth, Workspace } from "../../src/ports.ts";
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
    mergeBase: async () => baseCommit,
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
