/** Whose turn it is on an issue's branch: a run's, or that of the App's own merge. Of this process, which is the only one at its store. */

export type Turns = {
  /** Waits until nobody else has it. */
  during<T>(key: string, work: () => Promise<T>): Promise<T>;
  /** @returns undefined at once where somebody has it */
  ifFree<T>(key: string, work: () => Promise<T>): Promise<T | undefined>;
};

export const createTurns = (): Turns => {
  const last = new Map<string, Promise<void>>();
  const during: Turns["during"] = async (key, work) => {
    const before = last.get(key);
    const { promise: done, resolve: end } = Promise.withResolvers<void>();
    const mine = Promise.resolve(before).then(() => done);
    last.set(key, mine);
    await before;
    try {
      return await work();
    } finally {
      end();
      if (last.get(key) === mine) last.delete(key);
    }
  };
  return { during, ifFree: async (key, work) => (last.has(key) ? undefined : during(key, work)) };
};
