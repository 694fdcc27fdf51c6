/** Statements that decide: where a condition is known one way is executed, else all of them, each under its condition. */
import { join, joinNames, namesOf, restore } from "./join.ts";
import { type End, type Frame, type Machine, type Returns, shortTextOf } from "./machine.ts";
import { children, field, fields, type Node, textOf } from "./node.ts";
import { truthOf } from "./truth.ts";
import { optionsOf, type Scope, text, unknown, type Value } from "./values.ts";

const mostLoops = 500;

export const bodyOf = (node: Node | undefined): readonly Node[] => (node ? children(node) : []);

type Arm = { readonly condition: string | undefined; readonly run: () => End | undefined };
type Way = { readonly end: End | undefined; readonly names: ReadonlyMap<string, Value>; readonly arm: Arm };

const isOver = ({ end }: Way): boolean => end !== undefined && end.condition === undefined;

export const under = <T>(machine: Machine, condition: string | undefined, what: () => T): T => {
  if (condition === undefined) return what();
  machine.conditions.push(condition);
  const result = what();
  machine.conditions.pop();
  return result;
};

/** Executes each arm from the same names; afterwards a name is what any of the arms that go on made it. */
const fork = (machine: Machine, scope: Scope, arms: readonly Arm[]): End | undefined => {
  const before = namesOf(scope);
  machine.steps += before.size * arms.length;
  const ways = arms.map((arm): Way => {
    restore(scope, before);
    const end = under(machine, arm.condition, arm.run);
    return { end, names: namesOf(scope), arm };
  });
  return merge(scope, ways);
};

const merge = (scope: Scope, ways: readonly Way[]): End | undefined => {
  const alive = ways.filter((way) => !isOver(way));
  joinNames(
    scope,
    (alive.length > 0 ? alive : ways).map(({ names }) => names),
  );
  const ends = ways.filter(isOver).flatMap(({ end, arm }) => (end && end.kind !== "raise" ? [{ end, arm }] : []));
  if (alive.length === 0) return ends[0]?.end ?? ways[0]?.end;
  const [over] = ends;
  if (over) return { kind: over.end.kind, condition: over.arm.condition ?? "what stands before it holds" };
  return alive.find(({ end }) => end !== undefined)?.end;
};

/** What only type checkers see is no value. */
const isForTypes = (said: string): boolean => /\bTYPE_CHECKING\b/.test(said);

const isMain = (said: string): boolean => /^\(?__name__\s*==/.test(said);

/** Started as a script, a file may make an application that is there in no other way. */
const makesApplication = (node: Node): boolean => /\b(FastAPI|include_router|add_api_route)\(/.test(textOf(node));

export const runIf = (machine: Machine, node: Node, frame: Frame, returns: Returns | undefined): End | undefined => {
  const branches = [node, ...fields(node, "alternative")];
  const decide = (at: number): End | undefined => {
    const branch = branches[at];
    if (!branch) return undefined;
    const condition = field(branch, "condition");
    const body = bodyOf(field(branch, "consequence") ?? field(branch, "body"));
    const execute = (): End | undefined => machine.run(body, frame, returns);
    if (!condition) return execute();
    const said = shortTextOf(condition);
    if (isForTypes(said)) {
      seenByTypeCheckers(machine, execute);
      return decide(at + 1);
    }
    if (isMain(said) && !makesApplication(branch)) return decide(at + 1);
    const truth = truthOf(machine.evaluate(condition, frame));
    if (truth !== undefined) return truth ? execute() : decide(at + 1);
    return fork(machine, frame.scope, [
      { condition: said, run: execute },
      { condition: `not (${said})`, run: () => decide(at + 1) },
    ]);
  };
  return decide(0);
};

const seenByTypeCheckers = (machine: Machine, execute: () => unknown): void => {
  const { typesOnly } = machine;
  machine.typesOnly = true;
  execute();
  machine.typesOnly = typesOnly;
};

/** Undefined where it is not known what is in it. */
export const itemsToLoop = (over: Value): readonly Value[] | undefined => {
  if (over.kind === "list") return over.items;
  if (over.kind === "dict") return [...over.entries.keys()].map((key) => text(key));
  if (over.kind !== "either") return undefined;
  const each = over.options.map(itemsToLoop);
  return each.every((one) => one !== undefined) ? each.flat() : undefined;
};

export const runFor = (machine: Machine, node: Node, frame: Frame, returns: Returns | undefined): End | undefined => {
  const right = field(node, "right");
  const over = machine.evaluate(right, frame);
  const target = field(node, "left");
  const body = bodyOf(field(node, "body"));
  const said = `for ${target ? textOf(target) : "_"} in ${right ? shortTextOf(right) : "?"}`;
  const once = (item: Value): End | undefined => {
    if (target) machine.bind(target, item, frame);
    return machine.run(body, frame, returns);
  };
  const items = itemsToLoop(over);
  if (!items)
    return fork(machine, frame.scope, [
      { condition: said, run: () => withoutLoop(once(unknown(`one of ${said}`))) },
      { condition: undefined, run: () => undefined },
    ]);
  return under(machine, over.kind === "either" ? said : undefined, () => loop(machine, items, once));
};

/** `break` and `continue` end nothing but the loop. */
const withoutLoop = (end: End | undefined): End | undefined =>
  end?.kind === "break" || end?.kind === "continue" ? undefined : end;

const loop = (machine: Machine, items: readonly Value[], once: (item: Value) => End | undefined): End | undefined => {
  let perhaps: End | undefined;
  const depth = machine.conditions.length;
  for (const item of items.slice(0, mostLoops)) {
    const end = once(item);
    if (!end || end.kind === "continue") continue;
    if (end.condition === undefined) {
      machine.conditions.length = depth;
      return withoutLoop(end) ?? perhaps;
    }
    machine.conditions.push(`not (${end.condition})`);
    if (end.kind === "return") perhaps ??= end;
  }
  machine.conditions.length = depth;
  return perhaps;
};

export const runWhile = (machine: Machine, node: Node, frame: Frame, returns: Returns | undefined): End | undefined => {
  const condition = field(node, "condition");
  const truth = condition && truthOf(machine.evaluate(condition, frame));
  if (truth === false) return undefined;
  const run = (): End | undefined => withoutLoop(machine.run(bodyOf(field(node, "body")), frame, returns));
  if (truth) return run();
  return fork(machine, frame.scope, [
    { condition: `while ${condition ? shortTextOf(condition) : "?"}`, run },
    { condition: undefined, run: () => undefined },
  ]);
};

export const runMatch = (machine: Machine, node: Node, frame: Frame, returns: Returns | undefined): End | undefined => {
  const subject = field(node, "subject");
  const said = subject ? shortTextOf(subject) : "match";
  const cases = bodyOf(field(node, "body"));
  const arms = cases.map((one): Arm => {
    const pattern = children(one).find(({ type }) => type === "case_pattern");
    return {
      condition: `${said} is ${pattern ? shortTextOf(pattern) : "?"}`,
      run: () => machine.run(bodyOf(field(one, "consequence")), frame, returns),
    };
  });
  return fork(machine, frame.scope, [...arms, { condition: undefined, run: () => undefined }]);
};

/** The body, or as far as it came and then one of its handlers. */
export const runTry = (machine: Machine, node: Node, frame: Frame, returns: Returns | undefined): End | undefined => {
  const { scope } = frame;
  const blockOf = (part: Node | undefined): readonly Node[] =>
    bodyOf(part && children(part).find(({ type }) => type === "block"));
  const parts = children(node);
  const start = namesOf(scope);
  machine.steps += start.size * parts.length;
  const end = machine.run(bodyOf(field(node, "body")), frame, returns);
  const reached = namesOf(scope);
  const otherwise = end
    ? undefined
    : machine.run(blockOf(parts.find(({ type }) => type === "else_clause")), frame, returns);
  const done: Way = {
    end: end ?? otherwise,
    names: namesOf(scope),
    arm: { condition: "nothing fails", run: () => end },
  };
  const handlers = parts.filter(({ type }) => type.startsWith("except"));
  const failed = handlers.map((handler): Way => {
    restore(scope, start);
    joinNames(scope, [start, reached]);
    const said = shortTextOf(handler).replace(/:.*$/, "");
    const arm: Arm = { condition: said, run: () => machine.run(blockOf(handler), frame, returns) };
    return { end: under(machine, said, arm.run), names: namesOf(scope), arm };
  });
  const result = merge(scope, [done, ...failed]);
  const last = machine.run(blockOf(parts.find(({ type }) => type === "finally_clause")), frame, returns);
  return last ?? result;
};

/** What a call of a function gives, by all that it may return. */
export const returned = ({ values }: Returns, end: End | undefined, name: string): Value => {
  const isOpen = end === undefined || end.condition !== undefined;
  return join(isOpen ? [...values, { kind: "none" }] : values.flatMap(optionsOf), `what ${name}() returns`);
};
