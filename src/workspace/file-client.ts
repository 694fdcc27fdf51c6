/** The host's end of a file process: started when needed, asked one thing after another, ended when idle and with its run. */
import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { ToolError } from "../domain/errors.ts";

export type FileClient = {
  /** @throws ToolError with what the process says to a call that cannot be done */
  call(name: "read" | "write" | "glob" | "grep", input: object): Promise<unknown>;
  /** Ends the process; the next call starts another. */
  end(): Promise<void>;
};

type Answer = { readonly id: number; readonly ok: boolean; readonly value?: unknown; readonly said?: string };

type Waiting = {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
};

const callTimeoutMs = 30_000;
/** A model that thinks for longer pays some 60 ms at its next call for the memory that others had meanwhile. */
const idleMs = 15_000;
const maxStderrChars = 2_000;

/** @param log is told why a process ended that nobody ended @param idle milliseconds without a call after which it ends */
export const createFileClient = (
  start: () => ChildProcess,
  log: (line: string) => void,
  idle: number = idleMs,
): FileClient => {
  let current: ReturnType<typeof connect> | undefined;
  let timer: NodeJS.Timeout | undefined;
  const endings = new Set<Promise<void>>();
  const endCurrent = (): void => {
    const ending = current?.end().finally(() => endings.delete(ending as Promise<void>));
    if (ending) endings.add(ending);
    current = undefined;
  };
  return {
    async call(name, input) {
      clearTimeout(timer);
      if (!current?.isAlive()) current = connect(start(), log);
      const asked = current;
      try {
        return await asked.call(name, input);
      } finally {
        if (asked === current && asked.isIdle()) {
          clearTimeout(timer);
          timer = setTimeout(endCurrent, idle).unref();
        }
      }
    },
    async end() {
      clearTimeout(timer);
      endCurrent();
      await Promise.all(endings);
    },
  };
};

const connect = (child: ChildProcess, log: (line: string) => void) => {
  const { stdin, stdout, stderr } = child;
  if (!stdin || !stdout || !stderr) throw new Error("the file process was started without pipes");
  const waiting = new Map<number, Waiting>();
  let alive = true;
  let ending: "by us" | "too slow" | undefined;
  let said = "";
  let lastId = 0;

  const settle = (id: number, use: (one: Waiting) => void): void => {
    const one = waiting.get(id);
    if (!one) return;
    clearTimeout(one.timer);
    waiting.delete(id);
    use(one);
  };
  const failAll = (error: Error): void => {
    for (const id of [...waiting.keys()]) settle(id, ({ reject }) => reject(error));
  };
  const endedBy = (): Error => {
    if (ending === "by us") return new Error("the file process was ended during a call");
    if (ending === "too slow") return new ToolError("That took longer than 30 s and was ended. Ask for less at once.");
    log(`a file process ended by itself: ${said.trim() || "it said nothing"}`);
    return new ToolError("The files could not be reached: the process that serves them ended. Ask for less at once.");
  };

  const closed = new Promise<void>((resolve) => {
    child.once("error", (error) => {
      said = error.message;
    });
    child.once("close", () => {
      alive = false;
      failAll(endedBy());
      resolve();
    });
  });
  stdin.on("error", () => undefined);
  stderr.on("data", (chunk: Buffer) => {
    said = `${said}${chunk.toString("utf8")}`.slice(-maxStderrChars);
  });
  createInterface({ input: stdout, crlfDelay: Number.POSITIVE_INFINITY }).on("line", (line) => {
    const answer = parseAnswer(line);
    if (!answer) {
      said = `it answered ${JSON.stringify(line.slice(0, 200))}`;
      child.kill("SIGKILL");
      return;
    }
    const { id, ok, value, said: sentence } = answer;
    settle(id, ({ resolve, reject }) =>
      ok ? resolve(value) : reject(new ToolError(sentence ?? "That is not possible.")),
    );
  });

  return {
    isAlive: (): boolean => alive && ending === undefined,
    isIdle: (): boolean => waiting.size === 0,
    call: (name: string, input: object): Promise<unknown> =>
      new Promise((resolve, reject) => {
        lastId += 1;
        const id = lastId;
        const timer = setTimeout(() => {
          ending ??= "too slow";
          child.kill("SIGKILL");
        }, callTimeoutMs);
        waiting.set(id, { resolve, reject, timer });
        stdin.write(`${JSON.stringify({ id, name, input })}\n`);
      }),
    async end(): Promise<void> {
      ending ??= "by us";
      child.kill("SIGKILL");
      await closed;
    },
  };
};

const parseAnswer = (line: string): Answer | undefined => {
  try {
    return JSON.parse(line) as Answer;
  } catch {
    return undefined;
  }
};
