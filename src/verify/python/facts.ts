/** All facts of a repository's Python, from its syntax trees. */
import type { Facts, HandlerFact, MiddlewareFact, UnknownFact } from "../../domain/facts.ts";
import { endpointFacts } from "./endpoint-facts.ts";
import { graphqlFacts } from "./graphql-facts.ts";
import { importFacts } from "./import-facts.ts";
import { interpret } from "./interpret.ts";
import type { Machine } from "./machine.ts";
import { modelFacts } from "./model-facts.ts";
import type { Tree } from "./node.ts";
import { plainEntries } from "./plain.ts";
import { nameOf } from "./routers.ts";
import { schemaFacts, settingFacts } from "./schema-facts.ts";

/** @param trees by repository path */
export const collectFacts = (trees: ReadonlyMap<string, Tree>): Facts => {
  const machine = interpret(trees);
  const { endpoints, bodies, responses, unknown } = endpointFacts(machine);
  return {
    endpoints,
    graphql: graphqlFacts(machine),
    models: modelFacts(machine),
    schemas: schemaFacts(machine, { bodies, responses }),
    middleware: middlewareFacts(machine),
    handlers: handlerFacts(machine),
    settings: settingFacts(machine),
    imports: importFacts(trees),
    unknown: distinct([...machine.notes, ...unknown]),
  };
};

const applications = (machine: Machine) => machine.routers.filter(({ type }) => type === "app");

const middlewareFacts = (machine: Machine): readonly MiddlewareFact[] =>
  applications(machine).flatMap(({ middleware }) =>
    middleware.map(({ name, keywords, module, node }) => ({
      name,
      config: plainEntries(keywords),
      file: module.path,
      line: node.line,
    })),
  );

const handlerFacts = (machine: Machine): readonly HandlerFact[] =>
  applications(machine).flatMap(({ handlers }) =>
    handlers.map(({ catches, handler, module, node }) => ({
      catches: nameOf(catches),
      handler: nameOf(handler),
      file: module.path,
      line: node.line,
    })),
  );

const distinct = (notes: readonly UnknownFact[]): readonly UnknownFact[] => [
  ...new Map(notes.map((one) => [`${one.file}:${one.line}:${one.about}`, one])).values(),
];
