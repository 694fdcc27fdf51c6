/** Decisions as they stand in `active.json`: every shape in the wild read into one, nothing of an entry lost. Touches no disk. */
import { z } from "zod";
import { canonicalJson, filled, isObject, type JsonObject, parseJson, sameJson } from "./json.ts";

export const decisionsPath = ".claude/context/knowledge/decisions/active.json";

const alternative = z.preprocess(
  (raw) => {
    if (typeof raw === "string") return { option: raw };
    if (!isObject(raw)) return raw;
    const { name, alternative: same, reason, why_not, ...rest } = raw;
    return {
      ...rest,
      option: rest["option"] ?? name ?? same,
      rejected_because: rest["rejected_because"] ?? reason ?? why_not,
    };
  },
  z.looseObject({ option: z.string(), rejected_because: z.string().default("") }),
);

/** Unknown keys of an entry stay in it and are written back. */
const decisionSchema = z.looseObject({
  /** `DEC-YYYYMMDD-NNNN`; an older id of another form stays what it is. */
  id: z.string().default(""),
  /** `YYYY-MM-DD`; empty where the file says none. */
  date: z.string().default(""),
  category: z.string().default("decision"),
  title: z.string(),
  summary: z.string().optional(),
  rationale: z.string().default(""),
  alternatives: z.array(alternative).default([]),
  impact: z.string().default("medium"),
  status: z.string().default("accepted"),
  agent: z.string().optional(),
  superseded_by: z.string().nullable().default(null),
});

export type Decision = z.infer<typeof decisionSchema>;

export type DecisionsFile = {
  readonly decisions: Decision[];
  /** What is wrong with the file. `decisions` then holds what could be read, and the file must be set aside. */
  readonly broken?: string;
  /** Keys of the file beside `decisions` (`$schema`, `_meta` …), written back as they are. */
  readonly rest: JsonObject;
};

const maxTitle = 100;

const titleOf = (text: string): string => {
  const line = text.trim().split(/\r?\n/)[0]?.trim() ?? "";
  return line.length <= maxTitle ? line : `${line.slice(0, maxTitle - 1).trimEnd()}…`;
};

const impactOfScope: Readonly<Record<string, string>> = {
  local: "low",
  module: "medium",
  service: "medium",
  system: "high",
  global: "high",
};

/** The text of a title line, and of the longer text where there is one. */
const textsOf = (raw: JsonObject): { title: unknown; summary: unknown; used: readonly string[] } => {
  const key = ["title", "summary", "decision", "description", "id", "decision_id"].find((name) => filled(raw[name]));
  if (key === undefined) return { title: raw["title"], summary: raw["summary"], used: [] };
  const text = String(raw[key]);
  const title = titleOf(text);
  if (raw["summary"] !== undefined) return { title, summary: raw["summary"], used: key === "decision" ? [key] : [] };
  if (key === "title" && filled(raw["description"]))
    return { title, summary: raw["description"], used: ["description"] };
  const used = key === "decision" || key === "description" ? [key] : [];
  return { title, summary: title === text ? undefined : text, used };
};

/** Other programs' names of the same things, moved to ours; what says more than ours does is left beside it. */
const renamed = (given: unknown): unknown => {
  if (filled(given)) return renamed({ decision: given });
  if (!isObject(given)) return given;
  const raw = Object.fromEntries(Object.entries(given).filter(([, inner]) => inner !== null));
  const inside = (key: string, name: string) => (isObject(raw[key]) ? raw[key][name] : undefined);
  const { impact } = raw;
  const { title, summary, used } = textsOf(raw);
  const when = raw["date"] ?? raw["timestamp"];
  const day = typeof when === "string" ? /^\d{4}-\d{2}-\d{2}/.exec(when)?.[0] : undefined;
  const id = raw["id"] ?? raw["decision_id"];
  const dropped = new Set([...used, ...(raw["id"] === undefined ? ["decision_id"] : [])]);
  return {
    ...Object.fromEntries(Object.entries(raw).filter(([key]) => !dropped.has(key))),
    id: typeof id === "number" ? String(id) : id,
    date: day ?? when,
    ...(day !== undefined && day !== when ? { timestamp: raw["timestamp"] ?? when } : {}),
    title,
    summary,
    rationale: raw["rationale"] ?? inside("context", "rationale"),
    alternatives: raw["alternatives"] ?? inside("context", "alternatives_considered"),
    agent: raw["agent"] ?? inside("made_by", "agent_role"),
    ...(isObject(impact)
      ? { impact: impactOfScope[String(impact["scope"])] ?? "medium", impact_details: impact }
      : { impact }),
    superseded_by: raw["superseded_by"] ?? null,
  };
};

const entrySchema = z.preprocess(renamed, decisionSchema);

/** The entries of any shape: an array, the same under an older name, or an object keyed by agent. */
const entriesOf = (value: unknown): { entries: unknown[]; rest: JsonObject; broken?: string } => {
  if (Array.isArray(value)) return { entries: value, rest: {} };
  if (!isObject(value)) return { entries: [], rest: {}, broken: "it holds no JSON object" };
  const { decisions, architectural_decisions: older, ...rest } = value;
  const found = decisions ?? older ?? [];
  const beside = decisions !== undefined && older !== undefined ? { ...rest, architectural_decisions: older } : rest;
  if (Array.isArray(found)) return { entries: found, rest: beside };
  if (!isObject(found)) return { entries: [], rest: beside, broken: "`decisions` is neither a list nor an object" };
  const entries = Object.entries(found).map(([agent, entry]) =>
    isObject(entry) ? { agent: agent.replaceAll("_", "-"), ...entry } : entry,
  );
  return { entries, rest: beside };
};

/** The next free `DEC-YYYYMMDD-NNNN` of a day. @param day `YYYY-MM-DD`, or anything else where it is not known */
export const nextId = (day: string, taken: ReadonlySet<string>): string => {
  const known = /^\d{4}-\d{2}-\d{2}$/.test(day);
  const prefix = `DEC-${known ? day.replaceAll("-", "") : "00000000"}-`;
  for (let number = 1; ; number++) {
    const id = `${prefix}${String(number).padStart(4, "0")}`;
    if (!taken.has(id)) return id;
  }
};

/** Every id once: an exact copy goes, another entry under the same id gets one of its own and remembers the old. */
const withIds = (entries: readonly Decision[]): Decision[] => {
  const taken = new Set(entries.map(({ id }) => id).filter(filled));
  const kept = new Map<string, Decision>();
  for (const entry of entries) {
    const first = entry.id === "" ? undefined : kept.get(entry.id);
    if (first && sameJson(first, entry)) continue;
    const id = entry.id === "" || first ? nextId(entry.date, taken) : entry.id;
    taken.add(id);
    kept.set(id, { ...entry, id, ...(first ? { former_id: entry.id } : {}) });
  }
  return [...kept.values()];
};

/** Reads `active.json` in any of its shapes; never throws. */
export const parseDecisions = (text: string | undefined): DecisionsFile => {
  const { value, problem } = parseJson(text);
  if (problem !== undefined) return { decisions: [], rest: {}, broken: problem };
  if (value === undefined) return { decisions: [], rest: {} };
  const { entries, rest, broken } = entriesOf(value);
  const read = entries.map((entry) => entrySchema.safeParse(entry));
  const bad = read.flatMap((one, index) =>
    one.success ? [] : [`entry ${index + 1} does not fit (${one.error.issues[0]?.path.join(".") || "not an object"})`],
  );
  const reason = broken ?? bad[0];
  return {
    decisions: withIds(read.flatMap((one) => (one.success ? [one.data] : []))),
    rest,
    ...(reason === undefined ? {} : { broken: reason }),
  };
};

/** Oldest first, then by id: the order does not depend on who wrote first. */
export const renderDecisions = (decisions: readonly Decision[], rest: JsonObject): string =>
  canonicalJson({
    $schema: "context://decisions/v1",
    ...rest,
    decisions: [...decisions].sort((a, b) => (`${a.date}\0${a.id}` < `${b.date}\0${b.id}` ? -1 : 1)),
  });

export const isInForce = (decision: Decision): boolean =>
  decision.superseded_by === null && !/^(superseded|deprecated|rejected)$/i.test(decision.status);
