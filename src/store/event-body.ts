/** RunEvents as bytes and back: small, and with files and images apart, since each checkpoint repeats most of them. */
import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { deflate, inflate } from "node:zlib";
import type { RunEvent } from "../domain/event.ts";

export type PackedEvent = {
  readonly body: Uint8Array;
  /** By hash of the content: what the body only names. */
  readonly files: ReadonlyMap<string, string>;
};

const compress = promisify(deflate);
const expand = promisify(inflate);

/** Below this, deflate saves less than it costs. */
const smallBytes = 1024;
const openBrace = "{".charCodeAt(0);

export const packEvent = async (event: RunEvent): Promise<PackedEvent> => {
  const files = new Map<string, string>();
  const stored = withContents(event, (content) => {
    const hash = createHash("sha256").update(content).digest("hex");
    files.set(hash, content);
    return hash;
  });
  return { body: await packText(JSON.stringify(stored)), files };
};

/** With every base64 text in it replaced: a checkpoint's files, and the images of a message. */
const withContents = (event: RunEvent, replace: (content: string) => string): RunEvent => {
  if (event.type === "checkpoint")
    return {
      ...event,
      changeset: event.changeset.map((change) =>
        change.kind === "deleted" ? change : { ...change, content: replace(change.content) },
      ),
    };
  if (event.type !== "user" || !event.message.content.some(({ type }) => type === "image")) return event;
  const content = event.message.content.map((block) =>
    block.type === "image" ? { ...block, source: { ...block.source, data: replace(block.source.data) } } : block,
  );
  return { ...event, message: { ...event.message, content } };
};

/** @param files base64 of everything that an event of the run names by its hash */
export const unpackEvent = async (body: Uint8Array, files: ReadonlyMap<string, string>): Promise<RunEvent> => {
  const event = JSON.parse(await unpackText(body)) as RunEvent;
  return withContents(event, (hash) => {
    const content = files.get(hash);
    if (content === undefined) throw new Error(`an event of the type ${event.type} names content that is not stored`);
    return content;
  });
};

/** Plain below 1 KiB, else deflated; the first byte tells: a zlib stream never starts with `{`. */
const packText = async (json: string): Promise<Uint8Array> => {
  const bytes = Buffer.from(json);
  return bytes.byteLength < smallBytes ? bytes : compress(bytes, { level: 1 });
};

const unpackText = async (body: Uint8Array): Promise<string> =>
  Buffer.from(body[0] === openBrace ? body : await expand(body)).toString();

/** A file's base64 as its bytes, deflated. */
export const packFile = (base64: string): Promise<Uint8Array> => compress(Buffer.from(base64, "base64"), { level: 1 });

export const unpackFile = async (body: Uint8Array): Promise<string> => (await expand(body)).toString("base64");
