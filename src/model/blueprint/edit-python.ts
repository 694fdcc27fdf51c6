/** Changes to Python source that people wrote: an import more, a name more in `__all__`, code at the end; all else stays as it is. */
import type { Import } from "./layout.ts";
import { assignmentsOf, importsOf, splitTop, stringOf } from "./python.ts";
import { byName, type Format, fold, type Piece, sectionOf } from "./templates/py.ts";

const importLine = (module: string, names: readonly string[], format: Format): string => {
  const line = `from ${module} import ${names.join(", ")}`;
  return line.length <= format.width ? line : fold(0, 0, `from ${module} import (`, names, ")");
};

/** Relative imports stand last, behind absolute ones of the same code. */
const groupOf = (module: string, format: Format): number =>
  module.startsWith(".") ? 3 : sectionOf(module, format.firstParty);

/** Adds `from module import name` (or `import module`) where a sorter of imports would put it. */
export const addImport = (text: string, symbol: Import, format: Format): string => {
  const lines = text.split("\n");
  if (symbol.name === "" && lines.includes(`import ${symbol.module}`)) return text;
  const imports = importsOf(text).filter((one) => one.start < firstCode(lines));
  const there = imports.find(
    (one) => one.module === symbol.module && (symbol.name === "") === (one.names.length === 0),
  );
  if (there && (symbol.name === "" || there.names.some(({ name }) => name === symbol.name))) return text;
  if (there && symbol.name !== "") {
    const written = there.names.map(({ name, as }) => (name === as ? name : `${name} as ${as}`));
    const exploded = there.end > there.start;
    const names = [...written, symbol.name].sort((a, b) => byName(a.split(" ")[0] ?? "", b.split(" ")[0] ?? ""));
    const line = exploded
      ? fold(0, 0, `from ${symbol.module} import (`, names, ")")
      : importLine(symbol.module, names, format);
    return [...lines.slice(0, there.start), ...line.split("\n"), ...lines.slice(there.end + 1)].join("\n");
  }
  const statement = symbol.name === "" ? `import ${symbol.module}` : `from ${symbol.module} import ${symbol.name}`;
  const section = groupOf(symbol.module, format);
  const key = (module: string, plain: boolean): string => `${plain ? 0 : 1}${module}`;
  const peers = imports.filter((one) => groupOf(one.module, format) === section);
  const after = peers
    .filter((one) => key(one.module, one.names.length === 0) < key(symbol.module, symbol.name === ""))
    .at(-1);
  if (after) return [...lines.slice(0, after.end + 1), statement, ...lines.slice(after.end + 1)].join("\n");
  const [first] = peers;
  if (first) return [...lines.slice(0, first.start), statement, ...lines.slice(first.start)].join("\n");
  const earlier = imports.filter((one) => groupOf(one.module, format) < section).at(-1);
  if (earlier) return [...lines.slice(0, earlier.end + 1), "", statement, ...lines.slice(earlier.end + 1)].join("\n");
  const [next] = imports;
  const at = next ? next.start : docstringEnd(text);
  const rest = lines.slice(at);
  return [
    ...lines.slice(0, at),
    ...(at > 0 && !next ? [""] : []),
    statement,
    ...(rest[0]?.trim() === "" ? [] : [""]),
    ...rest,
  ].join("\n");
};

/** The first line at the top level that is no import, comment, docstring or blank. */
const firstCode = (lines: readonly string[]): number => {
  const at = lines.findIndex((line) => /^(class|def|async def|@|if|for|with)\b/.test(line));
  return at < 0 ? lines.length : at;
};

const docstringEnd = (text: string): number => {
  const doc = /^\s*(?:"""[\s\S]*?"""|'''[\s\S]*?''')/.exec(text)?.[0];
  return doc === undefined ? 0 : doc.split("\n").length;
};

export const addImports = (text: string, symbols: readonly Import[], format: Format): string =>
  symbols.reduce((current, symbol) => addImport(current, symbol, format), text);

/** A piece at the end of a module, with its imports at the top. */
export const appendPiece = (text: string, piece: Piece, format: Format): string =>
  `${addImports(text, piece.imports, format).replace(/\n+$/, "")}\n\n\n${piece.code}\n`;

/** A name more in `__all__`, where there is one. */
export const addToAll = (text: string, name: string, format: Format): string => {
  const all = assignmentsOf(text).find((one) => one.name === "__all__" && /^[[(]/.test(one.value));
  if (!all) return text;
  const names = splitTop(all.value.slice(1, -1)).map(stringOf);
  if (names.includes(name) || names.some((one) => one === undefined)) return text;
  const sorted = names.every((one, at) => at === 0 || byName(names[at - 1] ?? "", one ?? "") <= 0);
  const list = [...names, name].map((one) => one ?? "");
  if (sorted) list.sort(byName);
  const [open = "[", close = "]"] = [all.value.at(0), all.value.at(-1)];
  const items = list.map((one) => JSON.stringify(one));
  const written = all.source.includes("\n")
    ? fold(0, 0, `__all__ = ${open}`, items, close)
    : fold(format.width, 0, `__all__ = ${open}`, items, close);
  return text.replace(all.source, () => written);
};

/** A line behind line `at` (from 0). */
export const insertAfter = (text: string, at: number, line: string): string => {
  const lines = text.split("\n");
  return [...lines.slice(0, at + 1), ...line.split("\n"), ...lines.slice(at + 1)].join("\n");
};
