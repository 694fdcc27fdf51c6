/** An agent's conversation from where it stands: with the model that wrote it, or taken up anew where that one is gone, overloaded or refuses. */
import { isDeepStrictEqual } from "node:util";
import { treeHash } from "../domain/changeset.ts";
import { type Definition, subagentsOf } from "../domain/definition.ts";
import { BusyError } from "../domain/errors.ts";
import type { RunEvent } from "../domain/event.ts";
import type { ToolSpec, UserMessage } from "../domain/message.ts";
import type { Spend } from "../domain/outcome.ts";
import { imagesOfBrief } from "../domain/request-images.ts";
import { summariseRun, withSummary } from "../domain/summary.ts";
import type { Model } from "../ports.ts";
import { toolsToday } from "./conversation.ts";
import { type LoopDeps, type LoopEnd, runLoop } from "./loop.ts";
import { type ResumeState, spentBy, stateIn } from "./resume.ts";
import { isOffered } from "./tools/create-tools.ts";

/** Whom an agent may speak with: its model, and where there is one, the model that stands in for it. */
export type Cast = { readonly model: Model; readonly fallback?: Model | undefined };

export type Start = {
  readonly model: Model;
  /** Goes on as it was. */
  readonly resume?: ResumeState | undefined;
  /** Cannot go on as it was, so another conversation takes its work up. */
  readonly left?: { readonly state: ResumeState; readonly why: string } | undefined;
};

/** @param state where a conversation of the agent stands already, if one was begun */
export const startOf = (cast: Cast, definition: Definition, state: ResumeState | undefined): Start => {
  const { model, fallback } = cast;
  if (!state) return { model };
  const writer = [model, fallback].find((one) => one?.name === state.model);
  // After the report was judged, no model is asked any more.
  if (state.judged) return { model: writer ?? model, resume: state };
  if (!writer) return { model, left: { state, why: `The model ${state.model} is not used here any more.` } };
  const gone = state.tools.map(({ name }) => name).filter((name) => !has(definition, name));
  if (gone.length === 0) return { model: writer, resume: state };
  return {
    model,
    left: { state, why: `The agent has no ${gone.join(" and no ")} any more, as it had when it began.` },
  };
};

const has = (definition: Definition, tool: string): boolean =>
  isOffered(definition, tool) && (tool !== "Agent" || subagentsOf(definition).length > 0);

type Frame = Omit<LoopDeps, "model" | "resume" | "takesUp">;

/**
 * The loop. A transcript stays with the model that wrote it, since thinking is bound to it: while that one is overloaded
 * the run fails, to go on later. Only what was not begun yet begins with the fallback, and what was refused, from a summary.
 *
 * @param events of the conversation so far, as stored @param onModel told whom it speaks with from now on
 */
export const converse = async (
  frame: Frame,
  start: Start,
  { fallback }: Pick<Cast, "fallback">,
  {
    events,
    child,
    onModel = () => undefined,
  }: {
    readonly events: () => Promise<readonly RunEvent[]>;
    readonly child?: string;
    readonly onModel?: (model: Model) => void;
  },
): Promise<LoopEnd> => {
  const { model, resume, left } = start;
  const other = fallback && fallback.name !== model.name ? fallback : undefined;
  const takeUp = async (next: Model, why: string, known?: { state?: ResumeState; spent?: Spend }): Promise<LoopEnd> => {
    const stored = await events();
    const state = known?.state ?? stateIn(stored, child);
    if (!state) throw new Error("there is no conversation that could be taken up");
    onModel(next);
    return runLoop(takingUp(frame, next, state, { why, spent: known?.spent, stored: ownOf(stored, child) }));
  };
  const begin = (): Promise<LoopEnd> => {
    if (left) return takeUp(model, left.why, { state: left.state });
    const changed = resume && !resume.judged ? changedTools(resume, toolsToday({ ...frame, model, resume })) : [];
    if (resume && changed.length > 0) return takeUp(model, changedWhy(changed), { state: resume });
    return runLoop({ ...frame, model, resume });
  };
  const end = await begin().catch(async (error: unknown) => {
    if (!other || !(error instanceof BusyError) || !(await isFresh(events, child))) throw error;
    return takeUp(other, `${model.name} is overloaded.`);
  });
  if (!other || end.kind !== "blocked" || end.cause !== "refusal") return end;
  return takeUp(other, `${model.name} refused to go on.`, { spent: end.spend });
};

/** What the model was told of a tool's input is what it sends: where that is another one by now, it can't go on. */
const changedTools = ({ tools }: ResumeState, today: readonly ToolSpec[]): readonly string[] =>
  tools
    .filter((tool) => {
      const now = today.find(({ name }) => name === tool.name);
      return !now || !isDeepStrictEqual(shapeOf(tool.input_schema), shapeOf(now.input_schema));
    })
    .map(({ name }) => name);

const changedWhy = (names: readonly string[]): string =>
  names.length === 1
    ? `The tool ${names[0]} takes other input by now than when it began.`
    : `The tools ${names.join(", ")} take other input by now than when it began.`;

/** A schema without its words for the model; a property may be called `description`, too. */
const shapeOf = (node: unknown): unknown => {
  if (Array.isArray(node)) return node.map(shapeOf);
  if (typeof node !== "object" || node === null) return node;
  return Object.fromEntries(
    Object.entries(node)
      .filter(([key, value]) => !(key === "description" && typeof value === "string"))
      .map(([key, value]) => [key, shapeOf(value)]),
  );
};

const ownOf = (events: readonly RunEvent[], child: string | undefined): readonly RunEvent[] =>
  child === undefined ? events : events.filter((event) => event.child === child);

/** Nothing was thought in it yet. */
const isFresh = async (events: () => Promise<readonly RunEvent[]>, child: string | undefined): Promise<boolean> =>
  stateIn(await events(), child)?.messages.every(({ role }) => role === "user") === true;

const takingUp = (
  frame: Frame,
  model: Model,
  state: ResumeState,
  {
    why,
    spent,
    stored,
  }: { readonly why: string; readonly spent: Spend | undefined; readonly stored: readonly RunEvent[] },
): LoopDeps => {
  const begun = state.messages.some(({ role }) => role === "assistant") || state.takesUp !== undefined;
  const reason = begun
    ? `${why} ${model.name} goes on in a new conversation, from a summary of what was done.`
    : `${why} The run begins with ${model.name}.`;
  const brief = briefFor(model, frame.firstMessage, state);
  return {
    ...frame,
    model,
    found: frame.found || state.changeset.length > 0 ? state.changeset : undefined,
    firstMessage: begun ? withSummary(brief, why, summariseRun(stored)) : brief,
    takesUp: {
      why: reason,
      spent: spent ?? spentBy(state),
      found: state.found,
      tasks: state.tasks,
      remembered: state.remembered,
      remarks: state.remarks,
      evidence: state.evidence.filter(({ tree }) => tree === treeHash(state.changeset)),
    },
  };
};

/** The images of the request go with it, to a model that sees. They were fetched when the first conversation began. */
const briefFor = (model: Model, brief: UserMessage, state: ResumeState): UserMessage => {
  const images = imagesOfBrief(state.messages);
  if (images.length === 0) return brief;
  const [head] = brief.content;
  const none = { type: "text" as const, text: `The images of the request are left out: ${model.name} takes none.` };
  return { role: "user", content: [...(head ? [head] : []), ...(model.images ? images : [none])] };
};
