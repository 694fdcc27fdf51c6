/** Whether the sandbox holds on this machine: canaries that try to get out of the real one, and what to do where it does not. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { type AddressInfo, createServer, type Server } from "node:net";
import { dirname, join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { promisify } from "node:util";
import type { Clock, SandboxHealth } from "../ports.ts";
import { type Canary, canaries } from "./canaries.ts";
import { runCommand } from "./command.ts";
import { makeFolder, putFile, removeFolder } from "./disk.ts";
import { createFileClient } from "./file-client.ts";
import { openBelow, openRoot } from "./folder-walk.ts";
import type { Layout } from "./layout.ts";
import { fileProcessInside, nodeInside, type SandboxSettings, type StartOptions, startInSandbox } from "./sandbox.ts";
import { hasSeccompFilter } from "./seccomp.ts";
import { markRunFolder } from "./trees.ts";

const goodForMs = 60 * 60_000;

const places = ["/usr/bin", "/usr/local/bin", "/bin"];
const findProgram = (name: string): string | undefined =>
  places.map((folder) => join(folder, name)).find((path) => existsSync(path));

export const findBubblewrap = (): string => findProgram("bwrap") ?? "/usr/bin/bwrap";

/**
 * A sandbox that holds is believed in for an hour; one that does not is tried again each time, so that whoever mends it
 * need not wait.
 */
export const createSelfTest = (clock: Clock): ((settings: SandboxSettings) => Promise<SandboxHealth>) => {
  let last: { readonly at: number; readonly health: Promise<SandboxHealth> } | undefined;
  return async (settings) => {
    const now = clock().getTime();
    if (last && now - last.at < goodForMs) return last.health;
    const mine = { at: now, health: testSandbox(settings) };
    last = mine;
    const forget = (): void => {
      if (last === mine) last = undefined;
    };
    const health = await mine.health.catch((error: unknown) => {
      forget();
      throw error;
    });
    if (!health.ok) forget();
    return health;
  };
};

const testSandbox = async (settings: SandboxSettings): Promise<SandboxHealth> =>
  (await findMissing(settings)) ?? (await tryToGetOut(settings));

const sick = (reason: string, mend: string): SandboxHealth => ({ ok: false, reason, mend });

// ------------------------------------------------------------------------------------------------------ what is missing

const install = (name: string): string =>
  `Install it: apt-get install -y ${name} (Debian, Ubuntu) or dnf install ${name} (Fedora).`;

const neededOptions = ["--disable-userns", "--bind-fd", "--ro-bind-fd", "--size", "--seccomp", "--cap-drop"];

const findMissing = async ({ bubblewrap }: SandboxSettings): Promise<SandboxHealth | undefined> => {
  if (process.platform !== "linux")
    return sick(
      `The sandbox needs Linux; this is ${process.platform}.`,
      "Run the App in a Linux machine or container.",
    );
  if (!hasSeccompFilter(process.arch))
    return sick(
      `The sandbox has no system-call filter for ${process.arch}.`,
      "Run the App on an x64 or arm64 machine.",
    );
  if (!existsSync(bubblewrap)) return sick("bubblewrap (bwrap) is not installed.", install("bubblewrap"));
  for (const [name, packageName] of Object.entries({ rg: "ripgrep", git: "git", prlimit: "util-linux" }))
    if (!findProgram(name)) return sick(`${packageName} (${name}) is not installed.`, install(packageName));
  const { stdout } = await promisify(execFile)(bubblewrap, ["--help"], { env: {} });
  const lacking = neededOptions.filter((option) => !stdout.includes(option));
  if (lacking.length === 0) return undefined;
  return sick(
    `This bubblewrap is too old: it does not know ${lacking.join(", ")}.`,
    "Install bubblewrap 0.10 or later, or your distribution's 0.8 or 0.9 with the mend of CVE-2024-42472.",
  );
};

// ------------------------------------------------------------------------------------------------------------ canaries

const tryToGetOut = async (settings: SandboxSettings): Promise<SandboxHealth> => {
  const { layout } = settings;
  const folder = join(layout.runs, `self-test-${process.pid}-${process.hrtime.bigint()}`);
  const secret = join(layout.mirrors, "..", "canary");
  await putFile(secret, "a canary of the sandbox's self-test\n", 0o600);
  await makeTestFolder(folder, layout);
  const server = await listen();
  try {
    const tests = canaries({
      secret,
      port: (server.address() as AddressInfo).port,
      python: settings.python !== undefined,
    });
    return await judge(settings, folder, tests);
  } catch (error) {
    return explain(error, settings);
  } finally {
    server.close();
    await removeFolder(folder);
  }
};

/** A repository of one folder that may be written and one that may not. */
const makeTestFolder = async (folder: string, { user }: Layout): Promise<void> => {
  for (const name of ["", "tree", "tree/open", "tree/closed", "git", "objects", "files", "files/open"])
    await makeFolder(join(folder, name), 0o755);
  if (user) await makeFolder(join(folder, "files/open"), 0o755, user);
  await putFile(join(folder, "tree/closed/file.txt"), "needle\n", 0o644);
  await markRunFolder(folder, []);
};

const listen = (): Promise<Server> =>
  new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.end());
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => resolve(server));
  });

const judge = async (settings: SandboxSettings, folder: string, tests: readonly Canary[]): Promise<SandboxHealth> => {
  const start = (command: readonly string[], options: StartOptions) => {
    const root = openRoot(join(folder, "files"));
    const open = openBelow(root, "open");
    try {
      const mounts = [{ at: "open", folder: open, writable: true }];
      const view = {
        tree: join(folder, "tree"),
        gitDir: join(folder, "git"),
        objects: join(folder, "objects"),
        mounts,
      };
      return startInSandbox(settings, view, command, options);
    } finally {
      open.close();
      root.close();
    }
  };
  const child = start(["/bin/bash", "-c", renderScript(tests)], { stdin: "ignore", stdout: "pipe", cpuSeconds: 60 });
  const result = await runCommand(child, {
    timeoutMs: 30_000,
    signal: new AbortController().signal,
    isOverQuota: async () => false,
  });
  const lines = result.output.split("\n");
  if (!lines.includes("done")) throw new Error(`the canaries did not come to their end: ${result.output.slice(-500)}`);
  const wrong = tests.filter((_, index) => lines.includes(String(index)));
  const failed = wrong.map(({ finding }) => finding);
  const client = createFileClient(
    () => start([nodeInside, fileProcessInside, "/repo"], { stdin: "pipe", stdout: "socket" }),
    () => undefined,
  );
  const found = await client
    .call("grep", { pattern: "needle", mode: "files_with_matches" })
    .finally(() => client.end());
  if (JSON.stringify(found) !== '["closed/file.txt"]') failed.push("the file process cannot search");
  if (await isStillWritten(join(folder, "files/open/alive"))) failed.push("a process outlives its command");
  if (failed.length === 0) return { ok: true };
  return sick(
    `The sandbox does not hold: ${failed.join("; ")}.`,
    wrong.find(({ mend }) => mend !== undefined)?.mend ??
      "Look at how this machine differs from a plain Debian 12 or Ubuntu 24.04: kernel settings, container options, bubblewrap's version.",
  );
};

/** One process in its own subshell each; the numbers of those that went wrong are printed. */
const renderScript = (tests: readonly Canary[]): string =>
  [
    "setsid /bin/bash -c 'while :; do echo >> /repo/open/alive; sleep 0.01; done' > /dev/null 2>&1 &",
    "until [ -s /repo/open/alive ]; do :; done",
    ...tests.map(
      ({ command, mustFail }, index) => `( ${command} ) > /dev/null 2>&1 ${mustFail ? "&&" : "||"} echo ${index}`,
    ),
    "echo done",
  ].join("\n");

const isStillWritten = async (path: string): Promise<boolean> => {
  const before = (await stat(path)).size;
  await setTimeout(60);
  return (await stat(path)).size !== before;
};

// ------------------------------------------------------------------------------------------------------------- the mend

const explain = async (error: unknown, settings: SandboxSettings): Promise<SandboxHealth> => {
  const said = error instanceof Error ? error.message : String(error);
  const reason = `The sandbox does not start: ${said.slice(0, 400)}`;
  const closed = await firstClosedFolder([
    settings.layout.runs,
    settings.layout.node,
    ...(settings.python ? [settings.python] : []),
  ]);
  if (closed !== undefined)
    return sick(
      `The sandbox's user cannot pass through ${closed}.`,
      `chmod o+x ${closed}, or set ARCHITECT_DATA to a folder that other users may pass through, such as /var/lib/backend-architect.`,
    );
  const restricted = await readFile("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "utf8").catch(() => "0");
  if (/uid map|RTM_NEWADDR/.test(said) && restricted.trim() === "1")
    return sick(
      reason,
      "This system lets only known programs make user namespaces. Let bubblewrap: apt-get install apparmor-profiles && cp /usr/share/apparmor/extra-profiles/bwrap-userns-restrict /etc/apparmor.d/ && apparmor_parser -r /etc/apparmor.d/bwrap-userns-restrict",
    );
  if (/namespace|Operation not permitted|uid map/.test(said))
    return sick(
      reason,
      "This system does not let an ordinary user make namespaces. On a machine: sysctl -w kernel.unprivileged_userns_clone=1 (Debian), user.max_user_namespaces above 0. In a container: start it with the security options of the project's compose.yml.",
    );
  if (/mount proc|pivot_root/.test(said))
    return sick(
      reason,
      "In a container, /proc must not be masked: start it with the security options of the project's compose.yml.",
    );
  return sick(reason, "Run the App with the log level debug, and bwrap by hand, to see what the system refuses.");
};

/** Where we are root, and the sandbox's user is another one. */
const firstClosedFolder = async (paths: readonly string[]): Promise<string | undefined> => {
  if (process.getuid?.() !== 0) return undefined;
  const folders = [...new Set(paths.flatMap(foldersAbove))].sort();
  for (const folder of folders) {
    const { mode, gid } = await stat(folder);
    if ((mode & 0o001) === 0 && !((mode & 0o010) !== 0 && gid !== 0)) return folder;
  }
  return undefined;
};

const foldersAbove = (path: string): string[] =>
  path === "/" ? ["/"] : [...foldersAbove(dirname(path)), dirname(path)];
