/** Our check run on a commit: found again by its name and key, brought up to date, never doubled. */
import type { Octokit } from "@octokit/rest";
import type { CheckNote } from "../domain/render/check-run.ts";
import type { CheckWritten, GitHubSession } from "../ports.ts";
import { makeOnce, once } from "./client.ts";
import type { Place } from "./shapes.ts";

/** As branch protection names it. */
const name = "architect / report";
/** GitHub takes no more annotations in one request; those of a further one are added. */
const batch = 50;

const levels = { error: "failure", concern: "warning", note: "notice" } as const;

type Known = { readonly id: number; readonly annotations: number; readonly ended: boolean };

export const createChecks = (
  client: Octokit,
  place: Place,
  appId: number,
): Pick<GitHubSession, "upsertCheck" | "hasCheck"> => {
  const find = async ({ headSha, key }: Pick<CheckWritten, "headSha" | "key">): Promise<Known | undefined> => {
    const query = { ...place, ref: headSha, check_name: name, app_id: appId, filter: "all" as const, per_page: 100 };
    for await (const { data } of client.paginate.iterator(client.rest.checks.listForRef, query)) {
      const found = data.find(({ external_id }) => external_id === key);
      if (found)
        return { id: found.id, annotations: found.output.annotations_count, ended: found.status === "completed" };
    }
    return undefined;
  };

  const start = async (check: CheckWritten): Promise<Known> => {
    const asked = { ...place, ...once, name, head_sha: check.headSha, external_id: check.key };
    const make = async (): Promise<Known> => {
      const { data } = await client.rest.checks.create({ ...asked, status: "in_progress" });
      return { id: data.id, annotations: 0, ended: false };
    };
    return makeOnce(make, () => find(check));
  };

  const upsertCheck: GitHubSession["upsertCheck"] = async (check) => {
    const { title, summary, notes, conclusion } = check.view;
    const known = (await find(check)) ?? (await start(check));
    const write = (some: readonly CheckNote[], ended: boolean) =>
      client.rest.checks.update({
        ...place,
        ...once,
        check_run_id: known.id,
        ...(ended ? { status: "completed", conclusion } : { status: "in_progress" }),
        output: { title, summary, annotations: some.map(annotationOf) },
      });
    // Annotations can't be taken back: what an earlier attempt added is not sent again.
    let rest = notes.slice(known.annotations);
    for (; rest.length > batch; rest = rest.slice(batch)) await write(rest.slice(0, batch), false);
    await write(rest, true);
    return known.id;
  };
  return { upsertCheck, hasCheck: async (headSha, key) => (await find({ headSha, key }))?.ended === true };
};

const annotationOf = ({ path, line, severity, title, message }: CheckNote) => ({
  path,
  start_line: line,
  end_line: line,
  annotation_level: levels[severity],
  title,
  message,
});
