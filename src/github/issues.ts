/** Issues of our own and the labels that they get: listed, opened once, edited. */
import type { Octokit } from "@octokit/rest";
import type { Person } from "../domain/repository.ts";
import type { GitHubSession, OwnIssue } from "../ports.ts";
import { makeOnce, once, statusOf, unless } from "./client.ts";
import { checkBody, type Place } from "./shapes.ts";

type IssuesPart = Pick<GitHubSession, "fetchOwnIssues" | "openIssue" | "updateIssue" | "ensureLabel">;

type IssueData = {
  readonly number: number;
  readonly state: string;
  readonly title: string;
  readonly body?: string | null | undefined;
  readonly labels: readonly (string | { readonly name?: string | undefined })[];
};

const toIssue = ({ number, state, title, body, labels }: IssueData): OwnIssue => ({
  ...{ number, title, body: body ?? "" },
  state: state === "open" ? "open" : "closed",
  labels: labels.flatMap((label) => (typeof label === "string" ? label : (label.name ?? []))),
});

/** Older ones are nobody's to go through. */
const mostPages = 10;

export const createIssues = (client: Octokit, place: Place, whoami: () => Promise<Person>): IssuesPart => {
  const fetchOwnIssues: IssuesPart["fetchOwnIssues"] = async (after) => {
    const self = await whoami();
    const query = {
      ...place,
      creator: self.login,
      state: "all",
      sort: "created",
      direction: "desc",
      per_page: 100,
    } as const;
    const found: OwnIssue[] = [];
    let pages = 0;
    for await (const { data } of client.paginate.iterator(client.rest.issues.listForRepo, query)) {
      const newer = data.filter(({ number }) => number > after);
      found.push(...newer.filter((one) => one.user?.id === self.id && !one.pull_request).map(toIssue));
      pages += 1;
      if (newer.length < data.length || pages >= mostPages) break;
    }
    return found;
  };

  const openIssue: IssuesPart["openIssue"] = async ({ title, body, labels, mark, after }) => {
    checkBody(body, "an issue");
    const find = async () => (await fetchOwnIssues(after)).find((one) => one.body.includes(mark));
    try {
      const issue = await makeOnce(
        async () =>
          toIssue((await client.rest.issues.create({ ...place, ...once, title, body, labels: [...labels] })).data),
        find,
      );
      return { ok: true, issue };
    } catch (error) {
      const reason = refusals[statusOf(error) ?? 0];
      if (reason === undefined) throw error;
      return { ok: false, reason };
    }
  };

  const updateIssue: IssuesPart["updateIssue"] = async (number, { body }) => {
    checkBody(body, "an issue");
    await client.rest.issues.update({ ...place, issue_number: number, body });
  };

  const ensureLabel: IssuesPart["ensureLabel"] = async (name, description) => {
    if (await unless([404], () => client.rest.issues.getLabel({ ...place, name }))) return { ok: true };
    try {
      await client.rest.issues.createLabel({ ...place, ...once, name, description, color: "5319e7" });
      return { ok: true };
    } catch (error) {
      const status = statusOf(error);
      if (status !== 403 && status !== 404 && status !== 422) throw error;
      // Somebody was faster.
      if (await unless([404], () => client.rest.issues.getLabel({ ...place, name }))) return { ok: true };
      return {
        ok: false,
        reason: status === 422 ? "GitHub takes no label of this name" : "the App may not make labels",
      };
    }
  };

  return { fetchOwnIssues, openIssue, updateIssue, ensureLabel };
};

/** Ends of a sentence. */
const refusals: Readonly<Record<number, string>> = {
  403: "the App may not open issues here",
  410: "issues are turned off in this repository",
};
