/** A review of somebody's pull request as people read it: what is told on its lines, and what is told above them. Knows text only. */
import type { ContractChange } from "../contract.ts";
import type { Finding, ShownEvidence } from "../finding.ts";
import {
  contractKey,
  contractMarker,
  type Depth,
  depthMarker,
  findingMarker,
  mendedMarker,
  type Opinion,
  opinionMarker,
  type Plan,
  type ReviewFinding,
  reviewMarker,
  type Told,
  triedMarker,
} from "../pull-review.ts";
import { reasonOf } from "../rule-reasons.ts";
import type { Deviation } from "../standards.ts";
import { contractSection } from "./contract-changes.ts";
import { evidenceTable, outputOf } from "./evidence.ts";
import { clip, code, details, inline, prose, table } from "./safe.ts";
import { type Detail, deviationsSection } from "./sections.ts";

export type ReviewView = {
  readonly runId: string;
  readonly plan: Plan;
  readonly opinions: readonly Opinion[];
  readonly contract: readonly ContractChange[];
  /** The last review shows the same changes. */
  readonly contractKnown: boolean;
  readonly deviations: readonly Deviation[];
  readonly head: string;
  readonly base: string;
  /** Head of the last review, where there was one. */
  readonly before?: string | undefined;
  readonly depth: Depth;
  /** The agent's own words, and whose they are. */
  readonly agent?: { readonly model: string; readonly summary: string } | undefined;
  /** The review in which an agent looked at this head already. */
  readonly lookedAt?: string | undefined;
  /** GitHub takes no lines: everything is told here. */
  readonly unplaced?: boolean | undefined;
  /** What ran on this head. */
  readonly suite?: readonly ShownEvidence[] | undefined;
  /** The repository's own commands ran on this head, now or for an earlier review. */
  readonly tried: boolean;
  /** It changes nothing that code of ours reads, or that could not be read. */
  readonly unread: boolean;
  /** Somebody else's, of which nothing may be run. */
  readonly closed: boolean;
  /** The model is one that says nothing of its own. */
  readonly templated?: boolean | undefined;
  /** Sentences of ours about this pull request. */
  readonly notices: readonly string[];
  /** Where people see a line of a commit. */
  readonly linkTo: (commit: string, path: string, line: number | undefined) => string;
  /** The commit at which stands what is gone. */
  readonly mergeBase: string;
};

const words: Readonly<Record<Finding["severity"], string>> = { error: "Error", concern: "Concern", note: "Note" };
const detail: Detail = { output: 0, text: 300, items: 30, patch: 0 };
const maxMessage = 600;
const maxOutputs = 5;
const shownOutput: Detail = { ...detail, output: 1_500, text: 120 };
const maxOpinion = 2_000;
const maxSummary = 3_000;
/** GitHub's own limit is 65,536 characters. */
const maxBody = 60_000;

export const shortSha = (sha: string): string => sha.slice(0, 7);

const reasons = (rule: string): readonly string[] => {
  const reason = reasonOf(rule);
  return reason ? [`**Why:** ${reason.why}.`, `**Right:** ${reason.right}.`] : [];
};

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** A name of the code keeps its small letter. */
const sentence = (text: string): string =>
  `${/^[a-z]+ /.test(text) ? capital(text) : text}${/[.!?]$/.test(text) ? "" : "."}`;

/** On a line of the diff. @param findings that stand on it */
export const renderFindings = (findings: readonly ReviewFinding[]): string =>
  findings
    .map((finding) =>
      [
        `**${words[finding.severity]}: ${code(finding.rule, 80)}**`,
        sentence(inline(finding.message, maxMessage)),
        reasons(finding.rule).join("<br>"),
        findingMarker(finding),
      ]
        .filter((part) => part !== "")
        .join("\n\n"),
    )
    .join("\n\n---\n\n");

/** On a line of the diff. */
export const renderOpinion = (opinion: Opinion): string =>
  [
    `**Opinion, ${opinion.severity}** (the agent's; no check of ours shows it)`,
    prose(opinion.body, maxOpinion),
    opinionMarker(opinion.key),
  ].join("\n\n");

/** Above the lines. */
export const renderReview = (view: ReviewView): string => {
  const parts = [
    headline(view),
    ...view.notices,
    belowSection(view),
    opinionSection(view),
    suiteSection(view.suite ?? []),
    view.contractKnown ? "" : (contractSection(view.contract, detail) ?? ""),
    mendedSection(view.plan.mended),
    deviationsSection(view.deviations, detail) ?? "",
    moreSentence(view),
    footer(view),
  ].filter((part) => part !== "");
  const markers = [
    reviewMarker(view.runId),
    depthMarker(view.depth),
    contractMarker(contractKey(view.contract)),
    ...(view.tried ? [triedMarker] : []),
  ].join("\n");
  return `${markers}\n${fitting(parts)}`;
};

/** What does not fit is left out from the end, but for the last line. */
const fitting = (parts: readonly string[]): string => {
  const whole = parts.join("\n\n");
  if (whole.length <= maxBody || parts.length < 3) return clip(whole, maxBody);
  return fitting([...parts.slice(0, -2), parts.at(-1) ?? ""]);
};

const numbered = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`;

/** `2 errors and 3 concerns`. */
export const countsOf = (findings: readonly Finding[]): string => {
  const counts = (["error", "concern", "note"] as const).flatMap((severity) => {
    const count = findings.filter((one) => one.severity === severity).length;
    return count === 0 ? [] : [numbered(count, severity)];
  });
  return listed(counts);
};

const listed = (parts: readonly string[]): string =>
  parts.length < 2 ? (parts[0] ?? "") : `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`;

const headline = (view: ReviewView): string => {
  const { plan, opinions, head, before } = view;
  const { inline: placed, below, more, mended, standing } = plan;
  const fresh = placed.length + below.length;
  const since = before === undefined || before === head ? "" : `, since ${code(shortSha(before), 40)}`;
  const nothing = standing > 0 ? "nothing new" : view.unread ? "no code that is read here" : "nothing to object";
  const found = fresh === 0 ? nothing : countsOf([...placed, ...below]);
  const others = [
    ...(opinions.length > 0 ? [numbered(opinions.length, "opinion")] : []),
    ...(more > 0 ? [`${more} more that are not shown`] : []),
    ...(mended.length > 0 ? [`${mended.length} mended`] : []),
    ...(standing > 0 ? [`${standing} told before and still so`] : []),
  ];
  return `**Architecture review of ${code(shortSha(head), 40)}${since}:** ${[found, ...others].join("; ")}.`;
};

const placeOf = (view: ReviewView, { path, line, gone }: ReviewFinding): string => {
  if (path === undefined) return "";
  const shown = line === undefined ? path : `${path}:${line}`;
  return `[${code(shown, 200)}](${view.linkTo(gone ? view.mergeBase : view.head, path, line)})`;
};

/** What has no line in the diff, or no room on it; each rule's reasons once. */
const belowSection = (view: ReviewView): string => {
  const { below } = view.plan;
  if (below.length === 0) return "";
  const rows = below.map((finding) => [
    `**${words[finding.severity]}: ${code(finding.rule, 80)}**`,
    placeOf(view, finding),
    `${sentence(inline(finding.message, maxMessage))} ${findingMarker(finding)}`,
  ]);
  const rules = [...new Set(below.map(({ rule }) => rule))].flatMap((rule) => {
    const why = reasons(rule);
    return why.length === 0 ? [] : [`- ${code(rule, 80)}: ${why.join(" ")}`];
  });
  return [
    "### Told here, and not on a line of the diff",
    table(["", "Where", "What"], rows),
    ...(rules.length === 0 ? [] : [details("Why, and what would be right", rules.join("\n"))]),
  ].join("\n\n");
};

const opinionSection = (view: ReviewView): string => {
  const { agent, opinions, unplaced, head } = view;
  if (agent === undefined) return "";
  const items = opinions.map(
    ({ severity, path, line, body, key }) =>
      `- **${capital(severity)}** [${code(`${path}:${line}`, 200)}](${view.linkTo(head, path, line)}): ${inline(body, maxMessage)} ${opinionMarker(key)}`,
  );
  return ["### The agent's opinion", prose(agent.summary, maxSummary), ...(unplaced ? [items.join("\n")] : [])].join(
    "\n\n",
  );
};

/** What the repository's own tests come to is said aloud, everything that ran is folded. */
const suiteSection = (suite: readonly ShownEvidence[]): string => {
  if (suite.length === 0) return "";
  const at = (place: "base" | "head") => suite.filter(({ check }) => check?.kind === "suite" && check.at === place);
  const tests = at("head").map((one) =>
    testSentence(
      one,
      at("base").find(({ command }) => command === one.command),
    ),
  );
  const failed = suite.filter(({ exitCode }) => exitCode !== 0).slice(0, maxOutputs);
  const ran = [evidenceTable(suite), ...failed.map((one) => outputOf(one, shownOutput))].join("\n\n");
  return [
    ...(tests.length === 0 ? [] : ["### Run in the sandbox", tests.join("\n")]),
    details(`Commands that ran on it, in the sandbox (${suite.length})`, ran),
  ].join("\n\n");
};

const testSentence = ({ command, exitCode, doubt }: ShownEvidence, before: ShownEvidence | undefined): string => {
  const name = code(command, 120);
  if (doubt) return `- ${name} shows nothing: ${inline(doubt.reason, 300)}.`;
  if (exitCode === 0) return `- ${name} passes on this head.`;
  const then = before?.exitCode === 0 ? "and passes on what it grew from" : "as it does on what it grew from";
  return `- **${name} fails on this head** (exit code ${exitCode}), ${then}.`;
};

const mendedSection = (mended: readonly Told[]): string =>
  mended.length === 0
    ? ""
    : [
        "### Mended",
        mended
          .map(
            ({ key, rule, path, message }) =>
              `- ${code(rule, 80)}${path === "" ? "" : ` in ${code(path, 200)}`}: ${inline(message, 200)} ${mendedMarker(key)}`,
          )
          .join("\n"),
      ].join("\n\n");

const moreSentence = ({ plan: { more } }: ReviewView): string =>
  more === 0
    ? ""
    : `**${more} more findings are not shown**, the least grave ones. \`/architect review\` shows the next.`;

const footer = (view: ReviewView): string => {
  const { base, contract, tried, suite = [], closed } = view;
  const api = contract.length === 0 ? " (unchanged)" : view.contractKnown ? " (as the last review shows it)" : "";
  const byCode = `Found by reading the code${tried || suite.length > 0 ? "" : ", nothing of it run"}: the API beside ${code(base, 200)}${api}, migrations, layers and the house standards on the lines that it changes.`;
  const toAllow = closed
    ? ` Who has the role *maintain* or *admin* may let this head be run in the sandbox: \`/architect allow\`.`
    : "";
  return `<sub>${byCode} ${byAgent(view)}${toAllow}</sub>`;
};

const byAgent = ({ agent, depth, lookedAt, templated }: ReviewView): string => {
  if (agent)
    return `What is called an opinion is ${code(agent.model, 100)}'s${depth === "run" ? ", which could run commands on it in the sandbox" : ", which read it and ran nothing"}; all else is shown by code.`;
  if (lookedAt !== undefined) return `What an agent thinks of this head stands in [an earlier review](${lookedAt}).`;
  return templated
    ? "The offline model makes no remarks of its own: what stands here are facts and standards."
    : "No language model looked at it.";
};
