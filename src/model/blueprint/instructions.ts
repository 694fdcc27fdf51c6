/** What a review comment asks for, in the documented forms; a sentence in no such form is handed back as it is. Knows no file. */
import { couldDemand } from "./demand.ts";
import { type Bound, type Field, parseField, type Unclear } from "./fields.ts";
import { type Rate, ratesIn } from "./request.ts";

export type Instruction =
  | { readonly kind: "rename"; readonly field: string; readonly to: string }
  | { readonly kind: "add"; readonly field: Field }
  | { readonly kind: "rate"; readonly rate: Rate }
  | { readonly kind: "bound"; readonly field: string; readonly min?: Bound; readonly max?: Bound }
  | { readonly kind: "flag"; readonly field: string; readonly flag: "optional" | "required" | "unique" | "index" };

export type Reading = {
  readonly instructions: readonly Instruction[];
  /** Sentences that ask for something, in no form that is read. */
  readonly unread: readonly string[];
  readonly unclear: readonly Unclear[];
};

/** A field's name as people write it, or `this` and `it` for the one that the comment stands at. */
const name = "(?:the\\s+)?(?:field\\s+|column\\s+)?[`\"'*]*([a-z_][a-z0-9_]*)[`\"'*]*(?:\\s+(?:field|column))?";
const modal = "(?:should|must|shall|needs? to|has to|can|could|may|ought to)";

const pattern = (source: string): RegExp => new RegExp(source, "i");

const renames = [
  pattern(`\\b(?:rename|change)\\s+${name}\\s+(?:to|into|as)\\s+[\`"'*]+([a-z_][a-z0-9_]*)[\`"'*]+`),
  pattern(`\\brename\\s+${name}\\s+(?:to|into|as)\\s+([a-z_][a-z0-9_]*)`),
  pattern(`\\bcall\\s+${name}\\s+[\`"'*]+([a-z_][a-z0-9_]*)[\`"'*]+`),
  pattern(`${name}\\s+${modal}\\s+be\\s+(?:called|named|renamed to)\\s+[\`"'*]*([a-z_][a-z0-9_]*)`),
];

const flags: readonly RegExp[] = [
  pattern(
    `\\b(?:make|mark|set)\\s+${name}\\s+(?:as\\s+|to be\\s+)?(optional|nullable|required|mandatory|unique|indexed)\\b`,
  ),
  pattern(`${name}\\s+(?:${modal}\\s+be|is|to be)\\s+(optional|nullable|required|mandatory|unique|indexed)\\b`),
  pattern(`\\badd\\s+an?\\s+(unique|index)(?:\\s+(?:constraint|index))?\\s+(?:on|to|for)\\s+${name}`),
];

const number = "(-?\\d+(?:\\.\\d+)?)";
const most = `(?:at most|max(?:imum)?(?:[_ ]?length)?(?: of)?|no (?:more|longer|greater) than|not (?:be )?(?:longer|more|greater) than|up to|<=|≤)\\s*${number}`;
const least = `(?:at least|min(?:imum)?(?:[_ ]?length)?(?: of)?|no (?:less|shorter|fewer|smaller) than|not (?:be )?(?:shorter|less|smaller) than|>=|≥)\\s*${number}`;
const below = `(?:less than|smaller than|below|<)\\s*${number}`;
const above = `(?:more than|greater than|above|>)\\s*${number}`;

const boundsIn = (text: string): { min?: Bound; max?: Bound } => {
  const value = (source: string, exclusive: boolean): Bound | undefined => {
    const found = pattern(source).exec(text)?.[1];
    return found === undefined ? undefined : { value: found, exclusive };
  };
  const between = pattern(`between\\s+${number}\\s+and\\s+${number}`).exec(text);
  const lengths = pattern(`\\blimit\\s+${name}\\s+to\\s+${number}\\s+char`).exec(text);
  const max =
    value(most, false) ??
    (between ? { value: between[2] ?? "", exclusive: false } : undefined) ??
    (lengths ? { value: lengths[2] ?? "", exclusive: false } : undefined) ??
    (/\bnot?\b/i.test(text) ? undefined : value(below, true));
  const min =
    value(least, false) ??
    (between ? { value: between[1] ?? "", exclusive: false } : undefined) ??
    (/\bnon-?negative\b|\bnot (be )?negative\b/i.test(text) ? { value: "0", exclusive: false } : undefined) ??
    (/\bpositive\b/i.test(text) ? { value: "0", exclusive: true } : undefined) ??
    (/\bnot?\b/i.test(text) ? undefined : value(above, true));
  return { ...(min ? { min } : {}), ...(max ? { max } : {}) };
};

const subjectIn = (text: string): string | undefined =>
  /[`"*]+([a-z_][a-z0-9_]*)[`"*]+/i.exec(text)?.[1] ??
  pattern(`\\blimit\\s+${name}\\s+to\\b`).exec(text)?.[1] ??
  pattern(`${name}\\s+(?:${modal}|is|to be|allows?)\\b`).exec(text)?.[1];

const pronoun = /^(this|it|that|these|here|field|column)$/i;

/** The field on the last line of a comment's hunk: `+    number: str = Field(…)`. */
const fieldAt = (hunk: string): string | undefined =>
  /^[+ -]?\s*([a-z_]\w*)\s*:/.exec(
    hunk
      .split("\n")
      .filter((line) => line.trim() !== "")
      .at(-1) ?? "",
  )?.[1];

type One = { readonly instruction?: Instruction; readonly unclear?: readonly Unclear[]; readonly idle?: boolean };

const addition = (sentence: string): One | undefined => {
  const found =
    /\badd\s+(?:(?:a|an|the|another|new|optional|unique|required|indexed|also|here|field|column|called|named|:)\s*)*[`"'*]*([a-z_]\w*\s*\??\s*:\s*[^`\n]+?)[`"'*]*\s*(?:\b(?:to|here|as well|too|please)\b.*)?[.!]?$/i.exec(
      sentence,
    );
  if (found) {
    const words = [
      ...sentence
        .slice(0, found.index + found[0].indexOf(found[1] ?? ""))
        .matchAll(/\b(optional|unique|required|indexed)\b/gi),
    ];
    const parsed = parseField([found[1] ?? "", ...words.map((word) => word[1] ?? "")].join(" "));
    return parsed.ok ? { instruction: { kind: "add", field: parsed.value } } : { unclear: parsed.unclear };
  }
  const bare =
    /\badd\s+(?:a|an|the|another)?\s*(?:new\s+)?(?:field|column)\s+(?:called\s+|named\s+)?[`"'*]*([a-z_]\w*)/i.exec(
      sentence,
    );
  return bare
    ? {
        unclear: [
          {
            question: `Which type does \`${bare[1]}\` have?`,
            options: [`add \`${bare[1]}: str\``, `add \`${bare[1]}: int\``, `add \`${bare[1]}: date?\``],
          },
        ],
      }
    : undefined;
};

const readSentence = (sentence: string, here: string | undefined): One => {
  const resolve = (word: string | undefined): string | undefined =>
    word === undefined || pronoun.test(word) ? here : word;
  const renamed = renames.map((one) => one.exec(sentence)).find(Boolean);
  const from = resolve(renamed?.[1]);
  if (renamed && from) return { instruction: { kind: "rename", field: from, to: renamed[2] ?? "" } };
  const flagged = flags.map((one) => one.exec(sentence)).find(Boolean);
  if (flagged) {
    const [, first = "", second = ""] = flagged;
    const reversed = /^(unique|index)$/i.test(first);
    const field = resolve(reversed ? second : first);
    const word = (reversed ? first : second).toLowerCase();
    const flag = /optional|nullable/.test(word)
      ? "optional"
      : /required|mandatory/.test(word)
        ? "required"
        : word === "unique"
          ? "unique"
          : "index";
    if (field) return { instruction: { kind: "flag", field, flag } };
  }
  const added = addition(sentence);
  if (added) return added;
  const [rate] = ratesIn(sentence);
  if (rate && /\b(limit|rate|throttl\w*|allow)\b/i.test(sentence))
    return { instruction: { kind: "rate", rate: rate.rate } };
  const bounds = boundsIn(sentence);
  const field = resolve(subjectIn(sentence)) ?? here;
  if ((bounds.min || bounds.max) && field) return { instruction: { kind: "bound", field, ...bounds } };
  return { idle: !couldDemand(sentence) };
};

/** @param hunk of the comment, for "make this optional" */
export const readComment = (body: string, hunk: string): Reading => {
  const here = fieldAt(hunk);
  const sentences = body
    .slice(0, 10_000)
    .replace(/^>.*$/gm, "")
    .replace(/<!--[\s\S]*?-->/g, "")
    .replace(/^ *(`{3,}|~{3,})suggestion\b[\s\S]*?(?:^ *\1|$(?![\s\S]))/gm, "")
    .split(/\n+|;\s+|(?<=[.!?])\s+(?=[A-Z`])|,?\s+and\s+(?=(?:rename|make|mark|add|limit|call|set)\b)/)
    .map((part) =>
      part
        .replace(/^[\s#+*-]+(?=\s|\w|`)/, "")
        .replace(/^(nit:|please|can you|could you)\s*/i, "")
        .trim(),
    )
    .filter((part) => /\p{L}/u.test(part));
  const read = sentences.map((sentence) => ({ sentence, one: readSentence(sentence, here) }));
  return {
    instructions: read.flatMap(({ one }) => (one.instruction ? [one.instruction] : [])),
    unclear: read.flatMap(({ one }) => one.unclear ?? []),
    unread: read.filter(({ one }) => !one.instruction && !one.unclear && !one.idle).map(({ sentence }) => sentence),
  };
};
