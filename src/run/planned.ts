/** The plan behind a pull request, held against what the pull request is: of the run that carries it out, and of those that follow up on it. Reads the store and the pull request's files. */
import { decisionsPath, statePath } from "../domain/memory.ts";
import { type StoredPlan, shownHash } from "../domain/plan.ts";
import type { PlanCarriedOut } from "../domain/render/drift.ts";
import { isLast, parseStack } from "../domain/render/stack.ts";
import type { Pull } from "../ports.ts";
import { type Done, driftFrom } from "../verify/plan/drift.ts";
import { unknownFactsRule } from "./check-code.ts";
import type { Publication } from "./publication.ts";

export const heldAgainstPlan = async (publication: Publication): Promise<PlanCarriedOut | undefined> => {
  const { deps, gathered, settled } = publication;
  const paths = settled.changeset.map(({ path }) => path);
  if (deps.plan) return held(publication, deps.plan, { paths, onTop: gathered.pull !== undefined });
  const { pull } = gathered;
  const plan = pull && (await planBehind(publication, pull));
  if (!plan) return undefined;
  const before = (await filesOf(publication, pull)).filter(isWork);
  return held(publication, plan, { paths: [...new Set([...before, ...paths])], onTop: false });
};

/** The last part of a stack stands for all of them, whether they are merged or not. */
const filesOf = async ({ session }: Publication, { number, body }: Pull): Promise<readonly string[]> => {
  const below = (parseStack(body)?.rows ?? []).flatMap(({ pull }) => pull ?? []);
  const files = await Promise.all([...new Set([...below, number])].map((one) => session.fetchPullFiles(one)));
  return files.flat().map(({ path }) => path);
};

/** The rest of a pull request is written by the App, whatever was planned. */
const isWork = (path: string): boolean =>
  path !== decisionsPath && path !== statePath && !path.endsWith(".postman_collection.json");

/** What the pull request as a whole carries out: a plan for further work on it is none, and of a stack the last part tells of it. */
const planBehind = async ({ deps, run }: Publication, pull: Pull): Promise<StoredPlan | undefined> => {
  const stack = parseStack(pull.body);
  if (stack && !isLast(stack)) return undefined;
  const runs = await deps.store.runsOf(run.job.trigger.repository, run.issue);
  const hashes = runs.flatMap(({ outcome }) =>
    outcome?.pull?.number === pull.number && outcome.carriedOut !== undefined ? [outcome.carriedOut] : [],
  );
  const made = runs.find(({ outcome }) => outcome?.plan && outcome.plan.hash === hashes.at(-1));
  return made?.job.trigger.thread.kind === "issue" ? made.outcome?.plan : undefined;
};

const held = (
  { gathered, settled: { apiChanges, findings } }: Publication,
  plan: StoredPlan,
  done: Pick<Done, "paths" | "onTop">,
): PlanCarriedOut => {
  const unknown = findings.some(({ rule }) => rule === unknownFactsRule);
  const agents = gathered.subagents.map(({ name }) => name);
  const drift = driftFrom(plan.plan, { ...done, agents, apiChanges: unknown ? undefined : apiChanges });
  return { hash: shownHash(plan), drift };
};
