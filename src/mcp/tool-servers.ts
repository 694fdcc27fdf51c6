/** The operator's MCP servers as one port: connected to at first use, kept while they last, tried again after a while. */
import { fullToolName, type McpServer } from "../domain/mcp-settings.ts";
import type { Clock, ToolServers } from "../ports.ts";
import { type Bounds, type Connection, openConnection } from "./connection.ts";

type Place = {
  readonly server: McpServer;
  /** Under way or open. */
  connection?: Promise<Connection | string> | undefined;
  /** The last failure to connect, and when: not tried again at once. */
  failure?: { readonly reason: string; readonly at: number } | undefined;
};

const bounds: Bounds = { connectMs: 10_000, callMs: 30_000, answerBytes: 4 * 1024 * 1024 };
const retryAfterMs = 60_000;

export const createToolServers = (deps: {
  readonly servers: readonly McpServer[];
  readonly clock: Clock;
  /** What went wrong, for the operator. */
  readonly log: (line: string) => void;
  readonly bounds?: Partial<Bounds>;
}): ToolServers => {
  const places = deps.servers.map((server): Place => ({ server }));
  const own = { ...bounds, ...deps.bounds };
  const ending = new AbortController();
  const connect = (place: Place): Promise<Connection | string> => {
    const now = deps.clock().getTime();
    if (place.failure && now - place.failure.at < retryAfterMs) return Promise.resolve(place.failure.reason);
    place.connection ??= openOne(place);
    return place.connection;
  };
  const openOne = async (place: Place): Promise<Connection | string> => {
    const { server } = place;
    const note = (line: string) => deps.log(`MCP server ${server.name}: ${line}`);
    const opened = await openConnection(server, own, note, ending.signal);
    place.failure = typeof opened === "string" ? { reason: opened, at: deps.clock().getTime() } : undefined;
    if (typeof opened === "string") place.connection = undefined;
    return opened;
  };
  const reach = async (place: Place, signal: AbortSignal): Promise<Connection | string> => {
    const known = await place.connection;
    if (known !== undefined && typeof known !== "string" && !known.isOpen()) place.connection = undefined;
    return orAborted(connect(place), signal);
  };
  return {
    async list(signal) {
      const all = await Promise.all(
        places.map(async (place) => {
          const found = await reach(place, signal);
          return typeof found === "string"
            ? { tools: [], problems: [`${place.server.name} is not used: ${found}`] }
            : found.listing;
        }),
      );
      return {
        tools: all.flatMap(({ tools }) => tools).sort((a, b) => (a.name < b.name ? -1 : 1)),
        problems: all.flatMap(({ problems }) => problems),
      };
    },
    async call(name, input, signal) {
      const owner = ownerOf(places, name);
      if (!owner)
        return { kind: "failed", server: name.split("__")[1] ?? name, reason: "it is not configured any more" };
      const { place, tool } = owner;
      const found = await reach(place, signal);
      if (typeof found === "string") return { kind: "failed", server: place.server.name, reason: found };
      return found.call(tool, input, signal);
    },
    async close() {
      ending.abort(new Error("the App ends"));
      await Promise.all(
        places.map(async ({ connection }) => {
          const found = await connection;
          if (found !== undefined && typeof found !== "string") await found.close();
        }),
      );
    },
  };
};

const ownerOf = (
  places: readonly Place[],
  name: string,
): { readonly place: Place; readonly tool: string } | undefined => {
  for (const place of places)
    for (const tool of place.server.tools.keys())
      if (fullToolName(place.server.name, tool) === name) return { place, tool };
  return undefined;
};

/** Whoever waits may go; what is under way is others', too. */
const orAborted = <T>(work: Promise<T>, signal: AbortSignal): Promise<T> => {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const leave = () => reject(signal.reason);
    signal.addEventListener("abort", leave, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", leave));
  });
};
