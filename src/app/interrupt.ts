/** Ctrl-C: the first one asks a run to stop, a second one does not wait for that. Knows no run. */

const signals = ["SIGINT", "SIGTERM"] as const;

/** npm and a terminal both hand on the same Ctrl-C: what comes so soon after the first is no second one. */
const echoMs = 500;

type Interrupts = {
  /** Aborted by the first. */
  readonly signal: AbortSignal;
  /** Leaves signals to whoever had them before. */
  release(): void;
};

export const watchInterrupts = (deps: {
  readonly source: Pick<NodeJS.EventEmitter, "on" | "off">;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
  readonly onFirst: () => void;
  readonly onSecond: () => void;
}): Interrupts => {
  const stop = new AbortController();
  let firstAt = 0;
  const interrupted = (): void => {
    if (!stop.signal.aborted) {
      firstAt = deps.now();
      stop.abort();
      deps.onFirst();
    } else if (deps.now() - firstAt >= echoMs) deps.onSecond();
  };
  for (const signal of signals) deps.source.on(signal, interrupted);
  return {
    signal: stop.signal,
    release: () => {
      for (const signal of signals) deps.source.off(signal, interrupted);
    },
  };
};
