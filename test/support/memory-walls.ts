/** Walls over a map of files, for tests of what stands before them: the boundary holds, and commands do what the test says. */
import { matchesGlob } from "node:path";
import { blobSha, type Changeset, type FileChange } from "../../src/domain/changeset.ts";
import { ToolError } from "../../src/domain/errors.ts";
import { type Boundary, decideWrite } from "../../src/domain/policy.ts";
import type { CommandResult, GrepRequest, Walls } from "../../src/ports.ts";

const testBoundary: Boundary = { allowed: ["app/api", "app/models"], forbidden: ["frontend"] };

export type Command = (
  command: string,
  files: Map<string, string>,
  signal: AbortSignal,
) => Promise<Partial<CommandResult>>;

/** The first one's walls, and what all agents' walls have in common. */
export type MemoryWalls = Walls & {
  readonly files: Map<string, string>;
  /** Calls that reached the walls, in order: `read app/x.py`. */
  readonly log: string[];
  collect(): { changeset: Changeset; refused: [] };
  restore(changeset: Changeset): void;
  /** The same files within another boundary, which was named at the start. */
  enter(boundary: Boundary): Walls;
};

const shaOf = (text: string): string => blobSha(Buffer.from(text));

export const createMemoryWalls = (
  initial: Readonly<Record<string, string>>,
  command: Command = async () => ({}),
  boundaries: readonly Boundary[] = [testBoundary],
): MemoryWalls => {
  const committed = new Map(Object.entries(initial));
  const files = new Map(committed);
  const log: string[] = [];
  const enter = (boundary: Boundary): Walls => ({
    boundary,
    async read(path) {
      log.push(`read ${path}`);
      const text = files.get(path);
      return text === undefined ? undefined : { text, sha: shaOf(text) };
    },
    async write(path, text, expected) {
      log.push(`write ${path}`);
      const verdict = decideWrite(path, boundary);
      if (!verdict.allowed) throw new ToolError(verdict.reason);
      const now = files.get(path);
      if ((now === undefined ? undefined : shaOf(now)) !== expected)
        throw new ToolError(`${path} is another file now.`);
      files.set(path, text);
      return shaOf(text);
    },
    async glob(pattern, folder, limit) {
      log.push(`glob ${pattern}`);
      const all = [...files.keys()].filter((path) => {
        if (folder !== undefined && !path.startsWith(`${folder}/`)) return false;
        return matchesGlob(folder === undefined ? path : path.slice(folder.length + 1), pattern);
      });
      return { paths: all.slice(0, limit), total: all.length };
    },
    async grep(request) {
      log.push(`grep ${JSON.stringify(request)}`);
      return grepFiles(files, request);
    },
    async bash(text, { signal }) {
      log.push(`bash ${text}`);
      const output = /\bpytest\b/.test(text) ? "1 passed in 0.01s\n" : "";
      return { exitCode: 0, output, durationMs: 5, ...(await command(text, files, signal)) };
    },
  });
  return {
    ...enter(boundaries[0] ?? testBoundary),
    files,
    log,
    enter,
    collect: () => ({ changeset: changesBetween(committed, files, boundaries), refused: [] }),
    restore(changeset) {
      files.clear();
      for (const [path, text] of committed) files.set(path, text);
      for (const change of changeset)
        if (change.kind === "deleted") files.delete(change.path);
        else files.set(change.path, Buffer.from(change.content, "base64").toString());
    },
  };
};

const grepFiles = (files: ReadonlyMap<string, string>, request: GrepRequest): string[] => {
  const pattern = new RegExp(request.pattern, request.ignoreCase ? "i" : "");
  return [...files].sort().flatMap(([path, text]) => {
    if (request.path !== undefined && path !== request.path && !path.startsWith(`${request.path}/`)) return [];
    const hits = text
      .split("\n")
      .flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1}:${line}`] : []));
    if (hits.length === 0) return [];
    if (request.mode === "content") return hits;
    return [request.mode === "count" ? `${path}:${hits.length}` : path];
  });
};

const changesBetween = (
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
  boundaries: readonly Boundary[],
): Changeset => {
  const paths = [...new Set([...before.keys(), ...after.keys()])].sort();
  return paths.flatMap((path): FileChange[] => {
    const text = after.get(path);
    if (before.get(path) === text || !boundaries.some((boundary) => decideWrite(path, boundary).allowed)) return [];
    if (text === undefined) return [{ path, kind: "deleted" }];
    const content = Buffer.from(text).toString("base64");
    return [{ path, kind: before.has(path) ? "modified" : "added", mode: "100644", content }];
  });
};
