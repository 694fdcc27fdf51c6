/** A hand-off as whoever takes it over reads it: an issue of its own, and one line in the pull request. Agents' words are made harmless. */
import { markOf, mostFiled, type PlacedHandoff } from "../handoff.ts";
import { neutralisePlain } from "../neutralise.ts";
import { renderMails } from "../render-contract.ts";
import type { Report } from "../report.ts";
import type { Mail } from "../team.ts";
import { blockIn, withBlock } from "./block.ts";
import { withMarkedLine } from "./marked-line.ts";
import { code, count, fenced, inline, prose } from "./safe.ts";
import { endpointsSection, graphqlSection, modelsSection } from "./sections.ts";

const name = "handoff";
const maxLength = 65_536;
const detail = { output: 0, text: 1_000, items: 100, patch: 20_000 };

export type HandoffView = {
  readonly pull: number;
  readonly issue: number;
  /** The newest commit of the work. */
  readonly commit: string;
  /** What the pull request builds; without what the code contradicts. */
  readonly report: Report;
  /** What agents wrote for those who build on the API, oldest first. */
  readonly contract: readonly Mail[];
};

/** People may call it otherwise later. */
export const handoffTitle = ({ owner, handoff }: PlacedHandoff): string => {
  const task = neutralisePlain(handoff.task, 400).replace(/^[A-Z_]{4,}: /, "");
  const [first = ""] = task.split(/(?<=[\w)`"'][.!?])\s(?=\p{Lu})/u);
  const text = first.replace(/\.$/, "");
  return `${owner}: ${text.length <= 90 ? text : `${text.slice(0, 89).trimEnd()}…`}`;
};

/** @param body as it stands, where it is there: what people wrote around our block stays */
export const handoffBody = (placed: PlacedHandoff, view: HandoffView, body = ""): string => {
  const room = maxLength - body.length - 1_000;
  const whole = contentOf(placed, view, true);
  const content = whole.length <= room ? whole : contentOf(placed, view, false);
  return withBlock(body, { name, content, place: "above" }, maxLength);
};

const contentOf = (placed: PlacedHandoff, view: HandoffView, withContract: boolean): string =>
  [
    `${markOf(view.pull, placed)}\nPull request #${view.pull}, made for #${view.issue}, leaves this to **${placed.owner}**.`,
    prose(placed.handoff.task, 4_000),
    patchOf(placed),
    ...(withContract ? apiOf(placed, view) : [`The API is described in #${view.pull}; it is too long for this issue.`]),
    `<sub>As of ${view.commit.slice(0, 12)}. When #${view.pull} changes what it hands off, this text follows; what you write above or below it stays.</sub>`,
  ]
    .filter((part) => part !== undefined && part !== "")
    .join("\n\n");

const patchOf = ({ handoff: { patch } }: PlacedHandoff): string | undefined => {
  if (!patch) return undefined;
  if (patch.diff.length > detail.patch)
    return `For ${code(patch.path, 500)} there is a patch of ${count(patch.diff.trimEnd().split("\n").length)} lines in the pull request.`;
  return `In ${code(patch.path, 500)}:\n\n${fenced(patch.diff, "diff")}`;
};

const apiOf = ({ owner }: PlacedHandoff, { report, contract }: HandoffView): (string | undefined)[] => {
  const parts = [
    endpointsSection(report, detail),
    graphqlSection(report, detail),
    owner === "database-engineer" ? modelsSection(report, detail) : undefined,
  ].map((part) => part?.replace(/^### /, "#### "));
  const mails = contract.length === 0 ? undefined : `#### In the agents' words\n\n${renderMails(contract, 20_000)}`;
  const all = [...parts, mails].filter((part) => part !== undefined);
  return all.length === 0 ? [] : ["### The API contract", ...all];
};

/** What an issue says once the pull request does not name it any more. */
export const goneBody = (body: string, pull: number): string => {
  const mark = /<!-- architect:handoff [^>]* -->/.exec(blockIn(body, name) ?? "")?.[0] ?? "";
  const said = `Pull request #${pull} does not hand this off any more: close it if nothing is left to do. What it asked for is in the history of this text.`;
  return withBlock(body, { name, content: `${mark}\n${said}`, place: "above" }, maxLength);
};

export type HandoffsTold = {
  readonly filed: readonly { readonly number: number; readonly owner: string }[];
  readonly beyond: number;
  /** Sentences of what GitHub refused. */
  readonly refused: readonly string[];
};

/** For the pull request and the status comment; undefined where there is nothing to say. */
export const handoffsLine = ({ filed, beyond, refused }: HandoffsTold): string | undefined => {
  const issues = filed.map(({ number, owner }) => `#${number} (${owner})`).join(", ");
  const parts = [
    ...(filed.length > 0 ? [`Filed as ${filed.length === 1 ? "an issue" : "issues"}: ${issues}.`] : []),
    ...(beyond > 0
      ? [`${mostFiled} are filed at most, so ${beyond} more ${beyond === 1 ? "stands" : "stand"} only here.`]
      : []),
    ...refused.map((reason) => inline(reason, 500)),
  ];
  return parts.length === 0 ? undefined : parts.join(" ");
};

const lineMark = "<!-- architect:handoffs -->";

export const withHandoffsLine = (body: string, line: string): string | undefined =>
  withMarkedLine(body, `${line} ${lineMark}`, lineMark, /^### Hand-offs$/m);
