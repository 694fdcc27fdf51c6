/** Which pull requests are the App's own: on a branch of the repository that it named for an issue, and opened by it. */
import { issueOfBranch } from "../domain/job.ts";
import type { Person } from "../domain/repository.ts";
import type { Pull } from "../ports.ts";

/** @param self the App's own bot user */
export const isOwnPull = (
  { sameRepository, author, branch }: Pick<Pull, "sameRepository" | "author" | "branch">,
  self: Pick<Person, "id">,
): boolean => sameRepository && author.id === self.id && issueOfBranch(branch) !== undefined;
