/** A report as people read it on a pull request, and its way back out of the body. Knows text only. */
import type { WorkFound } from "./budget.ts";
import type { ClaimVerdict } from "./claim.ts";
import type { ContractChange } from "./contract.ts";
import type { Finding, ShownEvidence } from "./finding.ts";
import type { Ledger } from "./ledger.ts";
import type { CutShort, Spend } from "./outcome.ts";
import type { Paper } from "./paper.ts";
import { findBlock, marks } from "./render/block.ts";
import { claimsSection } from "./render/claims.ts";
import { contractSection } from "./render/contract-changes.ts";
import { cutShortSection } from "./render/cut-short.ts";
import { type PlanCarriedOut, planSection } from "./render/drift.ts";
import { evidenceSection, suggestedSection } from "./render/evidence.ts";
import { ciSection } from "./render/failed-checks.ts";
import { paperSection } from "./render/paper.ts";
import { reviewSection } from "./render/review.ts";
import { clip, details, prose } from "./render/safe.ts";
import {
  blockersSection,
  concernsSection,
  type Detail,
  decisionsSection,
  deviationsSection,
  endpointsSection,
  findingsSection,
  foundSentence,
  graphqlSection,
  handoffsSection,
  ledgerSentence,
  middlewareSection,
  modelsSection,
  notesSection,
  noticesSection,
  questionsSection,
  securitySection,
  spendSentence,
  statusSentence,
} from "./render/sections.ts";
import { subagentsSection } from "./render/subagents.ts";
import { type Report, reportSchema, type Status } from "./report.ts";
import type { Review } from "./review.ts";
import type { Deviation } from "./standards.ts";
import type { HandedBack } from "./subagent.ts";
import type { TaskList } from "./task.ts";

/** GitHub's limit of a description or comment. */
export const maxBodyLength = 65_536;

const name = "report";
const [begin, end] = marks(name);
const jsonMark = "<!-- architect:report:json -->";

export type PullBodyInput = {
  readonly report: Report;
  /** What the run settled on: the report's own, or worse. */
  readonly status: Status;
  readonly issue: number;
  /** What became of failed checks. */
  readonly ci?: string | undefined;
  /** Whether the issue is done with it; not with a part of a stack that others stand on. */
  readonly closes?: boolean | undefined;
  readonly findings: readonly Finding[];
  /** As our code found them. */
  readonly claims?: readonly ClaimVerdict[] | undefined;
  readonly apiChanges?: readonly ContractChange[] | undefined;
  /** House standards that the repository turned off or set otherwise. */
  readonly deviations?: readonly Deviation[] | undefined;
  readonly evidence: readonly ShownEvidence[];
  /** Of a run that designs without code. */
  readonly paper?: Paper | undefined;
  /** What they handed back: told by our code, not by the report. */
  readonly subagents?: readonly HandedBack[] | undefined;
  readonly review?: Review | undefined;
  /** Where it ended before its agent was done, and the tasks as they stood then. */
  readonly cutShort?: CutShort | undefined;
  readonly tasks?: TaskList | undefined;
  /** What the agent found the work to be, where that is more than it looked. */
  readonly found?: WorkFound | undefined;
  /** `treeHash` of what is published. */
  readonly tree: string;
  readonly spend: Spend;
  /** Who spent it. */
  readonly ledger?: Ledger | undefined;
  readonly toolCallLimit: number;
  /** USD; none where money is not limited. */
  readonly usdLimit?: number | undefined;
  /** As people know it, such as `claude-opus-5-5`. */
  readonly model?: string | undefined;
  /** Those on the branch that this run made, and what GitHub says of their signatures. */
  readonly commits?: readonly SignedCommit[] | undefined;
  /** What people must know of the run itself: no sandbox, a server or a skill that was not used. */
  readonly notices?: readonly string[] | undefined;
  /** Sentences of `updateMemory`. */
  readonly notes?: readonly string[] | undefined;
  /** That it carries out, as people approved it. */
  readonly plan?: PlanCarriedOut | undefined;
};

export type SignedCommit = { readonly sha: string; readonly verified: boolean; readonly reason: string };

type Level = Detail & { readonly json: "whole" | "without-patches" | "none"; readonly leftOut: string };

const whole: Level = { output: 4_000, text: 4_000, items: 200, patch: 20_000, json: "whole", leftOut: "" };

/** Tried in this order until the body fits: what can be had elsewhere goes first, what people must act on last. */
const levels: readonly Level[] = [
  whole,
  { ...whole, output: 600, leftOut: "most of the commands' output" },
  { ...whole, output: 0, leftOut: "the commands' output" },
  { ...whole, output: 0, json: "without-patches", leftOut: "the commands' output and patches in the embedded report" },
  { ...whole, output: 0, json: "none", leftOut: "the commands' output and the embedded report" },
  { output: 0, text: 600, items: 40, patch: 4_000, json: "none", leftOut: "output, embedded report and long texts" },
  {
    output: 0,
    text: 200,
    items: 12,
    patch: 0,
    json: "none",
    leftOut: "output, embedded report, patches and long texts",
  },
];

/**
 * The managed block of a pull request's body, markers included. @param room characters that it may take; below what the
 * shortest form needs, that form
 */
export const renderPullBody = (input: PullBodyInput, room = maxBodyLength): string => {
  for (const level of levels) {
    const block = wrap(sections(input, level));
    if (block.length <= room) return block;
  }
  return wrap([headline(input), "The rest does not fit into this description: see the status comment.", link(input)]);
};

const wrap = (parts: readonly (string | undefined)[]): string =>
  [begin, ...parts.filter((part) => part !== undefined && part !== ""), end].join("\n\n");

const headline = ({ status }: Pick<PullBodyInput, "status">): string =>
  `**Status: ${status}.** ${statusSentence[status]}`;

/** Ours alone decides what is closed: closing words in the agent's text are made harmless. */
const link = ({ status, issue, closes = true }: PullBodyInput): string =>
  `${status === "DONE" && closes ? "Closes" : "Refs"} #${issue}`;

const sections = (input: PullBodyInput, level: Level): (string | undefined)[] => {
  const { report, evidence, paper } = input;
  if (paper) return paperSections(input, paper, level);
  return [
    headline(input),
    prose(report.summary, level.text),
    link(input),
    ciSection(input.ci),
    blockersSection(report, level),
    cutShortSection(input, level),
    questionsSection(report, level),
    endpointsSection(report, level),
    graphqlSection(report, level),
    modelsSection(report, level),
    middlewareSection(report, level),
    securitySection(report, level),
    claimsSection(input.claims ?? [], level),
    contractSection(input.apiChanges ?? [], level),
    planSection(input.plan, level.items),
    subagentsSection(input.subagents ?? [], level),
    reviewSection(input.review, level),
    evidenceSection(evidence, input.tree, level),
    suggestedSection(report, evidence, level),
    findingsSection(input.findings, level),
    deviationsSection(input.deviations ?? [], level),
    decisionsSection(report, level),
    handoffsSection(report, level),
    concernsSection(report, level),
    noticesSection(input.notices ?? [], level),
    notesSection(input.notes ?? [], level),
    closing(input),
    level.leftOut === "" ? undefined : `Shortened to what a description can hold: ${level.leftOut} left out.`,
    embedded(input, level),
  ];
};

const noCode =
  "No code was asked for, and none is here: nothing was run for it. Each decision is a file, and what stands between services is one. Endpoints that the design names were looked up in the code.";

const paperSections = (input: PullBodyInput, paper: Paper, level: Level): (string | undefined)[] => [
  headline(input),
  prose(input.report.summary, level.text),
  noCode,
  link(input),
  blockersSection(input.report, level),
  questionsSection(input.report, level),
  paperSection(paper, level),
  claimsSection(input.claims ?? [], level),
  findingsSection(input.findings, level),
  decisionsSection(input.report, level),
  handoffsSection(input.report, level),
  concernsSection(input.report, level),
  noticesSection(input.notices ?? [], level),
  notesSection(input.notes ?? [], level),
  closing(input),
  level.leftOut === "" ? undefined : `Shortened to what a description can hold: ${level.leftOut} left out.`,
  embedded(input, level),
];

export const closingHeading = "### Spent, and how to continue";

const closing = (input: PullBodyInput): string => {
  const by = input.model === undefined ? "" : ` Model: \`${input.model.replace(/[^\w.:/@-]/g, "")}\`.`;
  const spent = spendSentence(input.spend, { toolCalls: input.toolCallLimit, usd: input.usdLimit });
  const shares = ledgerSentence(input.ledger ?? {});
  return [
    closingHeading,
    ...(input.found ? [foundSentence(input.found)] : []),
    `${spent}.${by}${shares === undefined ? "" : ` ${shares}`}${signatures(input.commits ?? [])}`,
    `Review ${input.paper ? "the design" : "the code"} with comments on its lines and submit the review: each comment gets an answer, and changes come as further commits on this branch. Or comment \`/architect design …\` here with what is to be done${input.paper ? "; with *implement* in it, it is built" : ""}. Text that you write outside this block, above or below, stays as it is.`,
  ].join("\n\n");
};

const signatures = (commits: readonly SignedCommit[]): string => {
  const list = (some: readonly SignedCommit[]) => some.map(({ sha }) => sha.slice(0, 12)).join(" and ");
  const signed = commits.filter(({ verified }) => verified);
  const unsigned = commits.filter(({ verified }) => !verified);
  const reasons = [...new Set(unsigned.map(({ reason }) => reason.replace(/[^a-z_]/g, "")))].join(", ");
  return [
    ...(signed.length > 0 ? [` Signed and verified by GitHub: ${list(signed)}.`] : []),
    ...(unsigned.length > 0 ? [` **Not verified** by GitHub (${reasons}): ${list(unsigned)}.`] : []),
  ].join("");
};

/** JSON in which nothing can end a fence, mention, close or link anything, even where it lands in a commit message. */
const inertJson = (value: unknown): string => {
  const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return JSON.stringify(value, null, 2)
    .replace(/[<>`@#&]|\bG(?=H-\d)/gi, escaped)
    .replace(/[\p{Default_Ignorable_Code_Point}\p{Cf}\p{Co}\p{Zl}\p{Zp}\u007f-\u009f]/gu, (character) =>
      character.split("").map(escaped).join(""),
    )
    .replace(/\[(?=(?:skip|ci|no|actions) )/gi, escaped)
    .replace(/\/(?=\/)/g, escaped);
};

const embedded = ({ report, status }: PullBodyInput, { json }: Level): string | undefined => {
  if (json === "none") return undefined;
  const handoffs = json === "whole" ? report.handoffs : report.handoffs.map(({ to, task }) => ({ to, task }));
  const text = inertJson({ ...report, status, handoffs });
  return details("The report as JSON", `${jsonMark}\n\`\`\`json\n${text}\n\`\`\``);
};

/** The report that a body carries, checked as if it came from a model; undefined where there is none that can be read. */
export const parseBody = (body: string): Report | undefined => {
  const text = body.replace(/\r\n?/g, "\n");
  const found = findBlock(text, name);
  const block = found ? text.slice(found.from, found.to) : text;
  const json = /^\n```json\n([\s\S]*?)\n```$/m.exec(
    block.slice(block.lastIndexOf(jsonMark)).slice(jsonMark.length),
  )?.[1];
  if (json === undefined) return undefined;
  try {
    return reportSchema.safeParse(JSON.parse(json)).data;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
};

/** A description that said DONE before something came up that speaks against it. */
export const withoutDone = (body: string): string => {
  const text = body.replace(/\r\n?/g, "\n");
  const found = findBlock(text, name);
  if (!found || parseBody(text)?.status !== "DONE") return body;
  const block = text
    .slice(found.from, found.to)
    .replace(headline({ status: "DONE" }), headline({ status: "DONE_WITH_CONCERNS" }))
    .replace(/^Closes (#\d+)$/m, "Refs $1")
    .replace(/^ {2}"status": "DONE"/m, '  "status": "DONE_WITH_CONCERNS"');
  return text.slice(0, found.from) + block + text.slice(found.to);
};

/**
 * The whole body: the block in the place of the last one, everything else as people left it. A new body gets the
 * repository's template below the block, or around it where the template has the markers. Where people damaged the
 * markers, the block starts anew on top and the text that was there stays below. People's text is never shortened: where
 * it leaves no room even for the shortest block, the body stays as it is.
 *
 * @param block renders the block into the room that the rest leaves
 */
export const mergeBody = (
  existing: string | undefined,
  template: string | undefined,
  block: (room: number) => string,
): string => {
  const text = (existing ?? template ?? "").replace(/\r\n?/g, "\n");
  const found = findBlock(text, name);
  const before = found ? text.slice(0, found.from) : "";
  const after = found ? text.slice(found.to) : withoutMarkers(text);
  const gap = found || after === "" ? "" : "\n\n";
  const merged = before + block(maxBodyLength - before.length - gap.length - after.length) + gap + after;
  return merged.length <= maxBodyLength ? merged : (existing ?? clip(merged, maxBodyLength));
};

/** What people wrote into a body: all of it but our block. */
export const withoutBlock = (body: string): string => {
  const text = body.replace(/\r\n?/g, "\n");
  const found = findBlock(text, name);
  return found ? `${text.slice(0, found.from)}${text.slice(found.to)}`.trim() : text;
};

const withoutMarkers = (text: string): string => text.replaceAll(begin, "").replaceAll(end, "").trim();
