/** Ends runs of this process from outside. What a run is ended for stands in its transcript, so that no restart forgets it. */

export type Halts = {
  /** A run enters before it reads its transcript: whoever stores a stop and then halts it cannot miss it. */
  enter(runId: string): { readonly signal: AbortSignal; leave(): void };
  halt(runId: string): void;
};

export const createHalts = (): Halts => {
  const running = new Map<string, AbortController>();
  return {
    enter(runId) {
      const controller = new AbortController();
      running.set(runId, controller);
      return { signal: controller.signal, leave: () => void running.delete(runId) };
    },
    halt: (runId) => running.get(runId)?.abort(new Error("the run is stopped")),
  };
};
