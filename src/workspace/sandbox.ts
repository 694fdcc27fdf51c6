/** One process inside bubblewrap: the argument list, and how it is started. Knows mounts and limits, not what runs there. */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, existsSync, lstatSync, openSync, readlinkSync } from "node:fs";
import type { OpenFolder } from "./folder-walk.ts";
import type { Layout } from "./layout.ts";

/** What processes inside see, beside the system's own /usr. */
export type View = {
  /** At /repo, read-only. */
  readonly tree: string;
  readonly gitDir: string;
  readonly objects: string;
  /** Over /repo, parents before what is nested in them. */
  readonly mounts: readonly Mount[];
  /** What the repository's set-up made. */
  readonly setup?: string | undefined;
  /** Where it is being made. */
  readonly making?: Making;
};

/** Folders of the host in which a set-up may write, and what it has to reach a network with, where there is one. */
export type Making = {
  readonly result: string;
  /** At /tmp: more than fits in memory. */
  readonly scratch: string;
  /** The system's. */
  readonly certificates: string | undefined;
  /** Of the proxy's socket, where there is a network. */
  readonly egress: string | undefined;
};

export type Mount = { readonly at: string; readonly folder: OpenFolder; readonly writable: boolean };

export type StartOptions = {
  /** CPU time of each process; none for one that lives as long as its run. */
  readonly cpuSeconds?: number;
  /** Bytes of one file, and of the memory of one process, where they are other ones than usual. */
  readonly limits?: { readonly file: number; readonly memory: number };
  /** Beside those that are set anyway, and never in their place. */
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin: "pipe" | "ignore";
  readonly stdout: "pipe" | "socket";
};

/** Starts a process of one agent: within the agent's mounts, or bare. */
export type Start = (command: readonly string[], options: StartOptions) => ChildProcess;

export type SandboxSettings = {
  readonly layout: Layout;
  readonly bubblewrap: string;
  /** A virtual environment: at /opt/toolchain and, since its scripts name their interpreter by it, at its own path. */
  readonly python: string | undefined;
};

/** Where git inside finds objects: what a git folder's `alternates` has to say. */
export const objectsInside = "/opt/history";
const gitDirInside = "/opt/git";
const toolchainInside = "/opt/toolchain";
export const nodeInside = "/opt/files/node";
export const fileProcessInside = "/opt/files/main.mjs";
export const requestProcessInside = "/opt/files/requests.mjs";
export const setupInside = "/setup";
export const setupProcessInside = "/opt/files/setup.mjs";
/** The folder of the proxy's socket. */
export const egressInside = "/opt/egress";
export const certificatesInside = "/etc/ssl/certs/ca-certificates.crt";

const seccompDescriptor = 3;
const firstFolderDescriptor = 4;

const usualLimits = { file: 64 * 1024 ** 2, memory: 2 * 1024 ** 3 };
const renderLimits = ({ file, memory } = usualLimits): string[] => [
  ...["--nproc=256", `--as=${memory}`, `--fsize=${file}`, "--nofile=512", "--core=0"],
];

/** @throws ENOENT of a program or a folder that is missing comes as the process's "error" event */
export const startInSandbox = (
  settings: SandboxSettings,
  view: View,
  command: readonly string[],
  options: StartOptions,
): ChildProcess => {
  const { user, seccompFilter } = settings.layout;
  const descriptors = view.mounts.map(({ folder }) => folder.descriptor);
  const last = firstFolderDescriptor + descriptors.length - 1;
  const filter = openSync(seccompFilter, "r");
  try {
    return spawn(
      "/bin/bash",
      [
        "-c",
        `${prelude}; ${run[options.stdout]}`,
        String(last),
        settings.bubblewrap,
        ...renderSandboxArgs(settings, view, command, options),
      ],
      {
        // /proc/1/environ inside shows what bubblewrap was started with: nothing.
        env: {},
        cwd: "/",
        detached: true,
        stdio: [options.stdin, "pipe", "pipe", filter, ...descriptors],
        // Node drops root's further groups with them.
        ...(user ?? {}),
      },
    );
  } finally {
    closeSync(filter);
  }
};

/**
 * What stands between Node and bubblewrap, with the number of the last descriptor that is meant as `$0`. Node marks its
 * own descriptors close-on-exec but not those that it inherited: these are closed here, since bubblewrap's first process
 * would keep them open within reach. If memory runs out, the kernel is to end these processes before any other.
 */
const prelude = [
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the shell's
  'for f in /proc/self/fd/*; do n=${f##*/}; if [ "$n" -gt "$0" ]; then eval "exec $n>&-"; fi; done',
  "echo 1000 > /proc/self/oom_score_adj",
  "umask 022",
].join("; ");

/** Node's pipes are sockets, which `/dev/stdout` and `/dev/stderr` cannot be opened as: a command writes to a real one. */
const run = { socket: 'exec -c "$@"', pipe: 'exec > >(exec /bin/cat); exec -c "$@"' } as const;

const renderSandboxArgs = (
  settings: SandboxSettings,
  view: View,
  command: readonly string[],
  { cpuSeconds, env, limits }: StartOptions,
): string[] => [
  ...["--unshare-user", "--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try"],
  ...["--disable-userns", "--cap-drop", "ALL", "--new-session", "--die-with-parent", "--hostname", "sandbox"],
  ...renderSystem(settings.layout.etc),
  ...["--proc", "/proc", "--dev", "/dev", "--size", "16777216", "--tmpfs", "/dev/shm", "--remount-ro", "/dev"],
  ...(view.making
    ? ["--bind", view.making.scratch, "/tmp"]
    : ["--size", "268435456", "--perms", "1777", "--tmpfs", "/tmp"]),
  ...renderRepository(view),
  ...["--ro-bind", settings.layout.node, nodeInside],
  ...["--ro-bind", settings.layout.fileProcess, fileProcessInside],
  ...["--ro-bind", settings.layout.requestProcess, requestProcessInside],
  ...renderToolchain(settings.python),
  ...renderSetup(view, settings.layout.setupProcess),
  ...["--remount-ro", "/", "--chdir", "/repo", "--clearenv"],
  ...Object.entries({ ...env, ...environmentInside(settings.python, view) }).flatMap(([name, value]) => [
    "--setenv",
    name,
    value,
  ]),
  ...["--seccomp", String(seccompDescriptor), "--", "/usr/bin/prlimit", ...renderLimits(limits)],
  ...(cpuSeconds === undefined ? [] : [`--cpu=${cpuSeconds}`]),
  ...["--", ...command],
];

/** /bin and its like are links into /usr on today's systems, and folders of their own on older ones. */
const renderSystem = (etc: string): string[] => [
  ...["--ro-bind", "/usr", "/usr"],
  ...["bin", "sbin", "lib", "lib32", "lib64"].flatMap((name) => {
    const path = `/${name}`;
    if (!existsSync(path)) return [];
    return lstatSync(path).isSymbolicLink() ? ["--symlink", readlinkSync(path), path] : ["--ro-bind", path, path];
  }),
  ...["--ro-bind-try", "/etc/alternatives", "/etc/alternatives"],
  ...["--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache"],
  ...["passwd", "group", "hosts"].flatMap((name) => ["--ro-bind", `${etc}/${name}`, `/etc/${name}`]),
];

const renderRepository = ({ tree, gitDir, objects, mounts }: View): string[] => [
  ...["--ro-bind", tree, "/repo"],
  ...["--ro-bind", gitDir, gitDirInside, "--ro-bind", objects, objectsInside],
  ...mounts.flatMap(({ at, writable }, index) => [
    writable ? "--bind-fd" : "--ro-bind-fd",
    String(firstFolderDescriptor + index),
    `/repo/${at}`,
  ]),
];

const renderToolchain = (python: string | undefined): string[] =>
  python === undefined ? [] : ["--ro-bind", python, toolchainInside, "--ro-bind", python, python];

const renderSetup = ({ setup, making }: View, setupProcess: string): string[] => {
  if (!making) return setup === undefined ? [] : ["--ro-bind", setup, setupInside];
  const { result, egress, certificates } = making;
  return [
    ...["--bind", result, setupInside],
    ...(egress === undefined ? [] : ["--ro-bind", egress, egressInside]),
    ...(egress === undefined ? [] : ["--ro-bind", setupProcess, setupProcessInside]),
    ...(certificates === undefined ? [] : ["--ro-bind", certificates, certificatesInside]),
  ];
};

const environmentInside = (
  python: string | undefined,
  { setup, making }: Pick<View, "setup" | "making">,
): Record<string, string> => ({
  PATH: [
    ...(setup !== undefined || making ? [`${setupInside}/bin`] : []),
    ...(python === undefined ? [] : [`${toolchainInside}/bin`]),
    ...["/usr/local/bin", "/usr/bin", "/bin"],
  ].join(":"),
  ...(setup !== undefined || making ? { VIRTUAL_ENV: setupInside } : {}),
  HOME: "/tmp",
  LANG: "C.UTF-8",
  ...gitEnvironment("/repo", gitDirInside),
  PYTHONDONTWRITEBYTECODE: "1",
});

/** Git finds its folder by these alone: there is no .git in a worktree. */
export const gitEnvironment = (worktree: string, gitDir: string): Record<string, string> => ({
  GIT_DIR: gitDir,
  GIT_WORK_TREE: worktree,
  GIT_OPTIONAL_LOCKS: "0",
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_NOSYSTEM: "1",
});
