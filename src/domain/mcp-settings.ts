/** The MCP servers that the operator lets agents ask: from the text of a settings file to values. Reads no file and no environment itself. */
import { z } from "zod";
import { parseJson } from "./memory/json.ts";
import { createRedactor } from "./redact.ts";

type Env = Readonly<Record<string, string | undefined>>;

export type McpServer = {
  readonly name: string;
  /** By name, those that agents may call; in the operator's own words for the model, or else in the server's. */
  readonly tools: ReadonlyMap<string, string | undefined>;
  readonly reach:
    | { readonly kind: "http"; readonly url: string; readonly headers: Readonly<Record<string, string>> }
    | {
        readonly kind: "stdio";
        readonly command: string;
        readonly args: readonly string[];
        readonly env: Readonly<Record<string, string>>;
      };
};

export type McpSettings = {
  readonly servers: readonly McpServer[];
  /** What of it came from the environment: redacted wherever it turns up. */
  readonly secrets: readonly string[];
};

/** Up-to-date documentation of libraries: https://github.com/upstash/context7. @param key raises its rate limits */
const context7 = (key?: string): McpSettings => ({
  servers: [
    {
      name: "context7",
      tools: new Map([
        [
          "resolve-library-id",
          "Finds the id (/org/project) of a library's documentation, for query-docs. Nothing of the repository may stand in its input.",
        ],
        [
          "query-docs",
          "Current documentation and examples of a library, for one question in words of your own, without code or names of the repository.",
        ],
      ]),
      reach: {
        kind: "http",
        url: "https://mcp.context7.com/mcp",
        headers: key === undefined ? {} : { Authorization: `Bearer ${key}` },
      },
    },
  ],
  secrets: key === undefined ? [] : [key],
});

/** The word that stands for the server above. */
const preset = "context7";

/**
 * What `ARCHITECT_MCP` says: the preset's name, or the path of a settings file.
 * @param read a file's text, or why it can't be read @returns undefined where no server is set
 */
export const readMcpSettings = (
  given: Env,
  read: (path: string) => { readonly text: string } | { readonly problem: string },
): { readonly settings?: McpSettings; readonly problems: readonly string[] } => {
  const { ARCHITECT_MCP: wanted, CONTEXT7_API_KEY: key } = given;
  if (wanted === undefined) return { problems: [] };
  if (wanted === preset) return { settings: context7(key), problems: [] };
  const file = read(wanted);
  if ("problem" in file)
    return {
      problems: [
        `ARCHITECT_MCP must be ${preset} or the path of a JSON file that can be read (${file.problem}): ${wanted}`,
      ],
    };
  const parsed = parseMcpSettings(file.text, given);
  if (parsed.ok) return { settings: parsed.settings, problems: [] };
  return { problems: parsed.problems.map((problem) => `ARCHITECT_MCP: ${wanted}: ${problem}`) };
};

const serverName = /^[a-z0-9]+(-[a-z0-9]+)*$/;
const toolName = /^[A-Za-z0-9_-]{1,64}$/;
/** The Messages API takes no longer name of a tool. */
const maxFullName = 64;

export const fullToolName = (server: string, tool: string): string => `mcp__${server}__${tool}`;

const words = z
  .string()
  .trim()
  .min(1, "must say what the tool is for")
  .max(600, "must not be longer than 600 characters");
const names = z.string().regex(toolName, "must be the name of a tool: letters, digits, - and _, at most 64 of them");

const tools = z
  .union([z.array(names), z.record(names, words)], {
    error: 'must name the tools that agents may call: ["search"], or {"search": "what it is for, in your words"}',
  })
  .transform((given) => new Map(Array.isArray(given) ? given.map((tool) => [tool, undefined]) : Object.entries(given)))
  .refine((map) => map.size >= 1 && map.size <= 20, "must name 1 to 20 tools that agents may call");

const whyNoUrl = (text: string): string | undefined => {
  if (!URL.canParse(text)) return "must be a URL such as https://mcp.example.com/mcp";
  const { protocol, hostname, username, password, search, hash } = new URL(text);
  if (username || password || search || hash)
    return "must not carry a user, a query or a fragment; keys go into headers";
  if (protocol === "https:" || (protocol === "http:" && /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(hostname)))
    return undefined;
  return "must start with https:// (http:// is for this machine alone: 127.0.0.1, ::1, localhost)";
};

const url = z.string().superRefine((text, context) => {
  const problem = whyNoUrl(text);
  if (problem) context.addIssue({ code: "custom", message: problem });
});

const placeholder = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/;
/** As people write one. */
const example = `$\{NAME}`;
const isKeyLike = (text: string): boolean => createRedactor([])(text).hits > 0;

const literal = z
  .string()
  .max(4_000)
  .refine((text) => !isKeyLike(text), `must not hold a key: put it into the environment and write ${example} here`);
const argument = literal.refine(
  (text) => !placeholder.test(text),
  `takes no ${example}: everybody on this machine can read it; use env`,
);

const httpServer = z.strictObject({
  type: z.literal("http").optional(),
  url,
  headers: z.record(z.string().regex(/^[A-Za-z0-9-]{1,64}$/, "must be the name of a header"), literal).default({}),
  tools,
});
const stdioServer = z.strictObject({
  type: z.literal("stdio").optional(),
  command: literal.min(1, "must be the program to start"),
  args: z.array(argument).max(40).default([]),
  env: z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "must be the name of a variable"), literal).default({}),
  tools,
});

const file = z.strictObject({ mcpServers: z.record(z.string(), z.unknown()) });

type Read = { readonly server?: McpServer; readonly secrets: readonly string[]; readonly problems: readonly string[] };

/** @returns what it sets, or one sentence for each thing that is wrong, with the key it is about */
const parseMcpSettings = (
  text: string,
  env: Env,
):
  | { readonly ok: true; readonly settings: McpSettings }
  | { readonly ok: false; readonly problems: readonly string[] } => {
  const parsed = file.safeParse(parseJson(text).value);
  if (!parsed.success)
    return {
      ok: false,
      problems: ['must be JSON of the form {"mcpServers": {"<name>": {"url": "…", "tools": ["…"]}}}'],
    };
  const entries = Object.entries(parsed.data.mcpServers);
  const read = entries.map(([name, entry]) => readServer(name, entry, env));
  const problems = read.flatMap((one) => one.problems);
  if (entries.length > 10) problems.push("mcpServers names more than 10 servers");
  if (problems.length > 0) return { ok: false, problems };
  return {
    ok: true,
    settings: {
      servers: read.flatMap(({ server }) => server ?? []),
      secrets: read.flatMap(({ secrets }) => secrets),
    },
  };
};

const readServer = (name: string, entry: unknown, env: Env): Read => {
  const at = `mcpServers.${name}`;
  const wrong = (...problems: string[]): Read => ({ secrets: [], problems });
  if (!serverName.test(name)) return wrong(`${at}: a server's name is kebab-case, such as context7`);
  const isStdio = typeof entry === "object" && entry !== null && "command" in entry;
  const parsed = (isStdio ? stdioServer : httpServer).safeParse(entry);
  if (!parsed.success)
    return wrong(...parsed.error.issues.map((issue) => `${[at, ...issue.path].join(".")} ${issue.message}`));
  const { data } = parsed;
  const long = [...data.tools.keys()].find((tool) => fullToolName(name, tool).length > maxFullName);
  if (long !== undefined)
    return wrong(
      `${at}: ${fullToolName(name, long)} is longer than ${maxFullName} characters; give the server a shorter name`,
    );
  const filled = fill(at, "command" in data ? data.env : data.headers, env);
  if (filled.problems.length > 0) return wrong(...filled.problems);
  const { tools: allowed } = data;
  const reach: McpServer["reach"] =
    "command" in data
      ? { kind: "stdio", command: data.command, args: data.args, env: filled.values }
      : { kind: "http", url: data.url, headers: filled.values };
  return { server: { name, tools: allowed, reach }, secrets: filled.secrets, problems: [] };
};

/** Shorter ones are no keys, and would be found in any text. */
const minSecretLength = 12;

/** Puts what the environment holds in the place of `${NAME}`. */
const fill = (at: string, given: Readonly<Record<string, string>>, env: Env) => {
  const secrets: string[] = [];
  const problems: string[] = [];
  const values = Object.fromEntries(
    Object.entries(given).map(([key, text]) => [
      key,
      text.replace(new RegExp(placeholder, "g"), (_, variable: string) => {
        const value = env[variable] ?? "";
        if (value === "") problems.push(`${at}: ${variable} is not set, which ${key} takes its value from`);
        if (value.length >= minSecretLength) secrets.push(value);
        return value;
      }),
    ]),
  );
  return { values, secrets, problems };
};
