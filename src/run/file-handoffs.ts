/** Hand-offs filed as issues, where the repository's configuration says so: once each, edited when the pull request changes, linked both ways. */
import { type PlacedHandoff, parseFiled, placeHandoffs, slotMark } from "../domain/handoff.ts";
import {
  goneBody,
  type HandoffsTold,
  type HandoffView,
  handoffBody,
  handoffsLine,
  handoffTitle,
  withHandoffsLine,
} from "../domain/render/handoff.ts";
import { code } from "../domain/render/safe.ts";
import { configPath } from "../domain/repository-config.ts";
import type { GitHubSession, Pull } from "../ports.ts";
import type { Publication, Settled } from "./publication.ts";

/** @param pull as it stands, with the report in its description @returns what people are told of it */
export const fileHandoffs = async (
  publication: Publication,
  pull: Pull,
  commit: string,
): Promise<string | undefined> => {
  const { session, gathered, settled, run } = publication;
  const { handoffs: wish } = gathered.config;
  // What was left half done would have others begin on it.
  if (wish?.file !== true || (settled.status !== "DONE" && settled.status !== "DONE_WITH_CONCERNS")) return undefined;
  const known = (await session.fetchOwnIssues(pull.number)).flatMap((issue) => parseFiled(issue, pull.number) ?? []);
  const { placed, gone, beyond } = placeHandoffs(settled.report.handoffs, known);
  const view = { pull: pull.number, issue: run.issue, commit, report: shownOf(settled), contract: settled.contract };
  const labelOf = ({ owner }: PlacedHandoff) => wish.labels?.[owner] ?? owner;
  const made = await makeLabels(session, [...new Set(placed.filter(({ filed }) => !filed).map(labelOf))]);
  const filed: HandoffsTold["filed"][number][] = [];
  const refused = new Set<string>(made.refused);
  for (const one of placed) {
    const end = await fileOne(
      session,
      one,
      view,
      made.labels.filter((label) => label === labelOf(one)),
    );
    if (typeof end === "number") filed.push({ number: end, owner: one.owner });
    else refused.add(end);
  }
  for (const { number, body } of gone) {
    const said = goneBody(body, pull.number);
    if (said !== body) await session.updateIssue(number, { body: said });
  }
  const line = handoffsLine({ filed, beyond, refused: [...refused] });
  const body = line === undefined ? undefined : withHandoffsLine(pull.body, line);
  if (body !== undefined && body !== pull.body) await session.updatePull(pull, { body });
  return line;
};

/** @returns its number, or a sentence of why there is none */
const fileOne = async (
  session: Pick<GitHubSession, "openIssue" | "updateIssue">,
  placed: PlacedHandoff,
  view: HandoffView,
  labels: readonly string[],
): Promise<number | string> => {
  const { filed, owner } = placed;
  if (filed) {
    const body = handoffBody(placed, view, filed.body);
    // A closed one that asks for the same is done.
    if (filed.state === "open" && body !== filed.body) await session.updateIssue(filed.number, { body });
    return filed.number;
  }
  const opened = await session.openIssue({
    ...{ title: handoffTitle(placed), body: handoffBody(placed, view), labels },
    ...{ mark: slotMark(view.pull, placed), after: view.pull },
  });
  return opened.ok ? opened.issue.number : `No issue was filed for ${owner}: ${opened.reason}.`;
};

const makeLabels = async (
  session: Pick<GitHubSession, "ensureLabel">,
  names: readonly string[],
): Promise<{ readonly labels: readonly string[]; readonly refused: readonly string[] }> => {
  const labels: string[] = [];
  const refused: string[] = [];
  for (const name of names) {
    const made = await session.ensureLabel(name, "Handed off by a pull request of the architect");
    if (made.ok) labels.push(name);
    else
      refused.push(
        `The label ${code(name, 60)} could not be made: ${made.reason}. Make it, or name another one under \`handoffs.labels\` in \`${configPath}\`.`,
      );
  }
  return { labels, refused };
};

/** Others build on what is there: what the code contradicts is left out. */
const shownOf = ({ report, claims }: Settled): Settled["report"] => {
  const denied = new Set(claims.filter(({ verdict }) => verdict === "contradicted").map(({ claim }) => claim));
  const holds = ({ method, path }: Settled["report"]["endpoints_created"][number]) => !denied.has(`${method} ${path}`);
  return { ...report, endpoints_created: report.endpoints_created.filter(holds) };
};
