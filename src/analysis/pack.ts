/** A pack: syntax trees in one file that is written once and never changed. Holds no source text, and knows no folder and no parser. */
import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { crc32 } from "node:zlib";
import type { Tree } from "../verify/python/node.ts";

export type Pack = {
  readonly file: string;
  readonly has: (sha: string) => boolean;
  /** Undefined where it is not there, belongs to another text, or is damaged. */
  readonly read: (sha: string, text: string) => Tree | undefined;
  readonly close: () => void;
};

/** Of one tree: blob id, length of its text, numbers of its cells, of its lines with errors, and the checksum of both. */
type Entry = readonly [sha: string, text: number, cells: number, errors: number, sum: number];

type Head = Pick<Tree, "types" | "fieldNames"> & { readonly trees: readonly Entry[] };

const mark = 0x42415031;
/** The mark, the head's length, and its checksum. */
const startBytes = 12;
const numberBytes = Int32Array.BYTES_PER_ELEMENT;

const bytesOf = (numbers: Int32Array): Uint8Array =>
  new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);

/** @param trees by blob id, at least one, all of the same grammar */
export const packOf = (trees: ReadonlyMap<string, Tree>): Buffer => {
  const [first] = trees.values();
  if (!first) throw new Error("a pack of no trees");
  const bodies = [...trees].map(([sha, tree]) => ({ sha, tree, body: bytesOf(numbersOf(tree)) }));
  const head: Head = {
    types: first.types,
    fieldNames: first.fieldNames,
    trees: bodies.map(({ sha, tree, body }): Entry => {
      const { text, cells, errors } = tree;
      return [sha, text.length, cells.length, errors.length, crc32(body)];
    }),
  };
  const said = Buffer.from(JSON.stringify(head));
  const start = Buffer.alloc(startBytes);
  start.writeUInt32LE(mark, 0);
  start.writeUInt32LE(said.length, 4);
  start.writeUInt32LE(crc32(said), 8);
  return Buffer.concat([start, said, ...bodies.map(({ body }) => body)]);
};

const numbersOf = ({ cells, errors }: Tree): Int32Array => {
  const numbers = new Int32Array(cells.length + errors.length);
  numbers.set(cells);
  numbers.set(errors, cells.length);
  return numbers;
};

/** Stays open until it is closed, so that it can be read when another process has removed it. @throws where it is no pack, or a cut one */
export const openPack = (file: string): Pack => {
  const descriptor = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    return packFrom(file, descriptor);
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
};

const packFrom = (file: string, descriptor: number): Pack => {
  const size = fstatSync(descriptor).size;
  const start = readAt(descriptor, 0, startBytes);
  const headBytes = start.readUInt32LE(4);
  if (start.readUInt32LE(0) !== mark || headBytes > size) throw new Error(`${file} is no pack`);
  const said = readAt(descriptor, startBytes, headBytes);
  if (crc32(said) !== start.readUInt32LE(8)) throw new Error(`the head of ${file} is damaged`);
  const { types, fieldNames, trees } = JSON.parse(said.toString()) as Head;
  const places = new Map<string, { readonly entry: Entry; readonly at: number }>();
  let at = startBytes + headBytes;
  for (const entry of trees) {
    places.set(entry[0], { entry, at });
    at += (entry[2] + entry[3]) * numberBytes;
  }
  if (at !== size) throw new Error(`${file} has ${size} bytes in place of ${at}`);
  return {
    file,
    has: (sha) => places.has(sha),
    close: () => closeSync(descriptor),
    read: (sha, text) => {
      const place = places.get(sha);
      if (!place) return undefined;
      const [, length, cells, errors, sum] = place.entry;
      if (length !== text.length) return undefined;
      const numbers = new Int32Array(cells + errors);
      const bytes = bytesOf(numbers);
      if (readSync(descriptor, bytes, 0, bytes.length, place.at) < bytes.length || crc32(bytes) !== sum)
        return undefined;
      return { text, cells: numbers.subarray(0, cells), types, fieldNames, errors: [...numbers.subarray(cells)] };
    },
  };
};

/** @throws where the file ends before */
const readAt = (descriptor: number, at: number, length: number): Buffer => {
  const bytes = Buffer.alloc(length);
  if (readSync(descriptor, bytes, 0, length, at) < length) throw new Error(`no ${length} bytes at ${at}`);
  return bytes;
};
