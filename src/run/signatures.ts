/** Who stands in the trailers of the App's commits, and what GitHub says of their signatures. */
import type { SignedCommit } from "../domain/render-report.ts";
import type { Person } from "../domain/repository.ts";
import type { GitHub, GitHubSession } from "../ports.ts";

export type Signing = {
  readonly github: GitHub;
  /** The App's commits carry its `Signed-off-by`, as a Developer Certificate of Origin asks for. */
  readonly signOff: boolean;
};

/** Those who asked are authors, too; the App signs off for itself alone. */
export const trailersOf = async ({ github, signOff }: Signing, askers: readonly Person[]): Promise<string[]> => {
  const coAuthors = askers.flatMap((person) => github.attribution(person) ?? []);
  const self = signOff ? github.attribution(await github.whoami()) : undefined;
  return [...coAuthors.map((one) => `Co-authored-by: ${one}`), ...(self ? [`Signed-off-by: ${self}`] : [])];
};

/** As GitHub has them now: read anew, also after a crash. */
export const signaturesOf = async (session: GitHubSession, commits: readonly string[]): Promise<SignedCommit[]> => {
  const signed: SignedCommit[] = [];
  for (const sha of commits) {
    const verification = await session.fetchVerification(sha);
    if (verification) signed.push({ sha, ...verification });
  }
  return signed;
};
