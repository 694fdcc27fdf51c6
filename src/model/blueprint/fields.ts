/** The grammar of typed fields in a request: `number: str unique, amount: Decimal >= 0, due_date: date?`. Knows no Python file. */
import { problemOfName, snake } from "./names.ts";
import { splitTop } from "./python.ts";

export type FieldType =
  | { readonly kind: "str" | "text" | "int" | "float" | "bool" | "date" | "datetime" | "uuid" | "email" }
  | { readonly kind: "decimal"; readonly digits: number; readonly places: number }
  | { readonly kind: "enum"; readonly values: readonly string[] }
  | { readonly kind: "ref"; readonly table: string };

export type Field = {
  readonly name: string;
  readonly type: FieldType;
  readonly optional: boolean;
  readonly unique: boolean;
  readonly index: boolean;
  /** As the request writes it, checked against the type. */
  readonly fallback?: string;
  /** Of the value for numbers, of the length for text. `exclusive` for `> 0` and `< 100`. */
  readonly min?: Bound;
  readonly max?: Bound;
};

export type Bound = { readonly value: string; readonly exclusive: boolean };

/** Something that was read and not understood: what it was, and which words would be. */
export type Unclear = { readonly question: string; readonly options: readonly string[] };

export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly unclear: readonly Unclear[] };

const simple: Readonly<Record<string, FieldType["kind"]>> = {
  str: "str",
  string: "str",
  text: "text",
  int: "int",
  integer: "int",
  float: "float",
  bool: "bool",
  boolean: "bool",
  date: "date",
  datetime: "datetime",
  timestamp: "datetime",
  uuid: "uuid",
  email: "email",
  emailstr: "email",
};

const typeNames = "str, text, int, float, Decimal, bool, date, datetime, UUID, EmailStr, a|b|c, ref <table>";

export const isNumeric = (type: FieldType): boolean => ["int", "float", "decimal"].includes(type.kind);
export const isTextual = (type: FieldType): boolean => ["str", "text", "email"].includes(type.kind);

const unclear = (name: string, what: string, options: readonly string[]): Unclear => ({
  question: `The field \`${name}\`: ${what}`,
  options,
});

/** Takes the type from the start of `text`. @returns what is left of it */
const takeType = (text: string): { type: FieldType; rest: string; max?: string } | undefined => {
  const listed = /^enum\s*\(([^)]*)\)/i.exec(text);
  if (listed) return enumOf(listed[1] ?? "", ",", text.slice(listed[0].length));
  const barred = /^["']?[a-z][\w-]*["']?(?:\s*\|\s*["']?[a-z][\w-]*["']?)+/i.exec(text);
  if (barred && !/\|\s*None\b/.test(barred[0])) return enumOf(barred[0], "|", text.slice(barred[0].length));
  const ref = /^(?:ref|references|fk|foreign key)(?:\s+to)?[\s(]+([a-z_]\w*)(?:\.id)?\)?/i.exec(text);
  if (ref) return { type: { kind: "ref", table: snake(ref[1] ?? "") }, rest: text.slice(ref[0].length) };
  const money = /^decimal(?:\s*\(\s*(\d{1,2})\s*,\s*(\d{1,2})\s*\))?(?!\w)/i.exec(text);
  if (money) {
    const type = { kind: "decimal", digits: Number(money[1] ?? 12), places: Number(money[2] ?? 2) } as const;
    return type.places > type.digits ? undefined : { type, rest: text.slice(money[0].length) };
  }
  const word = /^([a-z]+)(?:\s*\(\s*(?:max(?:_length)?\s*[=:]?\s*)?(\d{1,6})\s*\))?(?!\w)/i.exec(text);
  const kind = simple[(word?.[1] ?? "").toLowerCase()];
  if (!word || !kind || (word[2] && kind !== "str" && kind !== "text")) return undefined;
  return { type: { kind } as FieldType, rest: text.slice(word[0].length), ...(word[2] ? { max: word[2] } : {}) };
};

const enumOf = (list: string, separator: string, rest: string) => {
  const values = list
    .split(separator)
    .map((value) => value.trim().replace(/^["']|["']$/g, ""))
    .filter((value) => value !== "");
  const fine =
    values.length >= 2 &&
    new Set(values).size === values.length &&
    values.every((value) => /^[a-z][\w-]{0,39}$/i.test(value));
  return fine ? { type: { kind: "enum", values } as FieldType, rest } : undefined;
};

/** What a word after the type says of the field. */
type Modifier = readonly [RegExp, (match: RegExpExecArray) => Partial<Field>];

const number = "(-?\\d+(?:\\.\\d+)?)";
const bound = (words: string): RegExp =>
  new RegExp(`^(?:${words})\\s*[=:]?\\s*${number}(?: characters?| chars?)?`, "i");
const inclusive = (match: RegExpExecArray): Bound => ({ value: match[1] ?? "", exclusive: false });
const strict = (match: RegExpExecArray): Bound => ({ value: match[1] ?? "", exclusive: true });

const modifiers: readonly Modifier[] = [
  [/^(\?|optional\b|nullable\b|\|\s*None\b)/i, () => ({ optional: true })],
  [/^(required|not null|non-null|mandatory)\b/i, () => ({ optional: false })],
  [/^unique\b/i, () => ({ unique: true })],
  [/^(index|indexed)\b/i, () => ({ index: true })],
  [
    /^(?:default(?:s to)?|=(?!=))\s*[=:]?\s*("[^"]*"|'[^']*'|-?[\w.]+)/i,
    (match) => ({ fallback: (match[1] ?? "").replace(/^["']|["']$/g, "") }),
  ],
  [bound("max(?:imum)?(?:[_ ]?length)?|at most|up to|<=|le"), (match) => ({ max: inclusive(match) })],
  [bound("min(?:imum)?(?:[_ ]?length)?|at least|>=|ge"), (match) => ({ min: inclusive(match) })],
  [bound("<|lt"), (match) => ({ max: strict(match) })],
  [bound(">|gt"), (match) => ({ min: strict(match) })],
  [/^positive\b/i, () => ({ min: { value: "0", exclusive: true } })],
  [/^non-negative\b/i, () => ({ min: { value: "0", exclusive: false } })],
];

const problemOfFallback = (field: Field): string | undefined => {
  const value = field.fallback;
  if (value === undefined) return undefined;
  const { type } = field;
  if (type.kind === "bool") return /^(true|false)$/i.test(value) ? undefined : "true or false";
  if (type.kind === "int") return /^-?\d+$/.test(value) ? undefined : "a whole number";
  if (type.kind === "float" || type.kind === "decimal") return /^-?\d+(\.\d+)?$/.test(value) ? undefined : "a number";
  if (type.kind === "enum") return type.values.includes(value) ? undefined : `one of ${type.values.join(", ")}`;
  if (type.kind === "str" || type.kind === "text")
    return /^[^"\\\n]{0,200}$/.test(value) ? undefined : "a short text without quotes or backslashes";
  return "left out (a default is read for text, numbers, bool and enums)";
};

const check = (field: Field): Unclear[] => {
  const found: Unclear[] = [];
  const name = problemOfName(field.name);
  if (name) found.push(unclear(field.name, `it cannot have this name: ${name}.`, ["give it another name"]));
  const fallback = problemOfFallback(field);
  if (fallback)
    found.push(
      unclear(field.name, `its default "${field.fallback}" would have to be ${fallback}.`, ["leave the default out"]),
    );
  const bounds = [field.min, field.max].filter((bound) => bound !== undefined);
  if (bounds.length > 0 && !isNumeric(field.type) && !isTextual(field.type))
    found.push(
      unclear(field.name, "a minimum or maximum is read for text (its length) and numbers only.", [
        "leave the bound out",
      ]),
    );
  if (isTextual(field.type) && bounds.some((bound) => bound.exclusive || !/^\d+$/.test(bound.value)))
    found.push(
      unclear(field.name, "the length of a text is bounded by whole numbers, as in `max 32`.", [
        "max 32",
        "min 1 max 32",
      ]),
    );
  if (field.min && field.max && Number(field.min.value) > Number(field.max.value))
    found.push(
      unclear(field.name, `its minimum ${field.min.value} is greater than its maximum ${field.max.value}.`, []),
    );
  return found;
};

/** One field, from `name: type words…`. */
export const parseField = (text: string): Parsed<Field> => {
  const head = /^[`*]*([A-Za-z_][\w-]*)[`*]*\s*(\??)\s*:\s*([\s\S]+)$/.exec(text.trim());
  if (!head)
    return {
      ok: false,
      unclear: [
        {
          question: `\`${text.trim().slice(0, 80)}\` is no field of the form \`name: type\`.`,
          options: ["name: str", "name: str unique", "name: int >= 0"],
        },
      ],
    };
  const name = head[1] ?? "";
  const source = (head[3] ?? "").replaceAll("`", "").trim();
  const taken = takeType(source);
  if (!taken)
    return {
      ok: false,
      unclear: [
        unclear(name, `I do not know the type \`${source.slice(0, 60)}\`. Types are ${typeNames}.`, [
          `${name}: str`,
          `${name}: int`,
          `${name}: Decimal`,
        ]),
      ],
    };
  let field: Field = {
    name,
    type: taken.type,
    optional: head[2] === "?",
    unique: false,
    index: false,
    ...(taken.max ? { max: { value: taken.max, exclusive: false } } : {}),
  };
  let rest = taken.rest;
  for (;;) {
    rest = rest.replace(/^[\s,;()]+/, "");
    if (rest === "") break;
    const hit = modifiers.map(([pattern, read]) => ({ match: pattern.exec(rest), read })).find(({ match }) => match);
    if (!hit?.match)
      return {
        ok: false,
        unclear: [
          unclear(name, `I do not understand "${rest.slice(0, 60)}" after its type.`, [
            "unique",
            "optional",
            "index",
            "default <value>",
            "max 32",
            ">= 0",
          ]),
        ],
      };
    field = { ...field, ...hit.read(hit.match) };
    rest = rest.slice(hit.match[0].length);
  }
  const problems = check(field);
  return problems.length > 0 ? { ok: false, unclear: problems } : { ok: true, value: field };
};

const isModifier = (part: string): boolean => modifiers.some(([pattern]) => pattern.test(part));

/** A list of fields, from one line with commas or semicolons, or from one field per line. */
export const parseFields = (items: readonly string[]): Parsed<readonly Field[]> => {
  const joined: string[] = [];
  for (const item of items.flatMap((line) => splitTop(line, ",;"))) {
    const before = joined.at(-1);
    if (before !== undefined && !/^[`*\w-]+\s*\??\s*:/.test(item) && isModifier(item))
      joined[joined.length - 1] = `${before}, ${item}`;
    else joined.push(item);
  }
  const parsed = joined.map(parseField);
  const problems = parsed.flatMap((one) => (one.ok ? [] : one.unclear));
  const fields = parsed.flatMap((one) => (one.ok ? [one.value] : []));
  const twice = fields.find((field, at) => fields.findIndex((other) => other.name === field.name) !== at);
  if (twice) problems.push(unclear(twice.name, "it is named twice.", []));
  if (joined.length > 60)
    problems.push({ question: `${joined.length} fields are more than the 60 that are read.`, options: [] });
  return problems.length > 0 ? { ok: false, unclear: problems } : { ok: true, value: fields };
};
