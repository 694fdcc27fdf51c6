/** Pull requests of a stack below its last one: opened in their order, each to the branch of the one before, and told of one another. */
import {
  isLast,
  parseStack,
  partBody,
  partTitle,
  type StackView,
  stackSection,
  withStack,
} from "../domain/render/stack.ts";
import { pullTitle } from "../domain/render/titles.ts";
import { maxBodyLength } from "../domain/render-report.ts";
import { defaultLines } from "../domain/stack.ts";
import type { Pull } from "../ports.ts";
import type { Publication } from "./publication.ts";
import type { Below, Pushed } from "./push.ts";

/** @returns undefined where there is no stack @param pulls those that are open, the lowest first */
export const stackViewOf = (
  { run, gathered, parts }: Publication,
  { below }: Pick<Pushed, "below">,
  part: number,
  pulls: readonly Pick<Pull, "number">[],
): StackView | undefined =>
  below.length === 0
    ? undefined
    : {
        ...{ issue: run.issue, part, base: gathered.baseBranch },
        limit: gathered.config.size?.lines ?? defaultLines,
        rows: parts.map(({ layers, lines }, index) => ({ layers, lines, pull: pulls[index]?.number })),
      };

/** Those that there are already are left as they are. */
export const proposeBelow = async (publication: Publication, pushed: Pushed): Promise<readonly Pull[]> => {
  const { deps, session, run, gathered, settled } = publication;
  const title = pullTitle(settled.report, run.job.trigger.title);
  const pulls: Pull[] = [];
  for (const [index, one] of pushed.below.entries()) {
    const view = stackViewOf(publication, pushed, index + 1, pulls);
    if (!view) continue;
    const known = await session.findPull(one.branch);
    const pull =
      known?.state === "open"
        ? known
        : await session.openPull({
            ...{ branch: one.branch, base: pulls.at(-1)?.branch ?? gathered.baseBranch },
            title: partTitle(title, index + 1, view.rows),
            body: withStack(gathered.template ?? "", bodyOf(publication, view, one), maxBodyLength),
            draft: settled.status !== "DONE",
          });
    await deps.store.linkPull(run.job.trigger.repository, pull, run.issue);
    pulls.push(pull);
  }
  return pulls;
};

/** Now that all of them have numbers. */
export const tellBelow = async (publication: Publication, pushed: Pushed, pulls: readonly Pull[]): Promise<void> => {
  for (const [index, one] of pushed.below.entries()) {
    const view = stackViewOf(publication, pushed, index + 1, pulls);
    const pull = pulls[index];
    if (!view || !pull) continue;
    const body = withStack(pull.body, bodyOf(publication, view, one), maxBodyLength);
    if (body !== pull.body) await publication.session.updatePull(pull, { body });
  }
};

const bodyOf = ({ settled }: Publication, view: StackView, { part }: Below): string => {
  const files = settled.changeset.filter(({ path }) => part.paths.includes(path));
  return partBody(view, { summary: settled.report.summary, files });
};

/** A follow-up of one part has a report of its own; its place in the stack stands above it. */
export const keepStack = (body: string): string => {
  const view = parseStack(body);
  return view ? withStack(body, stackSection(view), maxBodyLength) : body;
};

/** Whether its issue is done with a pull request. */
export const closesIssue = (pull: Pick<Pull, "body"> | undefined): boolean => {
  const view = pull && parseStack(pull.body);
  return view === undefined || isLast(view);
};
