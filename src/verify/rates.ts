/** Rate limits as people and packages write them, in one spelling. */

const units: Readonly<Record<string, string>> = { s: "second", m: "minute", h: "hour", d: "day" };

/** One limit: `5/minute`, `5 per 15 minutes`, `10/min`. */
const pattern = /(\d+)\s*(?:\/|\bper\b)\s*(\d+)?\s*(seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?|d)\b/gi;

/** `5/minute`, several joined by `; `, in the order given; undefined where there is none. */
export const normaliseRate = (said: string): string | undefined => {
  const limits = [...said.matchAll(pattern)].map(([, count = "", every = "1", unit = ""]) => {
    const word = units[unit.charAt(0).toLowerCase()] ?? unit;
    return `${Number(count)}/${Number(every) > 1 ? `${Number(every)} ` : ""}${word}`;
  });
  return limits.length > 0 ? limits.join("; ") : undefined;
};
