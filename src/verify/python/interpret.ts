/** Puts the interpreter together and executes every module of a repository once. */
import { attribute } from "./attributes.ts";
import { call, callFunction } from "./calls.ts";
import { argumentsOf, evaluate, evaluateLazily } from "./evaluate.ts";
import { callFactories, callStarts } from "./factories.ts";
import { importModule, load } from "./imports.ts";
import { type Machine, maxSteps, maxStepsOfFile } from "./machine.ts";
import { createModuleIndex } from "./modules.ts";
import { type Node, rootOf, type Tree } from "./node.ts";
import { register } from "./routers.ts";
import { bind, run } from "./statements.ts";
import { noteUnreached } from "./unreached.ts";

const folderPattern = (names: string): RegExp => new RegExp(`(^|/)(${names})/`);
const foreign = folderPattern("alembic|migrations?|node_modules|site-packages|\\.?venv");
const tests = folderPattern("tests?");

const isMigration = (path: string, { text }: Tree): boolean =>
  path.includes("versions/") && /^down_revision\b/m.test(text);

/** Tests are no part of what is served, unless it imports them. */
export const isTest = (path: string): boolean =>
  tests.test(path) || /(^|\/)(test_[^/]*|[^/]*_test|conftest)\.py$/.test(path);

/** @param trees by repository path */
export const interpret = (trees: ReadonlyMap<string, Tree>): Machine => {
  const roots = new Map<string, Node>();
  for (const [path, tree] of [...trees].sort(([one], [other]) => (one < other ? -1 : 1)))
    if (!foreign.test(path) && !isMigration(path, tree)) roots.set(path, rootOf(tree));
  const paths = [...roots.keys()].filter((path) => !isTest(path));
  const machine: Machine = {
    index: createModuleIndex(paths, [...roots.keys()]),
    roots,
    modules: new Map(),
    routers: [],
    classes: [],
    calls: [],
    notes: [],
    fitting: new Map(),
    conditions: [],
    stack: [],
    called: new Set(),
    applied: new Set(),
    site: undefined,
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
  callFactories(machine);
  machine.limit = Math.min(maxSteps, machine.steps + maxStepsOfFile);
  callStarts(machine);
  noteUnreached(machine);
  return machine;
};
