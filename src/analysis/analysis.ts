/** The analysis port: Python is read in a thread of its own, with a deadline and a bound on memory. What it meets there ends the thread at worst, never the service. */
import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import type { Analysis, Inspection } from "../ports.ts";
import type { Answer, Question, ThreadData } from "./protocol.ts";

export type AnalysisOptions = {
  /** For one inspection, the reading of files included. */
  readonly deadlineMs?: number;
  readonly maxHeapMb?: number;
  /** The folder in which syntax trees stay for the next process; none where left out. Whoever can write in it is believed. */
  readonly trees?: string | undefined;
  /** The folder in which Node keeps the thread's compiled code; none where left out. */
  readonly code?: string | undefined;
  /** Starts the thread before the first question. */
  readonly early?: boolean;
};

type Thread = { readonly worker: Worker; ask(question: Question): Promise<Answer>; end(why: string): void };

/** One inspection at a time: two at once would only share the thread. */
export const createAnalysis = (options: AnalysisOptions = {}): Analysis => {
  const { deadlineMs = 60_000, maxHeapMb = 768 } = options;
  let thread: Thread | undefined;
  let last: Promise<unknown> = Promise.resolve();
  let ids = 0;

  const current = (): Thread => {
    if (thread) return thread;
    const made = startThread({ ...options, maxHeapMb }, () => {
      if (thread === made) thread = undefined;
    });
    thread = made;
    return made;
  };

  if (options.early) current();

  const inspect: Analysis["inspect"] = async (sources, read, standards) => {
    const own = current();
    const timer = setTimeout(() => own.end(`it took longer than ${deadlineMs / 1_000} seconds`), deadlineMs);
    own.worker.ref();
    try {
      const wanted = await own.ask({ kind: "missing", id: ++ids, sources });
      const shas = new Set(wanted.kind === "missing" ? wanted.shas : []);
      const texts = await read(sources.filter(({ sha }) => shas.has(sha)));
      const given = await own.ask({ kind: "inspect", id: ++ids, sources, texts, standards });
      return given.kind === "inspected" ? given.inspection : unread("the thread gave another answer");
    } catch (error) {
      if (error instanceof ThreadEnd) return unread(error.message);
      throw error;
    } finally {
      clearTimeout(timer);
      own.worker.unref();
    }
  };
  return {
    inspect: (sources, read, standards) => {
      const mine = last.then(() => inspect(sources, read, standards));
      last = mine.catch(() => undefined);
      return mine;
    },
    close: async () => {
      await thread?.worker.terminate();
    },
  };
};

const unread = (why: string): Inspection => ({ ok: false, reason: `The Python code could not be read: ${why}.` });

class ThreadEnd extends Error {
  override readonly name = "ThreadEnd";
}

type ThreadOptions = Pick<AnalysisOptions, "trees" | "code"> & { readonly maxHeapMb: number };

const startThread = ({ maxHeapMb, trees, code }: ThreadOptions, onEnd: () => void): Thread => {
  const waiting = new Map<number, { resolve: (answer: Answer) => void; reject: (error: Error) => void }>();
  // The same file in a checkout (.ts) and in the package (.js).
  const worker = new Worker(new URL(`./thread${extname(import.meta.url)}`, import.meta.url), {
    execArgv: [],
    env: code === undefined ? {} : { NODE_COMPILE_CACHE: code },
    workerData: (trees === undefined ? {} : { trees }) satisfies ThreadData,
    // A small young generation costs no time here and saves 100 MB.
    resourceLimits: { maxOldGenerationSizeMb: maxHeapMb, maxYoungGenerationSizeMb: 32, stackSizeMb: 8 },
  });
  worker.unref();
  let ended: string | undefined;
  const end = (why: string): void => {
    ended ??= why;
    onEnd();
    for (const { reject } of waiting.values()) reject(new ThreadEnd(ended));
    waiting.clear();
    void worker.terminate();
  };
  worker.on("message", (answer: Answer) => {
    waiting.get(answer.id)?.resolve(answer);
    waiting.delete(answer.id);
  });
  worker.on("error", (error: Error & { code?: string }) =>
    end(error.code === "ERR_WORKER_OUT_OF_MEMORY" ? `it needs more than ${maxHeapMb} MB of memory` : error.message),
  );
  worker.on("exit", () => end("its thread ended"));
  return {
    worker,
    end,
    ask: (question) =>
      new Promise((resolve, reject) => {
        if (ended !== undefined) {
          reject(new ThreadEnd(ended));
          return;
        }
        waiting.set(question.id, { resolve, reject });
        worker.postMessage(question);
      }),
  };
};
