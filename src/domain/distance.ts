/** How far two words are apart, for sentences that begin with "did you mean". */

/** Levenshtein. */
const distance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1];
    for (let j = 1; j <= b.length; j++)
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (letter === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[b.length]!;
};

/** @param within letters that may differ; any number where left out */
export const nearest = <T extends string>(
  word: string,
  known: readonly T[],
  within = Number.POSITIVE_INFINITY,
): T | undefined => {
  const [best] = known
    .map((one) => ({ one, far: distance(word, one) }))
    .filter(({ far }) => far <= within)
    .sort((a, b) => a.far - b.far);
  return best?.one;
};
