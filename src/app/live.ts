/** A run as it happens, for whoever watches it here: one block redrawn in place, or one line for each change. */
import { isCounted } from "../domain/budget.ts";
import type { RunEvent } from "../domain/event.ts";
import { handedInBy } from "../domain/handed-in.ts";
import type { Spend } from "../domain/outcome.ts";
import { count, money } from "../domain/render/safe.ts";
import { spendSentence } from "../domain/render/sections.ts";
import { phaseSentence, type StatusView } from "../domain/render-status.ts";
import type { Task } from "../domain/task.ts";
import { callLine } from "./call-line.ts";
import { clipTo, clockTime, createPaint, displayWidth, type Paint, printableLine, type Screen } from "./terminal.ts";

export type Live = {
  /** As `run/progress.ts` tells it. */
  show(view: StatusView, events: readonly RunEvent[]): void;
  /** A line of its own, which stays. */
  note(line: string): void;
  /** Nothing is drawn after it; what was drawn last stays. */
  close(): void;
};

export const createLive = (screen: Screen, clock: () => Date): Live =>
  screen.moves ? createBlock(screen, clock) : createLines(screen, clock);

type Mark = { readonly sign: string; readonly text: string };

const markOf = ({ status, subject, activeForm }: Task): Mark => {
  if (status === "completed") return { sign: "✓", text: subject };
  if (status === "in_progress") return { sign: "▸", text: `${activeForm ?? subject} …` };
  return { sign: status === "deleted" ? "✗" : "·", text: subject };
};

const refusalIn = (event: RunEvent): string | undefined => {
  const [first, ...more] = handedInBy(event)?.findings.filter(({ severity }) => severity === "error") ?? [];
  if (!first) return undefined;
  return `The checks sent the ${event.type === "submission" ? event.submission.kind : "report"} back: ${first.message}${more.length > 0 ? `, and ${more.length} more` : ""}`;
};

const createLines = (screen: Screen, clock: () => Date): Live => {
  const started = clock().getTime();
  let seen: StatusView | undefined;
  const say = (spend: Spend | undefined, sign: string, text: string): void => {
    const spent = spend ? `${String(spend.toolCalls).padStart(3)} calls  ${money(spend.usd)}` : "";
    const time = clockTime(clock().getTime() - started).padStart(6);
    screen.write(`${time}  ${spent.padEnd(16)}  ${sign} ${printableLine(text)}\n`);
  };
  return {
    show(view, events) {
      const before = seen;
      seen = view;
      if (view.notice !== undefined && view.notice !== before?.notice) say(undefined, "!", view.notice);
      for (const refusal of events.flatMap((event) => refusalIn(event) ?? [])) say(view.spend, "!", refusal);
      if (view.phase !== before?.phase && view.phase !== "ended") say(view.spend, " ", phaseSentence[view.phase]);
      const known = new Map(before?.tasks.map((task) => [task.id, task]));
      for (const task of view.tasks) {
        const { sign, text } = markOf(task);
        if (known.get(task.id)?.status !== task.status) say(view.spend, sign, text);
      }
      if (view.subagent !== before?.subagent)
        say(view.spend, " ", view.subagent ? `${view.subagent} is at work` : `${before?.subagent} has ended`);
    },
    note: (line) => screen.write(`${printableLine(line)}\n`),
    close: () => {},
  };
};

const createBlock = (screen: Screen, clock: () => Date): Live => {
  const paint = createPaint(screen.colours);
  const started = clock().getTime();
  let drawn: readonly string[] = [];
  let view: StatusView | undefined;
  let activity = "";

  /** A window that was made narrower meanwhile has broken the lines that stand there. */
  const erase = (): string => {
    const columns = screen.columns();
    const rows = drawn.reduce((sum, line) => sum + Math.max(1, Math.ceil(displayWidth(line) / columns)), 0);
    return rows === 0 ? "\r\u001b[J" : `\r\u001b[${rows}A\u001b[J`;
  };
  const draw = (): void => {
    if (!view) return;
    const elapsed = clockTime(clock().getTime() - started);
    const lines = blockLines(view, {
      elapsed,
      activity,
      columns: screen.columns() - 1,
      rows: screen.rows() - 1,
      paint,
    });
    if (lines.join("\n") === drawn.join("\n")) return;
    screen.write(`${erase()}${lines.join("\n")}\n`);
    drawn = lines;
  };
  const timer = setInterval(draw, 1_000);
  timer.unref();
  return {
    show(next, events) {
      view = next;
      activity = events.reduce((now, event) => activityIn(event) ?? now, activity);
      draw();
    },
    note(line) {
      screen.write(`${erase()}${printableLine(line)}\n`);
      drawn = [];
      draw();
    },
    close: () => clearInterval(timer),
  };
};

const activityIn = (event: RunEvent): string | undefined => {
  if (event.type !== "assistant") return refusalIn(event);
  const call = event.message.content.findLast((block) => block.type === "tool_use" && isCounted(block.name));
  return call?.type === "tool_use" ? callLine(call) : undefined;
};

type Frame = {
  readonly elapsed: string;
  readonly activity: string;
  readonly columns: number;
  readonly rows: number;
  readonly paint: Paint;
};

const blockLines = (view: StatusView, { elapsed, activity, columns, rows, paint }: Frame): string[] => {
  const over = view.phase === "ended";
  const short = (text: string) => clipTo(printableLine(text), columns);
  const head = over ? `Ended after ${elapsed}.` : `${phaseSentence[view.phase]} ${elapsed}`;
  const below = [
    ...(view.subagent === undefined || over ? [] : [short(`${view.subagent} is at work …`)]),
    ...(activity === "" || over ? [] : [paint("dim", clipTo(`  ${printableLine(activity)}`, columns))]),
    paint("dim", short(spentLine(view, columns))),
  ];
  const above = [
    paint("bold", short(head)),
    ...(view.notice === undefined ? [] : [paint("yellow", short(`! ${view.notice}`))]),
  ];
  const tasks = view.tasks.filter(({ status }) => status !== "deleted");
  return [...above, ...taskLines(tasks, Math.max(1, rows - above.length - below.length), columns, paint), ...below];
};

/** The whole sentence where it fits, otherwise what matters most of it. */
const spentLine = ({ spend, limits, model }: StatusView, columns: number): string => {
  const whole = `${spendSentence(spend, limits)}${model === undefined ? "" : `. ${model}`}`;
  if (displayWidth(whole) <= columns) return whole;
  return `${count(spend.toolCalls)}${limits ? `/${count(limits.toolCalls)}` : ""} calls, ${money(spend.usd)}`;
};

/** What is done goes first where the window is low, then what comes last. */
const taskLines = (tasks: readonly Task[], room: number, columns: number, paint: Paint): string[] => {
  const line = (task: Task): string => {
    const { sign, text } = markOf(task);
    const clipped = clipTo(`  ${sign} ${printableLine(text)}`, columns);
    if (task.status === "in_progress") return paint("bold", clipped);
    return task.status === "completed" ? paint("green", clipped) : clipped;
  };
  if (tasks.length <= room) return tasks.map(line);
  const open = tasks.findIndex(({ status }) => status !== "completed");
  const from = Math.max(0, Math.min(open < 0 ? tasks.length : open, tasks.length - Math.max(1, room - 1)));
  const shown = tasks.slice(from, from + Math.max(1, room - (from > 0 ? 2 : 1)));
  const rest = tasks.length - from - shown.length;
  return [
    ...(from > 0 && room > 1 ? [clipTo(`  ✓ ${from} done`, columns)] : []),
    ...shown.map(line),
    ...(rest > 0 && room > 2 ? [clipTo(`  · ${rest} more`, columns)] : []),
  ];
};
