/** Runs one command to its end, or ends it: by time, by output, by disk, or when nobody wants it any more. Knows no sandbox. */
import type { ChildProcess } from "node:child_process";
import type { CommandResult } from "../ports.ts";

export type CommandOptions = {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Asked every 50 ms: whether the run has filled more of the disk than it may. */
  readonly isOverQuota: () => Promise<boolean>;
};

export const maxTimeoutMs = 600_000;
const maxOutputBytes = 256 * 1024;
const watchEveryMs = 50;

/** @throws when bubblewrap itself fails: then no command ran */
export const runCommand = async (child: ChildProcess, options: CommandOptions): Promise<CommandResult> => {
  const started = performance.now();
  const output = collect(child.stdout, maxOutputBytes, () => end("output"));
  // Bubblewrap's own; a command's stderr comes with its stdout, in the order in which it was written.
  const problems = collect(child.stderr, 8 * 1024, () => undefined);
  let ended: CommandResult["ended"];
  const end = (reason: NonNullable<CommandResult["ended"]>): void => {
    ended ??= reason;
    killGroup(child);
  };
  const onAbort = (): void => end("aborted");
  const timer = setTimeout(() => end("timeout"), Math.min(Math.max(1, options.timeoutMs), maxTimeoutMs));
  const watch = watchQuota(options.isOverQuota, () => end("disk"));
  options.signal.addEventListener("abort", onAbort, { once: true });
  if (options.signal.aborted) onAbort();
  try {
    const exitCode = await exitOf(child);
    const problem = problems();
    if (exitCode !== 0 && ended === undefined && problem.startsWith("bwrap: "))
      throw new Error(`the sandbox could not be started: ${problem.trim()}`);
    return {
      exitCode,
      output: stripEscapes(output()),
      durationMs: Math.round(performance.now() - started),
      ...(ended === undefined ? {} : { ended }),
    };
  } finally {
    clearTimeout(timer);
    watch.stop();
    options.signal.removeEventListener("abort", onAbort);
  }
};

/** The process leads a group of its own; in the sandbox everything else ends with it. */
const killGroup = (child: ChildProcess): void => {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    child.kill("SIGKILL");
  }
};

/** When its pipes are closed, too: then no process of it is left that could write. */
const exitOf = (child: ChildProcess): Promise<number> =>
  new Promise((resolve, reject) => {
    child.once("error", (error) => reject(new Error("the sandbox could not be started", { cause: error })));
    child.once("close", (code, signal) => resolve(code ?? 128 + signalNumber(signal)));
  });

const signalNumber = (signal: NodeJS.Signals | null): number => (signal === null ? 0 : (signals[signal] ?? 0));
const signals: Readonly<Partial<Record<NodeJS.Signals, number>>> = {
  SIGKILL: 9,
  SIGTERM: 15,
  SIGINT: 2,
  SIGSEGV: 11,
  SIGABRT: 6,
};

const collect = (stream: ChildProcess["stdout"], limit: number, onOver: () => void): (() => string) => {
  const chunks: Buffer[] = [];
  let bytes = 0;
  stream?.on("data", (chunk: Buffer) => {
    if (bytes < limit) chunks.push(chunk.subarray(0, limit - bytes));
    bytes += chunk.byteLength;
    if (bytes > limit) onOver();
  });
  return () => new TextDecoder().decode(Buffer.concat(chunks));
};

const watchQuota = (isOver: () => Promise<boolean>, onOver: () => void): { stop(): void } => {
  let busy = false;
  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    void isOver().then((over) => {
      busy = false;
      if (over) onOver();
    });
  }, watchEveryMs);
  return { stop: () => clearInterval(timer) };
};

/**
 * What a terminal would obey is taken out: it could hide text from people who read it, or write to their clipboard.
 * See ECMA-48 for the parts: https://ecma-international.org/publications-and-standards/standards/ecma-48/
 */
const stripEscapes = (text: string): string =>
  text
    .replace(controlString, "")
    .replace(controlSequence, "")
    .replace(otherEscape, "")
    .replace(/\r\n?/g, "\n")
    .replace(/(?![\n\t])\p{Cc}/gu, "");

/** OSC, DCS, SOS, PM and APC, to their terminator or to where the next sequence begins. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const controlString = /(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const controlSequence = /(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const otherEscape = /\x1b[ -/]*[0-~]?/g;
