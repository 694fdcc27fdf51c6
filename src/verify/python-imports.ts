/** The modules that a Python file imports, in whatever way it says so: statements, calls that take a name, code in strings. */

export type PythonImport = {
  /** Dotted and absolute; undefined where a call computes it. */
  readonly module: string | undefined;
  /** Counted from 1. */
  readonly line: number;
};

/** Comments, and strings with their prefix. */
const quiet =
  /#[^\n]*|("""|''')(?:\\[\s\S]|(?!\1)[^\\])*(?:\1|\\?$)|"(?:\\[\s\S]|[^"\\\n])*"?|'(?:\\[\s\S]|[^'\\\n])*'?/g;

/** Python text in which strings, comments and joined lines are spaces: every character that is left stands where it stood. */
const blanked = (text: string): string =>
  text.replace(quiet, (found) => found.replace(/[^\n]/g, " ")).replace(/\\\n/g, "  ");

const statement =
  /(?:^|[;:\n])[ \t]*(?:from[ \t]+([\p{L}\p{N}_.]+)[ \t]*\bimport\b[ \t]*(\([^)]{0,2000}\)|[^\n;]*)|import[ \t]+([^\n;]+))/gu;
const call = /(?<!\bdef[ \t]+)\b(import_module|__import__|import_string|importorskip|run_module|exec|eval)[ \t]*\(/g;

/** Relative imports are left out: they are the repository's own code. */
export const importsIn = (text: string): readonly PythonImport[] => {
  const code = blanked(text);
  const lineAt = lineCounter(text);
  const statements = [...code.matchAll(statement)].flatMap((found) => {
    const line = lineAt(found.index + found[0].search(/from|import/));
    return modulesOf(found).map((module) => ({ module, line }));
  });
  const calls = [...code.matchAll(call)].flatMap((found) => {
    const line = lineAt(found.index);
    return calledWith(found[1] ?? "", text.slice(found.index + found[0].length)).map((module) => ({ module, line }));
  });
  return [...statements, ...calls].toSorted((a, b) => a.line - b.line);
};

/** The line, from 1, that a character stands in. */
const lineCounter = (text: string): ((index: number) => number) => {
  const ends = [...text.matchAll(/\n/g)].map(({ index }) => index);
  return (index) => {
    let low = 0;
    let high = ends.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (ends[middle]! < index) low = middle + 1;
      else high = middle;
    }
    return low + 1;
  };
};

const modulesOf = ([, from, names = "", plain]: RegExpMatchArray): readonly string[] => {
  const listed = (plain ?? names)
    .replace(/[()]/g, " ")
    .split(",")
    .map((one) => one.trim().split(/\s+/)[0] ?? "")
    .filter((one) => one !== "");
  const modules = from === undefined ? listed : listed.map((one) => (one === "*" ? from : `${from}.${one}`));
  // Python takes identifiers in this form, so that a look-alike spelling is the same module.
  return modules.map((one) => one.normalize("NFKC")).filter((one) => !one.startsWith("."));
};

const literal = /^\s*[rRuUbB]{0,2}("""|'''|"|')((?:\\[\s\S]|(?!\1)[^\\])*)\1\s*([,)])?/;

/** What a call imports: its first argument, or where that is code, what the code imports. */
const calledWith = (name: string, rest: string): readonly (string | undefined)[] => {
  const written = literal.exec(rest);
  const runsCode = name === "exec" || name === "eval";
  if (runsCode) return written ? importsIn(written[2] ?? "").map(({ module }) => module) : [];
  if (!written || written[3] === undefined) return /^\s*\)/.test(rest) ? [] : [undefined];
  return written[2]?.startsWith(".") ? [] : [written[2]];
};
