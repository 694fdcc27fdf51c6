/** Checks of others on our own pull requests as triggers: which delivery starts what, and which are looked at together. Pure. */
import { z } from "zod";
import { issueOfBranch, type Job } from "./job.ts";
import type { Person, RepositoryRef } from "./repository.ts";
import type { ChecksTrigger } from "./trigger.ts";

const id = z.number().int().positive();
const sha = z.string().regex(/^[0-9a-f]{40}$/);

export const suiteFacts = z.object({
  head_sha: sha,
  /** None where it stands in a fork. */
  head_branch: z.string().nullable(),
  app: z.object({ slug: z.string().optional() }).nullish(),
  pull_requests: z.array(
    z.object({
      number: id,
      head: z.object({ ref: z.string(), sha, repo: z.object({ id }) }),
      base: z.object({ repo: z.object({ id }) }),
    }),
  ),
});

/** Whether the pull request is ours is asked when it is read: the payload names no author. */
export const announceSuite = (
  { check_suite: suite }: { readonly check_suite: z.infer<typeof suiteFacts> },
  common: { readonly repository: RepositoryRef; readonly sender: Person },
  { self }: { readonly self: { readonly slug: string } },
): { readonly trigger: ChecksTrigger } | { readonly ignored: string } => {
  if (suite.app?.slug === self.slug) return { ignored: "our own check run" };
  const { head_sha: headSha, head_branch: branch } = suite;
  if (branch === null || issueOfBranch(branch) === undefined) return { ignored: "not a branch of ours" };
  const here = common.repository.id;
  const pull = suite.pull_requests.find(
    ({ head, base }) => head.ref === branch && head.sha === headSha && head.repo.id === here && base.repo.id === here,
  );
  if (!pull) return { ignored: "no pull request of this repository has this head" };
  const { number } = pull;
  const thread = { kind: "pull", number } as const;
  const title = `Failed checks of pull request #${number}`;
  return { trigger: { ...common, kind: "checks", thread, branch, headSha, title } };
};

/** Whatever ends while nobody has looked yet is looked at together, on the newest head. @returns undefined where it is none */
export const takeInSuite = (waiting: Job, { trigger }: Job): Job | undefined =>
  trigger.kind === "checks" &&
  waiting.trigger.kind === "checks" &&
  waiting.trigger.thread.number === trigger.thread.number
    ? { ...waiting, trigger }
    : undefined;
