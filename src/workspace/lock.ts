/** One at a time for each key, in the order of asking. */

export type Locks = <T>(key: string, work: () => Promise<T>) => Promise<T>;

export const createLocks = (): Locks => {
  const last = new Map<string, Promise<unknown>>();
  return async (key, work) => {
    const before = last.get(key) ?? Promise.resolve();
    const mine = before.then(work, work);
    const settled = mine.catch(() => undefined);
    last.set(key, settled);
    try {
      return await mine;
    } finally {
      if (last.get(key) === settled) last.delete(key);
    }
  };
};
