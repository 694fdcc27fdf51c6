/** Application factories that only a server calls (`uvicorn --factory`): they are called as it would. */
import type { Machine } from "./machine.ts";
import { field, textOf } from "./node.ts";
import type { FunctionValue } from "./values.ts";

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
