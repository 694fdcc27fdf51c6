/** Each thread of a review is answered once, and resolved where the commit changes what it is about; the pull request shows how all of them ended. */
import { suggestionOf } from "../domain/follow-up.ts";
import { aboutOf, renderThreadAnswer, threadMarker, withThreads } from "../domain/render/threads.ts";
import { maxBodyLength } from "../domain/render-report.ts";
import { itemId } from "../domain/review-thread.ts";
import type { ThreadEntry, ThreadTally } from "../domain/thread-ledger.ts";
import type { Granted, Pull } from "../ports.ts";
import { endThread, isSettled, type ThreadEnd } from "../verify/check-threads.ts";
import type { Publication, Settled } from "./publication.ts";

/** @param work the commit that holds the changes, if there are any @returns undefined where no review was answered */
export const answerThreads = async (
  publication: Publication,
  pull: Pull,
  work: string | undefined,
): Promise<ThreadTally | undefined> => {
  const { deps, session, run, gathered } = publication;
  if (!gathered.followUp) return undefined;
  const { repository } = run.job.trigger;
  const known = await deps.store.threadsOf(repository, pull.number);
  const ends = await endsOf(publication, work, changedBefore(known, run.id));
  const answered: Answered[] = [];
  for (const end of ends) {
    const answer = await answerOne(publication, pull, { end, work, known });
    if (answer) answered.push(answer);
  }
  const entries = await deps.store.threadsOf(repository, pull.number);
  if (entries.length > 0) {
    // People may have edited it while the run was at work.
    const now = await session.fetchPull(pull.number);
    await session.updatePull(now, {
      body: withThreads(now.body, { entries, pullUrl: pull.url, maxLength: maxBodyLength }),
    });
  }
  return tallyOf(answered, await askAgain(publication, pull, ends, work));
};

/** Comments whose change another run has made: that this one goes on from it makes no other one of it. */
const changedBefore = (known: readonly ThreadEntry[], run: string): ReadonlySet<number> =>
  new Set(known.filter((entry) => entry.run !== run && entry.outcome === "changed").map(({ comment }) => comment));

/** As the diff shows them. */
const endsOf = async (
  { deps, run, gathered, settled }: Publication,
  work: string | undefined,
  done: ReadonlySet<number>,
): Promise<ThreadEnd[]> => {
  const changeset = work === undefined ? [] : settled.changeset;
  const { followUp } = gathered;
  const items = followUp?.items.filter((item) => !done.has(itemId(item))) ?? [];
  const paths = [...new Set(items.map(({ thread }) => thread.path))];
  const touched = paths.filter((path) => changeset.some((change) => change.path === path));
  const read = (path: string) => deps.workspace.readFile(run.job.trigger.repository, gathered.commit, path);
  const before = new Map(await Promise.all(touched.map(async (path) => [path, await read(path)] as const)));
  return items.map((item) =>
    endThread(item, {
      report: settled.report,
      changeset,
      before: before.get(item.thread.path),
      planned: followUp && suggestionOf(followUp, itemId(item)),
    }),
  );
};

type Answered = { readonly entry: ThreadEntry; readonly granted: Granted | undefined };

/** Answer, resolution, and then the ledger: whoever comes after a crash finds the first two again. @returns undefined where the thread is gone */
const answerOne = async (
  { deps, session, run }: Publication,
  pull: Pull,
  {
    end,
    work,
    known,
  }: { readonly end: ThreadEnd; readonly work: string | undefined; readonly known: readonly ThreadEntry[] },
): Promise<Answered | undefined> => {
  const { item, outcome, touch, lowered, suggestion, answer } = end;
  const { thread } = item;
  const comment = itemId(item);
  const marker = threadMarker(comment);
  const text = renderThreadAnswer({
    ...{ outcome, path: thread.path, elsewhere: touch === "file", lowered, suggestion, answer },
    commitUrl: work === undefined ? undefined : `${pull.url}/commits/${work}`,
  });
  const answered = await session.answerThread(pull.number, thread.id, marker, `${marker}\n${text}`);
  if (answered === "gone") return undefined;
  // The table in the description, which still can be written, says how it ended.
  if (answered === "untaken") deps.log(`#${pull.number} takes no answer of ours in thread ${thread.id}: it is locked`);
  // Somebody may have opened it again since this run has resolved it.
  const done = known.find((entry) => entry.comment === comment && entry.run === run.id)?.resolved;
  const granted = isSettled(end)
    ? done
      ? { ok: true as const }
      : await session.resolveThread(pull.number, thread.id)
    : undefined;
  const entry: ThreadEntry = {
    ...{ thread: thread.id, comment, run: run.id, path: thread.path, line: thread.line, outcome },
    about: aboutOf((item.earlier[0] ?? item.said[0])?.body ?? ""),
    ...(outcome === "changed" ? { commit: work } : {}),
    answer,
    resolved: granted?.ok === true,
  };
  await deps.store.keepThread(run.job.trigger.repository, pull.number, entry);
  return { entry, granted };
};

/** Whoever asked for changes is asked to look again, once nothing of it waits for their own answer. Nobody's review is dismissed. */
const askAgain = async (
  { session, gathered, settled }: Publication,
  pull: Pull,
  ends: readonly ThreadEnd[],
  work: string | undefined,
): Promise<Pick<ThreadTally, "askedAgain" | "ready">> => {
  const askedAgain: string[] = [];
  const ready: string[] = [];
  if (work === undefined || !isFinished(settled)) return { askedAgain, ready };
  for (const { id, state, author } of gathered.followUp?.reviews ?? []) {
    const own = ends.filter(({ item }) => item.said.some(({ review }) => review === id));
    const waits = own.some(({ outcome }) => outcome === "question");
    if (state !== "changes_requested" || waits || [...askedAgain, ...ready].includes(author.login)) continue;
    const granted = await session.requestReview(pull.number, author);
    (granted.ok ? askedAgain : ready).push(author.login);
  }
  return { askedAgain, ready };
};

const isFinished = ({ status, cutShort }: Settled): boolean =>
  cutShort === undefined && (status === "DONE" || status === "DONE_WITH_CONCERNS");

const tallyOf = (answered: readonly Answered[], again: Pick<ThreadTally, "askedAgain" | "ready">): ThreadTally => {
  const count = (outcome: ThreadEntry["outcome"]) => answered.filter(({ entry }) => entry.outcome === outcome).length;
  const refusals = answered.flatMap(({ granted }) => (granted && !granted.ok ? [granted.reason] : []));
  return {
    changed: count("changed"),
    declined: count("declined"),
    questions: count("question"),
    resolved: answered.filter(({ entry }) => entry.resolved).length,
    ...(refusals[0] === undefined ? {} : { refused: { threads: refusals.length, reason: refusals[0] } }),
    ...again,
  };
};
