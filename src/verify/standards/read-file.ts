/** One file read for the standards, once: every rule looks at the same calls, assignments and functions. */
import type { EndpointFact, Facts } from "../../domain/facts.ts";
import type { Span } from "../../domain/standards.ts";
import { graphqlHandler } from "../python/graphql-router.ts";
import { children, field, type Node, rootOf, textOf, walk } from "../python/node.ts";
import type { Call, CodeFile, Endpoint, Input, Source } from "./code.ts";
import { assignmentOf, dottedOf, type Import, importsIn } from "./names.ts";
import { lastLine, spanOf } from "./place.ts";

const callOf = (node: Node, names: ReadonlyMap<string, string>): Call => {
  const all = field(node, "arguments");
  const list = !all ? [] : all.type === "argument_list" ? children(all) : [all];
  const keywords = new Map<string, Node>();
  const args: Node[] = [];
  for (const one of list) {
    const value = field(one, "value");
    if (one.type === "keyword_argument" && value) keywords.set(textOf(field(one, "name") ?? one), value);
    else args.push(one);
  }
  return { node, name: dottedOf(field(node, "function"), names), args, keywords };
};

type Endpoints = Pick<CodeFile, "path" | "calls" | "functions">;

const decoratorsOf = (fn: Node): readonly Node[] =>
  fn.parent?.type === "decorated_definition" ? children(fn.parent).filter(({ type }) => type === "decorator") : [];

const endpointOf = (fact: EndpointFact, file: Endpoints): Endpoint => {
  const named = file.functions.filter((fn) => textOf(field(fn, "name") ?? fn) === fact.handler);
  const declares = (fn: Node) => decoratorsOf(fn).find((one) => one.line <= fact.line && lastLine(one) >= fact.line);
  const handlerNode =
    named.find(declares) ?? (named.length === 1 ? named[0] : named.find((fn) => fn.line >= fact.line)) ?? undefined;
  const decorator = handlerNode && declares(handlerNode);
  const declaration = decorator
    ? children(decorator)[0]
    : file.calls.find(({ node }) => node.line <= fact.line && lastLine(node) >= fact.line)?.node;
  const body = handlerNode && field(handlerNode, "body");
  const first = handlerNode && (decoratorsOf(handlerNode)[0] ?? handlerNode);
  const signature: Span[] =
    first && handlerNode && body
      ? [{ file: file.path, from: first.line, to: Math.max(handlerNode.line, body.line - 1) }]
      : [];
  return {
    ...fact,
    handlerNode,
    declaration,
    spans: declaration ? [spanOf(file, declaration), ...signature] : signature,
  };
};

/** @param inputs those of its fields @param facts that stand in it */
export const readFile = (
  source: Source,
  inputs: readonly Input[],
  facts: Pick<Facts, "endpoints" | "models">,
): CodeFile => {
  const { path, tree } = source;
  const names = new Map<string, string>();
  const imports: Import[] = [];
  const nodes: Record<"call" | "assignment" | "function" | "class" | "attribute", Node[]> = {
    call: [],
    assignment: [],
    function: [],
    class: [],
    attribute: [],
  };
  walk(rootOf(tree), (node) => {
    if (node.type === "call") nodes.call.push(node);
    else if (node.type === "assignment") nodes.assignment.push(node);
    else if (node.type === "function_definition") nodes.function.push(node);
    else if (node.type === "class_definition") nodes.class.push(node);
    else if (node.type === "attribute" && node.parent?.type !== "attribute" && !isCallee(node))
      nodes.attribute.push(node);
    else
      for (const one of importsIn(node, path)) {
        imports.push(one);
        for (const [local, origin] of one.bound) names.set(local, origin);
      }
  });
  const calls = nodes.call.map((node) => callOf(node, names));
  const assignments = nodes.assignment.flatMap((node) => assignmentOf(node) ?? []);
  const file = { path, calls, functions: nodes.function };
  return {
    ...file,
    text: tree.text,
    names,
    imports,
    values: new Map(assignments.filter(({ within }) => within === "module").map(({ name, value }) => [name, value])),
    assignments,
    classes: nodes.class,
    attributes: nodes.attribute,
    endpoints: facts.endpoints
      .filter(({ handler }) => handler !== graphqlHandler)
      .map((fact) => endpointOf(fact, file)),
    models: facts.models,
    inputs,
  };
};

const isCallee = (node: Node): boolean =>
  node.parent?.type === "call" && field(node.parent, "function")?.index === node.index;
