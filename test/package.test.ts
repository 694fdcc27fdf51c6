/** What npm would publish, installed in a folder that knows nothing of this checkout. */
import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Facts } from "../src/domain/facts.ts";
import { pythonOrSkip } from "./support/python.ts";

const root = join(import.meta.dirname, "..");
const python = pythonOrSkip();
const node = join(root, "node_modules/node/bin/node");
let folder: string;
let installed: string;

const npm = (args: readonly string[], cwd: string) => spawnSync("npm", args, { cwd, encoding: "utf8" });

const architect = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  spawnSync(node, [join(folder, "home/node_modules/.bin/architect"), ...args], {
    cwd: folder,
    encoding: "utf8",
    env: { PATH: process.env["PATH"]!, HOME: folder, ARCHITECT_CACHE: join(folder, "cache"), ...env },
  });

/** Where the registry can't be reached: the tarball unpacked, beside links to the packages that the lock file names. */
const installOffline = (tarball: string, home: string): void => {
  const modules = join(home, "node_modules");
  mkdirSync(join(modules, ".bin"), { recursive: true });
  execFileSync("tar", ["-xzf", tarball, "-C", modules]);
  cpSync(join(modules, "package"), join(modules, "backend-architect"), { recursive: true });
  symlinkSync("../backend-architect/dist/main.js", join(modules, ".bin/architect"));
  const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as {
    packages: Record<string, { dev?: boolean; optional?: boolean }>;
  };
  for (const [path, entry] of Object.entries(packages)) {
    const name = /^node_modules\/((@[^/]+\/)?[^/]+)$/.exec(path)?.[1];
    if (name === undefined || entry.dev || entry.optional) continue;
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(join(root, path), join(modules, name));
  }
};

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "package-"));
  // The sandbox's own user must be able to pass.
  chmodSync(folder, 0o711);
  const home = join(folder, "home");
  mkdirSync(home);
  const packed = npm(["pack", "--silent", "--ignore-scripts=false", "--pack-destination", folder], root);
  expect(packed.stderr + packed.stdout, "npm pack").toMatch(/\.tgz\n$/);
  const tarball = join(folder, readdirSync(folder).find((name) => name.endsWith(".tgz"))!);
  writeFileSync(join(home, "package.json"), "{}");
  const flags = [
    "--prefer-offline",
    "--no-audit",
    "--no-fund",
    "--ignore-scripts",
    "--loglevel=error",
    "--fetch-retries=0",
  ];
  const { status, stderr } = npm(["install", ...flags, tarball], home);
  if (status !== 0) {
    expect(stderr).toMatch(/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENOTCACHED/);
    console.warn("The registry can't be reached: the package's dependencies are this checkout's.");
    rmSync(join(home, "node_modules"), { recursive: true, force: true });
    installOffline(tarball, home);
  }
  installed = join(home, "node_modules/backend-architect");
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the packed package", () => {
  it("holds JavaScript and what it reads, and nothing of the tests", () => {
    const files = readdirSync(installed, { recursive: true, encoding: "utf8" });
    expect(files).toEqual(expect.arrayContaining(["dist/main.js", "agents", "app.yml", "LICENSE", "package.json"]));
    expect(files.filter((file) => /(^|\/)(test|scripts|src)\/|\.ts$|\.env|\.pem$/.test(file))).toEqual([]);
  });

  it("holds whatever lies in src beside TypeScript", () => {
    const assets = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" }).filter(
      (file) => !file.endsWith(".ts") && statSync(join(root, "src", file)).isFile(),
    );
    expect(assets.filter((file) => !existsSync(join(installed, "dist", file)))).toEqual([]);
  });

  it("leads to no TypeScript at run time", () => {
    const modules = readdirSync(join(installed, "dist"), { recursive: true, encoding: "utf8" }).filter((file) =>
      /\.m?js$/.test(file),
    );
    const found = modules.filter((file) =>
      /(import|from|new URL)\s*\(?\s*["'`][^"'`]*\.ts["'`]/.test(readFileSync(join(installed, "dist", file), "utf8")),
    );
    expect(modules.length).toBeGreaterThan(50);
    expect(found).toEqual([]);
  });

  it("brings a command that says how it is used", () => {
    const { status, stdout, stderr } = architect(["--help"]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toContain("architect start");
    expect(stdout).toContain("architect run --task");
  });

  it("knows its version", () => {
    const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
    expect(architect(["--version"]).stdout).toBe(`${version}\n`);
  });

  it("reads the facts of a folder in its thread", () => {
    const { status, stdout, stderr } = architect(["facts", join(root, "test/fixtures/backends/shop"), "--json"]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const { endpoints } = JSON.parse(stdout) as Facts;
    expect(endpoints.map(({ method, path }) => `${method} ${path}`)).toContain("POST /api/v1/products");
  });

  it.each([
    ["tries its code in the Python environment that is there", python],
    ["says that its code was not tried where no Python environment is there", undefined],
  ])("designs in a local repository, leaves a branch of it, and %s", (_, environment) => {
    const place = mkdtempSync(join(folder, "run-"));
    chmodSync(place, 0o711);
    const repository = join(place, "repository");
    cpSync(join(root, "test/fixtures/backends/shop"), repository, { recursive: true });
    const git = (...args: string[]): string =>
      execFileSync("git", ["-c", "user.name=maintainer", "-c", "user.email=maintainer@example.com", ...args], {
        cwd: repository,
        encoding: "utf8",
      });
    git("init", "--quiet", "--initial-branch=main");
    git("add", ".");
    git("commit", "--quiet", "-m", "The shop");
    const before = git("status", "--porcelain", "--branch");

    const request = ["run", "--repo", repository, "--json", "Create user registration endpoint"];
    const { status, stdout, stderr } = architect(request, {
      ARCHITECT_DATA: join(place, "data"),
      ...(environment === undefined ? {} : { ARCHITECT_PYTHON: dirname(dirname(environment)) }),
    });
    expect(status, stderr).toBe(0);
    const { branch, body } = JSON.parse(stdout) as { branch: string; body: string };
    expect(/, but (was )?not run:/.test(body)).toBe(environment === undefined);
    expect(git("diff", "--name-only", `main...${branch}`)).toContain("backend/app/models/user.py");
    expect(git("status", "--porcelain", "--branch")).toBe(before);
  });
});
