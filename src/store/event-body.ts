/** RunEvents as bytes and back: small, and with a checkpoint's files apart, since each checkpoint repeats most of them. */
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
  const stored =
    event.type !== "checkpoint"
      ? event
      : {
          ...event,
          changeset: event.changeset.map((change) => {
            if (change.kind === "deleted") return change;
            const hash = createHash("sha256").update(change.content).digest("hex");
            files.set(hash, change.content);
            return { ...change, content: hash };
          }),
        };
  return { body: await packText(JSON.stringify(stored)), files };
};

/** @param files text of every file that a checkpoint of the run names */
export const unpackEvent = async (body: Uint8Array, files: ReadonlyMap<string, string>): Promise<RunEvent> => {
  const event = JSON.parse(await unpackText(body)) as RunEvent;
  if (event.type !== "checkpoint") return event;
  const changeset = event.changeset.map((change) => {
    if (change.kind === "deleted") return change;
    const content = files.get(change.content);
    if (content === undefined) throw new Error(`a checkpoint names the content of ${change.path}, which is not stored`);
    return { ...change, content };
  });
  return { ...event, changeset };
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
