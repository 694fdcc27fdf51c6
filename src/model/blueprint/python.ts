/** Reads the shape of Python source (imports, classes, calls, assignments) without running it. Knows no disk and no framework. */

export type PyImport = {
  /** As written: `app.models.user`, `..models`, or for `import x.y` that name. */
  readonly module: string;
  /** Empty for `import x.y`. */
  readonly names: readonly { readonly name: string; readonly as: string }[];
  /** Lines, from 0, both included. */
  readonly start: number;
  readonly end: number;
};

export type PyField = {
  readonly name: string;
  readonly annotation: string;
  readonly value: string;
  readonly source: string;
};

export type PyClass = {
  readonly name: string;
  readonly bases: readonly string[];
  readonly fields: readonly PyField[];
  readonly start: number;
  readonly end: number;
};

export type PyCall = {
  /** What stands before the dot, or "". */
  readonly target: string;
  readonly args: readonly string[];
  readonly keywords: ReadonlyMap<string, string>;
  readonly start: number;
  readonly end: number;
};

/** The index behind a string literal or comment that starts at `at`; `at` itself where none starts. */
const skipOpaque = (text: string, at: number): number => {
  const char = text[at];
  if (char === "#") {
    const end = text.indexOf("\n", at);
    return end < 0 ? text.length : end;
  }
  if (char !== '"' && char !== "'") return at;
  const quote = text.startsWith(char.repeat(3), at) ? char.repeat(3) : char;
  for (let index = at + quote.length; index < text.length; index++) {
    if (text[index] === "\\") index++;
    else if (text.startsWith(quote, index)) return index + quote.length;
    else if (quote.length === 1 && text[index] === "\n") return index;
  }
  return text.length;
};

/** The index of the bracket that closes the one at `open`; the text's end where it never closes. */
export const closeOf = (text: string, open: number): number => {
  let depth = 0;
  for (let index = open; index < text.length; index++) {
    const skipped = skipOpaque(text, index);
    if (skipped > index) index = skipped - 1;
    else if ("([{".includes(text[index] ?? "")) depth++;
    else if (")]}".includes(text[index] ?? "") && --depth === 0) return index;
  }
  return text.length;
};

/** Parts between separators that stand in no bracket and no string; trimmed, without empty ones. */
export const splitTop = (text: string, separators = ","): string[] => {
  const parts: string[] = [];
  let from = 0;
  let depth = 0;
  for (let index = 0; index < text.length; index++) {
    const skipped = skipOpaque(text, index);
    if (skipped > index) index = skipped - 1;
    else if ("([{".includes(text[index] ?? "")) depth++;
    else if (")]}".includes(text[index] ?? "")) depth--;
    else if (depth === 0 && separators.includes(text[index] ?? "")) {
      parts.push(text.slice(from, index));
      from = index + 1;
    }
  }
  parts.push(text.slice(from));
  return parts.map((part) => part.trim()).filter((part) => part !== "");
};

const lineOf = (text: string, index: number): number => text.slice(0, index).split("\n").length - 1;

export const importsOf = (text: string): PyImport[] => {
  const found: PyImport[] = [];
  for (const match of text.matchAll(/^from[ \t]+([.\w]+)[ \t]+import[ \t]+(\(?)/gm)) {
    const open = match.index + match[0].length - 1;
    const end = match[2] ? closeOf(text, open) : endOfLine(text, match.index);
    const list = text.slice(match[2] ? open + 1 : open + 1, end).replace(/#.*$/gm, "");
    found.push({
      module: match[1] ?? "",
      names: splitTop(list).map((part) => {
        const [name = "", as] = part.split(/\s+as\s+/);
        return { name, as: as ?? name };
      }),
      start: lineOf(text, match.index),
      end: lineOf(text, end),
    });
  }
  for (const match of text.matchAll(/^import[ \t]+([\w.]+)/gm)) {
    const line = lineOf(text, match.index);
    found.push({ module: match[1] ?? "", names: [], start: line, end: line });
  }
  return found.sort((a, b) => a.start - b.start);
};

const endOfLine = (text: string, at: number): number => {
  const end = text.indexOf("\n", at);
  return end < 0 ? text.length : end;
};

/** Where a statement that starts at `at` ends: the line's end that stands in no bracket and no string. */
const endOfStatement = (text: string, at: number): number => {
  for (let index = at; index < text.length; index++) {
    const skipped = skipOpaque(text, index);
    if (skipped > index) index = skipped - 1;
    else if ("([{".includes(text[index] ?? "")) index = closeOf(text, index);
    else if (text[index] === "\n") return index;
  }
  return text.length;
};

const fieldsOf = (body: string, indent: string): PyField[] => {
  const fields: PyField[] = [];
  const pattern = new RegExp(`^${indent}([A-Za-z_]\\w*)[ \\t]*(?=[:=])`, "gm");
  for (const match of blankOpaque(body).matchAll(pattern)) {
    const written = body.slice(match.index, endOfStatement(body, match.index));
    const source = written.replaceAll(`\n${indent}`, "\n");
    const rest = source.slice(match[0].length);
    if (/^=[^=]/.test(rest))
      fields.push({ name: match[1] ?? "", annotation: "", value: rest.slice(1).trim(), source: source.trim() });
    else if (rest.startsWith(":")) {
      const [annotation = "", ...value] = splitTop(rest.slice(1), "=");
      const at = rest.indexOf("=", rest.indexOf(annotation) + annotation.length);
      fields.push({
        name: match[1] ?? "",
        annotation,
        value: value.length > 0 ? rest.slice(at + 1).trim() : "",
        source: source.trim(),
      });
    }
  }
  return fields;
};

/** Classes at the module's top level. */
export const classesOf = (text: string): PyClass[] => {
  const lines = text.split("\n");
  const found: PyClass[] = [];
  for (const match of text.matchAll(/^class[ \t]+(\w+)[ \t]*(\(?)/gm)) {
    const open = match.index + match[0].length - 1;
    const close = match[2] ? closeOf(text, open) : open;
    const start = lineOf(text, match.index);
    const first = lineOf(text, close) + 1;
    let end = first;
    while (end < lines.length && !/^\S/.test(lines[end] ?? "")) end++;
    while (end > first && (lines[end - 1] ?? "").trim() === "") end--;
    const body = lines.slice(first, end).join("\n");
    const indent = /^([ \t]+)\S/m.exec(body)?.[1] ?? "    ";
    found.push({
      name: match[1] ?? "",
      bases: match[2] ? splitTop(text.slice(open + 1, close)) : [],
      fields: fieldsOf(body, indent),
      start,
      end: end - 1,
    });
  }
  return found;
};

/** Calls of `name(…)` or `x.name(…)`, wherever they stand outside strings and comments. */
export const callsOf = (text: string, name: string): PyCall[] => {
  const found: PyCall[] = [];
  const pattern = new RegExp(`(?:([\\w.]+)\\.)?\\b${name}\\(`, "g");
  const code = blankOpaque(text);
  for (const match of code.matchAll(pattern)) {
    const open = match.index + match[0].length - 1;
    const close = closeOf(text, open);
    const parts = splitTop(text.slice(open + 1, close));
    const keywords = new Map<string, string>();
    const args: string[] = [];
    for (const part of parts) {
      const keyword = /^([A-Za-z_]\w*)\s*=(?!=)\s*([\s\S]*)$/.exec(part);
      if (keyword) keywords.set(keyword[1] ?? "", keyword[2] ?? "");
      else args.push(part);
    }
    found.push({ target: match[1] ?? "", args, keywords, start: lineOf(text, match.index), end: lineOf(text, close) });
  }
  return found;
};

/** The same text with strings and comments as blanks, so that positions stay. */
export const blankOpaque = (text: string): string => {
  let out = "";
  for (let index = 0; index < text.length; ) {
    const end = skipOpaque(text, index);
    if (end > index) {
      out += text.slice(index, end).replace(/[^\n]/g, " ");
      index = end;
    } else out += text[index++];
  }
  return out;
};

/** `NAME = …` and `NAME: T = …` at the top level, or at any indent with `anywhere`. */
export const assignmentsOf = (text: string, anywhere = false): (PyField & { line: number })[] => {
  const found: (PyField & { line: number })[] = [];
  const code = blankOpaque(text);
  for (const match of code.matchAll(
    anywhere ? /^[ \t]*([A-Za-z_]\w*)[ \t]*(:[^=\n]+)?=(?!=)/gm : /^([A-Za-z_]\w*)[ \t]*(:[^=\n]+)?=(?!=)/gm,
  )) {
    const source = text.slice(match.index, endOfStatement(text, match.index));
    found.push({
      name: match[1] ?? "",
      annotation: (match[2] ?? "").slice(1).trim(),
      value: source.slice(match[0].length).trim(),
      source,
      line: lineOf(text, match.index),
    });
  }
  return found;
};

/** The value of a plain string literal, or undefined. */
export const stringOf = (literal: string | undefined): string | undefined =>
  /^[rbuRBU]?(?:"([^"\\]*)"|'([^'\\]*)')$/
    .exec((literal ?? "").trim())
    ?.slice(1)
    .find((part) => part !== undefined);
