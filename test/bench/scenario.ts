/** The same work for every harness: thirty turns on a repository of 2,000 files, said in the tools that each of them offers. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { RequestBody } from "../support/messages-api/request.ts";
import type { Script, Step } from "../support/messages-api.ts";
import { reportWith } from "../support/report.ts";

type Operation =
  | { readonly op: "read"; readonly path: string }
  | { readonly op: "grep"; readonly pattern: string }
  | { readonly op: "glob"; readonly pattern: string }
  | { readonly op: "bash"; readonly command: string }
  | { readonly op: "write"; readonly path: string; readonly text: string }
  | { readonly op: "edit"; readonly path: string; readonly from: string; readonly to: string };

export type Turn = { readonly kind: string; readonly operations: readonly Operation[] };

const fileCount = 2_000;
const rounds = 5;
const folders = ["api", "services", "models", "core", "schemas"].map((name) => `backend/app/${name}`);

/** A fifth of the files lie where the architect writes, the rest elsewhere. */
const pathOf = (index: number): string =>
  index < fileCount / 5
    ? `${folders[index % folders.length]}/module${index}.py`
    : `packages/p${index % 40}/src/m${index % 7}/file${index}.ts`;

const textOf = (index: number): string =>
  Array.from({ length: 30 + (index % 60) }, (_, line) =>
    line === 7 && index % 40 === 0
      ? `ROUTER_${index} = "needle"`
      : `value_${line} = ${(index * 2_654_435_761 + line * 97) % 1_000_003}`,
  ).join("\n");

const roundOf = (round: number): readonly Turn[] => {
  const made = `backend/app/services/made${round}.py`;
  const reads = [1, 2, 3].map((nth): Operation => ({ op: "read", path: pathOf(round * 20 + nth) }));
  return [
    { kind: "read", operations: [{ op: "read", path: pathOf(round * 20) }] },
    {
      kind: "grep and glob",
      operations: [
        { op: "grep", pattern: "needle" },
        { op: "glob", pattern: "backend/app/api/*.py" },
      ],
    },
    { kind: "three reads", operations: reads },
    { kind: "bash true", operations: [{ op: "bash", command: "true" }] },
    { kind: "write", operations: [{ op: "write", path: made, text: `LIMIT_${round}: int = 1\n` }] },
    {
      kind: "edit and bash",
      operations: [
        { op: "edit", path: made, from: "int = 1", to: `int = ${round + 2}` },
        { op: "bash", command: `wc -c ${made}` },
      ],
    },
  ];
};

export const turns: readonly Turn[] = Array.from({ length: rounds }, (_, round) => roundOf(round)).flat();

/** What the turns run: the sandbox's own cost is that of these. */
export const commandsOfRun: readonly string[] = turns.flatMap(({ operations }) =>
  operations.flatMap((operation) => (operation.op === "bash" ? [operation.command] : [])),
);

/** A bare repository of 2,000 files in one commit. */
export const makeRepository = async (folder: string): Promise<string> => {
  const bare = join(folder, "origin.git");
  mkdirSync(folder, { recursive: true });
  await once(spawn("git", ["init", "-q", "--bare", "-b", "main", bare], { stdio: "inherit" }), "close");
  const child = spawn("git", [`--git-dir=${bare}`, "fast-import", "--quiet"], { stdio: ["pipe", "ignore", "inherit"] });
  const files = Array.from({ length: fileCount }, (_, index) => {
    const text = textOf(index);
    return `M 100644 inline ${pathOf(index)}\ndata ${Buffer.byteLength(text)}\n${text}\n`;
  });
  child.stdin.end(
    `commit refs/heads/main\ncommitter maintainer <maintainer@example.com> 1700000000 +0000\ndata 6\ncommit\n${files.join("")}\n`,
  );
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`git fast-import ended with ${code}`);
  return bare;
};

type Tool = RequestBody["tools"][number];

/** Names of the tools that other programs have for it. */
const toolNames: Readonly<Record<Operation["op"], RegExp>> = {
  read: /^(read|read_?file|view)$/i,
  grep: /^(grep|search_?file_?content|grep_?search)$/i,
  glob: /^(glob|find_?files|find)$/i,
  bash: /^(bash|shell|run_?(shell|terminal)_?command|execute_?command)$/i,
  write: /^(write|write_?file|write_?to_?file)$/i,
  edit: /^(edit|edit_?file|replace|str_?replace)$/i,
};

const argumentNames = {
  path: /^(absolute_?|file_?)?path$/i,
  pattern: /^(pattern|query|regex)$/i,
  command: /^command$/i,
  text: /^(content|text)$/i,
  from: /^old_?(string|text|str)$/i,
  to: /^new_?(string|text|str)$/i,
} as const;

type Schema = {
  readonly properties?: Readonly<Record<string, { readonly items?: Schema }>>;
  readonly required?: readonly string[];
};

/** Values under the names that a tool has for them. */
const argumentsFor = (tool: string, schema: Schema, values: Readonly<Record<string, string | undefined>>): object =>
  Object.fromEntries(
    Object.entries(values).map(([key, value]) => {
      const name = argumentNames[key as keyof typeof argumentNames];
      const property = Object.keys(schema.properties ?? {}).find((one) => name.test(one));
      if (property === undefined) throw new Error(`${tool} has no property for ${key}`);
      return [property, value];
    }),
  );

/** The call of one operation, by a tool that is offered; in a shell where there is none for it. */
const callOf = (tools: readonly Tool[], operation: Operation, root: string): { name: string; input: unknown } => {
  const tool = tools.find(({ name }) => toolNames[operation.op].test(name));
  if (!tool) {
    if (operation.op === "grep") return callOf(tools, { op: "bash", command: `rg -n ${operation.pattern}` }, root);
    if (operation.op === "glob") return callOf(tools, { op: "bash", command: `ls ${operation.pattern}` }, root);
    throw new Error(`no tool to ${operation.op} with is offered, of ${tools.map(({ name }) => name).join(", ")}`);
  }
  const { op, ...values } = operation;
  const given = "path" in values ? { ...values, path: `${root}/${values.path}` } : values;
  const schema = tool["input_schema"] as Schema;
  const { from, to, ...rest } = given as Readonly<Record<string, string>>;
  const many = schema.properties?.["edits"]?.items;
  // Some take a list of edits where others take one.
  const input: object =
    op === "edit" && many
      ? { ...argumentsFor(tool.name, schema, rest), edits: [argumentsFor(tool.name, many, { from, to })] }
      : argumentsFor(tool.name, schema, given);
  const missing = (schema.required ?? []).filter((name) => !(name in input));
  return { name: tool.name, input: { ...input, ...Object.fromEntries(missing.map((name) => [name, op])) } };
};

const nothing = {
  ...{ endpoints_created: [], models_created: [], middleware_added: [], decisions: [] },
  ...{ security_measures: [], test_commands: [], documentation: { openapi_updated: false, postman_collection: null } },
};
const concerns = ["It was a measurement."];
const summary = "Adds five constants.";
const report = {
  name: "SubmitReport",
  input: reportWith({ ...nothing, status: "DONE_WITH_CONCERNS", concerns, summary }),
};

/** Ends a run at once. */
export const reportOver = {
  name: "SubmitReport",
  input: reportWith({ ...nothing, status: "BLOCKED", blockers: concerns, summary: "Nothing was asked for." }),
};

/** Which turn a conversation is at: it alone tells, whatever else is asked of the model meanwhile. */
export const turnOf = ({ messages }: RequestBody): number => messages.filter(({ role }) => role === "assistant").length;

/** @param root of the repository as the tools are told it */
export const scriptFor = (root: string): Script => {
  const step = scriptAt(root);
  return (body) => step(body, turnOf(body));
};

/** The same, with the turn said. */
export const scriptAt =
  (root: string) =>
  (body: RequestBody, at: number): Step => {
    // Other programs ask for a title of the conversation, and the like.
    if (body.tools.length === 0) return { text: "A measurement" };
    const turn = turns[at];
    if (turn) return { text: "Next.", tools: turn.operations.map((operation) => callOf(body.tools, operation, root)) };
    return body.tools.some(({ name }) => name === "SubmitReport")
      ? { text: "Done.", tools: [report] }
      : { text: "Done." };
  };
