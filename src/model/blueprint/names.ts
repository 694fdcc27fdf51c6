/** How one thing is called in each place: English number and the spellings of Python, SQL and URLs. Knows no repository. */

export const snake = (text: string): string =>
  text
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^_+|_+$/g, "");

export const pascal = (text: string): string =>
  snake(text)
    .split("_")
    .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))
    .join("");

const kebab = (text: string): string => snake(text).replaceAll("_", "-");

const irregular: readonly (readonly [string, string])[] = [
  ["person", "people"],
  ["child", "children"],
  ["datum", "data"],
  ["index", "indices"],
  ["analysis", "analyses"],
  ["series", "series"],
  ["news", "news"],
  ["status", "statuses"],
];

const onLast = (text: string, change: (word: string) => string): string => {
  const words = text.split("_");
  return [...words.slice(0, -1), change(words.at(-1) ?? "")].join("_");
};

const pluralWord = (word: string): string => {
  const known = irregular.find(([one, many]) => word === one || word === many);
  if (known) return known[1];
  if (/(s|x|z|ch|sh)$/.test(word)) return `${word}es`;
  if (/[^aeiou]y$/.test(word)) return `${word.slice(0, -1)}ies`;
  return `${word}s`;
};

const singularWord = (word: string): string => {
  const known = irregular.find(([one, many]) => word === one || word === many);
  if (known) return known[0];
  if (/[^aeiou]ies$/.test(word) && word.length > 4) return `${word.slice(0, -3)}y`;
  if (/(ss|x|z|ch|sh)es$/.test(word)) return word.slice(0, -2);
  if (/(us|ss|is)es$/.test(word)) return word.slice(0, -2);
  if (/s$/.test(word) && !/(ss|us|is)$/.test(word)) return word.slice(0, -1);
  return word;
};

/** Of a snake_case name, in either number. */
export const singular = (name: string): string => onLast(name, singularWord);

/** Of a snake_case name, in either number. */
export const plural = (name: string): string => onLast(name, (word) => pluralWord(singularWord(word)));

export type Names = {
  /** `InvoiceLine` */
  readonly type: string;
  /** `invoice_line` */
  readonly one: string;
  /** `invoice_lines`: the table and the module of its routes */
  readonly many: string;
  /** `invoice-lines`: the URL segment */
  readonly path: string;
  /** `invoice line` and `invoice lines`, in sentences */
  readonly label: string;
  readonly labels: string;
  /** `an invoice line` */
  readonly article: string;
};

export const namesOf = (text: string): Names => {
  const one = singular(snake(text));
  const many = plural(one);
  const label = one.replaceAll("_", " ");
  return {
    type: pascal(one),
    one,
    many,
    path: kebab(many),
    label,
    labels: many.replaceAll("_", " "),
    article: `${/^([aeio]|un[^i]|up)/.test(label) ? "an" : "a"} ${label}`,
  };
};

const keywords = new Set(
  (
    "and as assert async await break class continue def del elif else except false finally for from global if import in is " +
    "lambda none nonlocal not or pass raise return true try while with yield match case type"
  ).split(" "),
);

/** Why a field cannot be called so, or undefined. */
export const problemOfName = (name: string): string | undefined => {
  if (!/^[a-z][a-z0-9_]{0,59}$/.test(name)) return "a field's name is snake_case ASCII such as due_date";
  if (keywords.has(name)) return "it is a word of Python's own";
  if (["metadata", "registry", "query"].includes(name)) return "SQLAlchemy keeps this name for itself";
  if (name.startsWith("model_") || ["copy", "json", "dict", "schema", "validate", "construct"].includes(name))
    return "Pydantic keeps this name for itself";
  if (
    ["date", "datetime", "uuid", "str", "int", "float", "bool", "list", "id", "created_at", "updated_at"].includes(name)
  )
    return name === "id" || name.endsWith("_at")
      ? "it is added by the repository's own conventions"
      : "it is also the name of a type, and hides it in the class";
  return undefined;
};
