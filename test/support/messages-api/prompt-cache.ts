/** What a prompt cache would have read and written: prefixes at breakpoints, found again from a breakpoint back over 20 blocks. */
import { createHash } from "node:crypto";
import { type RequestBody, renderedBlocks } from "./request.ts";

export type CacheUse = {
  readonly input: number;
  readonly read: number;
  readonly write5m: number;
  readonly write1h: number;
};

const lookBack = 20;

/** About; what matters is that the same text always counts the same. */
export const tokensIn = (text: string): number => Math.ceil(text.length / 3.6);

export const createPromptCache = (): ((body: RequestBody) => CacheUse) => {
  const written = new Set<string>();
  return (body) => {
    const blocks = renderedBlocks(body);
    const prefixes: string[] = [];
    const sums: number[] = [];
    let prefix = JSON.stringify([body.model, body.thinking]);
    for (const { text } of blocks) {
      prefix = createHash("sha256").update(prefix).update(text).digest("hex");
      prefixes.push(prefix);
      sums.push((sums.at(-1) ?? 0) + tokensIn(text));
    }
    const isHit = (index: number) => written.has(prefixes[index] ?? "");
    const starts = blocks.flatMap(({ ttl }, index) => (ttl ? [index] : [])).reverse();
    const hit = starts
      .flatMap((start) => Array.from({ length: lookBack }, (_, back) => start - back))
      .find((index) => index >= 0 && isHit(index));
    const read = hit === undefined ? 0 : (sums[hit] ?? 0);
    let upTo = read;
    const use = { write5m: 0, write1h: 0 };
    for (const [index, { ttl }] of blocks.entries()) {
      if (!ttl) continue;
      written.add(prefixes[index] ?? "");
      if (index <= (hit ?? -1)) continue;
      use[ttl === "1h" ? "write1h" : "write5m"] += (sums[index] ?? 0) - upTo;
      upTo = sums[index] ?? 0;
    }
    return { ...use, read, input: (sums.at(-1) ?? 0) - upTo };
  };
};
