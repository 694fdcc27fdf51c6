/** One connection to one MCP server, by HTTP or to a process of ours: opened, asked, closed. Knows neither runs nor other servers. */
import type { Client, JsonSchemaValidator, jsonSchemaValidator, Transport } from "@modelcontextprotocol/client";
import type { McpServer } from "../domain/mcp-settings.ts";
import type { ToolAnswer, ToolListing } from "../ports.ts";
import { textOf } from "./answer.ts";
import { createBoundedFetch } from "./bounded-fetch.ts";
import { toListing } from "./listing.ts";

export type Bounds = { readonly connectMs: number; readonly callMs: number; readonly answerBytes: number };

export type Connection = {
  readonly listing: ToolListing;
  readonly isOpen: () => boolean;
  /** @param tool in the server's own words */
  call(tool: string, input: Readonly<Record<string, unknown>>, signal: AbortSignal): Promise<ToolAnswer>;
  close(): Promise<void>;
};

/** Messages that are none: who sends more of them is no server. */
const maxErrors = 50;

/** @returns the connection, or why there is none */
export const openConnection = async (
  server: McpServer,
  bounds: Bounds,
  note: (line: string) => void,
  signal: AbortSignal,
): Promise<Connection | string> => {
  const link = await openClient(server, bounds);
  const within = { timeout: bounds.connectMs, maxTotalTimeout: bounds.connectMs, signal };
  try {
    await link.client.connect(link.transport, within);
    const { tools } = await link.client.listTools(undefined, within);
    return connectionOf(server, link, toListing(server, tools), { bounds, note });
  } catch (error) {
    await closed(link.client);
    return signal.aborted ? "the App ends" : reasonOf(error, link, bounds.connectMs, note);
  }
};

type Link = {
  readonly client: Client;
  readonly transport: Transport;
  readonly isOpen: () => boolean;
  readonly flooded: () => boolean;
};

const openClient = async (server: McpServer, { answerBytes }: Bounds): Promise<Link> => {
  const { Client } = await import("@modelcontextprotocol/client");
  const state = { open: true, flooded: false, errors: 0 };
  const client = new Client(
    { name: "backend-architect", version: "1" },
    // A schema of the server's is compiled by nobody here: what it answers is text for a model.
    { versionNegotiation: { mode: server.reach.kind === "http" ? "auto" : "legacy" }, jsonSchemaValidator: takeAsIs },
  );
  const flood = (): void => {
    state.flooded = true;
    void closed(client);
  };
  const transport = await openTransport(server, answerBytes, flood);
  client.onclose = () => {
    state.open = false;
  };
  client.onerror = ({ message }) => {
    state.errors += 1;
    if (state.errors === maxErrors || message.includes("exceeded maximum size")) flood();
  };
  return { client, transport, isOpen: () => state.open, flooded: () => state.flooded };
};

const takeAsIs: jsonSchemaValidator = {
  getValidator<T>(): JsonSchemaValidator<T> {
    return (input) => ({ valid: true, data: input as T, errorMessage: undefined });
  },
};

const openTransport = async ({ reach }: McpServer, maxBytes: number, onFlood: () => void): Promise<Transport> => {
  if (reach.kind === "http") {
    const { StreamableHTTPClientTransport } = await import("@modelcontextprotocol/client");
    return new StreamableHTTPClientTransport(new URL(reach.url), {
      requestInit: { headers: reach.headers },
      fetch: createBoundedFetch(maxBytes, onFlood),
    });
  }
  const { StdioClientTransport } = await import("@modelcontextprotocol/client/stdio");
  const { command, args, env } = reach;
  // Of our environment it has what a program needs to start (HOME, PATH, USER and the like) and nothing else.
  return new StdioClientTransport({
    command,
    args: [...args],
    env: { ...env },
    stderr: "ignore",
    maxBufferSize: maxBytes,
  });
};

const connectionOf = (
  server: McpServer,
  link: Link,
  listing: ToolListing,
  { bounds: { callMs }, note }: { readonly bounds: Bounds; readonly note: (line: string) => void },
): Connection => ({
  listing,
  isOpen: link.isOpen,
  async call(name, input, signal) {
    try {
      const result = await link.client.callTool(
        { name, arguments: { ...input } },
        { timeout: callMs, maxTotalTimeout: callMs, signal },
      );
      return { kind: "answered", text: textOf(result), failed: result.isError === true };
    } catch (error) {
      signal.throwIfAborted();
      const reason = reasonOf(error, link, callMs, note);
      // What it began with is of no use any more (a session that it has forgotten, say): the next call begins anew.
      if (!isAlive(error)) await closed(link.client);
      return { kind: "failed", server: server.name, reason };
    }
  },
  close: () => closed(link.client),
});

/** One that is gone already is what was wanted. */
const closed = (client: Client): Promise<void> => client.close().catch(() => undefined);

type Thrown = {
  readonly code?: unknown;
  readonly data?: { readonly status?: unknown } | null;
  readonly cause?: unknown;
  readonly message?: unknown;
};

const thrown = (error: unknown): Thrown => (typeof error === "object" && error !== null ? error : {}) as Thrown;

/** It was only slow, or said no. */
const isAlive = (error: unknown): boolean => {
  const { code } = thrown(error);
  return code === "REQUEST_TIMEOUT" || typeof code === "number";
};

/** Of the operating system, wherever in the chain of causes it stands. */
const systemCode = (error: unknown, depth = 0): string | undefined => {
  const { code, cause } = thrown(error);
  if (typeof code === "string" && /^E[A-Z]+$/.test(code)) return code;
  return cause === undefined || depth === 5 ? undefined : systemCode(cause, depth + 1);
};

/** In words of ours: what a server or a library says of it may hold what was sent. The log has it. */
const reasonOf = (error: unknown, link: Link, ms: number, note: (line: string) => void): string => {
  const { code, data, message } = thrown(error);
  const system = systemCode(error);
  note(
    `${String(system ?? code ?? "failed")}: ${String(message ?? error)
      .split("\n")[0]
      ?.slice(0, 300)}`,
  );
  if (link.flooded()) return "it sent more than is taken";
  if (code === "REQUEST_TIMEOUT") return `it did not answer within ${ms / 1_000} s`;
  if (typeof data?.status === "number") return `it answered with HTTP status ${data.status}`;
  if (code === "CONNECTION_CLOSED" || code === "NOT_CONNECTED") return "it closed the connection";
  if (system !== undefined) return `it can't be reached (${system})`;
  if (typeof code === "number") return `it refused the call (${code})`;
  return "its answer could not be understood";
};
