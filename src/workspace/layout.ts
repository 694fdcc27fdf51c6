/** The data folder's shape: what only the host may read lies in `private`, what the sandbox's user must reach in `shared`. */

import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { constants, existsSync } from "node:fs";
import { chmod, copyFile, link, readFile, rename, stat } from "node:fs/promises";
import { extname, join } from "node:path";
import { getCACertificates } from "node:tls";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { makeFolder, type Owner, putFile } from "./disk.ts";
import { temporaryName } from "./owner.ts";
import { hasSeccompFilter, renderSeccompFilter } from "./seccomp.ts";

/** Whom processes in the sandbox run as, where we are root and would otherwise give that to them. */
export type SandboxUser = Owner;

export type Layout = {
  readonly mirrors: string;
  /** A git configuration that trusts every owner: see `RemoteRules`. */
  readonly trustingConfig: string;
  /** Whose certificates git takes: see `RemoteRules`. */
  readonly authorities: string | undefined;
  readonly history: string;
  /** What git makes while it merges, for as long as it does. */
  readonly merges: string;
  readonly trees: string;
  readonly gitDirs: string;
  readonly runs: string;
  /** What repositories' set-ups made. */
  readonly setups: string;
  readonly etc: string;
  readonly seccompFilter: string;
  /** Node and the scripts of ours that it runs inside, as the sandbox finds them. */
  readonly node: string;
  readonly fileProcess: string;
  readonly requestProcess: string;
  readonly setupProcess: string;
  /** Undefined for an ordinary user, whose own uid it is then. */
  readonly user: SandboxUser | undefined;
};

const rootsSandboxUser: SandboxUser = { uid: 10_001, gid: 10_001 };

const sandboxUser = (): SandboxUser | undefined => (process.getuid?.() === 0 ? rootsSandboxUser : undefined);

/** Makes what is missing; safe to repeat, also by two processes at once. @param node the Node binary of the file process */
export const openLayout = async (dataFolder: string, node: string): Promise<Layout> => {
  const user = sandboxUser();
  const shared = join(dataFolder, "shared");
  await makeFolder(dataFolder, 0o711);
  await makeFolder(join(dataFolder, "private"), 0o700);
  await makeFolder(join(dataFolder, "private/mirrors"), 0o700);
  await makeFolder(join(dataFolder, "private/merges"), 0o700);
  await makeFolder(shared, user ? 0o750 : 0o700, user && { uid: 0, gid: user.gid });
  const folders = ["history", "trees", "git", "runs", "setups", "toolchain", "etc"].map((name) => join(shared, name));
  for (const folder of folders) await makeFolder(folder, 0o755);
  const [history = "", trees = "", gitDirs = "", runs = "", setups = "", toolchain = "", etc = ""] = folders;
  await writeEtc(etc, user?.uid ?? process.getuid?.() ?? 0, user?.gid ?? process.getgid?.() ?? 0);
  const trustingConfig = join(dataFolder, "private/trusting.gitconfig");
  await putFile(trustingConfig, "[safe]\n\tdirectory = *\n", 0o600);
  const authorities = await writeAuthorities(join(dataFolder, "private/authorities.pem"));
  const seccompFilter = join(etc, "seccomp.bpf");
  // Elsewhere the self-test says so, and nothing is started in a sandbox.
  if (hasSeccompFilter(process.arch)) await putFile(seccompFilter, renderSeccompFilter(process.arch), 0o644);
  return {
    mirrors: join(dataFolder, "private/mirrors"),
    trustingConfig,
    authorities,
    history,
    merges: join(dataFolder, "private/merges"),
    trees,
    gitDirs,
    runs,
    setups,
    etc,
    seccompFilter,
    node: await installNode(toolchain, node),
    fileProcess: await installScript(toolchain, node, "file-process"),
    requestProcess: await installScript(toolchain, node, "request-process"),
    setupProcess: await installScript(toolchain, node, "setup-process"),
    user,
  };
};

/** @returns undefined where the operator has added none to those that come with the system */
const writeAuthorities = async (file: string): Promise<string | undefined> => {
  if (getCACertificates("extra").length === 0) return undefined;
  const all = new Set([...getCACertificates("default"), ...getCACertificates("system")]);
  await putFile(file, `${[...all].join("\n")}\n`, 0o600);
  return file;
};

const writeEtc = async (etc: string, uid: number, gid: number): Promise<void> => {
  await putFile(join(etc, "passwd"), `agent:x:${uid}:${gid}::/tmp:/bin/bash\n`, 0o644);
  await putFile(join(etc, "group"), `agent:x:${gid}:\n`, 0o644);
  await putFile(join(etc, "hosts"), "127.0.0.1 localhost sandbox\n::1 localhost\n", 0o644);
};

/** The running Node may lie where the sandbox's user cannot go; a hard link costs nothing where the disk is the same. */
const installNode = async (toolchain: string, node: string): Promise<string> => {
  const { size, mtimeMs } = await stat(node);
  const folder = join(
    toolchain,
    `node-${process.version}-${createHash("sha256").update(`${size} ${mtimeMs}`).digest("hex").slice(0, 8)}`,
  );
  const target = join(folder, "node");
  await makeFolder(folder, 0o755);
  const there = await stat(target).catch(() => undefined);
  if (there?.size === size) return target;
  const unfinished = temporaryName(target);
  // A link shares the mode of the file it is made of: one that others cannot run is copied instead.
  const isOpen = ((await stat(node)).mode & 0o555) === 0o555;
  await (isOpen ? link(node, unfinished) : Promise.reject(new Error("not for others"))).catch(async () => {
    await copyFile(node, unfinished, constants.COPYFILE_FICLONE);
    await chmod(unfinished, 0o755);
  });
  await rename(unfinished, target);
  return target;
};

/**
 * As JavaScript, also in a checkout: a Node that strips types takes twice as long to start and half as much memory again,
 * in every run.
 */
const installScript = async (toolchain: string, node: string, name: string): Promise<string> => {
  const script = fileURLToPath(new URL(`./${name}${extname(import.meta.url)}`, import.meta.url));
  const digest = createHash("sha256")
    .update(await readFile(script))
    .digest("hex")
    .slice(0, 12);
  const target = join(toolchain, `${name}-${digest}.mjs`);
  if (existsSync(target)) return target;
  await putFile(target, script.endsWith(".ts") ? await withoutTypes(script, node) : await readFile(script), 0o644);
  return target;
};

/** By a process of its own, since the function announces on stderr that it is experimental. */
const withoutTypes = async (script: string, node: string): Promise<string> => {
  const strip =
    'process.stdout.write(require("node:module").stripTypeScriptTypes(require("node:fs").readFileSync(process.argv[1], "utf8")))';
  const args = ["--disable-warning=ExperimentalWarning", "-e", strip, "--", script];
  return (await promisify(execFile)(node, args, { env: {} })).stdout;
};
