/** There is not always an engine to build the image with: its files, programs, user and settings are checked by reading. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { allowBubblewrap } from "../scripts/seccomp-profile.mjs";
import { packagesFor, programs } from "../scripts/setup/system-packages.mjs";
import { readRunConfig } from "../src/config.ts";

const root = join(import.meta.dirname, "..");
const read = (path: string): string => readFileSync(join(root, path), "utf8");
const manifest = JSON.parse(read("package.json")) as {
  devDependencies: Record<string, string>;
  bin: Record<string, string>;
  scripts: Record<string, string>;
};

type Instruction = { readonly name: string; readonly text: string };

const instructions: readonly Instruction[] = read("Dockerfile")
  .replace(/^#.*\n/gm, "")
  .replace(/\\\n/g, " ")
  .split("\n")
  .filter((line) => line.trim() !== "")
  .map((line) => /^([A-Z]+) +(.*)$/.exec(line)!)
  .map(([, name, text]) => ({ name: name!, text: text!.replace(/\s+/g, " ") }));
const last = instructions.slice(instructions.findLastIndex(({ name }) => name === "FROM"));
const textsOf = (name: string, from: readonly Instruction[] = last): string[] =>
  from.filter((it) => it.name === name).map(({ text }) => text);
const runs = textsOf("RUN", instructions);

/** Sources of a COPY from the build's context. */
const copied = textsOf("COPY", instructions)
  .filter((text) => !text.startsWith("--from="))
  .flatMap((text) => text.split(" ").slice(0, -1));

/** .dockerignore names what is let in. */
const letIn = read(".dockerignore")
  .split("\n")
  .filter((line) => line !== "" && !line.startsWith("#"));
const entersContext = (path: string): boolean =>
  letIn.some((line) => line.startsWith("!") && (path === line.slice(1) || path.startsWith(`${line.slice(1)}/`)));

const environment = Object.fromEntries(
  textsOf("ENV").flatMap((text) => text.split(" ").map((pair) => pair.split("=") as [string, string])),
);

describe("the image", () => {
  it("is built on the Node that the project is tested with", () => {
    expect(textsOf("ARG", instructions)).toEqual([`NODE_IMAGE=node:${manifest.devDependencies["node"]}-bookworm-slim`]);
    expect(textsOf("FROM", instructions).every((text) => text.startsWith(`\${NODE_IMAGE}`))).toBe(true);
  });

  it("copies files that exist", () => {
    expect(copied.filter((path) => !existsSync(join(root, path)))).toEqual([]);
    expect(copied).toContain("agents");
  });

  it("lets into its build just what it copies", () => {
    expect(letIn[0]).toBe("*");
    expect(
      letIn
        .slice(1)
        .map((line) => line.slice(1))
        .toSorted(),
    ).toEqual([...new Set(copied)].toSorted());
    expect([".env", "private-key.pem", ".git/config", "node_modules/a", "test/a.ts"].filter(entersContext)).toEqual([]);
  });

  it("runs no install script, and installs packages of known content only", () => {
    const npm = runs.filter((text) => /\bnpm\b/.test(text));
    expect(npm).toHaveLength(2);
    expect(npm.filter((text) => !text.includes("npm ci --") || !text.includes("--ignore-scripts"))).toEqual([]);
    const pip = runs.filter((text) => /\bpip\b/.test(text));
    expect(pip).toHaveLength(1);
    expect(pip[0]).toMatch(/--only-binary=:all: --require-hashes -r \/tmp\/python-requirements\.txt$/);
    expect(textsOf("ADD", instructions)).toEqual([]);
  });

  it("holds every program that a run starts", () => {
    const [install] = textsOf("RUN");
    const installed = /apt-get install -y --no-install-recommends ([^&]*)/.exec(install!)![1]!.trim().split(" ");
    expect(installed).toEqual(expect.arrayContaining([...packagesFor(programs, "apt"), "python3", "tini"]));
  });

  it("runs as a user that is not root and owns its data folder alone", () => {
    expect(textsOf("USER")).toEqual(["architect"]);
    expect(textsOf("RUN")[0]).toContain("useradd --uid 10001");
    const at = last.findIndex(({ name }) => name === "USER");
    expect(last.slice(at).filter(({ name }) => name === "RUN" || name === "COPY")).toEqual([]);
    expect(textsOf("VOLUME")).toEqual([environment["ARCHITECT_DATA"]]);
    expect(textsOf("RUN")[0]).toContain(
      `install -d -o architect -g architect -m 0711 ${environment["ARCHITECT_DATA"]}`,
    );
    expect(textsOf("COPY").filter((text) => text.includes("--chown"))).toEqual([]);
  });

  it("starts what the package starts, and asks it for its health", () => {
    const command = JSON.parse(textsOf("CMD")[0]!) as string[];
    const flag = "--max-semi-space-size=16";
    expect(command).toEqual(["node", flag, manifest.bin["architect"], "start"]);
    expect(manifest.scripts["start"]).toBe(`node ${flag} src/main.ts start`);
    const source = manifest.bin["architect"]!.replace(/^dist/, "src").replace(/js$/, "ts");
    expect(read(source)).toMatch(/^#!\/usr\/bin\/env node/);
    expect(read("src/app/help.ts")).toContain("architect start ");
    expect(textsOf("HEALTHCHECK")[0]).toContain("/healthz");
    expect(read("src/app/front-page.ts")).toContain('"/healthz"');
    expect(textsOf("EXPOSE")).toEqual([environment["PORT"]]);
  });

  it("sets only settings that exist, and no secret", () => {
    const python = { ARCHITECT_PYTHON: "" };
    expect(readRunConfig({ ...environment, ...python }, false).dataFolder).toBe(environment["ARCHITECT_DATA"]);
    expect(environment["ARCHITECT_PYTHON"]).toBe("/opt/toolchain");
    const names = [...Object.keys(environment), ...textsOf("ARG", instructions)];
    expect(names.filter((name) => /KEY|SECRET|TOKEN|PASSWORD/i.test(name))).toEqual([]);
  });

  it("has its toolchain where the sandbox mounts it, so console scripts work", () => {
    expect(textsOf("COPY")).toContain("--from=python /opt/toolchain /opt/toolchain");
    expect(runs.some((text) => text.includes("/usr/bin/python3 -m venv /opt/toolchain"))).toBe(true);
  });
});

describe("compose.yml", () => {
  const { services, secrets } = parse(read("compose.yml")) as {
    services: { app: Record<string, unknown> };
    secrets: { private_key: { file: string } };
  };
  const { app } = services;

  it("gives bubblewrap what it needs and takes everything else", () => {
    expect(app["security_opt"]).toEqual([
      "seccomp=./seccomp-bwrap.json",
      "systempaths=unconfined",
      "no-new-privileges:true",
    ]);
    expect(app["cap_drop"]).toEqual(["ALL"]);
    expect(app["read_only"]).toBe(true);
    expect(app).not.toHaveProperty("privileged");
    expect(app).not.toHaveProperty("cap_add");
    expect(app).not.toHaveProperty("user");
  });

  it("keeps the key out of the environment and the port on this machine", () => {
    expect(app["environment"]).toEqual({ PRIVATE_KEY_PATH: "/run/secrets/private_key" });
    expect(app["ports"]).toEqual([`127.0.0.1:3000:${environment["PORT"]}`]);
    expect(app["volumes"]).toEqual([`data:${environment["ARCHITECT_DATA"]}`]);
    const ignored = execFileSync("git", ["check-ignore", secrets.private_key.file, ".env", "seccomp-bwrap.json"], {
      cwd: root,
      encoding: "utf8",
    });
    expect(ignored.trim().split("\n")).toHaveLength(3);
  });
});

describe("the seccomp profile", () => {
  it("is Docker's default and bubblewrap's system calls", () => {
    const rule = { names: ["read"], action: "SCMP_ACT_ALLOW" };
    const profile = allowBubblewrap({ defaultAction: "SCMP_ACT_ERRNO", syscalls: [rule] } as { syscalls: object[] });
    expect(profile).toEqual({
      defaultAction: "SCMP_ACT_ERRNO",
      syscalls: [
        rule,
        expect.objectContaining({
          names: ["clone", "mount", "pivot_root", "sethostname", "umount2", "unshare"],
          action: "SCMP_ACT_ALLOW",
        }),
      ],
    });
  });

  it("is not made of a file that is not Docker's", () => {
    const folder = mkdtempSync(join(tmpdir(), "seccomp-"));
    writeFileSync(join(folder, "default.json"), '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": []}');
    const make = () =>
      execFileSync(process.execPath, [join(root, "scripts/seccomp-profile.mjs"), "default.json"], {
        cwd: folder,
        stdio: "pipe",
      });
    expect(make).toThrow(/its SHA-256 is [0-9a-f]{64}/);
    expect(existsSync(join(folder, "seccomp-bwrap.json"))).toBe(false);
    rmSync(folder, { recursive: true });
  });
});
