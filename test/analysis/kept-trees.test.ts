/** Syntax trees in a folder: what another process finds of them, and what becomes of a folder that is damaged, foreign, full or not there. */
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { createKeptTrees } from "../../src/analysis/kept-trees.ts";
import { treeMakers } from "../../src/analysis/trees.ts";
import { blobSha } from "../../src/domain/changeset.ts";
import type { Tree } from "../../src/verify/python/node.ts";
import { parser } from "../support/facts.ts";

const { parse } = await parser;
const all = mkdtempSync(join(tmpdir(), "kept-trees-"));
afterAll(() => rmSync(all, { recursive: true }));

let folder: string;
beforeEach(() => {
  folder = join(mkdtempSync(join(all, "case-")), "trees");
});

const open = (mostBytes?: number, version = "one") =>
  createKeptTrees({ folder, version, ...(mostBytes === undefined ? {} : { mostBytes }) });
const shaOf = (text: string): string => blobSha(Buffer.from(text));
const parsed = (...texts: readonly string[]): Map<string, Tree> =>
  new Map(texts.map((text) => [shaOf(text), parse(text)]));
const found = (text: string, by = open()): Tree | undefined => by.find(shaOf(text), text);
const packs = (): readonly string[] => readdirSync(folder).map((name) => join(folder, name));
const onlyPack = (): string => packs()[0]!;

const hello = 'def hello(name: str) -> str:\n    return f"hello {name}"\n';
const broken = "def broken(:\n  x ==\n";
const empty = "";

describe("trees that are kept", () => {
  it("are found again as they were, those with syntax errors and of empty files, too", () => {
    open().keep(parsed(hello, broken, empty));
    for (const text of [hello, broken, empty]) expect(found(text)).toEqual(parse(text));
    expect(parse(broken).errors).not.toEqual([]);
    expect(found("x = 1\n")).toBeUndefined();
  });

  it("are their owner's alone, and hold nothing of the source text", () => {
    open().keep(parsed(hello));
    expect([statSync(folder).mode & 0o777, statSync(onlyPack()).mode & 0o777]).toEqual([0o700, 0o600]);
    expect(readFileSync(onlyPack(), "latin1")).not.toContain("hello");
  });

  it("are written once: the next time only what is new", () => {
    open().keep(parsed(hello, broken));
    const second = open();
    const trees = new Map([[shaOf(hello), found(hello, second)!], ...parsed("x = 1\n")]);
    second.keep(trees);
    second.keep(trees);
    const sizes = packs().map((file) => readFileSync(file, "latin1").split(/"[0-9a-f]{40}"/).length - 1);
    expect(sizes.sort()).toEqual([1, 2]);
  });

  it("come together in one pack when a project's lie in many", () => {
    const texts = Array.from({ length: 12 }, (_, at) => `x = ${at}\n`);
    for (const [at] of texts.entries()) {
      const kept = open();
      kept.keep(new Map(texts.slice(0, at + 1).map((text) => [shaOf(text), found(text, kept) ?? parse(text)])));
    }
    expect(packs().length).toBe(12);
    const whole = packs().filter((file) => texts.slice(0, 9).every((text) => readFileSync(file).includes(shaOf(text))));
    expect(whole.length).toBe(1);
  });

  it.skipIf(process.platform !== "linux")(
    "hold no more files open than there may be packs, however long it is up",
    () => {
      const kept = open();
      for (let nth = 0; nth < 80; nth++) kept.keep(parsed(`x = ${nth}\n`));
      const held = readdirSync("/proc/self/fd").filter((fd) => {
        try {
          return readlinkSync(`/proc/self/fd/${fd}`).startsWith(folder);
        } catch {
          return false;
        }
      });
      expect(held.length).toBeLessThanOrEqual(64);
      expect(found("x = 79\n", kept)).toEqual(parse("x = 79\n"));
      expect(found("x = 0\n", kept)).toBeUndefined();
    },
  );

  it("of another version are none", () => {
    open().keep(parsed(hello));
    expect(found(hello, open(undefined, "two"))).toBeUndefined();
  });

  it("of a text that has another length are none, whatever their name says", () => {
    open().keep(new Map([[shaOf(hello), parse("x = 1\n")]]));
    expect(found(hello)).toBeUndefined();
  });

  it("leave when there is no more room, the least recently used first", () => {
    const texts = [hello, broken, "x = 1\n"];
    for (const [at, text] of texts.entries()) {
      const before = new Set(packsOrNone());
      open().keep(parsed(text));
      const made = packs().find((file) => !before.has(file))!;
      utimesSync(made, 1_000 + at, 1_000 + at);
    }
    // Used now.
    expect(found(hello)).toBeDefined();
    const room = packs().reduce((sum, file) => sum + statSync(file).size, 0);
    open(room).keep(parsed("y = 2\n"));
    expect([hello, broken, "x = 1\n", "y = 2\n"].map((text) => found(text) !== undefined)).toEqual([
      true,
      false,
      true,
      true,
    ]);
  });
});

const packsOrNone = (): readonly string[] => (statSync(folder, { throwIfNoEntry: false }) ? packs() : []);

describe("a pack", () => {
  it("with any byte changed gives what was kept, or nothing", () => {
    open().keep(parsed(hello, broken));
    const file = onlyPack();
    const right = readFileSync(file);
    const wanted = [hello, broken].map((text) => parse(text));
    let lost = 0;
    for (let at = 0; at < right.length; at += 7) {
      const wrong = Buffer.from(right);
      wrong.writeUInt8(wrong.readUInt8(at) ^ 0x41, at);
      writeFileSync(file, wrong);
      const kept = open();
      for (const [of, text] of [hello, broken].entries()) {
        const tree = found(text, kept);
        if (tree) expect(tree).toEqual(wanted[of]);
        else lost += 1;
      }
    }
    expect(lost).toBeGreaterThan(right.length / 7);
  });

  it.each([
    ["cut short", (bytes: Buffer) => bytes.subarray(0, bytes.length - 4)],
    ["longer than it was", (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc(4)])],
    ["empty", () => Buffer.alloc(0)],
    ["something else", () => Buffer.from("no pack at all, but a text that somebody put there")],
  ])("that is %s is none, and what it held is written anew", (_, change) => {
    open().keep(parsed(hello));
    const file = onlyPack();
    writeFileSync(file, change(readFileSync(file)));
    const kept = open();
    expect(found(hello, kept)).toBeUndefined();
    kept.keep(parsed(hello));
    expect(found(hello)).toEqual(parse(hello));
  });

  it("that another process removed while it was open can still be read", () => {
    open().keep(parsed(hello));
    const kept = open();
    rmSync(onlyPack());
    expect(found(hello, kept)).toEqual(parse(hello));
  });
});

describe("a folder", () => {
  it("that can't be there keeps nothing and stops nothing", () => {
    writeFileSync(folder, "a file");
    const kept = open();
    kept.keep(parsed(hello));
    expect(found(hello, kept)).toBeUndefined();
  });
});

describe("the version of trees", () => {
  it("is a hash over all of our code that makes and writes one", () => {
    const analysis = join(import.meta.dirname, "../../src/analysis");
    const own = treeMakers.map((name) => `${join(analysis, name)}.ts`);
    const imported = own.flatMap((file) =>
      [...readFileSync(file, "utf8").matchAll(/^import (?!type )[^"]*"(\.[^"]+)"/gm)].map(([, to]) =>
        join(dirname(file), to!),
      ),
    );
    expect(imported).not.toEqual([]);
    expect(imported.filter((file) => !own.includes(file))).toEqual([]);
  });
});
