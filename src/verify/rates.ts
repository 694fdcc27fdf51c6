/** Rate limits as people and packages write them, in one spelling. */

const units: Readonly<Record<string, string>> = { s: "second", m: "minute", h: "hour", d: "day" };

/** So many of a unit are one of the next. */
const sizes: readonly (readonly [string, number, string])[] = [
  ["second", 60, "minute"],
  ["minute", 60, "hour"],
  ["hour", 24, "day"],
];

const window = (every: number, unit: string): string => {
  const [, size, next] = sizes.find(([name, size]) => name === unit && every % size === 0) ?? [];
  if (size !== undefined && next !== undefined && every > 0) return window(every / size, next);
  return every > 1 ? `${every} ${unit}` : unit;
};

/** One limit: `5/minute`, `5 per 15 minutes`, `10/min`. */
const pattern = /(\d+)\s*(?:\/|\bper\b)\s*(\d+)?\s*(seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?|d)\b/gi;

/** `5/minute`, several joined by `; `, in the order given; undefined where there is none. */
export const normaliseRate = (said: string): string | undefined => {
  const limits = [...said.matchAll(pattern)].map(([, count = "", every = "1", unit = ""]) => {
    const word = units[unit.charAt(0).toLowerCase()] ?? unit;
    return `${Number(count)}/${window(Number(every), word)}`;
  });
  return limits.length > 0 ? limits.join("; ") : undefined;
};
