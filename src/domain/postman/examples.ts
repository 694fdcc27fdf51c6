/** Bodies and credentials of an example request, from the facts of the code. */
import type { EndpointFact, Facts, FieldFact } from "../facts.ts";
import { isObject } from "../memory/json.ts";

const maxDepth = 6;

/** @param names classes that the body is read into @returns undefined where the code shows none */
export const exampleOf = (names: readonly string[], schemas: Facts["schemas"]): unknown => {
  const name = names.find((one) => schemas.some((schema) => schema.name === one));
  return name === undefined ? undefined : ofClass(name, schemas, 0);
};

const ofClass = (name: string, schemas: Facts["schemas"], depth: number): unknown => {
  const schema = schemas.find((one) => one.name === name);
  if (!schema || depth > maxDepth) return {};
  return Object.fromEntries(schema.fields.map((field) => [aliasOf(field), ofField(field, schemas, depth)]));
};

const aliasOf = ({ name, value }: FieldFact): string =>
  /\b(?:alias|validation_alias)\s*=\s*["']([^"']+)["']/.exec(value ?? "")?.[1] ?? name;

const ofField = (field: FieldFact, schemas: Facts["schemas"], depth: number): unknown => {
  const given = literalOf(field.value);
  return given === undefined ? ofType(field.type ?? "", field, schemas, depth) : given;
};

const literal = `"[^"]*"|'[^']*'|-?\\d+(?:\\.\\d+)?|True|False`;
const literals = [
  `\\bexamples?\\s*=\\s*\\[?\\s*(${literal})`,
  `^(${literal})$`,
  `\\bdefault\\s*=\\s*(${literal})`,
  `^(?:\\w+\\.)*Field\\(\\s*(${literal})`,
].map((form) => new RegExp(form));

/** The default, or the first of `examples`, where it is a literal. */
const literalOf = (value: string | null): unknown => {
  const text = literals.map((form) => form.exec((value ?? "").trim())?.[1]).find((one) => one !== undefined);
  if (text === undefined) return undefined;
  if (text === "True" || text === "False") return text === "True";
  return /^["']/.test(text) ? text.slice(1, -1) : Number(text);
};

const bound = ({ value }: FieldFact, ...names: readonly string[]): number | undefined => {
  for (const name of names) {
    const found = new RegExp(`\\b${name}\\s*=\\s*(-?\\d+(?:\\.\\d+)?)`).exec(value ?? "")?.[1];
    if (found !== undefined) return Number(found);
  }
  return undefined;
};

const ofType = (type: string, field: FieldFact, schemas: Facts["schemas"], depth: number): unknown => {
  const bare = type
    .replace(/^["']|["']$/g, "")
    .replace(/\s*\|\s*None\b|\bNone\s*\|\s*/g, "")
    .replace(/^(?:\w+\.)*Optional\[(.*)\]$/s, "$1")
    .replace(/^(?:\w+\.)*Annotated\[([^,]+),.*\]$/s, "$1")
    .trim();
  const inner = /^(?:\w+\.)*(?:list|List|set|Set|Sequence|tuple|Tuple)\[(.*)\]$/s.exec(bare)?.[1];
  if (inner !== undefined)
    return depth > maxDepth ? [] : [ofType(inner.split(",")[0] ?? "", field, schemas, depth + 1)];
  if (/^(?:\w+\.)*(?:dict|Dict|Mapping)\b/.test(bare)) return {};
  const literal = /^(?:\w+\.)*Literal\[\s*["']([^"']+)["']/.exec(bare)?.[1];
  if (literal !== undefined) return literal;
  const name = bare.split(".").at(-1) ?? bare;
  const number = bound(field, "ge") ?? (bound(field, "gt") === undefined ? undefined : (bound(field, "gt") ?? 0) + 1);
  switch (name) {
    case "int":
      return number ?? 1;
    case "float":
      return number ?? 1.5;
    case "Decimal":
    case "condecimal":
      return String(number ?? 9.99);
    case "bool":
      return true;
    case "EmailStr":
      return "user@example.com";
    case "UUID":
    case "UUID4":
      return "123e4567-e89b-42d3-a456-426614174000";
    case "datetime":
    case "AwareDatetime":
      return "2026-01-31T12:00:00Z";
    case "date":
      return "2026-01-31";
    case "time":
      return "12:00:00";
    case "HttpUrl":
    case "AnyHttpUrl":
    case "AnyUrl":
      return "https://example.com/";
    default:
      if (schemas.some((schema) => schema.name === name)) return ofClass(name, schemas, depth + 1);
      return textFor(field);
  }
};

const textFor = (field: FieldFact): string => {
  const least = Math.min(bound(field, "min_length") ?? 0, 256);
  const word = /e_?mail/i.test(field.name) ? "user@example.com" : field.name.replace(/_/g, " ");
  return word.padEnd(least, "x").slice(0, bound(field, "max_length") ?? 256);
};

const schemes: Partial<Record<EndpointFact["auth"][number], unknown>> = {
  bearer: { type: "bearer", bearer: [{ key: "token", value: "{{accessToken}}", type: "string" }] },
  basic: {
    type: "basic",
    basic: [
      { key: "username", value: "{{username}}", type: "string" },
      { key: "password", value: "{{password}}", type: "string" },
    ],
  },
  "api-key": {
    type: "apikey",
    apikey: [
      { key: "key", value: "X-API-Key", type: "string" },
      { key: "value", value: "{{apiKey}}", type: "string" },
      { key: "in", value: "header", type: "string" },
    ],
  },
};

/** @param inherited of the collection @returns nothing where the collection's own does, or the code does not tell */
export const authOf = ({ auth }: EndpointFact, inherited: unknown): unknown => {
  const all = isObject(inherited) ? inherited["type"] : undefined;
  if (auth.includes("none")) return all === undefined || all === "noauth" ? undefined : { type: "noauth" };
  const scheme = auth.map((one) => schemes[one]).find((one) => one !== undefined);
  return isObject(scheme) && scheme["type"] === all ? undefined : scheme;
};
