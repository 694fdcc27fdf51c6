/** Puts the interpreter together and executes every module of a repository once. */
import { attribute } from "./attributes.ts";
import { call, callFunction } from "./calls.ts";
import { argumentsOf, evaluate, evaluateLazily } from "./evaluate.ts";
import { callFactories } from "./factories.ts";
import { importModule, load } from "./imports.ts";
import { type Machine, maxSteps, maxStepsOfFile } from "./machine.ts";
import { createModuleIndex } from "./modules.ts";
import { type Node, rootOf, type Tree } from "./node.ts";
import { register } from "./routers.ts";
import { bind, run } from "./statements.ts";
import { noteUnreached } from "./unreached.ts";

/** Tests and migrations are no part of what is served. */
const isExecuted = (path: string): boolean =>
  !/(^|\/)(tests?|(alembic|migrations?)(\/versions)?|node_modules|site-packages|\.?venv)\/([^/]*$|.*\/)/.test(path) &&
  !/(^|\/)(test_[^/]*|[^/]*_test|conftest)\.py$/.test(path);

/** @param trees by repository path */
export const interpret = (trees: ReadonlyMap<string, Tree>): Machine => {
  const paths = [...trees.keys()].filter(isExecuted).sort();
  const roots = new Map<string, Node>();
  for (const path of paths) roots.set(path, rootOf(trees.get(path) as Tree));
  const machine: Machine = {
    index: createModuleIndex(paths),
    roots,
    modules: new Map(),
    routers: [],
    classes: [],
    calls: [],
    notes: [],
    conditions: [],
    stack: [],
    called: new Set(),
    applied: new Set(),
    typesOnly: false,
    steps: 0,
    limit: maxSteps,
    load: (path) => load(machine, path),
    importModule: (dotted, from) => importModule(machine, dotted, from),
    run: (statements, frame, returns) => run(machine, statements, frame, returns),
    evaluate: (node, frame) => evaluate(machine, node, frame),
    evaluateLazily: (node, frame) => evaluateLazily(machine, node, frame),
    argumentsOf: (node, frame) => argumentsOf(machine, node, frame),
    attribute: (of, name) => attribute(machine, of, name),
    call: (callee, args, node, frame) => call(machine, callee, args, node, frame),
    callFunction: (callee, args) => callFunction(machine, callee, args),
    bind: (target, value, frame) => bind(machine, target, value, frame),
    register: (router, method, node, endpoint, inner, frame) =>
      register(machine, router, method, node, endpoint, inner, frame),
  };
  for (const path of paths) machine.load(path);
  machine.limit = Math.min(maxSteps, machine.steps + maxStepsOfFile);
  callFactories(machine);
  noteUnreached(machine);
  return machine;
};
