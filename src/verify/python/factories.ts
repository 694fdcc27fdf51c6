/** Application factories that only a server calls (`uvicorn --factory`): they are called as it would. */
import type { Machine } from "./machine.ts";
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
    const names = new RegExp(`\\b(${level.map(({ of }) => of.name).join("|")})\\(`);
    level = functions.filter(({ of, body }) => !factories.some((one) => one.of === of) && names.test(body));
  }
  for (const { of } of factories)
    if (!machine.called.has(of.node)) machine.callFunction(of, { positional: [], keywords: new Map() });
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
