/** Reads the part of GraphQL that clients of this project send: one operation, fields, arguments, inline fragments. */

export type Value = string | number | boolean | null | readonly Value[] | { readonly [key: string]: Value };

export type Field = {
  readonly name: string;
  readonly alias: string;
  readonly args: Readonly<Record<string, Value>>;
  readonly selection: readonly Field[] | undefined;
};

export type Operation = { readonly kind: "query" | "mutation"; readonly fields: readonly Field[] };

export class GraphqlSyntaxError extends Error {}

const TOKEN = /\s+|,|#[^\n]*|(?<token>\.\.\.|[{}()[\]:!$=@|&]|"(?:[^"\\\n]|\\.)*"|-?\d+(?:\.\d+)?|[_A-Za-z]\w*)/y;

function tokenize(text: string): string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (match === null) throw new GraphqlSyntaxError(`unexpected ${JSON.stringify(text.slice(at, at + 20))}`);
    const token = match.groups?.["token"];
    if (token !== undefined) tokens.push(token);
  }
  return tokens;
}

/** @param variables put in place of `$name` while reading; one that is missing is null */
export function parseOperation(text: string, variables: Readonly<Record<string, Value>>): Operation {
  const tokens = tokenize(text);
  let at = 0;
  const peek = (): string | undefined => tokens[at];
  const next = (): string => {
    const token = tokens[at++];
    if (token === undefined) throw new GraphqlSyntaxError("unexpected end of document");
    return token;
  };
  const expect = (wanted: string): void => {
    const token = next();
    if (token !== wanted) throw new GraphqlSyntaxError(`expected ${wanted}, got ${token}`);
  };

  function parseValue(): Value {
    const token = next();
    if (token === "$") return variables[next()] ?? null;
    if (token.startsWith('"')) return JSON.parse(token) as string;
    if (/^-?\d/.test(token)) return Number(token);
    if (token === "true" || token === "false") return token === "true";
    if (token === "null") return null;
    if (token === "[") {
      const list: Value[] = [];
      while (peek() !== "]") list.push(parseValue());
      next();
      return list;
    }
    if (token === "{") return parsePairs("}");
    return token;
  }

  function parsePairs(end: string): Record<string, Value> {
    const pairs: Record<string, Value> = {};
    while (peek() !== end) {
      const name = next();
      expect(":");
      pairs[name] = parseValue();
    }
    next();
    return pairs;
  }

  function parseSelection(): Field[] {
    expect("{");
    const fields: Field[] = [];
    while (peek() !== "}") {
      if (peek() === "...") fields.push(...parseInlineFragment());
      else fields.push(parseField());
    }
    next();
    return fields;
  }

  function parseInlineFragment(): Field[] {
    expect("...");
    expect("on");
    next();
    return parseSelection();
  }

  function parseField(): Field {
    const first = next();
    const aliased = peek() === ":";
    if (aliased) next();
    const name = aliased ? next() : first;
    const hasArguments = peek() === "(";
    if (hasArguments) next();
    const args = hasArguments ? parsePairs(")") : {};
    return { name, alias: first, args, selection: peek() === "{" ? parseSelection() : undefined };
  }

  function skipVariables(): void {
    if (peek() !== "(") return;
    while (next() !== ")");
  }

  let kind: Operation["kind"] = "query";
  if (peek() !== "{") {
    const word = next();
    if (word !== "query" && word !== "mutation") throw new GraphqlSyntaxError(`unexpected ${word}`);
    kind = word;
    if (peek() !== "(" && peek() !== "{") next();
    skipVariables();
  }
  const operation: Operation = { kind, fields: parseSelection() };
  if (peek() !== undefined) throw new GraphqlSyntaxError(`unexpected ${peek()}: one operation, no named fragments`);
  return operation;
}
