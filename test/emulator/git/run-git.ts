/** Runs git without the person's configuration. Never synchronous: the server that git talks to may be this process. */
import { execFile } from "node:child_process";

export type GitOptions = { readonly input?: string | Buffer; readonly env?: Readonly<Record<string, string>> };

export class GitError extends Error {
  readonly exitCode: number;

  constructor(args: readonly string[], exitCode: number, stderr: string, cause: unknown) {
    super(`git ${args.join(" ")}: exit ${exitCode}: ${stderr.trim()}`, { cause });
    this.exitCode = exitCode;
  }
}

/** What git needs of this process's environment, and nothing that would change its answers. */
export const gitEnvironment = (home: string): Record<string, string> => ({
  PATH: process.env["PATH"] ?? "/usr/bin:/bin",
  HOME: home,
  LC_ALL: "C.UTF-8",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_TERMINAL_PROMPT: "0",
  // Repositories that somebody else owns may be read: protected configuration, so it must come by environment.
  GIT_CONFIG_COUNT: "2",
  GIT_CONFIG_KEY_0: "safe.directory",
  GIT_CONFIG_VALUE_0: "*",
  GIT_CONFIG_KEY_1: "gc.auto",
  GIT_CONFIG_VALUE_1: "0",
});

export type Git = (args: readonly string[], options?: GitOptions) => Promise<Buffer>;

/** @returns git in one folder; a failing command throws GitError */
export const createGit =
  (directory: string): Git =>
  (args, { input, env } = {}) =>
    new Promise((resolve, reject) => {
      const child = execFile(
        "git",
        ["-C", directory, ...args],
        { encoding: "buffer", maxBuffer: 512 * 1024 * 1024, env: { ...gitEnvironment(directory), ...env } },
        (error, stdout, stderr) => {
          if (error === null) resolve(stdout);
          else reject(new GitError(args, typeof error.code === "number" ? error.code : -1, stderr.toString(), error));
        },
      );
      // A git that ends before it has read its input closes the pipe; its exit code tells what happened.
      child.stdin?.on("error", () => undefined);
      child.stdin?.end(input);
    });
