/** Blocks of ours in a description that people write, too: each stays where it stood, and what is around it stays as it is. */

/** Lines of their own, the first and the last of a block. */
export const marks = (name: string): readonly [begin: string, end: string] => [
  `<!-- architect:${name}:begin -->`,
  `<!-- architect:${name}:end -->`,
];

/** The one block between whole marks; undefined where a mark is missing, doubled or out of order. @param text with `\n` alone */
export const findBlock = (text: string, name: string): { from: number; to: number } | undefined => {
  const [begin, end] = marks(name);
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  const whole = from >= 0 && to > from && from === text.lastIndexOf(begin) && to === text.lastIndexOf(end);
  return whole ? { from, to: to + end.length } : undefined;
};

/**
 * Where people damaged the marks it is made anew. @param place where it goes when it is new @returns the body as it was
 * where the block would make it too long
 */
export const withBlock = (
  body: string,
  { name, content, place }: { readonly name: string; readonly content: string; readonly place: "above" | "below" },
  maxLength: number,
): string => {
  const text = body.replace(/\r\n?/g, "\n");
  const own = marks(name);
  const block = `${own[0]}\n\n${content}\n\n${own[1]}`;
  const found = findBlock(text, name);
  const rest = own.reduce((left, mark) => left.replaceAll(mark, ""), text).trim();
  const merged = found
    ? text.slice(0, found.from) + block + text.slice(found.to)
    : (place === "above" ? [block, rest] : [rest, block]).filter((part) => part !== "").join("\n\n");
  return merged.length <= maxLength ? merged : body;
};

/** What stands in the block now. */
export const blockIn = (body: string, name: string): string | undefined => {
  const text = body.replace(/\r\n?/g, "\n");
  const found = findBlock(text, name);
  return found && text.slice(found.from, found.to);
};

/** What stands around it. */
export const withoutBlockOf = (body: string, name: string): string => {
  const text = body.replace(/\r\n?/g, "\n");
  const found = findBlock(text, name);
  return found ? `${text.slice(0, found.from)}${text.slice(found.to)}`.trim() : text;
};
