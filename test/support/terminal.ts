/** What stands on a terminal's screen after a text was written to it: as far as our own output needs one. */

/** Lines from the first one ever written; colours are left out. @throws where a sequence comes that is not known here */
export const screenOf = (output: string, columns: number): string[] => {
  const lines: string[][] = [[]];
  let row = 0;
  let column = 0;
  const put = (character: string): void => {
    if (column >= columns) {
      row += 1;
      column = 0;
    }
    const line = lines[row] ?? [];
    lines[row] = line;
    while (line.length < column) line.push(" ");
    line[column] = character;
    column += 1;
  };
  const sequence = /\[(\d*)([A-Za-z])/y;
  for (let at = 0; at < output.length; ) {
    const character = String.fromCodePoint(output.codePointAt(at) ?? 0);
    at += character.length;
    if (character === "\n") {
      row += 1;
      column = 0;
      lines[row] ??= [];
    } else if (character === "\r") column = 0;
    else if (character === "\u001b") {
      sequence.lastIndex = at;
      const [whole, count, command] = sequence.exec(output) ?? [];
      if (whole === undefined) throw new Error(`unknown sequence ${JSON.stringify(output.slice(at - 1, at + 8))}`);
      at += whole.length;
      if (command === "A") row -= Number(count || 1);
      else if (command === "J") {
        lines.splice(row + 1);
        lines[row]?.splice(column);
      } else if (command !== "m") throw new Error(`unknown sequence ${JSON.stringify(whole)}`);
      if (row < 0) throw new Error("the cursor left the screen");
    } else put(character);
  }
  return lines.map((line) => line.join("").trimEnd());
};
