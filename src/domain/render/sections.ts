/** The parts of a report as people read it on a pull request. What ran stands in `evidence.ts`. */
import { type WorkFound, workName } from "../budget.ts";
import { optionLetter } from "../command.ts";
import type { Finding } from "../finding.ts";
import type { Ledger } from "../ledger.ts";
import type { Spend } from "../outcome.ts";
import type { Handoff, Report, Status } from "../report.ts";
import type { Deviation } from "../standards.ts";
import { code, count, fenced, inline, item, money, prose, table } from "./safe.ts";

/** How much is shown: the body of a pull request has a limit. */
export type Detail = {
  /** Characters of each command's output. */
  readonly output: number;
  /** Characters of each text, and entries of each list. */
  readonly text: number;
  readonly items: number;
  /** Characters of each patch; a longer one is left out, since a part of a patch cannot be applied. */
  readonly patch: number;
};

export const statusSentence: Readonly<Record<Status, string>> = {
  DONE: "What was asked for is here, and nothing is left open.",
  DONE_WITH_CONCERNS: "The work is complete, but something is left for you: read the open points below before merging.",
  BLOCKED: "The work could not be finished. What stands in the way is listed under Blockers.",
  NEEDS_CONTEXT: "The work waits for answers to the questions below.",
};

export const endpointsSection = (report: Report, { text, items }: Detail): string | undefined =>
  listed(report.endpoints_created, items, "### Endpoints", (endpoints) =>
    table(
      ["Method", "Path", "Authentication", "Rate limit"],
      endpoints.map(({ method, path, auth, rate_limit }) => [
        method,
        code(path, text),
        inline(auth, text),
        rate_limit === null ? "none" : inline(rate_limit, text),
      ]),
    ),
  );

export const graphqlSection = (report: Report, { text, items }: Detail): string | undefined =>
  listed(report.graphql_created, items, "### GraphQL", (fields) =>
    table(
      ["Kind", "Name"],
      fields.map(({ kind, name }) => [kind, code(name, text)]),
    ),
  );

export const modelsSection = (report: Report, { text, items }: Detail): string | undefined =>
  listed(report.models_created, items, "### Models", (models) =>
    table(
      ["Model", "Table", "Fields"],
      models.map(({ name, table: of, fields }) => [
        code(name, text),
        code(of, text),
        [...fields.slice(0, items).map((field) => code(field, text)), ...(fields.length > items ? ["…"] : [])].join(
          ", ",
        ),
      ]),
    ),
  );

export const middlewareSection = (report: Report, { text, items }: Detail): string | undefined =>
  listed(report.middleware_added, items, "### Middleware", (all) =>
    all
      .map(({ name, config }) => {
        const settings = Object.entries(config).map(([key, value]) => `${key} = ${JSON.stringify(value)}`);
        return `- ${code(name, text)}${settings.length > 0 ? `: ${code(settings.join(", "), text)}` : ""}`;
      })
      .join("\n"),
  );

export const securitySection = (report: Report, detail: Detail): string | undefined =>
  bullets("### Security measures", report.security_measures, detail);

export const concernsSection = (report: Report, detail: Detail): string | undefined =>
  bullets("### Concerns", report.concerns, detail);

export const blockersSection = (report: Report, detail: Detail): string | undefined =>
  bullets("### Blockers", report.blockers, detail);

export const noticesSection = (notices: readonly string[], detail: Detail): string | undefined =>
  bullets("### Of this run", notices, detail);

/** What the repository's own configuration says, with its reason: a reviewer sees what was not held against the code. */
export const deviationsSection = (deviations: readonly Deviation[], detail: Detail): string | undefined =>
  bullets(
    "### House standards that this repository sets otherwise",
    deviations.map(({ rule, setting, reason }) => `${rule}: ${setting}. ${reason}`),
    detail,
  );

export const notesSection = (notes: readonly string[], detail: Detail): string | undefined =>
  bullets("### Memory", notes, detail);

type Questions = readonly { readonly question: string; readonly options: readonly string[] }[];

/** Numbered, with lettered options, so that an answer can be short: "1b". */
export const numberedQuestions = (questions: Questions, { text, items }: Pick<Detail, "text" | "items">): string =>
  questions
    .slice(0, items)
    .flatMap(({ question, options }, index) => [
      item(question, text, `${index + 1}.`),
      ...options.map((option, letter) => `   - (${optionLetter(letter)}) ${inline(option, text)}`),
    ])
    .join("\n");

export const questionsSection = (report: Report, detail: Detail): string | undefined =>
  listed(report.questions, detail.items, "### Questions", (questions) => numberedQuestions(questions, detail));

export const decisionsSection = (report: Report, { text, items }: Detail): string | undefined =>
  listed(report.decisions, items, "### Decisions", (decisions) =>
    decisions
      .map(({ title, category, impact, rationale, alternatives }) =>
        [
          `**${inline(title, text)}** (${category}, ${impact} impact)`,
          "",
          prose(rationale, text),
          ...(alternatives.length > 0 ? [""] : []),
          ...alternatives
            .slice(0, items)
            .map(({ option, rejected_because }) =>
              item(rejected_because, text, `- Rejected: ${inline(option, text)}:`),
            ),
        ].join("\n"),
      )
      .join("\n\n"),
  );

export const handoffsSection = (report: Report, detail: Detail): string | undefined =>
  listed(report.handoffs, detail.items, "### Hand-offs", (handoffs) =>
    handoffs.map((handoff, index) => handoffText(handoff, index + 1, detail)).join("\n\n"),
  );

const handoffText = ({ to, task, patch }: Handoff, number: number, detail: Detail): string => {
  const head = `**${number}. ${inline(to, detail.text)}**\n\n${prose(task, detail.text)}`;
  if (!patch) return head;
  const lines = patch.diff.trimEnd().split("\n").length;
  if (patch.diff.length > detail.patch)
    return `${head}\n\n${code(patch.path, detail.text)}: a patch of ${count(lines)} lines, left out here for its length.`;
  return `${head}\n\nIn ${code(patch.path, detail.text)}:\n\n${fenced(patch.diff, "diff")}`;
};

const severityWord: Readonly<Record<Finding["severity"], string>> = {
  error: "Error",
  concern: "Concern",
  note: "Note",
};

export const findingsSection = (findings: readonly Finding[], { text, items }: Detail): string | undefined =>
  listed(findings, items, "### What the checks found", (shown) =>
    [...shown]
      .sort((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity))
      .map(({ severity, message, path, line, rule }) => {
        const place = path === undefined ? "" : ` at ${code(line === undefined ? path : `${path}:${line}`, text)}`;
        return `- **${severityWord[severity]}**${place}: ${inline(message, text)} (${code(rule, text)})`;
      })
      .join("\n"),
  );

const order: readonly Finding["severity"][] = ["error", "concern", "note"];

/** Why a run has more calls than its request's words spoke for: the agent's reason, in a sentence of ours. */
export const foundSentence = ({ kind, reason }: WorkFound): string =>
  `The agent found this to be the work of ${workName[kind]}, and got its budget: ${inline(reason, 500)}`;

/** Who spent it; nothing where one agent did. */
export const ledgerSentence = (ledger: Ledger): string | undefined => {
  const shares = Object.entries(ledger);
  if (shares.length < 2) return undefined;
  const share = ([name, { turns, tokens, usd }]: (typeof shares)[number]): string =>
    `${code(name, 64)} ${count(turns)} ${turns === 1 ? "turn" : "turns"}, ${count(tokens)} tokens, ${money(usd)}`;
  return `Of that: ${shares.map(share).join("; ")}.`;
};

export const spendSentence = (
  spend: Spend,
  limits: { readonly toolCalls: number; readonly usd?: number | undefined } | undefined,
): string =>
  [
    `${count(spend.toolCalls)}${limits ? ` of ${count(limits.toolCalls)}` : ""} tool calls`,
    `${count(spend.turns)} turns`,
    ...(spend.subagents
      ? [`${count(spend.subagents.toolCalls)} tool calls and ${count(spend.subagents.turns)} turns of subagents`]
      : []),
    `${count(spend.tokens)} tokens`,
    `${money(spend.usd)}${limits?.usd ? ` of ${money(limits.usd)}` : ""}`,
  ].join(", ");

const more = (number: number): string => `… and ${count(number)} more.`;

/** A section over a list, or nothing where the list is empty. */
const listed = <T>(
  all: readonly T[],
  max: number,
  heading: string,
  render: (shown: readonly T[]) => string,
): string | undefined => {
  if (all.length === 0) return undefined;
  const rest = all.length > max ? `\n\n${more(all.length - max)}` : "";
  return `${heading}\n\n${render(all.slice(0, max))}${rest}`;
};

const bullets = (heading: string, texts: readonly string[], { text, items }: Detail): string | undefined =>
  listed(texts, items, heading, (shown) => shown.map((one) => item(one, text)).join("\n"));
