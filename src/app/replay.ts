/** `architect replay`: stored runs as a table, and one of them turn by turn, for people or as JSON. Reads nothing itself. */
import { addSubagent, addTurn, isCounted, noSpend } from "../domain/budget.ts";
import type { RunEvent } from "../domain/event.ts";
import type { Spend } from "../domain/outcome.ts";
import { nameOf, resultOf } from "../domain/render/evidence.ts";
import { count, money } from "../domain/render/safe.ts";
import { outcomeParagraphs } from "../domain/render-status.ts";
import { fullName } from "../domain/repository.ts";
import type { RunRecord } from "../ports.ts";
import { callSubject, resultLine } from "./call-line.ts";
import { clipTo, clockTime, createPaint, type Paint, padTo, printable, printableLine, wrap } from "./terminal.ts";
import { terminalText } from "./terminal-markdown.ts";
import { type Call, type Conversation, conversationsOf, type Turn } from "./turns.ts";

/** Where it is shown. */
type Page = { readonly columns: number; readonly colours: boolean };

export type StoredRun = { readonly record: RunRecord; readonly events: readonly RunEvent[] };

/** So many characters tell runs apart for people. */
export const shortId = (id: string): string => id.slice(0, 8);

const requestOf = ({ job: { trigger } }: RunRecord): string => {
  if (trigger.kind === "command" && trigger.command.verb === "design" && trigger.command.request !== "")
    return trigger.command.request;
  return trigger.kind === "label" && trigger.body !== "" ? `${trigger.title}\n${trigger.body}` : trigger.title;
};

/** A run without an outcome was interrupted: what runs has the store for itself. */
const statusOf = ({ outcome }: RunRecord): string => outcome?.status ?? outcome?.kind ?? "interrupted";

/** Of a run that has no outcome yet, what its transcript tells. */
export const spendOf = ({ record, events }: StoredRun): Spend =>
  record.outcome?.spend ?? events.reduce(spendWith, noSpend);

const spendWith = (spend: Spend, event: RunEvent): Spend => {
  if (event.type !== "assistant") return spend;
  const toolCalls = event.message.content.filter((block) => block.type === "tool_use" && isCounted(block.name)).length;
  const turn = { ...addTurn(noSpend, event.usage, event.usd), toolCalls };
  if (event.child !== undefined) return addSubagent(spend, turn);
  return { ...addTurn(spend, event.usage, event.usd), toolCalls: spend.toolCalls + toolCalls };
};

const minutes = (iso: string): string => {
  const at = new Date(iso);
  const two = (number: number) => String(number).padStart(2, "0");
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}`;
};

/** @param older how many there are besides */
export const renderRuns = (runs: readonly StoredRun[], older: number, { columns, colours }: Page): string => {
  const paint = createPaint(colours);
  const rows = runs.map((run) => [
    shortId(run.record.id),
    minutes(run.record.startedAt),
    statusOf(run.record),
    String(spendOf(run).turns),
    money(spendOf(run).usd),
    `${fullName(run.record.job.trigger.repository)}: ${requestOf(run.record)}`,
  ]);
  const head = ["RUN", "WHEN", "STATUS", "TURNS", "SPENT", "REQUEST"];
  const widths = head
    .slice(0, -1)
    .map((name, column) => Math.max(...[name, ...rows.map((row) => row[column] ?? "")].map((cell) => cell.length)));
  const line = (row: readonly string[]): string =>
    clipTo(
      row
        .map((cell, column) => padTo(printableLine(cell), widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
      Math.min(columns, 160),
    );
  return [
    paint("bold", line(head)),
    ...rows.map(line),
    ...(older > 0 ? [`… and ${count(older)} older`] : []),
    "",
    "One of them turn by turn: architect replay RUN",
  ].join("\n");
};

export const runsAsJson = (runs: readonly StoredRun[]) =>
  runs.map((run) => ({
    run: run.record.id,
    startedAt: run.record.startedAt,
    endedAt: run.record.endedAt ?? null,
    repository: fullName(run.record.job.trigger.repository),
    issue: run.record.issue,
    request: requestOf(run.record),
    status: statusOf(run.record),
    turns: spendOf(run).turns,
    spend: spendOf(run),
  }));

export const runAsJson = (run: StoredRun) => {
  const report = run.events.findLast((event) => event.type === "report");
  const submission = run.events.findLast((event) => event.type === "submission");
  return {
    ...runsAsJson([run])[0],
    conversations: conversationsOf(run.events),
    report: report?.report ?? null,
    ...(submission ? { submission: submission.submission } : {}),
    findings: (report ?? submission)?.findings ?? [],
    outcome: run.record.outcome ?? null,
  };
};

export const renderRun = (run: StoredRun, { columns, colours }: Page): string => {
  const { record, events } = run;
  const paint = createPaint(colours);
  const width = Math.min(columns, 120);
  const repository = fullName(record.job.trigger.repository);
  const from = Date.parse(record.startedAt);
  const head = [
    `${paint("bold", `Run ${record.id}`)}  ${statusOf(record)}`,
    wrap(`${repository}, issue ${record.issue}, begun ${minutes(record.startedAt)}`, width, "  "),
    ...printable(requestOf(record))
      .split("\n")
      .map((line) => wrap(`> ${line}`, width, "> ")),
  ];
  const talks = conversationsOf(events).flatMap((talk) => [
    "",
    ...conversationLines(talk, { width, paint, from, indent: "" }),
  ]);
  return [...head, ...talks, "", ...endLines(run, { width, paint })].join("\n");
};

type Place = { readonly width: number; readonly paint: Paint; readonly from: number; readonly indent: string };

const conversationLines = (talk: Conversation, place: Place): string[] => [
  wrap(
    place.indent + place.paint("bold", `${talk.agent} with ${talk.model} on ${talk.commit.slice(0, 7)}`),
    place.width,
    `${place.indent}  `,
  ),
  ...(talk.why === undefined
    ? []
    : [wrap(`${place.indent}  ${printableLine(talk.why)}`, place.width, `${place.indent}  `)]),
  ...talk.turns.flatMap((turn, index) => turnLines(turn, index + 1, place)),
];

const turnLines = (turn: Turn, number: number, { width, paint, from, indent }: Place): string[] => {
  const lead = `${indent}${String(number).padStart(3)}  ${clockTime(Date.parse(turn.at) - from).padStart(5)}  `;
  const hang = `${indent}            `;
  const spent = `${count(turn.tokens)} tokens${turn.usd > 0 ? `, ${money(turn.usd)}` : ""}`;
  const says = printableLine(turn.text);
  const put = (text: string) => wrap(`${hang}${text}`, width, `${hang}  `);
  return [
    wrap(`${lead}${says === "" ? paint("dim", spent) : `${says} ${paint("dim", `(${spent})`)}`}`, width, hang),
    ...turn.calls.flatMap((call) => callLines(call, { width, paint, from, indent: hang })),
    ...(turn.changed.length > 0 ? [put(paint("yellow", `Changed: ${changedText(turn.changed)}`))] : []),
    ...turn.ranByApp.map((one) => put(`The App ran ${printableLine(nameOf(one))}: ${resultOf(one)}`)),
    ...(turn.findings ?? []).map(({ severity, message, path, rule }) =>
      put(`${severity}: ${path === undefined ? "" : `${printableLine(path)}: `}${printableLine(message)} [${rule}]`),
    ),
    ...turn.teammates.flatMap((mate) => conversationLines(mate, { width, paint, from, indent: hang })),
    ...turn.mail.map((mail) => put(`${printableLine(mail.from)} writes: ${printableLine(mail.text)}`)),
    ...turn.comments.map((comment) =>
      put(paint("yellow", `${printableLine(comment.from)} comments: ${printableLine(comment.text)}`)),
    ),
    ...turn.notices.map((notice) => put(`The App: ${printableLine(notice)}`)),
  ];
};

const changedText = (changed: Turn["changed"]): string =>
  changed.map(({ path, kind }) => `${printableLine(path)} (${kind})`).join(", ");

const callLines = (call: Call, place: Place): string[] => {
  const { width, paint, indent } = place;
  const room = width - indent.length;
  const name = clipTo(printableLine(call.name), room);
  const subject = clipTo(callSubject(call), room - name.length - 1);
  const result = resultLine(call) ?? "no result: the run stopped here";
  const bad = call.failed || call.result === undefined || /^exit code [1-9]/.test(result);
  return [
    `${indent}${paint("cyan", name)} ${subject}`.trimEnd(),
    ...(call.subagent ? conversationLines(call.subagent, { ...place, indent: `${indent}  ` }) : []),
    indent + paint(bad ? "red" : "dim", clipTo(`  → ${result}${ranText(call)}`, room)),
  ];
};

const ranText = ({ evidence }: Call): string =>
  evidence ? ` (${(evidence.durationMs / 1_000).toFixed(1)} s, on files ${evidence.tree.slice(0, 7)})` : "";

const endLines = (run: StoredRun, { width, paint }: Pick<Place, "width" | "paint">): string[] => {
  const { outcome } = run.record;
  const { toolCalls, turns, tokens, usd } = spendOf(run);
  const spent = `Spent: ${count(toolCalls)} tool calls, ${count(turns)} turns, ${count(tokens)} tokens, ${money(usd)}.`;
  if (!outcome) return [`${paint("bold", "Interrupted:")} it has no outcome, and can go on from here.`, spent];
  // Where its work went stands in a line of its own.
  const { pull, ...end } = outcome;
  return [
    terminalText(outcomeParagraphs(end).join("\n\n"), { columns: width, paint }),
    "",
    ...(pull ? [`${printableLine(pull.url)} at ${pull.headSha.slice(0, 7)}`] : []),
    spent,
  ];
};
