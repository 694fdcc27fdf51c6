/** So many at once, in the order of asking; the others wait. Knows nothing of what they do. */

export type Places = {
  /** @returns how the place is left @throws the signal's reason where it is aborted while it waits */
  enter(signal: AbortSignal): Promise<() => void>;
};

export const createPlaces = (most: number): Places => {
  const waiting: (() => void)[] = [];
  let taken = 0;
  const leave = (): void => {
    const next = waiting.shift();
    if (next) next();
    else taken -= 1;
  };
  return {
    enter: async (signal) => {
      signal.throwIfAborted();
      if (taken < most) taken += 1;
      else
        await new Promise<void>((resolve, reject) => {
          const enter = (): void => {
            signal.removeEventListener("abort", give);
            resolve();
          };
          const give = (): void => {
            waiting.splice(waiting.indexOf(enter), 1);
            reject(signal.reason);
          };
          waiting.push(enter);
          signal.addEventListener("abort", give, { once: true });
        });
      return leave;
    },
  };
};
