/** What set-ups make, kept and shared: a repository whose one package lies beside it, and no network. */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { Socket } from "node:net";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { RefusedError } from "../../src/domain/errors.ts";
import { createWorkspace } from "../../src/workspace/workspace.ts";
import {
  architect,
  type Bench,
  createBench,
  type Files,
  hasBubblewrap,
  type OpenOptions,
  output,
  run,
} from "./support.ts";
import { hasPython, writeWheel } from "./wheel.ts";

const never = new AbortController().signal;
const files: Files = { "backend/app/api/a.py": "a = 1\n", "requirements.txt": "ringbell==1.0\n" };
const hear = "python3 -c 'import ringbell; print(ringbell.sound)'";
const failure = async (opening: Promise<unknown>): Promise<RefusedError> => {
  const error = await opening.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof RefusedError)) throw new Error("it was not refused", { cause: error });
  return error;
};

describe.skipIf(!hasBubblewrap || !hasPython)("set-up without a network", () => {
  let bench: Bench;
  let lines: string[] = [];
  const install = { commands: ["pip install -q --no-index --find-links vendor -r requirements.txt"] };
  const results = (): string[] => {
    const folder = join(bench.data, "shared/setups/4711");
    return existsSync(folder) ? readdirSync(folder) : [];
  };

  beforeAll(async () => {
    const log = (line: string) => lines.push(line);
    bench = createBench(files, { log, setup: { hosts: [], cacheBytes: 1 } });
    for (const version of ["1.0", "2.0"]) await writeWheel(join(bench.repository.work, "vendor"), version);
    bench.repository.commit("vendor");
  });
  afterEach(() => {
    lines = [];
  });
  afterAll(() => bench?.close());

  const open = (options: OpenOptions = {}) => bench.open({ setup: install, ...options });

  it("runs once for two runs at a time, and each agent's commands find what it installed", async () => {
    const [one, two] = await Promise.all([open(), open()]);
    expect(lines.filter((line) => line.includes("set-up of shop/backend runs"))).toHaveLength(1);
    const walls = await one.enter(architect);
    expect(await output(walls, `${hear}; command -v python3 pip; echo $VIRTUAL_ENV`)).toBe(
      "ding 1.0\n/setup/bin/python3\n/setup/bin/pip\n/setup",
    );
    const other = await two.enter({ allowed: ["backend/tests"], forbidden: [] });
    expect(await output(other, hear)).toBe("ding 1.0");
    await Promise.all([one.close(), two.close()]);
  });

  it("is read-only for them", async () => {
    const worktree = await open();
    const walls = await worktree.enter(architect);
    expect(
      await output(
        walls,
        "touch /setup/x; echo x > /setup/lib/x; rm -f /setup/pyvenv.cfg; pip uninstall -qy ringbell; true",
      ),
    ).toMatch(/touch.*Read-only file system\n[\s\S]*lib\/x: Read-only[\s\S]*pyvenv\.cfg': Read-only[\s\S]*Read-only/);
    expect(await output(walls, hear)).toBe("ding 1.0");
    await worktree.close();
  });

  it("is taken from what is kept, also after the App has started anew", async () => {
    await (await open()).close();
    expect(lines).toEqual([]);
    const other = createWorkspace({
      ...{ dataFolder: bench.data, node: process.execPath, sandbox: "bubblewrap", clock: () => new Date() },
      log: (line) => lines.push(line),
      setup: { hosts: [], cacheBytes: 1 },
    });
    const heads = await bench.fetch("main");
    const commit = heads.get("main") ?? "";
    const repository = { id: 4711, owner: "shop", name: "backend", installationId: 1, defaultBranch: "main" };
    const where = { runId: "again", commit, base: commit, baseBranch: "main", boundaries: [architect] };
    await (await other.openWorktree(repository, { ...where, setup: { ...install, signal: never } })).close();
    await other.close();
    expect(lines).toEqual([]);
  });

  it("does not see what a pull request changes: its branch may hold what nobody has read", async () => {
    const base = (await bench.fetch("main")).get("main") ?? "";
    bench.repository.git("checkout", "-q", "-b", "change");
    const commit = bench.repository.commit("another version", { "requirements.txt": "ringbell==2.0\n" });
    bench.repository.git("checkout", "-q", "main");
    const worktree = await open({ commit, base, baseBranch: "main" }).catch(async () => {
      await bench.fetch("change");
      return open({ commit, base, baseBranch: "main" });
    });
    expect(await output(await worktree.enter(architect), `cat requirements.txt; ${hear}`)).toBe(
      "ringbell==2.0\nding 1.0",
    );
    expect(lines).toEqual([]);
    await worktree.close();
  });

  it("runs again when a file that it depends on has changed; the result that nobody needs any more goes", async () => {
    const before = results();
    expect(before).toHaveLength(1);
    bench.repository.commit("the next version", { "requirements.txt": "ringbell==2.0\n" });
    const worktree = await open();
    expect(await output(await worktree.enter(architect), hear)).toBe("ding 2.0");
    await worktree.close();
    expect(results()).toHaveLength(1);
    expect(results()).not.toEqual(before);
    bench.repository.commit("something else", { "README.md": "# shop\n" });
    await (await open()).close();
    expect(lines.filter((line) => line.includes("runs"))).toHaveLength(1);
  });

  it("may build where it stands, and an editable application is the run's own files", async () => {
    const project =
      "[project]\nname = 'own'\nversion = '1'\n[build-system]\nrequires = []\nbuild-backend = 'backing'\nbackend-path = ['.']\n";
    const backing = [
      "import os, zipfile",
      "def get_requires_for_build_editable(config_settings=None): return []",
      "def build_editable(folder, config_settings=None, metadata_directory=None):",
      "    open('built-beside', 'w').close()",
      "    name = 'own-1-py3-none-any.whl'",
      "    info = 'own-1.dist-info/'",
      "    with zipfile.ZipFile(os.path.join(folder, name), 'w') as wheel:",
      "        wheel.writestr('own.pth', os.getcwd())",
      "        wheel.writestr(info + 'METADATA', 'Metadata-Version: 2.1\\nName: own\\nVersion: 1\\n')",
      "        wheel.writestr(info + 'WHEEL', 'Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n')",
      "        wheel.writestr(info + 'RECORD', 'own.pth,,\\n')",
      "    return name",
      "",
    ].join("\n");
    bench.repository.commit("own", { "backend/pyproject.toml": project, "backend/backing.py": backing });
    const worktree = await bench.open({ setup: { commands: ["pip install -q --no-index -e ./backend"] } });
    const walls = await worktree.enter(architect);
    await output(walls, "echo 'new = 7' > backend/app/api/new.py");
    expect(await output(walls, "cd / && python3 -c 'import app.api.new as n; print(n.new, n.__file__)'")).toBe(
      "7 /repo/backend/app/api/new.py",
    );
    expect(await output(walls, "ls backend")).not.toContain("built-beside");
    await worktree.close();
  });

  it("that fails is refused with its log, leaves nothing, and says that there was no network", async () => {
    const before = results();
    const setup = { commands: ["echo first", "pip install -q --disable-pip-version-check --retries 0 nosuchpackage"] };
    const { message, log } = await failure(bench.open({ setup }));
    expect(message).toMatch(
      /^The repository's set-up failed: `pip install .* nosuchpackage` ended with exit code 1\. It had no network: .*ARCHITECT_SETUP_HOSTS/,
    );
    expect(log).toMatch(
      /\$ python3 -m venv \/setup\n[\s\S]*\$ echo first\nfirst\n[\s\S]*No matching distribution found/,
    );
    expect(results()).toEqual(before);
    expect(readdirSync(join(bench.data, "shared/runs"))).toEqual([]);
  });

  it("that is stopped half-way ends at once and leaves nothing", async () => {
    const before = results();
    const stop = new AbortController();
    const opening = bench.open({ setup: { commands: ["while :; do :; done"], signal: stop.signal } });
    const waiting = bench.open({ setup: { commands: ["while :; do :; done"], signal: stop.signal } });
    await expect.poll(() => lines.length, { timeout: 20_000 }).toBeGreaterThan(0);
    const both = [opening, waiting].map((one) => expect(one).rejects.toThrow("stopped by somebody"));
    stop.abort(new Error("stopped by somebody"));
    await Promise.all(both);
    expect(results()).toEqual(before);
  });

  it("that names a file which is not there is refused before anything runs", async () => {
    const { message } = await failure(bench.open({ setup: { commands: ["true"], files: ["requirements/dev.txt"] } }));
    expect(message).toContain("`setup.files` names `requirements/dev.txt`, which the base branch does not have");
    expect(lines).toEqual([]);
  });

  it("of a process that died half-way is cleared away by the next one, and never taken for a result", async () => {
    const dead = await run("/bin/bash", ["-c", "echo $$"]);
    const folder = join(bench.data, "shared/setups/4711", `${"0".repeat(32)}.${dead.stdout.trim()}-1-0a1b2c3d.tmp`);
    mkdirSync(join(folder, "result"), { recursive: true });
    writeFileSync(join(folder, "bytes"), "9");
    const other = createWorkspace({
      ...{ dataFolder: bench.data, node: process.execPath, sandbox: "bubblewrap", clock: () => new Date() },
    });
    await other.checkSandbox();
    await other.close();
    expect(existsSync(folder)).toBe(false);
  });
});

describe.skipIf(!hasBubblewrap || !hasPython)("set-up with a network that fails", () => {
  it("says what was not let through", async () => {
    const hosts = [{ host: "packages.example.com", ports: [443] }];
    const network = { resolve: async () => ["169.254.1.1"], dial: () => new Socket() };
    const bench = createBench(files, { setup: { hosts, network, cacheBytes: 1 } });
    const commands = ["curl -sS -m 5 http://files.example.org/; curl -sSf -m 5 https://packages.example.com/"];
    const { message } = await failure(bench.open({ setup: { commands } }));
    expect(message).toMatch(
      /ended with exit code \d+\. Not let through: files\.example\.org:80 is not among the hosts/,
    );
    expect(message).toContain(
      "Not let through: packages.example.com leads to 169.254.1.1, which is no public address.",
    );
    await bench.close();
  });
});
