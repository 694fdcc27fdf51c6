/** Which repository, and which people: the identities that every other word refers to. */

export type RepositoryRef = {
  /** GitHub's numeric id: stays when the repository is renamed. */
  readonly id: number;
  readonly owner: string;
  readonly name: string;
  readonly installationId: number;
  readonly defaultBranch: string;
};

export type Person = { readonly login: string; readonly id: number; readonly type: string };

/** An issue or a pull request: GitHub numbers both in one sequence. */
export type Thread = { readonly kind: "issue" | "pull"; readonly number: number };

export const fullName = (repository: Pick<RepositoryRef, "owner" | "name">): string =>
  `${repository.owner}/${repository.name}`;
