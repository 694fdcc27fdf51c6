import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createFileClient, type FileClient } from "../../src/workspace/file-client.ts";

const script = join(import.meta.dirname, "../../src/workspace/file-process.ts");

describe("the file process of an agent", () => {
  let folder: string;
  let started: ChildProcess[];
  const logged: string[] = [];
  const create = (idleMs: number): FileClient =>
    createFileClient(
      () => {
        const child = spawn(process.execPath, [script, folder], { stdio: ["pipe", "pipe", "pipe"] });
        started.push(child);
        return child;
      },
      (line) => logged.push(line),
      idleMs,
    );
  const read = (client: FileClient) => client.call("read", { path: "a.txt" });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "file-client-"));
    writeFileSync(join(folder, "a.txt"), "a\n");
    started = [];
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("starts with the first call, and one serves all calls", async () => {
    const client = create(60_000);
    expect(started).toHaveLength(0);
    await Promise.all([read(client), read(client)]);
    await read(client);
    expect(started).toHaveLength(1);
    await client.end();
  });

  it("ends when nobody asked it for a while, and the next call does not notice", async () => {
    const client = create(1);
    for (const times of [1, 2, 3]) {
      expect(await read(client)).toMatchObject({ text: "a\n" });
      expect(started).toHaveLength(times);
      const last = started.at(-1);
      if (last?.exitCode === null && last.signalCode === null) await once(last, "close");
    }
    await client.end();
    expect(logged).toEqual([]);
  });

  it("is not idle while it is asked something else", async () => {
    const client = create(1);
    const all = Array.from({ length: 50 }, () => read(client));
    for (const answer of await Promise.all(all)) expect(answer).toMatchObject({ text: "a\n" });
    expect(started).toHaveLength(1);
    await client.end();
  });

  it("is gone when the run has ended, also one that was just let go", async () => {
    const client = create(60_000);
    await read(client);
    await client.end();
    expect(started[0]?.signalCode).toBe("SIGKILL");
  });
});
