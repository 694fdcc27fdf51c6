/** The interpreter's state and its parts by name, so that each part stands in a file of its own and none imports another in a circle. */
import type { ModuleIndex } from "./modules.ts";
import { type Node, textOf } from "./node.ts";
import type {
  Arguments,
  ClassValue,
  ExternalCallValue,
  FunctionValue,
  ModuleValue,
  Origin,
  RouterValue,
  Scope,
  Value,
} from "./values.ts";
import { unknown } from "./values.ts";

/** Where code is being executed. */
export type Frame = { readonly scope: Scope; readonly module: ModuleValue };

/** What a function's body may return. */
export type Returns = { readonly values: Value[] };

/** How a block ends early. @property condition under which it does; undefined where it always does */
export type End = { readonly kind: "return" | "raise" | "break" | "continue"; readonly condition?: string };

export type Note = { readonly file: string; readonly line: number; readonly about: string };

export type Machine = {
  readonly index: ModuleIndex;
  readonly modules: Map<string, ModuleValue>;
  readonly roots: ReadonlyMap<string, Node>;
  readonly routers: RouterValue[];
  readonly classes: ClassValue[];
  /** Calls of packages that are facts by themselves: `Table(…)`, `strawberry.Schema(…)`, `Limiter(…)`. */
  readonly calls: ExternalCallValue[];
  readonly notes: Note[];
  /** By a package's name, which of the known functions it is: asking all their patterns takes time. */
  readonly fitting: Map<string, readonly number[]>;
  /** Conditions that the code being executed stands under. */
  readonly conditions: string[];
  readonly stack: Node[];
  /** Functions of the repository that were called. */
  readonly called: Set<Node>;
  /** Decorators that registered something. */
  readonly applied: Set<Node>;
  /** The decorator that is being applied, outermost. */
  site: Origin | undefined;
  /** Below `if TYPE_CHECKING`. */
  typesOnly: boolean;
  steps: number;
  /** At so many steps the file that is being executed is given up. */
  limit: number;

  load(path: string): ModuleValue;
  importModule(dotted: string, from: ModuleValue): Value;
  run(statements: readonly Node[], frame: Frame, returns?: Returns): End | undefined;
  evaluate(node: Node | undefined, frame: Frame): Value;
  /** As `evaluate`, but a name of a module that is being executed stays one. */
  evaluateLazily(node: Node, frame: Frame): Value;
  argumentsOf(call: Node, frame: Frame): Arguments;
  attribute(of: Value, name: string): Value;
  call(callee: Value, args: Arguments, call: Node, frame: Frame): Value;
  callFunction(callee: FunctionValue, args: Arguments): Value;
  bind(target: Node, value: Value, frame: Frame): void;
  register(
    router: RouterValue,
    method: string,
    call: Node,
    endpoint: Value,
    inner: readonly Node[],
    frame: Frame,
  ): void;
};

export const maxSteps = 8_000_000;
export const maxStepsOfFile = 1_000_000;
export const maxDepth = 10;
export const maxItems = 10_000;

/** Follows names of modules that have been executed meanwhile. */
export const force = (value: Value | undefined): Value => {
  let now = value;
  for (let hops = 0; now?.kind === "lazy"; hops++) {
    const next = now.module.scope.names.get(now.name);
    if (!next || next === now || hops > 50) return unknown(`${now.name} of a module that imports itself`);
    now = next;
  }
  return now ?? unknown("nothing");
};

export const note = (machine: Machine, { module, node }: { module: ModuleValue; node: Node }, about: string): void => {
  machine.notes.push({ file: module.path, line: node.line, about });
};

export const conditionNow = ({ conditions }: Machine): string | undefined => {
  const said = [...new Set(conditions)].join(" and ");
  return said === "" ? undefined : said.length > 240 ? `${said.slice(0, 239)}…` : said;
};

export const shortTextOf = (node: Node): string => {
  const whole = textOf(node).replace(/\s+/g, " ");
  return whole.length > 80 ? `${whole.slice(0, 79)}…` : whole;
};
