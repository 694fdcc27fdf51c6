/** Our check run on a commit: found again by its name and key, opened, brought up to date, never doubled. */
import type { Octokit } from "@octokit/rest";
import type { CheckNote } from "../domain/render/check-run.ts";
import type { CheckWritten, Clock, GitHubSession } from "../ports.ts";
import { makeOnce, once } from "./client.ts";
import type { Place } from "./shapes.ts";

/** As branch protection names it. */
const name = "architect / report";
/** GitHub takes no more annotations in one request; those of a further one are added. */
const batch = 50;

const levels = { error: "failure", concern: "warning", note: "notice" } as const;

type At = Pick<CheckWritten, "headSha" | "key">;
type Known = { readonly id: number; readonly annotations: number; readonly ended: boolean };
type Output = { readonly title: string; readonly summary: string };

export const createChecks = (
  client: Octokit,
  place: Place,
  { appId, clock }: { readonly appId: number; readonly clock: Clock },
): Pick<GitHubSession, "beginCheck" | "upsertCheck" | "hasCheck"> => {
  /** The newest: it stands in the place of those before it. */
  const find = async ({ headSha, key }: At): Promise<Known | undefined> => {
    const query = { ...place, ref: headSha, check_name: name, app_id: appId, filter: "all" as const, per_page: 100 };
    const found = await client.paginate(client.rest.checks.listForRef, query);
    const [newest] = found.filter(({ external_id }) => external_id === key).sort((a, b) => b.id - a.id);
    return newest && knownOf(newest);
  };

  const make = async ({ headSha, key }: At): Promise<Known> => {
    const asked = { ...place, ...once, name, head_sha: headSha, external_id: key, status: "in_progress" as const };
    return knownOf((await client.rest.checks.create(asked)).data);
  };

  const start = (at: At, before?: Known): Promise<Known> =>
    makeOnce(
      () => make(at),
      async () => {
        const found = await find(at);
        return found?.id === before?.id ? undefined : found;
      },
    );

  const change = async (id: number, how: object): Promise<void> => {
    await client.rest.checks.update({ ...place, ...once, check_run_id: id, ...how });
  };

  /** What of these notes it does not show yet; undefined where it shows others, which nobody can take back. */
  const missingIn = async (known: Known, notes: readonly CheckNote[]): Promise<readonly Annotation[] | undefined> => {
    const wanted = notes.map(annotationOf);
    if (known.annotations === 0) return wanted;
    const query = { ...place, check_run_id: known.id, per_page: 100 };
    const shown = (await client.paginate(client.rest.checks.listAnnotations, query)).map(wordsOf);
    const missing = wanted.filter((one) => {
      const at = shown.indexOf(wordsOf(one));
      if (at >= 0) shown.splice(at, 1);
      return at < 0;
    });
    return shown.length === 0 ? missing : undefined;
  };

  const finish = async (
    known: Known,
    annotations: readonly Annotation[],
    view: CheckWritten["view"],
  ): Promise<void> => {
    const { title, summary, conclusion } = view;
    let rest = annotations;
    const output = (some: readonly Annotation[]) => ({ output: { title, summary, annotations: some } });
    for (; rest.length > batch; rest = rest.slice(batch))
      await change(known.id, { status: "in_progress", ...output(rest.slice(0, batch)) });
    await change(known.id, { status: "completed", conclusion, ...output(rest) });
  };

  const beginCheck: GitHubSession["beginCheck"] = async (check) => {
    const known = (await find(check)) ?? (await start(check));
    const output: Output = check.view;
    const again = known.ended ? { started_at: clock().toISOString() } : {};
    await change(known.id, { status: "in_progress", ...again, output });
  };

  const upsertCheck: GitHubSession["upsertCheck"] = async (check) => {
    const { view } = check;
    const known = (await find(check)) ?? (await start(check));
    const missing = await missingIn(known, view.notes);
    if (missing) {
      await finish(known, missing, view);
      return known.id;
    }
    // Ended first: one that were left at work would hold the commit back for ever.
    if (!known.ended) await change(known.id, { status: "completed", conclusion: "cancelled", output: replaced });
    const next = await start(check, known);
    await finish(next, view.notes.map(annotationOf), view);
    return next.id;
  };

  return {
    beginCheck,
    upsertCheck,
    hasCheck: async (headSha, key) => (await find({ headSha, key }))?.ended === true,
  };
};

const replaced: Output = { title: "Checked again", summary: "A newer check of this commit stands in its place." };

const knownOf = (run: {
  readonly id: number;
  readonly status: string;
  readonly output: { readonly annotations_count: number };
}): Known => ({ id: run.id, annotations: run.output.annotations_count, ended: run.status === "completed" });

type Annotation = ReturnType<typeof annotationOf>;

const annotationOf = ({ path, line, severity, title, message }: CheckNote) => ({
  path,
  start_line: line,
  end_line: line,
  annotation_level: levels[severity],
  title,
  message,
});

const wordsOf = (one: {
  readonly path: string;
  readonly start_line: number;
  readonly annotation_level: string | null;
  readonly title: string | null;
  readonly message: string | null;
}): string =>
  JSON.stringify([one.path, one.start_line, one.annotation_level, one.title?.trim() ?? "", one.message?.trim() ?? ""]);
