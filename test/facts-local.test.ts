/** `architect facts` as a process: what one leaves for the next, and what the next makes of it. */
import { spawn } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import type { Facts } from "../src/domain/facts.ts";

const all = mkdtempSync(join(tmpdir(), "facts-local-"));
afterAll(() => rmSync(all, { recursive: true }));

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(all, "case-"));
  cpSync(join(import.meta.dirname, "fixtures/backends/shop/backend"), join(folder, "shop"), { recursive: true });
});

const cache = (): string => join(folder, "backend-architect");
const trees = (): readonly string[] => readdirSync(join(cache(), "trees"));

const facts = async (): Promise<Facts> => {
  const main = join(import.meta.dirname, "../src/main.ts");
  const child = spawn(process.execPath, [main, "facts", join(folder, "shop"), "--json"], {
    env: { PATH: process.env["PATH"] ?? "", ARCHITECT_CACHE: folder },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let said = "";
  for await (const chunk of child.stdout) said += chunk;
  return JSON.parse(said) as Facts;
};

const change = (): void =>
  writeFileSync(
    join(folder, "shop/app/main.py"),
    'from fastapi import FastAPI\napp = FastAPI()\n@app.get("/other")\ndef other(): ...\n',
  );

describe("a second architect facts", () => {
  it("shows the same, and reads of a changed folder what changed", async () => {
    const first = await facts();
    expect(first.endpoints.length).toBeGreaterThan(3);
    const [whole] = trees();
    expect(await facts()).toEqual(first);
    expect(trees()).toEqual([whole]);
    change();
    const changed = await facts();
    expect(changed.endpoints.map(({ path }) => path)).toEqual(["/other"]);
    const [added] = trees().filter((name) => name !== whole);
    const size = (name = ""): number => statSync(join(cache(), "trees", name)).size;
    expect(size(added)).toBeLessThan(size(whole) / 2);
  });

  it("that runs beside the first shows the same", async () => {
    const found = await Promise.all([facts(), facts()]);
    expect(found[1]).toEqual(found[0]);
    expect(await facts()).toEqual(found[0]);
    expect(trees().filter((name) => !name.endsWith(".trees"))).toEqual([]);
  });

  it("uses no folder that others can write to", async () => {
    mkdirSync(cache());
    chmodSync(cache(), 0o777);
    expect((await facts()).endpoints.length).toBeGreaterThan(3);
    expect(readdirSync(cache())).toEqual([]);
  });
});
