/** Git's object store read through one long-lived `cat-file`, and written as loose files: no process per object. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { mkdir, rename, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { deflateSync } from "node:zlib";
import { gitEnvironment } from "./run-git.ts";

export type GitObject = { readonly sha: string; readonly type: string; readonly content: Buffer };

export type Objects = {
  /** Undefined when there is no such object. @param name a SHA */
  read(name: string): Promise<GitObject | undefined>;
  /** @returns the object's SHA */
  write(type: "blob" | "commit", content: Buffer): Promise<string>;
  close(): void;
};

type Waiting = { resolve: (object: GitObject | undefined) => void; reject: (error: Error) => void };

export function createObjects(directory: string): Objects {
  let reader: { child: ChildProcessWithoutNullStreams; waiting: Waiting[] } | undefined;

  function open() {
    const child = spawn("git", ["-C", directory, "cat-file", "--batch"], { env: gitEnvironment(directory) });
    const waiting: Waiting[] = [];
    let buffer = Buffer.alloc(0);
    child.stdout.on("data", (data: Buffer) => {
      buffer = Buffer.concat([buffer, data]);
      for (let taken = takeObject(buffer); taken !== undefined; taken = takeObject(buffer)) {
        buffer = buffer.subarray(taken.length);
        waiting.shift()?.resolve(taken.object);
      }
    });
    const end = (error?: Error): void => {
      reader = undefined;
      for (const { reject } of waiting.splice(0)) reject(new Error("git cat-file ended", { cause: error }));
    };
    child.on("error", end);
    child.on("close", () => end());
    // What cat-file could not be told it never answers: `end` rejects that.
    child.stdin.on("error", () => undefined);
    return { child, waiting };
  }

  function read(name: string): Promise<GitObject | undefined> {
    reader ??= open();
    const { child, waiting } = reader;
    return new Promise((resolve, reject) => {
      waiting.push({ resolve, reject });
      child.stdin.write(`${name}\n`);
    });
  }

  async function write(type: "blob" | "commit", content: Buffer): Promise<string> {
    const whole = Buffer.concat([Buffer.from(`${type} ${content.length}\0`), content]);
    const sha = createHash("sha1").update(whole).digest("hex");
    const path = join(directory, "objects", sha.slice(0, 2), sha.slice(2));
    if (await exists(path)) return sha;
    await mkdir(dirname(path), { recursive: true });
    const draft = join(directory, "objects", `tmp_obj_${randomUUID()}`);
    await writeFile(draft, deflateSync(whole), { mode: 0o444 });
    await rename(draft, path);
    return sha;
  }

  return { read, write, close: () => reader?.child.kill() };
}

/** `<sha> <type> <size>\n<content>\n`, or `<name> missing\n`; undefined while it is not all there. */
function takeObject(buffer: Buffer): { object: GitObject | undefined; length: number } | undefined {
  const end = buffer.indexOf("\n");
  if (end < 0) return undefined;
  const [sha = "", type = "", size] = buffer.subarray(0, end).toString().split(" ");
  if (size === undefined) return { object: undefined, length: end + 1 };
  const length = end + 1 + Number(size) + 1;
  if (buffer.length < length) return undefined;
  return { object: { sha, type, content: Buffer.from(buffer.subarray(end + 1, length - 1)) }, length };
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}
