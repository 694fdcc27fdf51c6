/** What a run is given, and what its steps share. */
import type { Limits } from "../domain/budget.ts";
import type { Caps } from "../domain/caps.ts";
import type { Definition, WorkKind } from "../domain/definition.ts";
import type { RunEvent } from "../domain/event.ts";
import type { Spend } from "../domain/outcome.ts";
import type { StoredPlan } from "../domain/plan.ts";
import type { RunBounds } from "../domain/run-bounds.ts";
import type { Analysis, Clock, Model, RunRecord, ToolServers } from "../ports.ts";
import type { Remarks } from "./context.ts";
import type { Start } from "./converse.ts";
import type { Desks } from "./desk.ts";
import type { GatherDeps } from "./gather.ts";
import type { Halts } from "./halts.ts";
import type { Mode } from "./mode.ts";
import type { Progress, Watch } from "./progress.ts";
import type { Purse } from "./purse.ts";
import type { ServerDesk } from "./server-desk.ts";

export type ExecuteDeps = Omit<GatherDeps, "release" | "modelIn" | "reads" | "plan" | "askedOn" | "catchUp"> & {
  readonly model: Model;
  /** For a definition that names a model of its own; `model` for all where left out. */
  readonly modelFor?: ((definition: Pick<Definition, "model">) => Model) | undefined;
  /** By agent, as the repository chose; for them these stand over the others. */
  readonly chosen?: ReadonlyMap<string, Model> | undefined;
  /** Where a new conversation begins when its model is overloaded for long or refuses. */
  readonly fallback?: Model | undefined;
  /** Those that a command may name, by id. */
  readonly choices?: ReadonlyMap<string, Model> | undefined;
  /** Whose tools the run's own agent may call; none where left out. */
  readonly servers?: ToolServers | undefined;
  /** What reports claim is held against the code by it; against nothing where left out. */
  readonly analysis?: Analysis | undefined;
  readonly clock: Clock;
  /** The operator's. */
  readonly caps: Caps;
  /** What runs may spend together; without bounds where left out. */
  readonly purse?: Purse | undefined;
  /** How many may begin; as many as people like where left out, but for bots. */
  readonly runBounds?: RunBounds | undefined;
  /** Ends runs from outside; nobody does where left out. */
  readonly halts?: Halts | undefined;
  /** At most one edit of the status comment in this time. */
  readonly statusIntervalMs: number;
  /** Shared with whoever shows the queue on the same comments; its own where left out. */
  readonly desks?: Desks | undefined;
  readonly watch?: Watch | undefined;
  /** False where the operator runs without walls: people are told. */
  readonly sandboxed: boolean;
  /** @see Signing.signOff */
  readonly signOff: boolean;
  readonly log: (line: string) => void;
};

export type Halted = { readonly cause: "stopped" | "budget"; readonly reason: string };

/** What the steps of one run share. */
export type Run = {
  /** With the trigger whose request it is. */
  readonly record: RunRecord;
  /** Events of the runs that it goes on from. */
  readonly before: readonly RunEvent[];
  readonly progress: Progress;
  readonly remarks: Remarks;
  readonly servers: ServerDesk | undefined;
  /** As the request's words speak for; the agent may find the work to be of a larger kind. */
  readonly limits: Limits;
  readonly limitsOf: (kind: WorkKind) => Limits;
  readonly store: (events: readonly RunEvent[], spend: Spend) => Promise<void>;
  /** The App's end, a stop, or the end of the time. */
  readonly signal: AbortSignal;
  /** A word to the agent when its time is nearly over; nothing while it is not. */
  readonly hurry: ((end: string) => string | undefined) | undefined;
  /** The App's end alone: the run goes on afterwards. */
  readonly ending: AbortSignal;
  /** Why it is to end before its agent is done; undefined where it is not. */
  readonly halted: () => Promise<Halted | undefined>;
  readonly start: Start;
  /** Of a run that writes no code. */
  readonly mode: Mode | undefined;
  /** Of a run that carries a plan out. */
  readonly plan: StoredPlan | undefined;
};
