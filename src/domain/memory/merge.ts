/** Two versions of the memory files that grew from one: merged by what the entries mean, never as text. Touches no disk. */
import { type Decision, type DecisionsFile, nextId, parseDecisions, renderDecisions } from "./decisions.ts";
import { canonicalJson, isObject, type JsonObject, sameJson } from "./json.ts";
import { parseState, renderState, type State } from "./state.ts";

/** The two files' texts; undefined where there is no such file. */
export type MemoryTexts = { readonly decisions?: string | undefined; readonly state?: string | undefined };

export type Merged = { readonly decisions: string; readonly state: string; readonly notes: string[] };

/**
 * @param base what both grew from @param ours the branch @param theirs the branch it is merged with, whose ids are
 * published already: of two new decisions with one id, ours gets another
 */
export const mergeMemory = (base: MemoryTexts, ours: MemoryTexts, theirs: MemoryTexts): Merged => {
  const [from, left, right] = [base, ours, theirs].map((texts) => parseDecisions(texts.decisions)) as [
    DecisionsFile,
    DecisionsFile,
    DecisionsFile,
  ];
  const notes = [left, right].flatMap(({ broken }) =>
    broken === undefined ? [] : [`A version of ${decisionsFile} could be read in part only: ${broken}.`],
  );
  const renames = clashes(from.decisions, left.decisions, right.decisions);
  for (const [old, id] of renames) notes.push(`Our decision ${old} is now ${id}: the other branch has one of that id.`);
  const renumber = (id: string) => renames.get(id) ?? id;
  const renumbered = left.decisions.map((one) => ({
    ...one,
    id: renumber(one.id),
    superseded_by: one.superseded_by === null ? null : renumber(one.superseded_by),
  }));
  const decisions = mergeEntries(from.decisions, renumbered, right.decisions, ({ id }) => id, notes);
  const rest = mergeObjects(from.rest, left.rest, right.rest, decisionsFile, notes);
  const states = [base, ours, theirs].map((texts) => parseState(texts.state).state) as [State, State, State];
  states[1] = renameIn(states[1], renumber);
  return { decisions: renderDecisions(decisions, rest), state: renderState(mergeStates(...states, notes)), notes };
};

const decisionsFile = "active.json";

/** New on both sides under one id, and not the same: ours moves to the next free number of its day. */
const clashes = (
  base: readonly Decision[],
  ours: readonly Decision[],
  theirs: readonly Decision[],
): Map<string, string> => {
  const known = new Set(base.map(({ id }) => id));
  const other = new Map(theirs.map((one) => [one.id, one]));
  const taken = new Set([...base, ...ours, ...theirs].map(({ id }) => id));
  const renames = new Map<string, string>();
  for (const one of ours) {
    const twin = other.get(one.id);
    if (known.has(one.id) || !twin || sameJson(one, twin)) continue;
    const id = nextId(one.date, taken);
    taken.add(id);
    renames.set(one.id, id);
  }
  return renames;
};

const renameIn = (state: State, renumber: (id: string) => string): State => ({
  ...state,
  agent_decisions: Object.fromEntries(
    Object.entries(state.agent_decisions).map(([agent, list]) => [
      agent,
      list.map((entry) => (entry.id === undefined ? entry : { ...entry, id: renumber(entry.id) })),
    ]),
  ),
});

/** One value: what one side changed stands; where both did, theirs stands and a note says so. */
const mergeValue = (base: unknown, ours: unknown, theirs: unknown, what: string, notes: string[]): unknown => {
  if (sameJson(ours, theirs) || sameJson(base, theirs)) return ours;
  if (sameJson(base, ours)) return theirs;
  if (isObject(ours) && isObject(theirs)) return mergeObjects(isObject(base) ? base : {}, ours, theirs, what, notes);
  notes.push(`Both branches changed ${what}: the other branch's value stands.`);
  return theirs;
};

const mergeObjects = (
  base: JsonObject,
  ours: JsonObject,
  theirs: JsonObject,
  what: string,
  notes: string[],
): JsonObject => {
  const keys = new Set([...Object.keys(ours), ...Object.keys(theirs)]);
  const merged = [...keys].map(
    (key) => [key, mergeValue(base[key], ours[key], theirs[key], `\`${key}\` of ${what}`, notes)] as const,
  );
  return Object.fromEntries(merged.filter(([, value]) => value !== undefined));
};

/**
 * Lists of entries that a key identifies, theirs first, then what is new of ours. Gone on one side and untouched on the
 * other means gone; gone here and changed there means kept.
 */
const mergeEntries = <T extends JsonObject>(
  base: readonly T[],
  ours: readonly T[],
  theirs: readonly T[],
  keyOf: (entry: T) => string,
  notes: string[],
): T[] => {
  const [from, left, right] = [base, ours, theirs].map((list) => new Map(list.map((one) => [keyOf(one), one])));
  const merged: T[] = [];
  for (const key of new Set([...theirs, ...ours].map(keyOf))) {
    const [was, mine, other] = [from?.get(key), left?.get(key), right?.get(key)];
    if (mine && other) merged.push(mergeObjects(was ?? {}, mine, other, key, notes) as T);
    else {
      const only = mine ?? other;
      if (only && !(was && sameJson(was, only))) merged.push(only);
    }
  }
  return merged;
};

const keyOfEntry = (entry: JsonObject): string => String(entry["run"] ?? entry["id"] ?? canonicalJson(entry));

const mergeStates = (base: State, ours: State, theirs: State, notes: string[]): State => {
  const agents = new Set([...Object.keys(theirs.agent_decisions), ...Object.keys(ours.agent_decisions)]);
  const list = <T extends JsonObject>(pick: (state: State) => readonly T[], keyOf = keyOfEntry): T[] =>
    mergeEntries(pick(base), pick(ours), pick(theirs), keyOf, notes);
  const completed = list((state) => state.tasks_completed);
  const finished = new Set(completed.map(keyOfEntry));
  const { tasks_completed: _c, tasks_pending: _p, agent_decisions: _a, ...rest } = theirs;
  const [baseRest, oursRest] = [base, ours].map((state) => restOf(state));
  return {
    ...rest,
    ...mergeObjects(baseRest ?? {}, oursRest ?? {}, rest, "state.json", []),
    schema_version: theirs.schema_version,
    agent_decisions: Object.fromEntries(
      [...agents].map((agent) => [
        agent,
        list(
          (state) => state.agent_decisions[agent] ?? [],
          (entry) => String(entry["id"] ?? canonicalJson(entry)),
        ),
      ]),
    ),
    tasks_completed: completed,
    tasks_pending: list((state) => state.tasks_pending).filter((task) => !finished.has(keyOfEntry(task))),
  };
};

const restOf = ({ tasks_completed: _c, tasks_pending: _p, agent_decisions: _a, ...rest }: State): JsonObject => rest;
