/** Functions of a Python file, found by their lines and indentation: enough to ask what a body says, no parser. */

export type PythonFunction = {
  readonly name: string;
  /** Counted from 1. */
  readonly line: number;
  /** All lines that are indented deeper, and what stands behind the colon. */
  readonly body: string;
};

const definition = /^([ \t]*)(?:async[ \t]+)?def[ \t]+(\w+)/;

export const functionsIn = (text: string): readonly PythonFunction[] => {
  const lines = text.split(/\r?\n/);
  return lines.flatMap((line, index) => {
    const found = definition.exec(line);
    if (!found) return [];
    const [, indent = "", name = ""] = found;
    const rest = lines.slice(index + 1);
    const end = rest.findIndex((one) => one.trim() !== "" && !isDeeper(one, indent) && !/^[ \t]*[)\]#]/.test(one));
    const body = [afterColon(line), ...(end < 0 ? rest : rest.slice(0, end))].join("\n");
    return [{ name, line: index + 1, body }];
  });
};

/** Undefined where there is no such function. */
export const bodyOf = (text: string, name: string): string | undefined =>
  functionsIn(text).find((one) => one.name === name)?.body;

const isDeeper = (line: string, indent: string): boolean =>
  line.startsWith(indent) && /^[ \t]/.test(line.slice(indent.length));

/** Of a definition on one line. */
const afterColon = (line: string): string => /\)[^:)]*:(.*)$/.exec(line)?.[1]?.trim() ?? "";
