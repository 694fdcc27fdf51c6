/** Branches as they are on GitHub now, brought into the mirror. */
import type { RepositoryRef } from "../domain/repository.ts";
import type { GitHub, Workspace } from "../ports.ts";

type Deps = {
  readonly github: Pick<GitHub, "gitCredentials">;
  readonly workspace: Pick<Workspace, "fetch">;
  /** Takes the token's end, where that is not waited for. */
  readonly release?: ((done: Promise<void>) => void) | undefined;
};

/** @returns commit by branch; one that is not there is left out */
export const fetchHeads = async (
  { github, workspace, release }: Deps,
  repository: RepositoryRef,
  branches: readonly string[],
): Promise<ReadonlyMap<string, string>> => {
  const credentials = await github.gitCredentials(repository);
  try {
    return await workspace.fetch(repository, [...new Set(branches)], credentials);
  } finally {
    if (release) release(credentials.revoke());
    else await credentials.revoke();
  }
};
