/** Application factories that only a server calls (`uvicorn --factory`): they are called as it would. */
import type { Machine } from "./machine.ts";
import { field, textOf } from "./node.ts";
import { applicationsOf } from "./served.ts";
import { type FunctionValue, optionsOf } from "./values.ts";

type Candidate = { readonly of: FunctionValue; readonly body: string };

/** Of the repository's modules, those that nothing has called, the outermost first. */
export const callFactories = (machine: Machine): void => {
  const functions = [...machine.modules.values()].flatMap((module) =>
    [...module.scope.names.values()].flatMap((value): Candidate[] =>
      value.kind === "function" && value.module === module
        ? [{ of: value, body: textOf(field(value.node, "body") ?? value.node) }]
        : [],
    ),
  );
  let level = functions.filter(({ of, body }) => !machine.called.has(of.node) && /\b(FastAPI|Starlette)\(/.test(body));
  const factories: Candidate[] = [];
  while (level.length > 0) {
    factories.unshift(...level);
    const names = new RegExp(`\\b(${level.map(({ of }) => of.name).join("|")})\\(`);
    level = functions.filter((one) => !factories.includes(one) && names.test(one.body));
  }
  for (const { of } of factories)
    if (!machine.called.has(of.node)) machine.callFunction(of, { positional: [], keywords: new Map() });
};

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
