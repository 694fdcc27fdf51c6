/** Tells a person what happens, as it happens, with seconds since the beginning. */

export type Narrator = {
  say(line: string): void;
  /** Several lines, set in. */
  show(text: string): void;
  readonly elapsedMs: () => number;
};

export const createNarrator = (quiet: boolean): Narrator => {
  const start = performance.now();
  const elapsedMs = () => Math.round(performance.now() - start);
  const write = (text: string) => {
    if (!quiet) process.stdout.write(`${text}\n`);
  };
  return {
    elapsedMs,
    say: (line) => write(`${(elapsedMs() / 1000).toFixed(1).padStart(6)} s  ${line}`),
    show: (text) => write(`\n${text.replace(/^(?=.)/gm, "          ")}\n`),
  };
};
