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
  /** What is missing. Each is built under a name of its own and then renamed: it is there whole or not at all. */
  readonly tree?: Omit<MaterialiseRequest, "gitDir" | "commit">;
  readonly git?: GitDirRequest;
};

export type PrepareAnswer =
  | { readonly ok: true }
  | { readonly ok: false; readonly refused: boolean; readonly message: string };

/** @throws RefusedError where the commit cannot be put on a disk as it is */
export const prepare = (request: PrepareRequest): Promise<void> =>
  new Promise((resolve, reject) => {
    // The same file in a checkout (.ts) and in the package (.js).
    const entry = new URL(`./prepare-thread${extname(import.meta.url)}`, import.meta.url);
    const worker = new Worker(entry, { workerData: request, execArgv: [] });
    worker.once("message", (answer: PrepareAnswer) => {
      if (answer.ok) resolve();
      else reject(answer.refused ? new RefusedError(answer.message) : new Error(answer.message));
    });
    worker.once("error", reject);
    worker.once("exit", () => reject(new Error("the thread that builds trees ended without an answer")));
  });
