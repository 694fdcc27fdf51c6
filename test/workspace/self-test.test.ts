import { chmodSync, mkdirSync, mkdtempSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { removeFolder } from "../../src/workspace/disk.ts";
import { openLayout } from "../../src/workspace/layout.ts";
import { createSelfTest, findBubblewrap } from "../../src/workspace/self-test.ts";
import { createWorkspace } from "../../src/workspace/workspace.ts";
import { hasBubblewrap } from "./support.ts";

describe.skipIf(!hasBubblewrap)("the sandbox's self-test", () => {
  const folders: string[] = [];
  const temporary = (mode = 0o755): string => {
    const folder = mkdtempSync(join(tmpdir(), "self-test-"));
    chmodSync(folder, mode);
    folders.push(folder);
    return folder;
  };
  afterEach(async () => {
    for (const folder of folders.splice(0)) await removeFolder(folder);
  });

  const settings = async (folder = temporary()) => ({
    layout: await openLayout(join(folder, "data"), process.execPath),
    bubblewrap: findBubblewrap(),
    python: undefined,
  });

  it("finds that the sandbox holds, believes it for an hour, and leaves nothing behind", async () => {
    let now = new Date("2026-01-01T00:00:00Z");
    const folder = temporary();
    const workspace = createWorkspace({
      dataFolder: join(folder, "data"),
      node: process.execPath,
      sandbox: "bubblewrap",
      clock: () => now,
    });
    const check = async () => {
      const started = performance.now();
      const health = await workspace.checkSandbox();
      return { health, ms: performance.now() - started };
    };
    expect((await check()).health).toEqual({ ok: true });
    now = new Date("2026-01-01T00:59:00Z");
    expect((await check()).ms).toBeLessThan(5);
    now = new Date("2026-01-01T01:01:00Z");
    expect((await check()).ms).toBeGreaterThan(60);
    expect(readdirSync(join(folder, "data/shared/runs"))).toEqual([]);
    await workspace.close();
  });

  it("names what is missing and the command that installs it, and looks again the next time", async () => {
    const test = createSelfTest(() => new Date());
    const given = await settings();
    expect(await test({ ...given, bubblewrap: "/nowhere/bwrap" })).toEqual({
      ok: false,
      reason: "bubblewrap (bwrap) is not installed.",
      mend: expect.stringContaining("apt-get install -y bubblewrap"),
    });
    expect(await test(given)).toEqual({ ok: true });
  });

  it("finds out about a bubblewrap that is too old", async () => {
    const health = await createSelfTest(() => new Date())({ ...(await settings()), bubblewrap: "/bin/echo" });
    expect(health).toMatchObject({
      ok: false,
      reason: expect.stringContaining("too old: it does not know --disable-userns"),
    });
  });

  it.each([
    ["--unshare-net", "it reaches the host's network"],
    ["--seccomp 3", "it makes named pipes; .*no system-call filter is in force"],
    ["--remount-ro /", "it writes to its root"],
  ])("finds out about a sandbox without %s", async (option, finding) => {
    const folder = temporary();
    const weak = join(folder, "bwrap");
    writeFileSync(weak, withoutOption(option));
    chmodSync(weak, 0o755);
    const health = await createSelfTest(() => new Date())({ ...(await settings(folder)), bubblewrap: weak });
    expect(health).toMatchObject({ ok: false, reason: expect.stringMatching(finding) });
  });

  it.skipIf(process.getuid?.() !== 0)("names the folder that the sandbox's user cannot pass through", async () => {
    const closed = temporary(0o700);
    const health = await createSelfTest(() => new Date())(await settings(closed));
    expect(health).toEqual({
      ok: false,
      reason: `The sandbox's user cannot pass through ${closed}.`,
      mend: expect.stringContaining(`chmod o+x ${closed}`),
    });
  });

  it("says that a Python environment cannot be run, and how to make one that can", async () => {
    const folder = temporary();
    mkdirSync(join(folder, "venv/bin"), { recursive: true });
    symlinkSync("/nowhere/python3", join(folder, "venv/bin/python"));
    const health = await createSelfTest(() => new Date())({
      ...(await settings(folder)),
      python: join(folder, "venv"),
    });
    expect(health).toMatchObject({
      ok: false,
      reason: expect.stringContaining("the Python environment cannot be run"),
      mend: expect.stringContaining("/usr/bin/python3 -m venv"),
    });
  });
});

/** A bubblewrap that forgets one of its options. */
const withoutOption = (option: string): string => `#!/bin/bash
forgotten=(${option})
kept=()
while [ $# -gt 0 ]; do
  if [ "$1" = "\${forgotten[0]}" ] && { [ -z "\${forgotten[1]}" ] || [ "$2" = "\${forgotten[1]}" ]; }; then
    shift "\${#forgotten[@]}"
  else
    kept+=("$1")
    shift
  fi
done
exec /usr/bin/bwrap "\${kept[@]}"
`;
