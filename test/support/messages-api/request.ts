/** A request of the Messages API as the double reads it. */

type CacheControl = { readonly type: "ephemeral"; readonly ttl?: "5m" | "1h" };

export type Block = {
  readonly type: string;
  readonly cache_control?: CacheControl;
  readonly [key: string]: unknown;
};

export type RequestBody = {
  readonly model: string;
  readonly max_tokens: number;
  readonly system: readonly Block[];
  readonly tools: readonly {
    readonly name: string;
    readonly cache_control?: CacheControl;
    readonly [key: string]: unknown;
  }[];
  readonly messages: readonly { readonly role: string; readonly content: readonly Block[] }[];
  readonly thinking?: { readonly type: string };
  readonly cache_control?: CacheControl;
  readonly [key: string]: unknown;
};

/** The API takes a text where it takes blocks, and no tools or system at all. */
export const spelledOut = (body: RequestBody): RequestBody => {
  const blocks = (content: unknown): readonly Block[] =>
    typeof content === "string" ? [{ type: "text", text: content }] : ((content ?? []) as readonly Block[]);
  const messages = body.messages.map((message) => ({ ...message, content: blocks(message.content) }));
  return { ...body, system: blocks(body.system), tools: body.tools ?? [], messages };
};

/** The value without cache markers: they never count as content. */
export const unmarked = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(unmarked);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => key !== "cache_control")
      .map(([key, inner]) => [key, unmarked(inner)]),
  );
};

/** What the API renders: tools, system, messages, block by block. */
export const renderedBlocks = (body: RequestBody): { text: string; ttl: "5m" | "1h" | undefined }[] => {
  const rendered = (block: unknown, marker: CacheControl | undefined, role = "") => ({
    text: role + JSON.stringify(unmarked(block)),
    ttl: marker && (marker.ttl ?? "5m"),
  });
  const blocks = [
    ...body.tools.map((tool) => rendered(tool, tool.cache_control)),
    ...body.system.map((block) => rendered(block, block.cache_control)),
    ...body.messages.flatMap(({ role, content }) => content.map((block) => rendered(block, block.cache_control, role))),
  ];
  const last = blocks.at(-1);
  if (body.cache_control && last) last.ttl ??= body.cache_control.ttl ?? "5m";
  return blocks;
};
