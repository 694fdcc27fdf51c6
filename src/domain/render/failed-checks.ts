/** What became of failed checks, as people read it: one line of ours, in the status comment and in the pull request. Knows text only. */
import { actionsApp, type Cause, isDoubtful, type ToldCheck } from "../failed-check.ts";
import { withMarkedLine } from "./marked-line.ts";
import { clip, code } from "./safe.ts";

/** By this hidden mark the line is found in the pull request's description. */
const mark = "<!-- architect:ci -->";

export type ChecksEnd = {
  /** The commit that changed something because of them. */
  readonly commit?: string | undefined;
  /** All checks of that commit have ended well. */
  readonly passed?: boolean | undefined;
  /** Runs of workflows that were to be started again, by their number. */
  readonly rerun?: ReadonlyMap<number, "started" | "refused" | "not-permitted"> | undefined;
  /** They were run again on the same commit, and pass. */
  readonly turned?: boolean | undefined;
};

const maxShown = 6;

export const checksLine = (failed: readonly ToldCheck[], end: ChecksEnd): string => {
  const shown = failed.slice(0, maxShown);
  const parts = Map.groupBy(shown, (check) => wordOn(check, end));
  const said = [...parts].map(([word, checks]) => `${listOf(checks.map(named))}, ${word}`);
  const more = failed.length > maxShown ? [`and ${failed.length - maxShown} more`] : [];
  return `${counted(failed.length)}: ${[...said, ...more].join("; ")}.${lacking(failed, end)}`;
};

/** What the App could not do here, and who can change that. */
const lacking = (failed: readonly ToldCheck[], { rerun }: ChecksEnd): string => {
  const log = failed.some(({ unread }) => unread?.includes("Actions: read"));
  const again = [...(rerun?.values() ?? [])].includes("not-permitted");
  if (!log && !again) return "";
  const what = [...(log ? ["read logs of workflows"] : []), ...(again ? ["start failed jobs again"] : [])].join(" or ");
  return ` The App may not ${what} here: an owner has to give it the permission *Actions: read and write* in the settings of the installation.`;
};

const counted = (count: number): string => (count === 1 ? "1 failed check" : `${count} failed checks`);

const listOf = (names: readonly string[]): string =>
  names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;

/** @returns a clause, from the App's own words */
const wordOn = (check: ToldCheck, end: ChecksEnd): string =>
  `${end.turned && check.cause === "flaky" ? "flaky" : causeWord[check.cause]} (${check.reason})${whatCame(check, end)}`;

const causeWord: Readonly<Record<Cause, string>> = {
  ours: "ours",
  "not-ours": "not ours",
  flaky: "looks flaky",
  unclear: "cause unclear",
};

const whatCame = (check: ToldCheck, { commit, passed, rerun, turned }: ChecksEnd): string => {
  const { cause, app, workflow } = check;
  if (cause === "not-ours" || (cause === "flaky" && turned)) return "";
  const again = workflow && isDoubtful(check) ? rerun?.get(workflow.run) : undefined;
  if (again === "started") return ": its failed jobs were started again, and how they end will tell";
  if (cause === "flaky" || again !== undefined)
    return `: ${app === actionsApp ? "run its failed jobs again" : "start it again"}`;
  if (commit === undefined) return ": nothing was changed for it";
  const sha = commit.slice(0, 7);
  return passed ? `: fixed in ${sha}, where all checks pass` : `: changed in ${sha}, whose checks will show`;
};

/** With GitHub's page of it. */
export const named = ({ name, url }: Pick<ToldCheck, "name" | "url">): string => {
  const label = code(name.replace(/[`|<]/g, "").trim() || "unnamed", 100);
  return /^https?:\/\/[\w.:-]+\/[\w./-]+$/.test(url) ? `[${label}](${url})` : label;
};

/** For the managed block of the description. */
export const ciSection = (line: string | undefined): string | undefined =>
  line === undefined ? undefined : `**CI:** ${clip(line, 4_000)} ${mark}`;

/** Behind the number in the managed block. */
const place = /<!-- architect:report:begin -->[\s\S]*?^(?:Closes|Refs) #\d+$/m;
/**
 * A description whose managed block says this of the checks, in place of what it said. @returns undefined where there is
 * no room for it
 */
export const withCiLine = (body: string, line: string): string | undefined =>
  withMarkedLine(body, ciSection(line) ?? "", mark, place);
