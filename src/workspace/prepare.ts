/** Has built what a run starts from, the tree of a commit and a git folder, by a thread of its own: ten thousand small files would hold up every other job. */
import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import { RefusedError } from "../domain/errors.ts";
import type { GitDirRequest } from "./git-dir.ts";
import type { MaterialiseRequest } from "./materialise.ts";

export type PrepareRequest = {
  /** The mirror. */
  readonly gitDir: string;
  readonly commit: string;
  /** What is missing. */
  readonly tree?: Omit<MaterialiseRequest, "gitDir" | "commit">;
  readonly git?: GitDirRequest;
};

export type PrepareQuestion = { readonly id: number; readonly request: PrepareRequest };

export type PrepareAnswer = { readonly id: number } /** The commit can be put on a disk; it is being built. */ & (
  | { readonly ok: "checked" }
  | { readonly ok: true }
  | { readonly ok: false; readonly refused: boolean; readonly message: string }
);

export type Builder = {
  /**
   * Resolves when all is built. @param onChecked told before, once nothing stands in the way
   * @throws RefusedError where the commit cannot be put on a disk as it is
   */
  prepare(request: PrepareRequest, onChecked: () => void): Promise<void>;
  close(): Promise<void>;
};

type Waiting = {
  readonly onChecked: () => void;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
};

/** The thread starts at once, so that the first run does not wait for it; it keeps no process alive. */
export const createBuilder = (): Builder => {
  const waiting = new Map<number, Waiting>();
  let lastId = 0;

  const settle = (answer: PrepareAnswer): void => {
    const one = waiting.get(answer.id);
    if (answer.ok === "checked") {
      one?.onChecked();
      return;
    }
    waiting.delete(answer.id);
    if (answer.ok) one?.resolve();
    else one?.reject(answer.refused ? new RefusedError(answer.message) : new Error(answer.message));
    if (waiting.size === 0) worker?.unref();
  };
  const fail = (ended: Worker, error: Error): void => {
    if (worker !== ended) return;
    worker = undefined;
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };
  const start = (): Worker => {
    // The same file in a checkout (.ts) and in the package (.js).
    const entry = new URL(`./prepare-thread${extname(import.meta.url)}`, import.meta.url);
    const started = new Worker(entry, { execArgv: [] });
    started.unref();
    started.on("message", settle);
    started.once("error", (error) => fail(started, error));
    started.once("exit", () => fail(started, new Error("the thread that builds trees ended")));
    return started;
  };
  let worker: Worker | undefined = start();

  return {
    prepare: (request, onChecked) =>
      new Promise((resolve, reject) => {
        lastId += 1;
        waiting.set(lastId, { onChecked, resolve, reject });
        worker ??= start();
        worker.ref();
        worker.postMessage({ id: lastId, request } satisfies PrepareQuestion);
      }),
    async close() {
      await worker?.terminate();
    },
  };
};
