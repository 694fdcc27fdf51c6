/** What an agent asks to be remembered during a run, held to the rules of the memory: worth it, not said yet, in a category. Touches no file. */
import type { Decision } from "./memory/decisions.ts";
import { compareDecisions } from "./memory/similar.ts";
import type { Report, ReportDecision } from "./report.ts";

const maxTextChars = 2_000;
const maxTitleChars = 100;
const maxDecisions = 30;

/** In this order the first one whose words occur is taken; the report's word for it stands beside. */
const categories = [
  ["pagination", "api-design", /\b(pagination|cursors?|offset|pages?|limit)\b/i],
  [
    "database",
    "database-schema",
    /\b(sql|postgres\w*|mysql|mongo\w*|quer(y|ies)|migrations?|alembic|tables?|index(es)?)\b/i,
  ],
  ["authentication", "security", /\b(auth\w*|jwt|oauth\w*|tokens?|sessions?|log-?in|passwords?)\b/i],
  ["api", "api-design", /\b(endpoints?|rest|graphql|grpc|apis?|routes?)\b/i],
  ["frontend", "integration", /\b(frontend|react|components?|ui|css)\b/i],
  ["performance", "performance", /\b(slow|fast|cach\w+|optimi[sz]\w*|latency|throughput|p9[59])\b/i],
  ["architecture", "architecture", /\b(design|system|micro-?services?|monolith)\b/i],
  ["pattern", "architecture", /\b(conventions?|style|standards?|patterns?)\b/i],
  ["blocker", "workflow", /\b(blocked|issue|bug|workaround|errors?|fix)\b/i],
  ["constraint", "architecture", /\b(must|cannot|required|limitations?)\b/i],
  ["preference", "workflow", /(?!)/],
  ["decision", "architecture", /(?:)/],
] as const satisfies readonly (readonly [string, ReportDecision["category"], RegExp])[];

export type MemoryCategory = (typeof categories)[number][0];
export const memoryCategories: readonly MemoryCategory[] = categories.map(([name]) => name);

export type Remembered = {
  readonly text: string;
  readonly category?: MemoryCategory | undefined;
  readonly outcome?: "success" | "failed" | "neutral" | undefined;
};

export type Considered =
  | { readonly ok: true; readonly decision: ReportDecision; readonly said: string }
  /** Nothing is wrong, but it stands there already. */
  | { readonly ok: true; readonly decision?: undefined; readonly said: string }
  | { readonly ok: false; readonly reason: string };

/** What a text is about, in the report's words. */
export const categoryOf = (text: string): ReportDecision["category"] =>
  categories.find(([, , words]) => words.test(text))?.[1] ?? "architecture";

const figure = /\d/;
const setting = /`[^`]+`|\b[A-Za-z_][\w.-]*\s?=\s?\S|\b[A-Z][A-Z0-9]*_[A-Z0-9_]+\b/;
const rejected = /\b(instead of|rather than|rejected|chose\b.*\bover)\b/i;
const trigger = /\b(when|whenever|if|after|unless|as soon as)\b/i;
const lesson = /\b(should have|instead|better to|use\b.*\b(instead|rather)|do not|never)\b/i;

/** Something that a later reader can check or run into; adjectives alone are none. */
const isWorthIt = (text: string): boolean => [figure, setting, rejected, trigger].some((sign) => sign.test(text));

/**
 * @param known decisions of the repository's memory @param earlier what this run remembered before
 */
export const considerEntry = (
  entry: Remembered,
  known: readonly Decision[],
  earlier: readonly ReportDecision[],
): Considered => {
  const text = entry.text.trim().slice(0, maxTextChars).trimEnd();
  if (!isWorthIt(text))
    return {
      ok: false,
      reason:
        "This is not worth remembering as it stands: it has nothing to check. Name a figure, a setting with its value, the option that was rejected, or what triggers it.",
    };
  if (entry.outcome === "failed" && !lesson.test(text))
    return { ok: false, reason: "A failure is remembered for its lesson: say what should be done instead." };
  const decision = toDecision(entry, text);
  const alike = (one: Pick<Decision, "title" | "category">) => compareDecisions(one, decision);
  if (earlier.some((one) => alike(one) === "same")) return { ok: true, said: "This run has remembered that already." };
  const inForce = known.filter((one) => one.superseded_by === null);
  const same = inForce.find((one) => alike(one) === "same");
  if (same) return { ok: true, said: `${same.id} says so already (“${same.title}”), so nothing was added.` };
  const changed = inForce.find((one) => alike(one) === "changed");
  const said = [
    `Remembered under ${decision.category}: “${decision.title}”. It is recorded with this run's pull request.`,
    ...(changed ? [`It contradicts ${changed.id} (“${changed.title}”) and takes its place.`] : []),
    ...(text.length < entry.text.trim().length ? [`The text was cut to ${maxTextChars} characters.`] : []),
  ];
  return { ok: true, decision, said: said.join(" ") };
};

const toDecision = (entry: Remembered, text: string): ReportDecision => {
  const named = categories.find(([name]) => name === entry.category);
  return {
    title: titleOf(text, entry.outcome === "failed" ? "Avoid: " : ""),
    rationale: text,
    category: named?.[1] ?? categoryOf(text),
    impact: entry.outcome === "failed" ? "high" : "medium",
    alternatives: [],
  };
};

/** The first sentence, or what fits of it. */
const titleOf = (text: string, lead: string): string => {
  const sentence = /^[^\n]*?[.!?](?=\s|$)/.exec(text)?.[0] ?? text.split("\n")[0] ?? "";
  const title = `${lead}${sentence.replace(/[.!?]+$/, "").trim()}`;
  return title.length <= maxTitleChars ? title : `${title.slice(0, maxTitleChars - 1).trimEnd()}…`;
};

/** The report with what was remembered on the way; what it says itself is not said twice. */
export const withRemembered = (report: Report, remembered: readonly ReportDecision[]): Report => {
  const isNew = (one: ReportDecision) => !report.decisions.some((own) => compareDecisions(own, one) === "same");
  return { ...report, decisions: [...report.decisions, ...remembered.filter(isNew)].slice(0, maxDecisions) };
};
