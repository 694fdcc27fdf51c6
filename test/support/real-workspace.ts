/** A workspace with real git and real walls over a small repository that stands in a test. */
import { execFileSync } from "node:child_process";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { RepositoryRef } from "../../src/domain/repository.ts";
import type { Workspace } from "../../src/ports.ts";
import { createWorkspace } from "../../src/workspace/workspace.ts";

export type RealWorkspace = {
  readonly workspace: Workspace;
  /** The only one of `main`. */
  readonly commit: string;
  close(): Promise<void>;
};

/** @param files by path @param python an environment that commands find on their PATH */
export const openRealWorkspace = async (
  repository: RepositoryRef,
  files: Readonly<Record<string, string>>,
  python?: string,
): Promise<RealWorkspace> => {
  const folder = await mkdtemp(join(tmpdir(), "architect-real-"));
  await chmod(folder, 0o755);
  const origin = join(folder, "origin");
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(origin, path)), { recursive: true });
    await writeFile(join(origin, path), text);
  }
  const git = (...args: string[]) => execFileSync("git", ["-C", origin, ...args], { encoding: "utf8" });
  git("init", "-q", "-b", "main");
  git("add", "-A");
  git("-c", "user.name=maintainer", "-c", "user.email=maintainer@example.com", "commit", "-qm", "Begin");
  const gitDir = join(origin, ".git");
  const workspace = createWorkspace({
    dataFolder: join(folder, "data"),
    node: process.execPath,
    sandbox: "bubblewrap",
    allowLocalFolder: gitDir,
    clock: () => new Date(),
    ...(python === undefined ? {} : { python }),
  });
  const heads = await workspace.fetch(repository, ["main"], { url: `file://${gitDir}`, authorization: "" });
  return {
    workspace,
    commit: heads.get("main") ?? "",
    close: async () => {
      await workspace.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
};
