/** One agent's reach: file calls to its file process, commands to the sandbox, each with the path policy's sentence first. */
import { ToolError } from "../domain/errors.ts";
import { type Boundary, canonPath, decideCreate, decideWrite } from "../domain/policy.ts";
import type { CommandResult, ReadResult, Walls } from "../ports.ts";
import type { BoundaryFolders } from "./boundary-folders.ts";
import { maxTimeoutMs, runCommand } from "./command.ts";
import type { FileClient } from "./file-client.ts";
import type { Start } from "./sandbox.ts";

export type WallsDeps = {
  readonly boundary: Boundary;
  readonly folders: BoundaryFolders;
  readonly start: Start;
  readonly client: FileClient;
  /** The run's copies: nothing starts before they are there. */
  readonly ready: Promise<void>;
  /** What a path that is not there leads through, where that is why. */
  readonly findLeftOut: (path: string) => Promise<string | undefined>;
  readonly closing: AbortSignal;
  readonly isOverQuota: () => Promise<boolean>;
  /** Told of every command, so that closing can wait for its end. */
  readonly track: (command: Promise<CommandResult>) => void;
};

const maxCommandBytes = 16 * 1024;
const minCpuSeconds = 60;

/** stderr joins stdout inside, in the order in which they are written; what is outside on stderr is bubblewrap's own. */
const mergeOutput = 'exec 2>&1 /bin/bash -c "$0"';

export const createWalls = (deps: WallsDeps): Walls => {
  const { boundary, folders } = deps;
  const call: FileClient["call"] = async (name, input) => {
    await deps.ready;
    return deps.client.call(name, input);
  };
  return {
    boundary,
    async read(path) {
      const found = (await call("read", { path: requirePath(path) })) as ReadResult | null;
      if (found) return found;
      const leftOut = await deps.findLeftOut(path);
      // "Does not exist" would send the model looking for it.
      if (leftOut !== undefined) throw new ToolError(`${leftOut}, which the worktree leaves out.`);
      return undefined;
    },
    async write(path, text, expected) {
      requirePath(path);
      const verdict = expected === undefined ? decideCreate(path, boundary) : decideWrite(path, boundary);
      if (!verdict.allowed) throw new ToolError(verdict.reason);
      requireOpen(folders, path);
      return (await call("write", { path, text, expected: expected ?? null })) as string;
    },
    async glob(pattern, folder, limit) {
      const input = {
        pattern: requirePattern(pattern),
        folder: folder === undefined ? "" : requirePath(folder),
        limit,
      };
      return (await call("glob", input)) as { paths: string[]; total: number };
    },
    async grep(request) {
      if (request.path !== undefined) requirePath(request.path);
      return (await call("grep", request)) as string[];
    },
    bash(command, options) {
      const result = runBash(deps, command, options);
      deps.track(result);
      return result;
    },
  };
};

/** One command, whoever's walls it is in. */
export const runBash = async (
  { start, ready, closing, isOverQuota }: Pick<WallsDeps, "start" | "ready" | "closing" | "isOverQuota">,
  command: string,
  { timeoutMs, signal }: { timeoutMs: number; signal: AbortSignal },
): Promise<CommandResult> => {
  if (Buffer.byteLength(command) > maxCommandBytes)
    throw new ToolError("The command is longer than 16 KiB. Put a script in a file and run that.");
  if (command.includes("\0")) throw new ToolError("The command has a NUL character, which no command can have.");
  const limit = Math.min(Math.max(1, timeoutMs), maxTimeoutMs);
  await ready;
  if (signal.aborted || closing.aborted) return { exitCode: 137, output: "", durationMs: 0, ended: "aborted" };
  const child = start(["/bin/bash", "-c", mergeOutput, command], {
    stdin: "ignore",
    stdout: "pipe",
    cpuSeconds: Math.max(minCpuSeconds, Math.ceil(limit / 1_000)),
  });
  const result = await runCommand(child, { timeoutMs: limit, signal: AbortSignal.any([signal, closing]), isOverQuota });
  if (result.ended !== "disk") return result;
  return {
    ...result,
    output: `${result.output}\n[ended: it left more than 512 MiB or 50,000 files in the repository's folders]`,
  };
};

const requirePath = (path: string): string => {
  const canon = canonPath(path);
  if (!canon.ok) throw new ToolError(canon.reason);
  if (canon.path !== path) throw new ToolError(`${JSON.stringify(path)} is not a canonical repository path.`);
  return path;
};

const requirePattern = (pattern: string): string => {
  if (
    pattern.length <= 1_024 &&
    !/[\0\n]/.test(pattern) &&
    !pattern.startsWith("/") &&
    !pattern.split("/").includes("..")
  )
    return pattern;
  throw new ToolError(`${JSON.stringify(pattern.slice(0, 120))} is no pattern below /repo, such as backend/**/*.py.`);
};

/** The boundary allows the folder, but the repository has something else in its place. */
const requireOpen = ({ closed }: BoundaryFolders, path: string): void => {
  for (const [folder, reason] of closed)
    if (path.startsWith(`${folder}/`)) throw new ToolError(`/repo/${path} cannot be written: ${reason}.`);
};
