/** JSON of files that other people and programs write, too: read leniently, written in one spelling. Knows no shape. */

export type JsonObject = { readonly [key: string]: unknown };

/** Larger files are set aside unread; none that we write is larger, so that it can be read again. */
export const maxFileBytes = 1024 * 1024;

const maxDepth = 64;

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export const filled = (value: unknown): value is string => typeof value === "string" && value.trim() !== "";

const tooDeep = (value: unknown, left: number): boolean => {
  if (typeof value !== "object" || value === null) return false;
  return left === 0 || Object.values(value).some((inner) => tooDeep(inner, left - 1));
};

export type JsonText = { readonly value: unknown; readonly problem?: string };

/** An empty file holds nothing that could be lost, so it reads as `undefined` without a problem. */
export const parseJson = (text: string | undefined): JsonText => {
  const body = (text ?? "").replace(/^\uFEFF/, "");
  if (body.trim() === "") return { value: undefined };
  if (Buffer.byteLength(body) > maxFileBytes) return { value: undefined, problem: "it is larger than 1 MiB" };
  try {
    const value: unknown = JSON.parse(body);
    return tooDeep(value, maxDepth)
      ? { value: undefined, problem: `it is nested deeper than ${maxDepth} levels` }
      : { value };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return { value: undefined, problem: `it is not valid JSON${where(body, error)}` };
  }
};

/** The line, where V8 names a position; its own wording quotes the text, which may hold anything. */
const where = (body: string, error: SyntaxError): string => {
  const position = /at position (\d+)/.exec(error.message)?.[1];
  return position === undefined ? "" : ` (line ${body.slice(0, Number(position)).split("\n").length})`;
};

const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isObject(value)) return value;
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, inner]) => [key, sorted(inner)]));
};

/** Keys sorted, two spaces, a final newline: the same value always gives the same bytes. */
export const canonicalJson = (value: unknown): string => `${JSON.stringify(sorted(value), null, 2)}\n`;

export const sameJson = (a: unknown, b: unknown): boolean => canonicalJson(a ?? null) === canonicalJson(b ?? null);
