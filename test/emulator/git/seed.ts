/** Makes the bare repository that an emulated repository stands on, empty or with a start in it. */
import { mkdir } from "node:fs/promises";
import { type BareRepository, createBareRepository, NO_SHA } from "./bare-repository.ts";
import { createGit, type Git, GitError } from "./run-git.ts";

export type Seed = {
  readonly directory: string;
  readonly from?: string | undefined;
  readonly files?: Readonly<Record<string, string>> | undefined;
  readonly defaultBranch?: string | undefined;
  /** Of the first commit, where it is made from `files`. */
  readonly author: { readonly name: string; readonly email: string; readonly date: string };
};

export async function createSeededRepository(seed: Seed): Promise<{ git: BareRepository; defaultBranch: string }> {
  await mkdir(seed.directory, { recursive: true });
  const run = createGit(seed.directory);
  const defaultBranch = seed.defaultBranch ?? (seed.from === undefined ? "main" : await headOf(createGit(seed.from)));
  await run(["init", "--quiet", "--bare", "-b", defaultBranch, "."]);
  for (const setting of ["http.receivepack", "uploadpack.allowFilter", "uploadpack.allowAnySHA1InWant"]) {
    await run(["config", setting, "true"]);
  }
  const repository = createBareRepository(seed.directory);
  if (seed.from !== undefined) await fetchFrom(run, seed.from, defaultBranch);
  await repository.rereadRefs();
  if (seed.from === undefined && seed.files !== undefined) {
    await commitFiles(repository, seed.files, defaultBranch, seed.author);
  }
  return { git: repository, defaultBranch };
}

/** `main` for a detached HEAD. */
async function headOf(git: Git): Promise<string> {
  try {
    return (await git(["symbolic-ref", "--short", "HEAD"])).toString().trim();
  } catch (error) {
    if (error instanceof GitError) return "main";
    throw error;
  }
}

async function fetchFrom(git: Git, from: string, defaultBranch: string): Promise<void> {
  const fetch = ["fetch", "--quiet", "--update-shallow", "--no-write-fetch-head", from];
  await git([...fetch, "+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"]);
  const hasDefault = (await git(["for-each-ref", `refs/heads/${defaultBranch}`])).length > 0;
  if (!hasDefault) await git([...fetch, `+HEAD:refs/heads/${defaultBranch}`]);
}

async function commitFiles(
  repository: BareRepository,
  files: Readonly<Record<string, string>>,
  branch: string,
  author: Seed["author"],
): Promise<void> {
  const changes = await Promise.all(
    Object.entries(files).map(async ([path, content]) => ({
      path,
      mode: "100644",
      sha: await repository.writeBlob(Buffer.from(content)),
    })),
  );
  const tree = (await repository.writeTree(undefined, changes)) as string;
  const after = await repository.writeCommit({ tree, parents: [], author, committer: author, message: "Start" });
  await repository.writeRef({ ref: `refs/heads/${branch}`, before: NO_SHA, after });
}
