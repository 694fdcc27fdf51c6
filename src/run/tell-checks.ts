/** Failed checks that no agent is needed for: what may be an accident is started again where the App may, and people read what is known. */
import { noSpend } from "../domain/budget.ts";
import { isDoubtful, type ToldCheck } from "../domain/failed-check.ts";
import type { Outcome } from "../domain/outcome.ts";
import { type ChecksEnd, checksLine, withCiLine } from "../domain/render/failed-checks.ts";
import type { RepositoryRef } from "../domain/repository.ts";
import type { GitHub, GitHubSession, Pull } from "../ports.ts";

/** Of a pull request of ours. */
export type Aside = { readonly pull: Pull; readonly failed: readonly ToldCheck[] };

/** May be repeated: a workflow that was started again counts as one, and its second attempt is started by nobody. */
export const tellChecks = async (
  github: GitHub,
  repository: RepositoryRef,
  { pull, failed }: Aside,
): Promise<Outcome> => {
  const rerun = await startAgain(github, repository, failed);
  const ci = checksLine(failed, { rerun });
  const session = await github.open(repository, "publish");
  try {
    const now = await session.fetchPull(pull.number);
    await writeCiLine(session, now, ci);
    const { number, url, branch, headSha } = now;
    return {
      kind: "answered",
      summary: summaryOf(rerun),
      ci,
      pull: { number, url, branch, headSha },
      ...{ blockers: [], questions: [], spend: noSpend },
    };
  } finally {
    await session.close();
  }
};

/** @returns the description with the line, or as it was where it has no place for one */
export const writeCiLine = async (
  session: Pick<GitHubSession, "updatePull">,
  pull: Pull,
  line: string,
): Promise<Pull> => {
  const body = withCiLine(pull.body, line);
  return body === undefined || body === pull.body ? pull : session.updatePull(pull, { body });
};

type Rerun = NonNullable<ChecksEnd["rerun"]>;

const summaryOf = (rerun: Rerun): string =>
  [...rerun.values()].includes("started")
    ? "Nothing was changed: what fails again is looked at then."
    : "Nothing was changed: nothing shows that this pull request is the reason.";

/** Once on a head: what failed again is no accident. */
const startAgain = async (github: GitHub, repository: RepositoryRef, failed: readonly ToldCheck[]): Promise<Rerun> => {
  const asked = new Map<number, Awaited<ReturnType<GitHub["rerunFailedJobs"]>>>();
  for (const { workflow, ...check } of failed)
    if (workflow && isDoubtful({ ...check, workflow }) && !asked.has(workflow.run))
      asked.set(workflow.run, await github.rerunFailedJobs(repository, workflow));
  return asked;
};
