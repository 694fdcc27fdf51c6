/** Commits of a local repository, for whoever reads and changes nothing: objects alone, also where no branch is checked out. */
import { resolve } from "node:path";
import { ConfigError } from "../domain/errors.ts";
import { tryGit } from "./git.ts";
import { createReader, type Reader } from "./reader.ts";

export type LocalCommits = {
  readonly reader: Reader;
  /** @throws ConfigError where there is none */
  commitOf(ref: string): Promise<string>;
};

/** @throws ConfigError where the folder is none of a git repository */
export const openLocalCommits = async (folder: string): Promise<LocalCommits> => {
  const where = resolve(folder);
  const found = await tryGit(undefined, ["-C", where, "rev-parse", "--path-format=absolute", "--git-common-dir"]);
  const gitDir = found.stdout.toString("utf8").trim();
  if (found.exitCode !== 0 || gitDir === "")
    throw new ConfigError(`${folder} must be a folder of a git repository. ${found.stderr.trim().slice(0, 300)}`);
  return {
    reader: createReader(gitDir),
    commitOf: async (ref) => {
      // HEAD is that of the worktree, which the shared git directory does not know.
      const args = ["-C", where, "rev-parse", "--verify", "--quiet", "--end-of-options", `${ref}^{commit}`];
      const sha = (await tryGit(undefined, args)).stdout.toString("latin1").trim();
      if (sha === "") throw new ConfigError(`${folder} has no commit ${ref}; fetch it first, or name another one`);
      return sha;
    },
  };
};
