/** Application factories that only a server calls (`uvicorn --factory`): they are called as it would. */
import { type Machine, maxSteps, maxStepsOfFile, note } from "./machine.ts";
import { field, textOf } from "./node.ts";
import { applicationsOf } from "./served.ts";
import { type FunctionValue, type ModuleValue, optionsOf } from "./values.ts";

type Candidate = { readonly of: FunctionValue; readonly body: string };

const makesApplication = /\b(FastAPI|Starlette)\(/;

/** Of the repository's modules, those that nothing has called, the outermost first. */
export const callFactories = (machine: Machine): void => {
  const modules = [...machine.modules.values()];
  let level = modules
    .filter(({ root }) => root && makesApplication.test(root.tree.text))
    .flatMap(functionsOf)
    .filter(({ of, body }) => !machine.called.has(of.node) && makesApplication.test(body));
  if (level.length === 0) return;
  const functions = modules.flatMap(functionsOf);
  const factories: Candidate[] = [];
  while (level.length > 0) {
    factories.unshift(...level);
    const below = level.map(({ of }) => of);
    const names = new RegExp(`\\b(${below.map(({ name }) => name).join("|")})\\(`);
    level = functions.filter(
      (one) =>
        names.test(one.body) && !factories.some(({ of }) => of === one.of) && below.some((other) => calls(one, other)),
    );
  }
  for (const { of } of factories) {
    if (machine.called.has(of.node)) continue;
    machine.limit = Math.min(maxSteps, machine.steps + maxStepsOfFile);
    machine.callFunction(of, { positional: [], keywords: new Map() });
    if (machine.steps > machine.limit)
      note(machine, of, `${of.name} takes too many steps to follow: not all of it is known`);
  }
};

/** Another function of the same name is another one. */
const calls = ({ of, body }: Candidate, { name, node }: FunctionValue): boolean => {
  if (!new RegExp(`\\b${name}\\(`).test(body)) return false;
  const seen = of.module.scope.names.get(name);
  if (seen) return seen.kind === "function" && seen.node === node;
  return new RegExp(`\\.${name}\\(|\\bimport\\b[^\\n]*\\b${name}\\b`).test(body);
};

const functionsOf = (module: ModuleValue): readonly Candidate[] =>
  [...module.scope.names.values()].flatMap((value) =>
    value.kind === "function" && value.module === module
      ? [{ of: value, body: textOf(field(value.node, "body") ?? value.node) }]
      : [],
  );

/** A server starts an application by its lifespan and start-up functions, which may add routes. Of mounted ones it calls none. */
export const callStarts = (machine: Machine): void => {
  for (const app of applicationsOf(machine))
    for (const start of app.starts.flatMap(optionsOf))
      if (start.kind === "function" || start.kind === "partial")
        machine.call(start, { positional: [app], keywords: new Map() }, app.node, {
          scope: app.module.scope,
          module: app.module,
        });
};
