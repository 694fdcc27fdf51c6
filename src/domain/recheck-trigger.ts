/** Heads of our pull requests that are to be checked once more, though nobody pushed: which delivery starts that. Pure. */
import { z } from "zod";
import { issueOfBranch } from "./job.ts";
import { checkKeyOf } from "./render/check-run.ts";
import { parseBody } from "./render-report.ts";
import type { Person, RepositoryRef } from "./repository.ts";
import { suiteFacts } from "./suite-trigger.ts";
import type { PushTrigger } from "./trigger.ts";

type Common = { readonly repository: RepositoryRef; readonly sender: Person };
type Announced = { readonly trigger: PushTrigger } | { readonly ignored: string };

/** Of a suite that is asked for again. */
export const rerunFacts = suiteFacts.pick({ head_sha: true, app: true, pull_requests: true });
/** Of one check run. */
export const runFacts = rerunFacts.extend({ external_id: z.string().nullish() });

/** Whether the pull request is ours, and whether the sender may write, is asked when it is read: the payload does not say. */
export const announceRerun = (
  { app, head_sha: headSha, pull_requests: pulls, external_id: key }: z.infer<typeof runFacts>,
  common: Common,
  self: { readonly slug: string },
): Announced => {
  if (app?.slug !== self.slug) return { ignored: "a check of another App" };
  const here = common.repository.id;
  const pull = pulls.find(
    ({ number, head, base }) =>
      head.sha === headSha &&
      (key ?? checkKeyOf(number)) === checkKeyOf(number) &&
      head.repo.id === here &&
      base.repo.id === here,
  );
  if (!pull) return { ignored: "no pull request of this repository has this head" };
  if (issueOfBranch(pull.head.ref) === undefined) return { ignored: "not a branch of ours" };
  const title = `The check of pull request #${pull.number}`;
  return {
    trigger: { ...triggerOf({ ...pull, title, head: { ref: pull.head.ref, sha: headSha } }, common), again: "asked" },
  };
};

/** What GitHub says of an edit: what it was before. */
export const changesOfPull = z.object({
  body: z.object({ from: z.string().nullish() }).optional(),
  base: z.looseObject({}).optional(),
});

/** A base is what the head is measured against, and the report in the description is what it is held against. */
export const announceEdit = (
  pull: Edited & { readonly body?: string | null | undefined; readonly base: { readonly ref: string } },
  { base, body }: z.infer<typeof changesOfPull>,
  common: Common,
): Announced => {
  const isAnother = body && reportIn(body.from) !== reportIn(pull.body);
  if (!base && !isAnother) return { ignored: "nothing was edited that is checked" };
  return { trigger: { ...triggerOf(pull, common), again: "edited", ...(base ? { base: pull.base.ref } : {}) } };
};

type Edited = {
  readonly number: number;
  readonly title: string;
  readonly head: { readonly ref: string; readonly sha: string };
};

const reportIn = (body: string | null | undefined): string => JSON.stringify(parseBody(body ?? "") ?? null);

const triggerOf = ({ number, title, head }: Edited, common: Common): PushTrigger => ({
  ...common,
  kind: "push",
  thread: { kind: "pull", number },
  branch: head.ref,
  headSha: head.sha,
  title,
});
