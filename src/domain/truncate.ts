/** Cuts text to a length a model can bear, and says in the text itself what is missing and how to see it. */

/** Keeps the beginning and the end. @param more a sentence on how to see what was cut */
export const truncateMiddle = (text: string, maxChars: number, more: string): string => {
  if (text.length <= maxChars) return text;
  const head = safeEnd(text, Math.ceil(maxChars / 2));
  const tail = safeStart(text, text.length - Math.floor(maxChars / 2));
  return `${text.slice(0, head)}\n[… ${tail - head} characters cut here. ${more} …]\n${text.slice(tail)}`;
};

/** The last characters, from the beginning of a line where there is one. */
export const lastPart = (text: string, maxChars: number): string => {
  if (text.length <= maxChars) return text;
  const from = safeStart(text, text.length - maxChars);
  const line = text.indexOf("\n", from);
  return text.slice(line === -1 || line === text.length - 1 ? from : line + 1);
};

/** Not between the two halves of a surrogate pair. */
const safeEnd = (text: string, at: number): number => (isHighSurrogate(text, at - 1) ? at - 1 : at);
const safeStart = (text: string, at: number): number => (isHighSurrogate(text, at - 1) ? at + 1 : at);
const isHighSurrogate = (text: string, at: number): boolean => {
  const code = text.charCodeAt(at);
  return code >= 0xd800 && code <= 0xdbff;
};
