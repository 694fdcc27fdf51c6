import { execFileSync, spawn } from "node:child_process";
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { dataFolder, makeDataFolder } from "../../scripts/setup/data-folder.mjs";
import { nodePackagesReady } from "../../scripts/setup/node-packages.mjs";
import { toolchainOf } from "../../scripts/setup/python-toolchain.mjs";
import { installCommands, missingPrograms, packagesFor } from "../../scripts/setup/system-packages.mjs";
import { readRunConfig } from "../../src/config.ts";
import { pythonOrSkip } from "../support/python.ts";

const root = join(import.meta.dirname, "../..");
const python = pythonOrSkip();
const lacking = missingPrograms();
const complete = lacking.length === 0;
if (!complete)
  console.warn(`Skipped: what the set-up does where only Python is missing; here ${lacking.join(", ")} is, too.`);
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "setup-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

type Ended = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

/** @param onWord called when it says its first word */
const setUp = async (
  env: Readonly<Record<string, string>> = {},
  checkout = root,
  onWord: () => void = () => {},
): Promise<Ended> => {
  const child = spawn(process.execPath, [join(checkout, "scripts/setup.mjs")], { env: { ...process.env, ...env } });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk) => {
    stdout += chunk;
  });
  child.stderr.once("data", onWord);
  child.stderr.on("data", (chunk) => {
    stderr += chunk;
  });
  return new Promise((resolve) => child.on("close", (code) => resolve({ code, stdout, stderr })));
};

describe("the data folder", () => {
  it.each([
    [{ ARCHITECT_DATA: "/srv/architect", HOME: "/home/a" }, false],
    [{ ARCHITECT_DATA: "relative/data", HOME: "/home/a" }, true],
    [{ ARCHITECT_DATA: "", HOME: "/home/a" }, false],
    [{ HOME: "/home/a", XDG_DATA_HOME: "/home/a/x" }, true],
    [{ HOME: "/home/a", XDG_DATA_HOME: "/data/a" }, false],
    [{ HOME: "/home/a", XDG_DATA_HOME: "a" }, false],
    [{ HOME: "/home/a" }, false],
  ])("of %j, root: %j, is the same for the set-up and the App", (env, isRoot) => {
    expect(dataFolder(env, isRoot)).toBe(readRunConfig(env, isRoot).dataFolder);
  });

  it("lets others pass to what is shared and nowhere else", () => {
    const data = join(folder, "data");
    expect(makeDataFolder(data)).toBeUndefined();
    const modes = ["", "shared", "shared/toolchain", "private"].map((path) => statSync(join(data, path)).mode & 0o777);
    expect(modes).toEqual([0o711, 0o755, 0o755, 0o700]);
  });

  it("keeps the mode that an operator gave it", () => {
    const data = join(folder, "data");
    mkdirSync(data);
    chmodSync(data, 0o750);
    makeDataFolder(data);
    expect(statSync(data).mode & 0o777).toBe(0o750);
  });

  it("that can't be made is said in a sentence that names the way out", () => {
    writeFileSync(join(folder, "file"), "");
    expect(makeDataFolder(join(folder, "file/data"))).toMatch(
      /^the data folder .*\/file\/data can't be made \(ENOTDIR\): set ARCHITECT_DATA to a folder of yours\.$/,
    );
  });
});

describe("npm packages", () => {
  const write = (file: string, packages: object): void =>
    writeFileSync(join(folder, file), JSON.stringify({ packages }));
  const wanted = {
    "": {},
    "node_modules/a": { version: "1.0.0" },
    "node_modules/b": { version: "2.0.0", optional: true },
  };

  const a = { "node_modules/a": { version: "1.0.0" } };
  it.each([
    ["are all there", true, { ...a, "node_modules/b": { version: "2.0.0" } }],
    ["lack only another platform's", true, a],
    ["lack one", false, { "node_modules/b": { version: "2.0.0" } }],
    ["hold an older one", false, { "node_modules/a": { version: "0.9.0" } }],
    ["hold an older optional one", false, { ...a, "node_modules/b": { version: "1.9.0" } }],
  ])("that %s are ready: %j", (_, ready, installed) => {
    mkdirSync(join(folder, "node_modules"));
    write("package-lock.json", wanted);
    write("node_modules/.package-lock.json", installed);
    expect(nodePackagesReady(folder)).toBe(ready);
  });

  it("of an interrupted install are not ready", () => {
    mkdirSync(join(folder, "node_modules/a"), { recursive: true });
    write("package-lock.json", wanted);
    expect(nodePackagesReady(folder)).toBe(false);
  });
});

describe("system packages", () => {
  it("are asked for by what PATH lacks", () => {
    for (const name of ["git", "rg", "bash", "prlimit", "setpriv"]) {
      writeFileSync(join(folder, name), "");
      chmodSync(join(folder, name), name === "rg" ? 0o644 : 0o755);
    }
    expect(missingPrograms("linux", folder, "")).toEqual(["bwrap", "rg"]);
    expect(missingPrograms("darwin", folder, "")).toEqual(["rg"]);
  });

  it.each([
    [
      "apt",
      [
        "sudo apt-get update -qq",
        "sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends bubblewrap ripgrep python3-venv",
      ],
    ],
    ["dnf", ["sudo dnf install -y -q bubblewrap ripgrep python3"]],
    ["apk", ["sudo apk add --quiet bubblewrap ripgrep python3"]],
    ["pacman", ["sudo pacman -S --needed --noconfirm bubblewrap ripgrep python"]],
    ["zypper", ["sudo zypper --non-interactive --quiet install bubblewrap ripgrep python3"]],
  ] as const)("are installed by %s with its own names", (manager, commands) => {
    const names = packagesFor(["bwrap", "rg", "venv"], manager);
    expect(installCommands(manager, names, ["sudo"]).map((words) => words.join(" "))).toEqual(commands);
  });
});

describe.skipIf(!complete)("npm run setup", () => {
  /** Everything is there but Python packages, and no index to get them from. */
  const withoutIndex = {
    PIP_INDEX_URL: "http://127.0.0.1:9/simple",
    PIP_EXTRA_INDEX_URL: "",
    PIP_FIND_LINKS: "",
    PIP_CONFIG_FILE: "/dev/null",
    PIP_NO_CACHE_DIR: "1",
  };

  it.skipIf(!python)("says nothing where nothing is to be done", async () => {
    await setUp();
    expect(await setUp()).toEqual({ code: 0, stdout: "", stderr: "" });
  });

  it.skipIf(!python)("goes on without the Python packages, says why, and leaves nothing half made", async () => {
    // What a set-up that was killed leaves.
    mkdirSync(join(folder, "data/shared/toolchain/.python-1/bin"), { recursive: true });
    const { code, stdout, stderr } = await setUp({ ...withoutIndex, ARCHITECT_DATA: join(folder, "data") });
    expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
    expect(stderr).toMatch(
      /^setup: making the Python environment of the sandbox …\nsetup: .*`npm run setup` tries again\.\n$/,
    );
    expect(readdirSync(join(folder, "data/shared/toolchain"))).toEqual([]);
  });

  it("makes no Python environment where the operator names one", async () => {
    const env = { ARCHITECT_DATA: join(folder, "data"), ARCHITECT_PYTHON: "/opt/toolchain" };
    expect(await setUp(env)).toEqual({ code: 0, stdout: "", stderr: "" });
  });

  it("waits while another one is at work, and finds the work done", async () => {
    const data = join(folder, "data");
    expect(makeDataFolder(data)).toBeUndefined();
    const holder = spawn("flock", [join(data, "setup.lock"), "sh", "-c", "echo held; read line"]);
    await new Promise((resolve) => holder.stdout.once("data", resolve));
    const ended = setUp({ ...withoutIndex, ARCHITECT_DATA: data }, root, () => {
      const made = toolchainOf(data);
      mkdirSync(join(made, "bin"), { recursive: true });
      writeFileSync(join(made, "bin/python"), "");
      symlinkSync(basename(made), join(dirname(made), "python"));
      holder.stdin.end("\n");
    });
    expect(await ended).toEqual({
      code: 0,
      stdout: "",
      stderr: "setup: another set-up is at work; waiting for it …\n",
    });
  });

  it("ends with npm's own reason where the packages can't be had", async () => {
    cpSync(join(root, "scripts"), join(folder, "scripts"), { recursive: true });
    writeFileSync(join(folder, "package.json"), JSON.stringify({ dependencies: { zod: "4.0.0" } }));
    writeFileSync(join(folder, "package-lock.json"), JSON.stringify({ lockfileVersion: 3, packages: { "": {} } }));
    const env = { ARCHITECT_PYTHON: "/opt/toolchain", ARCHITECT_DATA: join(folder, "data") };
    const { code, stdout, stderr } = await setUp(env, folder);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(/^setup: `npm ci` failed: .*Missing: zod@4\.0\.0 from lock file/ms);
  });
});

describe("the Python environment", () => {
  it("is pinned by content, for every package of the list that people edit", () => {
    const read = (name: string): string => execFileSync("cat", [join(root, "scripts", name)], { encoding: "utf8" });
    const names = (text: string): string[] => [...text.matchAll(/^([a-z][a-z0-9-]*)/gm)].map((match) => match[1]!);
    const pinned = read("python-requirements.txt");
    expect(names(pinned)).toEqual(expect.arrayContaining(names(read("python-requirements.in"))));
    const entries = pinned.split(/\n(?=[a-z])/).slice(1);
    expect(entries.filter((entry) => !/^[a-z0-9-]+==\S+/.test(entry) || !entry.includes("--hash=sha256:"))).toEqual([]);
  });
});
