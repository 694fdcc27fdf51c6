/** Whether the input of a call may leave for somebody else's server: nothing of the repository goes with it. Rules, no wall. */

/** A question in words needs no more. */
const maxChars = 600;
/** So many words and signs in a row that also stand in what was read are a copy: about a line of code. */
const gram = 12;
/** Longer without a space is no word but something encoded. */
const maxRun = 80;

/**
 * @param input of the call @param known texts of the repository that the agent has seen or written
 * @param redact takes known secrets out
 * @returns why it may not be sent, and what to send instead
 */
export const whyNotSent = (
  input: unknown,
  known: Iterable<string>,
  redact: (text: string) => string,
): string | undefined => {
  const texts = [...valuesIn(input), ...keysIn(input)];
  const whole = texts.join("\n");
  if (whole.length > maxChars)
    return `Its input has ${whole.length} characters of at most ${maxChars}. Ask one short question in words of your own.`;
  if (texts.some((text) => redact(text) !== text)) return "Its input holds what looks like a secret. Ask without it.";
  if (texts.some((text) => (text.match(/\S+/g) ?? []).some((word) => word.length > maxRun)))
    return `Its input holds a word of more than ${maxRun} characters, as encoded text has. Ask in plain words.`;
  const copied = copiedFrom(texts, known);
  if (copied === undefined) return undefined;
  return `Its input repeats text of the repository (${JSON.stringify(copied)}), and nothing of that may leave. Ask about the library in words of your own, without code.`;
};

const valuesIn = (value: unknown): readonly string[] => {
  if (typeof value === "string") return [value];
  if (typeof value === "number") return [String(value)];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(valuesIn) : [];
};

/** They count, too: whoever wants to carry something out can put it there. */
const keysIn = (value: unknown): readonly string[] => {
  if (typeof value !== "object" || value === null) return [];
  const own = Array.isArray(value) ? [] : Object.keys(value);
  return [...own, ...Object.values(value).flatMap(keysIn)];
};

const token = /[\p{L}\p{N}_]+|[^\s\p{L}\p{N}_]/gu;

/** Case and space do not count, nor do the line numbers that a tool puts in front. */
const tokensOf = (text: string): readonly string[] =>
  text
    .replace(/^ *\d+\t/gm, "")
    .toLowerCase()
    .match(token) ?? [];

const gramsOf = (tokens: readonly string[]): readonly string[] =>
  Array.from({ length: Math.max(0, tokens.length - gram + 1) }, (_, at) => tokens.slice(at, at + gram).join(" "));

const copiedFrom = (texts: readonly string[], known: Iterable<string>): string | undefined => {
  // Pieces of one line in several fields are that line.
  const asked = gramsOf(tokensOf(texts.join(" ")));
  if (asked.length === 0) return undefined;
  for (const text of known) {
    const found = ` ${tokensOf(text).join(" ")} `;
    const hit = asked.find((one) => found.includes(` ${one} `));
    if (hit !== undefined) return hit;
  }
  return undefined;
};
