/** One line of ours in the managed block of a description, found again by the hidden mark that it ends with: one that began with it would be HTML. Knows text only. */

/** GitHub's limit of a description. */
const maxBodyLength = 65_536;

/**
 * A description with the line in place of the one that has its mark, or behind `place`. @returns undefined where there is
 * no room for it
 */
export const withMarkedLine = (body: string, line: string, mark: string, place: RegExp): string | undefined => {
  const text = body.replace(/\r\n?/g, "\n");
  const known = text.split("\n").find((one) => one.endsWith(mark));
  const found = place.exec(text);
  const end = (found?.index ?? 0) + (found?.[0].length ?? 0);
  const next =
    known !== undefined
      ? text.replace(known, () => line)
      : found && `${text.slice(0, end)}\n\n${line}${text.slice(end)}`;
  return next && next.length <= maxBodyLength ? next : undefined;
};
