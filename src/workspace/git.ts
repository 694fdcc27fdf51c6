/** Every git process of the host: one hardened command line and a whole environment, whatever repository it reads. Knows no token but the one it is handed. */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";

/** Programs are looked up where the system puts them, never where a caller's PATH points. */
export const systemPath = "/usr/local/bin:/usr/bin:/bin";

const environment: Readonly<Record<string, string>> = {
  PATH: systemPath,
  HOME: "/nonexistent",
  LC_ALL: "C",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_ATTR_NOSYSTEM: "1",
  GIT_TERMINAL_PROMPT: "0",
  GIT_ASKPASS: "/bin/false",
  SSH_ASKPASS: "/bin/false",
  GIT_SSH_COMMAND: "/bin/false",
  GIT_PAGER: "cat",
  GIT_EDITOR: "/bin/false",
  GIT_ALLOW_PROTOCOL: "",
  GIT_PROTOCOL_FROM_USER: "0",
  GIT_NO_REPLACE_OBJECTS: "1",
  GIT_OPTIONAL_LOCKS: "0",
  GIT_LITERAL_PATHSPECS: "1",
};

const settings: readonly string[] = [
  "core.hooksPath=/dev/null",
  "core.fsmonitor=false",
  "core.pager=cat",
  "core.attributesFile=/dev/null",
  "core.symlinks=false",
  "core.sshCommand=/bin/false",
  "core.askPass=",
  "credential.helper=",
  "diff.external=",
  "protocol.allow=never",
  "safe.bareRepository=explicit",
  "submodule.recurse=false",
  "fetch.recurseSubmodules=false",
  "diff.ignoreSubmodules=all",
  "transfer.fsckObjects=true",
  // Old histories have these; GitHub takes them, and nothing here depends on a date or a file mode's spelling.
  "fetch.fsck.badTimezone=ignore",
  "fetch.fsck.missingSpaceBeforeDate=ignore",
  "fetch.fsck.zeroPaddedFilemode=ignore",
  "gc.auto=0",
  "maintenance.auto=false",
  "commit.gpgSign=false",
  "log.showSignature=false",
  "http.followRedirects=false",
  "http.lowSpeedLimit=1",
  "http.lowSpeedTime=120",
];

const fixedArgs: readonly string[] = settings.flatMap((setting) => ["-c", setting]);

export type GitProcess = ChildProcessByStdio<Writable, Readable, Readable>;

/** @param env for this one process: how a token or a protocol gets in */
export const startGit = (
  gitDir: string | undefined,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): GitProcess =>
  spawn("git", [...(gitDir === undefined ? [] : [`--git-dir=${gitDir}`]), ...fixedArgs, ...args], {
    cwd: "/",
    env: { ...environment, ...env },
    stdio: ["pipe", "pipe", "pipe"],
  });

export type GitResult = { readonly exitCode: number; readonly stdout: Buffer; readonly stderr: string };

export type GitOptions = {
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string | Buffer;
  /** Of stdout; what exceeds it fails the call. */
  readonly maxBytes?: number;
  readonly timeoutMs?: number;
};

const maxStderrChars = 4_000;

/** Runs to its end whatever the exit code is. */
export const tryGit = (
  gitDir: string | undefined,
  args: readonly string[],
  options: GitOptions = {},
): Promise<GitResult> =>
  new Promise((resolve, reject) => {
    const { maxBytes = 256 * 1024 * 1024, timeoutMs = 120_000 } = options;
    const child = startGit(gitDir, args, options.env);
    const chunks: Buffer[] = [];
    let bytes = 0;
    let stderr = "";
    let problem: string | undefined;
    const end = (reason: string) => {
      problem ??= reason;
      child.kill("SIGKILL");
    };
    const timer = setTimeout(() => end(`took longer than ${timeoutMs} ms`), timeoutMs);
    child.stdout.on("data", (chunk: Buffer) => {
      bytes += chunk.byteLength;
      if (bytes > maxBytes) end(`printed more than ${maxBytes} bytes`);
      else chunks.push(chunk);
    });
    child.stderr.on("data", (chunk: Buffer) => {
      stderr = `${stderr}${chunk.toString("utf8")}`.slice(-maxStderrChars);
    });
    child.on("error", (error) => {
      clearTimeout(timer);
      reject(new Error("git could not be started: is it installed?", { cause: error }));
    });
    child.on("close", (code) => {
      clearTimeout(timer);
      if (problem) reject(new Error(`git ${args[0]} ${problem}`));
      else resolve({ exitCode: code ?? 137, stdout: Buffer.concat(chunks), stderr });
    });
    // A git that ends before it has read everything says why by its exit code.
    child.stdin.on("error", () => undefined);
    child.stdin.end(options.input ?? "");
  });

/** @throws with what git said, when it fails */
export const runGit = async (
  gitDir: string | undefined,
  args: readonly string[],
  options: GitOptions = {},
): Promise<Buffer> => {
  const { exitCode, stdout, stderr } = await tryGit(gitDir, args, options);
  if (exitCode !== 0) throw new Error(`git ${args[0]} ended with ${exitCode}: ${stderr.trim().slice(-500)}`);
  return stdout;
};

/** What `git check-ref-format` allows below refs/heads/. */
export const isBranchName = (name: string): boolean =>
  name !== "" &&
  name !== "@" &&
  Buffer.byteLength(name) <= 255 &&
  !/[\p{Cc} ~^:?*[\\]/u.test(name) &&
  !/\.\.|@\{|\/\/|^[-/]|[/.]$/.test(name) &&
  name.split("/").every((part) => !part.startsWith(".") && !part.endsWith(".lock"));

/** The full id of a commit, and never a name that git would have to guess at. */
export const requireCommit = (text: string): string => {
  if (/^[0-9a-f]{40}$/.test(text)) return text;
  throw new Error(`${JSON.stringify(text)} is no commit's id`);
};
