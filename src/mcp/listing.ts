/** What a server says its tools are, cut down to what a model may be shown: names, bounded words, bounded schemas. Trusts none of it. */
import type { McpServer } from "../domain/mcp-settings.ts";
import { fullToolName } from "../domain/mcp-settings.ts";
import type { ToolSpec } from "../domain/message.ts";
import { withoutInvisible } from "../domain/visible-text.ts";
import type { ToolListing } from "../ports.ts";

type Listed = { readonly name: string; readonly description?: string | undefined; readonly inputSchema: unknown };

const maxDescription = 400;
const maxHint = 120;
const maxSchemaBytes = 4_000;
const maxDepth = 8;

/** Those that the operator allows, sorted; the others are not there. */
export const toListing = ({ name, tools }: McpServer, listed: readonly Listed[]): ToolListing => {
  const found = [...tools].map(([tool, words]) => {
    const one = listed.find((candidate) => candidate.name === tool);
    if (!one) return `${name} has no tool ${tool}`;
    return specOf(name, one, words) ?? `${name} describes the input of ${tool} in a way that can't be used`;
  });
  return {
    tools: found.filter((one) => typeof one !== "string").sort((a, b) => (a.name < b.name ? -1 : 1)),
    problems: found.filter((one) => typeof one === "string"),
  };
};

/** @param words the operator's: then the server has no say in what the model reads */
const specOf = (
  server: string,
  { name, description = "", inputSchema }: Listed,
  words?: string,
): ToolSpec | undefined => {
  const schema = cleaned(inputSchema, { hints: words === undefined, depth: 0 });
  if (!isRecord(schema) || schema["type"] !== "object") return undefined;
  if (Buffer.byteLength(JSON.stringify(schema)) > maxSchemaBytes) return undefined;
  const properties = isRecord(schema["properties"]) ? schema["properties"] : {};
  // What the Messages API takes.
  if (Object.keys(properties).some((key) => !/^[A-Za-z0-9_.-]{1,64}$/.test(key))) return undefined;
  return {
    name: fullToolName(server, name),
    description: words ?? (oneLine(description, maxDescription) || `${name} of ${server}.`),
    input_schema: { ...schema, type: "object" },
  };
};

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const oneLine = (text: string, maxChars: number): string => {
  const line = withoutInvisible(text.slice(0, 20 * maxChars))
    .replace(/\s+/g, " ")
    .trim();
  return line.length > maxChars ? `${line.slice(0, maxChars - 1).trimEnd()}…` : line;
};

/** Keywords whose value is a schema, a list of schemas, or schemas by name; the rest is plain. */
const nested: ReadonlySet<string> = new Set(["items", "additionalProperties", "not", "anyOf", "oneOf", "allOf"]);
const named: ReadonlySet<string> = new Set(["properties", "$defs", "definitions"]);
const plain: ReadonlySet<string> = new Set([
  ...["type", "enum", "const", "default", "required", "format", "pattern", "$ref"],
  ...["minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems"],
]);

/** Without keywords that say nothing to a model. @property hints whether the server's words stay, bounded */
const cleaned = (node: unknown, { hints, depth }: { readonly hints: boolean; readonly depth: number }): unknown => {
  if (depth > maxDepth) return undefined;
  const inside = { hints, depth: depth + 1 };
  if (Array.isArray(node)) return node.map((one) => cleaned(one, inside));
  if (!isRecord(node)) return typeof node === "boolean" ? node : undefined;
  return Object.fromEntries(
    Object.entries(node).flatMap(([key, value]): readonly (readonly [string, unknown])[] => {
      if (plain.has(key)) return [[key, value]];
      if (nested.has(key)) return [[key, cleaned(value, inside)]];
      if (key === "description" && hints && typeof value === "string") return [[key, oneLine(value, maxHint)]];
      if (!named.has(key) || !isRecord(value)) return [];
      return [[key, Object.fromEntries(Object.entries(value).map(([name, one]) => [name, cleaned(one, inside)]))]];
    }),
  );
};
