/** A shell command cut into words and operators, as bash would cut it. It is only read here: nothing is expanded or run. */

/** Text; a variable by its name; or an expansion that is not looked into, as it is written. */
export type Part = string | { readonly variable: string } | { readonly expansion: string };

export type Word = { readonly kind: "word"; readonly parts: readonly Part[]; readonly raw: string };

export type Token =
  | Word
  | { readonly kind: "operator"; readonly text: string }
  /** `2>&1`, `>/dev/null`, `<<'END'` with its text taken out. */
  | { readonly kind: "redirect"; readonly text: string; readonly target: string }
  | { readonly kind: "comment"; readonly text: string };

/** The word's text where it holds nothing that bash would put in. */
export const literal = (word: Word | undefined): string | undefined =>
  word?.parts.every((part) => typeof part === "string") ? word.parts.join("") : undefined;

const operators = ["&&", "||", ";;", ";", "|&", "|", "&", "(", ")", "\n"];
const redirection = /^\d*(<<<|<<-?|<&|>&|>>|>\||<>|<|>)|^&>>?/;

type Reader = { readonly text: string; at: number; readonly heredocs: { end: string; indented: boolean }[] };

/** @returns undefined where a quote or bracket is left open */
export const tokenize = (text: string): readonly Token[] | undefined => {
  const reader: Reader = { text: text.replace(/\r\n?/g, "\n"), at: 0, heredocs: [] };
  const tokens: Token[] = [];
  for (;;) {
    skipBlank(reader);
    if (reader.at >= reader.text.length) return tokens;
    const token = readToken(reader);
    if (!token) return undefined;
    tokens.push(token);
  }
};

const rest = ({ text, at }: Reader): string => text.slice(at);

const skipBlank = (reader: Reader): void => {
  reader.at += /^(?:[ \t]|\\\n)*/.exec(rest(reader))?.[0].length ?? 0;
};

const readToken = (reader: Reader): Token | undefined => {
  const ahead = rest(reader);
  if (ahead.startsWith("#")) return readComment(reader, ahead);
  const redirect = redirection.exec(ahead)?.[0];
  if (redirect !== undefined) return readRedirect(reader, redirect);
  const operator = operators.find((one) => ahead.startsWith(one));
  if (operator !== undefined) {
    reader.at += operator.length;
    if (operator === "\n") skipHeredocs(reader);
    return { kind: "operator", text: operator };
  }
  return readWord(reader);
};

const readComment = (reader: Reader, ahead: string): Token => {
  const line = ahead.split("\n", 1)[0] ?? "";
  reader.at += line.length;
  return { kind: "comment", text: line.slice(1).trim() };
};

const readRedirect = (reader: Reader, text: string): Token | undefined => {
  reader.at += text.length;
  skipBlank(reader);
  const target = readWord(reader);
  if (!target) return undefined;
  const end = literal(target) ?? target.raw;
  if (/<<-?$/.test(text)) reader.heredocs.push({ end, indented: text.endsWith("-") });
  return { kind: "redirect", text, target: end };
};

const skipHeredocs = (reader: Reader): void => {
  for (const { end, indented } of reader.heredocs.splice(0)) {
    while (reader.at < reader.text.length) {
      const line = rest(reader).split("\n", 1)[0] ?? "";
      reader.at += line.length + 1;
      if ((indented ? line.replace(/^\t+/, "") : line) === end) break;
    }
  }
};

const endsWord = /[\s;&|()<>]/;

const readWord = (reader: Reader): Word | undefined => {
  const start = reader.at;
  const parts: Part[] = [];
  while (reader.at < reader.text.length && !endsWord.test(reader.text[reader.at] ?? "")) {
    const part = readPart(reader);
    if (part === undefined) return undefined;
    parts.push(...part);
  }
  return reader.at === start
    ? undefined
    : { kind: "word", parts: joined(parts), raw: reader.text.slice(start, reader.at) };
};

const joined = (parts: readonly Part[]): readonly Part[] => {
  const all: Part[] = [];
  for (const part of parts) {
    const last = all.at(-1);
    if (typeof part === "string" && typeof last === "string") all[all.length - 1] = last + part;
    else all.push(part);
  }
  return all;
};

const readPart = (reader: Reader): readonly Part[] | undefined => {
  switch (reader.text[reader.at]) {
    case "'":
      return readSingle(reader);
    case '"':
      return readDouble(reader);
    case "\\":
      reader.at += 2;
      return reader.text[reader.at - 1] === "\n" ? [""] : [reader.text[reader.at - 1] ?? ""];
    case "$":
    case "`":
      return readExpansion(reader);
    default: {
      const plain = /^[^\s;&|()<>'"\\$`]+/.exec(rest(reader))?.[0] ?? "";
      reader.at += plain.length;
      return [plain];
    }
  }
};

const readSingle = (reader: Reader): readonly Part[] | undefined => {
  const end = reader.text.indexOf("'", reader.at + 1);
  if (end < 0) return undefined;
  const inner = reader.text.slice(reader.at + 1, end);
  reader.at = end + 1;
  return [inner];
};

const readDouble = (reader: Reader): readonly Part[] | undefined => {
  reader.at += 1;
  const parts: Part[] = [""];
  for (;;) {
    const plain = /^[^"\\$`]+/.exec(rest(reader))?.[0] ?? "";
    reader.at += plain.length;
    parts.push(plain);
    const next = reader.text[reader.at];
    if (next === undefined) return undefined;
    if (next === '"') {
      reader.at += 1;
      return parts;
    }
    if (next === "\\") {
      const escaped = reader.text[reader.at + 1] ?? "";
      parts.push(escaped === "\n" ? "" : /["\\$`]/.test(escaped) ? escaped : `\\${escaped}`);
      reader.at += 2;
      continue;
    }
    const expansion = readExpansion(reader);
    if (!expansion) return undefined;
    parts.push(...expansion);
  }
};

const readExpansion = (reader: Reader): readonly Part[] | undefined => {
  const ahead = rest(reader);
  const name = /^\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*|[?!$#@*\d]))/.exec(ahead);
  if (name) {
    reader.at += name[0].length;
    return [{ variable: name[1] ?? name[2] ?? "" }];
  }
  const length = lengthOfExpansion(ahead);
  if (length === undefined) return undefined;
  reader.at += length;
  const raw = ahead.slice(0, length);
  return raw === "$" ? [raw] : [{ expansion: raw }];
};

const lengthOfExpansion = (ahead: string): number | undefined => {
  if (ahead.startsWith("`")) {
    const end = ahead.indexOf("`", 1);
    return end < 0 ? undefined : end + 1;
  }
  if (ahead.startsWith("$'")) return /^\$'(?:[^'\\]|\\[\s\S])*'/.exec(ahead)?.[0].length;
  const close = { "$(": ")", "${": "}" }[ahead.slice(0, 2)];
  return close === undefined ? 1 : lengthOfNested(ahead, ahead[1] ?? "", close);
};

/** Quotes inside may hold brackets of their own. */
const lengthOfNested = (text: string, open: string, close: string): number | undefined => {
  let depth = 0;
  for (let at = 1; at < text.length; at++) {
    const character = text[at];
    if (character === "\\") at += 1;
    else if (character === "'" || character === '"') {
      const quoted = (character === "'" ? /^'[^']*'/ : /^"(?:[^"\\]|\\[\s\S])*"/).exec(text.slice(at))?.[0];
      if (quoted === undefined) return undefined;
      at += quoted.length - 1;
    } else if (character === open) depth += 1;
    else if (character === close) {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  return undefined;
};
