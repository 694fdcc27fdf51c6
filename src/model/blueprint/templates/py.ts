/** Python as templates write it: substitution that keeps indentation, lines that fit as Black and Ruff fold them, sorted imports. */
import type { Import } from "../layout.ts";

/** How the repository formats: the line length that its formatter is set to, and the oldest Python it runs on. */
export type Format = { readonly width: number; readonly utc: boolean; readonly firstParty: string };

type Part = string | number | readonly string[] | undefined | false;

/**
 * A template that reads as the Python it becomes: dedented by its first line; a substitution of several lines takes the
 * indentation it stands at; a line that holds nothing but an empty substitution goes.
 */
export const py = (strings: TemplateStringsArray, ...parts: readonly Part[]): string => {
  const gone = "\u0000";
  const raw = strings.raw.reduce((text, next, at) => {
    const part = parts[at - 1];
    const value = part === undefined || part === false ? "" : Array.isArray(part) ? part.join("\n") : String(part);
    const indent = /(^|\n)([ ]*)$/.exec(text)?.[2];
    if (indent === undefined) return text + value + next;
    return text + (value === "" ? gone : value.replaceAll("\n", `\n${indent}`)) + next;
  });
  const lines = raw
    .replace(/^\n/, "")
    .split("\n")
    .filter((line) => line.trim() !== gone);
  const indent = /^ */.exec(lines[0] ?? "")?.[0].length ?? 0;
  return lines
    .map((line) =>
      line
        .replace(new RegExp(`^ {0,${indent}}`), "")
        .replaceAll(gone, "")
        .trimEnd(),
    )
    .join("\n")
    .replace(/\n+$/, "");
};

/** `head` + items + `tail` on one line where it fits, else one item a line with a trailing comma. */
export const fold = (width: number, indent: number, head: string, items: readonly string[], tail: string): string => {
  const line = `${head}${items.join(", ")}${tail}`;
  if (items.length === 0 || indent + line.length <= width) return line;
  return [head, ...items.map((item) => `    ${item},`), tail].join("\n");
};

const stdlib = new Set(
  "base64 collections contextlib dataclasses datetime decimal enum functools hashlib hmac http logging os secrets typing uuid".split(
    " ",
  ),
);

const rank = (name: string): number => (/^[A-Z][A-Z0-9_]+$/.test(name) ? 0 : /^[A-Z]/.test(name) ? 1 : 2);

export const byName = (a: string, b: string): number =>
  rank(a) - rank(b) || (a.toLowerCase() < b.toLowerCase() ? -1 : a.toLowerCase() > b.toLowerCase() ? 1 : 0);

export const sectionOf = (module: string, firstParty: string): number => {
  const top = /^\w*/.exec(module)?.[0] ?? "";
  return module.startsWith(".") || top === firstParty ? 2 : stdlib.has(top) ? 0 : 1;
};

/** Import statements in the order of isort: standard library, packages, own code; names sorted, each once. */
const importBlock = (symbols: readonly Import[], format: Format): string => {
  const modules = new Map<string, Set<string>>();
  for (const { module, name } of symbols) {
    const names = modules.get(module) ?? new Set();
    names.add(name);
    modules.set(module, names);
  }
  const sections: { from: boolean; module: string; text: string }[][] = [[], [], []];
  for (const [module, names] of modules) {
    const section = sections[sectionOf(module, format.firstParty)];
    if (names.has("")) section?.push({ from: false, module, text: `import ${module}` });
    const list = [...names].filter((name) => name !== "").sort(byName);
    if (list.length === 0) continue;
    const line = `from ${module} import ${list.join(", ")}`;
    section?.push({
      from: true,
      module,
      text: line.length <= format.width ? line : fold(0, 0, `from ${module} import (`, list, ")"),
    });
  }
  return sections
    .filter((section) => section.length > 0)
    .map((section) =>
      section
        .sort((a, b) => Number(a.from) - Number(b.from) || (a.module < b.module ? -1 : 1))
        .map(({ text }) => text)
        .join("\n"),
    )
    .join("\n\n");
};

/** A piece of a module: what it needs, and its code. */
export type Piece = { readonly imports: readonly Import[]; readonly code: string };

/** A whole new file. */
export const moduleText = (docstring: string, piece: Piece, format: Format): string => {
  const imports = importBlock(piece.imports, format);
  return `${[`"""${docstring}"""`, ...(imports ? [imports] : [])].join("\n\n")}\n\n${/^(class|def|async def|@)/.test(piece.code) ? "\n" : ""}${piece.code}\n`;
};

export const literal = (text: string): string => JSON.stringify(text);

/** 2_147_483_647 */
export const grouped = (value: string): string => {
  const [whole = "", fraction] = value.split(".");
  const digits = whole.replace("-", "");
  const out = digits.length > 4 ? digits.replace(/\B(?=(\d{3})+$)/g, "_") : digits;
  return `${whole.startsWith("-") ? "-" : ""}${out}${fraction === undefined ? "" : `.${fraction}`}`;
};
