/** The reviewer of the demo: two comments on lines of the pull request, in words that a maintainer would use. */

export type ChangedFile = { readonly path: string; readonly text: string };
export type InlineComment = { readonly path: string; readonly line: number; readonly body: string };

type Wish = (file: ChangedFile, line: string) => string | undefined;

/** In the order of preference; each is used once. */
const wishes: readonly Wish[] = [
  (_, line) => (/\.limit\(/.test(line) ? "Limit this to 3/min, please." : undefined),
  (_, line) => (/^\s+password: .*min_length/.test(line) ? "`password` should be at least 12 characters." : undefined),
  (file, line) => {
    const field = /^\s+(\w+): str\b.*max_length/.exec(line)?.[1];
    return field && /schema/.test(file.path) ? `\`${field}\` should be at most 40 characters.` : undefined;
  },
  (file, line) => {
    const field = /^\s+(\w+): (?:str|int|bool|Decimal|date|float)\b/.exec(line)?.[1];
    return field && /schema/.test(file.path) ? `Make \`${field}\` optional.` : undefined;
  },
];

export const reviewOf = (files: readonly ChangedFile[]): InlineComment[] => {
  const comments: InlineComment[] = [];
  for (const wish of wishes) {
    const found = files
      .flatMap((file) => file.text.split("\n").map((line, index) => ({ file, index, body: wish(file, line) })))
      .find(
        ({ body, file, index }) => body && !comments.some((one) => one.path === file.path && one.line === index + 1),
      );
    if (found?.body) comments.push({ path: found.file.path, line: found.index + 1, body: found.body });
    if (comments.length === 2) break;
  }
  return comments;
};
