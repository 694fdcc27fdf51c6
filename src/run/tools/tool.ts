/** What a tool is: a schema that makes both the model's view of it and its check, and one function behind it. */
import { z } from "zod";
import { isCounted } from "../../domain/budget.ts";
import type { ToolSpec } from "../../domain/message.ts";

export type CallContext = {
  readonly signal: AbortSignal;
  /** Of the tool_use block. */
  readonly callId: string;
};

type Prepared =
  | { readonly ok: true; readonly run: (context: CallContext) => Promise<string> }
  /** The input does not fit the schema: which key, and what it should be. */
  | { readonly ok: false; readonly reason: string };

export type Tool = {
  readonly spec: ToolSpec;
  /** May run beside others of its turn. */
  readonly readOnly: boolean;
  /** Takes one from the run's budget of tool calls. */
  readonly counts: boolean;
  /** Checks the input; what it returns throws a ToolError where the call cannot be done. */
  prepare(input: unknown): Prepared;
};

type Definition<Schema extends z.ZodObject> = {
  readonly name: string;
  /** For the model: what it does, when to use it, what bounds it has. */
  readonly description: string;
  readonly input: Schema;
  /** Mends known other spellings of the input before it is checked. */
  readonly normalise?: (input: unknown) => unknown;
  readonly readOnly: boolean;
  readonly run: (input: z.infer<Schema>, context: CallContext) => Promise<string>;
};

export const defineTool = <Schema extends z.ZodObject>(tool: Definition<Schema>): Tool => ({
  spec: { name: tool.name, description: tool.description, input_schema: inputSchema(tool.input) },
  readOnly: tool.readOnly,
  counts: isCounted(tool.name),
  prepare(input) {
    const parsed = tool.input.safeParse(tool.normalise ? tool.normalise(input) : input);
    if (!parsed.success) return { ok: false, reason: explain(tool.name, parsed.error) };
    return { ok: true, run: (context) => tool.run(parsed.data, context) };
  },
});

const explain = (tool: string, error: z.ZodError): string => {
  const problems = error.issues.slice(0, 12).map((issue) => {
    const at = issue.path.join(".");
    return `- ${at ? `${at}: ` : ""}${issue.message}`;
  });
  const more = error.issues.length - problems.length;
  return [
    `The input of ${tool} does not fit its schema, so it was not run. Mend this and call it again:`,
    ...problems,
    ...(more > 0 ? [`- and ${more} more`] : []),
  ].join("\n");
};

/**
 * JSON Schema in which no object takes unknown keys, as strict tools of the Messages API demand. Bounds of length and
 * number, which those do not know, are left to our own check: its refusal says them, and every request is shorter.
 */
const inputSchema = (schema: z.ZodObject): ToolSpec["input_schema"] => {
  const { $schema: _, ...json } = z.toJSONSchema(schema, { io: "input" });
  return { ...(closed(json) as Record<string, unknown>), type: "object" };
};

/** What says nothing to a model that the rest does not say. */
const idle: ReadonlySet<string> = new Set(["default", "propertyNames"]);

const bounds: ReadonlySet<string> = new Set([
  ...["minLength", "maxLength", "minItems", "maxItems"],
  ...["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"],
]);

const closed = (node: unknown): unknown => {
  if (Array.isArray(node)) return node.map(closed);
  if (typeof node !== "object" || node === null) return node;
  const entries = Object.entries(node)
    .filter(([key, value]) => !(bounds.has(key) && typeof value === "number") && !idle.has(key))
    .map(([key, value]) => [key, key === "properties" ? eachClosed(value) : closed(value)] as const);
  return Object.fromEntries("properties" in node ? [...entries, ["additionalProperties", false]] : entries);
};

/** Names of properties are no words of JSON Schema. */
const eachClosed = (properties: object): unknown =>
  Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, closed(schema)]));
