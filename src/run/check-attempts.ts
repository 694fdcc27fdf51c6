/** What the App has done about failed checks of a pull request so far, and whether it goes on: a few times, then people are asked. */
import { isFailure, type ToldCheck } from "../domain/failed-check.ts";
import { code } from "../domain/render/safe.ts";
import type { ChecksTrigger } from "../domain/trigger.ts";
import type { ChecksAt, GitHubSession, RunRecord, Store } from "../ports.ts";

const mostOnHead = 3;
/** One after the other, on whatever head, without a green one or a word of people between. */
const mostInRow = 5;

export const noCiLabel = "architect: no-ci";

const isOfChecks = ({ job }: RunRecord): boolean => job.trigger.kind === "checks";

/** Refused without a word: as if it had never been. */
const isSilent = ({ outcome }: RunRecord): boolean =>
  outcome?.kind === "refused" && outcome.status === undefined && outcome.ci === undefined;

/** @param runs newest first, this one left out */
const attemptsBefore = (
  runs: readonly RunRecord[],
  headSha: string,
): {
  /** On this very head. */
  readonly onHead: readonly RunRecord[];
  /** For which a model was asked, one after the other, whatever the head. */
  readonly inRow: readonly RunRecord[];
  /** People were told already that no more is done. */
  readonly told: boolean;
} => {
  const heard = runs.filter((run) => !isSilent(run));
  const others = heard.findIndex((run) => !isOfChecks(run));
  const row = others < 0 ? heard : heard.slice(0, others);
  const isLimit = ({ outcome }: RunRecord) => outcome?.kind === "refused" && outcome.status !== undefined;
  const onHead = heard.filter(({ job }) => job.trigger.kind === "checks" && job.trigger.headSha === headSha);
  return {
    onHead: onHead.filter((run) => !isLimit(run)),
    inRow: row.filter((run) => !isLimit(run) && run.outcome?.status !== undefined),
    told: [...row, ...onHead].some(isLimit),
  };
};

/** @returns why there is no further run: for people, or "told" where they know */
export const limitReached = async (
  session: Pick<GitHubSession, "fetchChecks">,
  runs: readonly RunRecord[],
  { headSha }: Pick<ChecksTrigger, "headSha">,
  failed: readonly Pick<ToldCheck, "name">[],
): Promise<string | "told" | undefined> => {
  const { onHead, inRow, told } = attemptsBefore(runs, headSha);
  const row = inRow.length >= mostInRow && !(await wasGreen(session, inRow));
  if (!row && onHead.length < mostOnHead) return undefined;
  if (told) return "told";
  return limitSentence(row ? `${mostInRow} attempts in a row` : `${mostOnHead} attempts on this commit`, failed);
};

const limitSentence = (attempts: string, failed: readonly Pick<ToldCheck, "name">[]): string =>
  [
    `Checks still fail after ${attempts} (${failed
      .slice(0, 5)
      .map(({ name }) => code(name, 100))
      .join(", ")}), so none is made by itself any more.`,
    "Look at the output and push a fix, or comment `/architect design …` with what is to be done, which counts anew;",
    `the label \`${noCiLabel}\` on this pull request keeps the App away from its checks.`,
  ].join(" ");

export const isGreen = ({ checks, pending }: ChecksAt): boolean =>
  checks.length > 0 &&
  pending.length === 0 &&
  checks.every(({ ended, conclusion }) => ended && !isFailure(conclusion) && conclusion !== "cancelled");

const wasGreen = async (session: Pick<GitHubSession, "fetchChecks">, runs: readonly RunRecord[]): Promise<boolean> => {
  const heads = [...new Set(runs.flatMap(({ outcome }) => outcome?.pull?.headSha ?? []))];
  const all = await Promise.all(heads.map((sha) => session.fetchChecks(sha)));
  return all.some(isGreen);
};

/** What the newest runs of failed checks have seen to. */
const mostRemembered = 20;

/** Failed checks that earlier runs have seen to, newest run first. @param runs this one left out */
export const seenBefore = async (
  store: Pick<Store, "events">,
  runs: readonly RunRecord[],
): Promise<readonly SeenTo[]> => {
  const ofChecks = runs.filter((run) => isOfChecks(run));
  const all = await Promise.all(ofChecks.slice(0, mostRemembered).map(({ id }) => store.events(id)));
  return all
    .flat()
    .flatMap((event) =>
      event.type === "checks" ? event.failed.map((one) => ({ ...one, headSha: event.headSha })) : [],
    );
};

export type SeenTo = ToldCheck & { readonly headSha: string };
