/** An MCP server on loopback that answers as a test tells it: the tools of Context7 as it lists them, and every way to fail. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What it does instead of answering a call. */
export type Fault =
  | "hangs"
  | "closes"
  | "says 500"
  | "breaks JSON"
  | "floods"
  | "floods its stream"
  | "forgets its session"
  | "refuses";

export type McpDouble = {
  readonly url: string;
  /** Of calls, in order. */
  readonly calls: { readonly name: string; readonly arguments: unknown }[];
  readonly headers: IncomingMessage["headers"][];
  /** From now on. */
  fault: Fault | undefined;
  /** Of the handshake, too. */
  readonly faultAtStart: boolean;
  tools: unknown[];
  answer: (name: string, input: unknown) => unknown;
  close(): Promise<void>;
};

/** In Context7's own measure of words, which is the point of it here. */
const wordy = (about: string): string => `${about} ${"It says at length how and when to use it. ".repeat(40)}`;

const context7Tools = (): unknown[] => [
  {
    name: "resolve-library-id",
    title: "Resolve Context7 Library ID",
    description: wordy("Resolves a package name to a library id."),
    inputSchema: {
      $schema: "http://json-schema.org/draft-07/schema#",
      type: "object",
      properties: {
        query: { type: "string", description: wordy("What to look up.") },
        libraryName: { type: "string", description: wordy("The library's name.") },
      },
      required: ["query", "libraryName"],
      additionalProperties: false,
    },
    annotations: { readOnlyHint: true, openWorldHint: true },
  },
  {
    name: "query-docs",
    title: "Query Documentation",
    description: wordy("Retrieves documentation."),
    inputSchema: {
      $schema: "http://json-schema.org/draft-07/schema#",
      type: "object",
      properties: {
        libraryId: { type: "string", description: wordy("The exact id.") },
        query: { type: "string", description: wordy("What to look up.") },
      },
      required: ["libraryId", "query"],
      additionalProperties: false,
    },
    annotations: { readOnlyHint: true, openWorldHint: true },
  },
];

type Rpc = { readonly id?: number; readonly method: string; readonly params?: Readonly<Record<string, unknown>> };

export const startMcpServer = async (options: { readonly faultAtStart?: Fault } = {}): Promise<McpDouble> => {
  const sessions = new Set<string>();
  const double: Omit<McpDouble, "url" | "close"> = {
    calls: [],
    headers: [],
    fault: options.faultAtStart,
    faultAtStart: options.faultAtStart !== undefined,
    tools: context7Tools(),
    answer: (name) => ({ content: [{ type: "text", text: `${name} answers` }] }),
  };
  const replyTo = (rpc: Rpc, session: string | undefined): Reply => {
    const { fault } = double;
    if (fault && (double.faultAtStart || rpc.method === "tools/call")) {
      if (fault === "refuses") return json(rpc.id, { error: { code: -32602, message: "no such library" } });
      if (fault !== "forgets its session") return faults[fault];
      sessions.clear();
      double.fault = undefined;
    }
    if (session !== undefined && !sessions.has(session)) return (response) => response.writeHead(404).end();
    return serve(double, sessions, rpc);
  };
  const server = createServer(async (request, response) => {
    double.headers.push(request.headers);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (request.method !== "POST") {
      response.writeHead(405).end();
      return;
    }
    const rpc = JSON.parse(Buffer.concat(chunks).toString("utf8")) as Rpc;
    if (rpc.method === "tools/call") double.calls.push(rpc.params as McpDouble["calls"][number]);
    replyTo(rpc, request.headers["mcp-session-id"]?.toString())(response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return Object.assign(double, {
    url: `http://127.0.0.1:${port}/mcp`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
};

type Reply = (response: ServerResponse) => unknown;

const json =
  (id: number | undefined, body: object, headers: Record<string, string> = {}): Reply =>
  (response) =>
    response
      .writeHead(200, { "content-type": "application/json", ...headers })
      .end(JSON.stringify({ jsonrpc: "2.0", id, ...body }));

const serve = (
  double: Omit<McpDouble, "url" | "close">,
  sessions: Set<string>,
  { id, method, params = {} }: Rpc,
): Reply => {
  if (id === undefined) return (response) => response.writeHead(202).end();
  switch (method) {
    case "initialize": {
      const session = `session-${sessions.size + 1}`;
      sessions.add(session);
      const { protocolVersion } = params;
      const result = { protocolVersion, capabilities: { tools: {} }, serverInfo: { name: "double", version: "1" } };
      return json(id, { result }, { "mcp-session-id": session });
    }
    case "tools/list":
      return json(id, { result: { tools: double.tools } });
    case "tools/call":
      return json(id, { result: double.answer(String(params["name"]), params["arguments"]) });
    default:
      return json(id, { error: { code: -32601, message: "Method not found" } });
  }
};

const pour =
  (type: string, chunk: string): Reply =>
  (response) => {
    const more = (): void => {
      while (!response.destroyed && response.write(chunk));
    };
    response.writeHead(200, { "content-type": type }).on("drain", more);
    more();
  };

const faults: Readonly<Record<Exclude<Fault, "refuses" | "forgets its session">, Reply>> = {
  hangs: () => undefined,
  closes: (response) => response.destroy(),
  "says 500": (response) => response.writeHead(500).end("no"),
  "breaks JSON": (response) =>
    response.writeHead(200, { "content-type": "application/json" }).end('{"jsonrpc": "2.0", "id": '),
  floods: pour("application/json", `"${"x".repeat(64 * 1024)}`),
  "floods its stream": pour("text/event-stream", `: ${"x".repeat(64 * 1024)}\n\n`),
};
