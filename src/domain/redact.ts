/** Takes secrets out of a text in whatever writing they stand there; knows neither whose they are nor where the text goes. */

type Redaction = {
  readonly text: string;
  /** Places that were replaced. */
  readonly hits: number;
  /** Those of them that held one of the given secrets, or a part of one: somebody tried to carry it out. */
  readonly leaks: number;
};

type Redactor = (text: string) => Redaction;

const mask = "[redacted]";

/** So many letters and digits in a row that also stand in a secret are no accident. */
const gramLength = 12;
/** Shorter ones would be found in any text. */
const minSecretLength = 6;

/**
 * The secrets are found raw, backwards, in any case, as hex, base64 (whatever stands before them), url-encoded, rot13 and
 * as character codes, also split over lines, spaced, quoted letter by letter, or cut short: only letters and digits count.
 * Other people's secrets are found by their well-known forms.
 */
export const createRedactor = (secrets: readonly string[]): Redactor => {
  const given = [...new Set(secrets)].filter((secret) => secret.length >= minSecretLength);
  const index = createIndex(given);
  const exact = given.filter((secret) => normalise(secret).letters.length < gramLength);
  return (text) => {
    const known = mergeRanges([...exactRanges(text, exact), ...index(text)]);
    const cleaned = replaceRanges(text, known);
    const others = replacePatterns(cleaned);
    return { text: others.text, hits: known.length + others.hits, leaks: known.length };
  };
};

type Range = { readonly start: number; readonly end: number };

/** The letters and digits of a text in lower case, and where each stood. */
type Normal = { readonly letters: Uint8Array; readonly at: Uint32Array };

const normalise = (text: string): Normal => {
  const letters = new Uint8Array(text.length);
  const at = new Uint32Array(text.length);
  let length = 0;
  for (let position = 0; position < text.length; position++) {
    let code = text.charCodeAt(position);
    if (code >= 65 && code <= 90) code += 32;
    if (!((code >= 48 && code <= 57) || (code >= 97 && code <= 122))) continue;
    letters[length] = code;
    at[length] = position;
    length += 1;
  }
  return { letters: letters.subarray(0, length), at: at.subarray(0, length) };
};

const rot13 = (text: string): string =>
  text.replace(/[a-z]/gi, (letter) => {
    const base = letter <= "Z" ? 65 : 97;
    return String.fromCharCode(((letter.charCodeAt(0) - base + 13) % 26) + base);
  });

const percent = (text: string): string =>
  Array.from(Buffer.from(text), (byte) => {
    const letter = String.fromCharCode(byte);
    return /[A-Za-z0-9]/.test(letter) ? letter : `%${byte.toString(16).padStart(2, "0")}`;
  }).join("");

/** `letters` is what counts of it; so many of them in a row, `least`, stand for nine bytes of the secret or more. */
type Writing = { readonly letters: Uint8Array; readonly least: number };

/** The same text as somebody may write it. */
const writingsOf = (secret: string): Writing[] =>
  [secret, [...secret].reverse().join("")].flatMap((text) => {
    const bytes = Buffer.from(text);
    const hex = (before: string) => Array.from(bytes, (byte) => before + byte.toString(16).padStart(2, "0")).join("");
    const writings: readonly (readonly [string, number])[] = [
      [text, gramLength],
      [rot13(text), gramLength],
      [encodeURIComponent(text.toWellFormed()), gramLength],
      [percent(text), gramLength],
      [base64After(bytes, 0), 16],
      [base64After(bytes, 1), 16],
      [base64After(bytes, 2), 16],
      [hex(""), 18],
      [hex("x"), 27],
      [hex("0x"), 36],
      [hex("u00"), 45],
      [bytes.join(" "), 24],
    ];
    return writings.map(([written, least]) => ({ letters: normalise(written).letters, least }));
  });

/** What of a secret's base64 does not depend on the bytes round it, when so many stand before it. */
const base64After = (bytes: Buffer, before: number): string => {
  const text = Buffer.concat([Buffer.alloc(before), bytes])
    .toString("base64")
    .replace(/=+$/, "");
  const whole = Math.floor(((before + bytes.length) * 8) / 6);
  return text.slice(Math.ceil((before * 8) / 6), whole);
};

/**
 * Parts that secrets of others have, too, with so much after them that a stretch across the border is no accident: a
 * vendor's prefix; a signed web token without its signature; a key's armour, and the fixed ASN.1 that its first line
 * starts with and that stands round the exponent 65537, in base64 after 0, 1 or 2 bytes.
 */
const commonParts = (secret: string): string[] =>
  [
    /^(?:sk-ant-[a-z]+\d+-|github_pat_|gh[a-z]_).{8}/,
    /^.*?eyJ[\w-]+\.[\w-]+\.[\w-]{0,8}/,
    /-----BEGIN [A-Z ]+-----\s*\S{0,64}/,
    /.{0,8}(?:AgMBAAEC|IDAQABAo|CAwEAAQK)[\s\S]{0,14}/,
    /.{0,12}\s*-----END [A-Z ]+-----/,
  ].flatMap((common) => common.exec(secret)?.[0] ?? []);

const multiplier = 31;
const leaving = Array.from({ length: gramLength - 1 }).reduce<number>((power) => Math.imul(power, multiplier), 1);
const filterBits = 20;

/** Calls `found` with the hash and the end of each gram. */
const eachGram = (letters: Uint8Array, found: (hash: number, end: number) => number | undefined): void => {
  let hash = 0;
  let length = 0;
  for (let end = 0; end < letters.length; end++) {
    if (length === gramLength) hash = (hash - Math.imul(letters[end - gramLength]!, leaving)) | 0;
    else length += 1;
    hash = (Math.imul(hash, multiplier) + letters[end]!) | 0;
    if (length < gramLength) continue;
    const resume = found(hash, end);
    if (resume === undefined) continue;
    end = resume;
    hash = 0;
    length = 0;
  }
};

type Place = { readonly writing: Writing; readonly end: number; readonly common: boolean };

/**
 * A rolling hash over the text, a bit field that most of it does not pass, then a comparison that grows both ways. Common
 * parts and short pieces count only in a text where a secret was found.
 */
const createIndex = (secrets: readonly string[]): ((text: string) => Range[]) => {
  const filter = new Uint8Array(1 << (filterBits - 3));
  const places = new Map<number, Place[]>();
  const slot = (hash: number) => (Math.imul(hash, 0x9e3779b1) >>> (32 - filterBits)) | 0;
  const common = new Set<string>();
  const gramAt = (letters: Uint8Array, end: number) =>
    String.fromCharCode(...letters.subarray(end - gramLength + 1, end + 1));

  for (const { letters } of secrets.flatMap(commonParts).flatMap(writingsOf))
    eachGram(letters, (_, end) => void common.add(gramAt(letters, end)));
  for (const writing of secrets.flatMap(writingsOf))
    eachGram(writing.letters, (hash, end) => {
      const bit = slot(hash);
      filter[bit >> 3]! |= 1 << (bit & 7);
      const place = { writing, end, common: common.has(gramAt(writing.letters, end)) };
      const there = places.get(hash);
      if (there) there.push(place);
      else places.set(hash, [place]);
      return undefined;
    });

  const find = ({ letters, at }: Normal, alarmed: boolean): Range[] => {
    const ranges: Range[] = [];
    eachGram(letters, (hash, end) => {
      const bit = slot(hash);
      if ((filter[bit >> 3]! & (1 << (bit & 7))) === 0) return undefined;
      let best: { first: number; last: number } | undefined;
      for (const place of places.get(hash) ?? []) {
        if (place.common && !alarmed) continue;
        const match = grow(letters, end, place, alarmed ? gramLength : place.writing.least);
        if (match && (!best || match.last - match.first > best.last - best.first)) best = match;
      }
      if (!best) return undefined;
      ranges.push({ start: at[best.first]!, end: at[best.last]! + 1 });
      return best.last;
    });
    return ranges;
  };
  return (text) => {
    const normal = normalise(text);
    return find(normal, false).length === 0 ? [] : find(normal, true);
  };
};

/** The longest stretch round a gram's end in which text and writing agree, if it has `least` letters. */
const grow = (
  letters: Uint8Array,
  end: number,
  place: Place,
  least: number,
): { first: number; last: number } | undefined => {
  const written = place.writing.letters;
  let back = 0;
  while (back <= end && back <= place.end && letters[end - back] === written[place.end - back]) back += 1;
  if (back < gramLength) return undefined;
  let on = 1;
  while (end + on < letters.length && place.end + on < written.length && letters[end + on] === written[place.end + on])
    on += 1;
  return back + on - 1 < least ? undefined : { first: end - back + 1, last: end + on - 1 };
};

const exactRanges = (text: string, secrets: readonly string[]): Range[] =>
  secrets.flatMap((secret) => {
    const ranges: Range[] = [];
    for (let start = text.indexOf(secret); start >= 0; start = text.indexOf(secret, start + secret.length))
      ranges.push({ start, end: start + secret.length });
    return ranges;
  });

/** Sorted; pieces of one secret that only a few characters part (a line's end, an escape) become one. */
const mergeRanges = (ranges: readonly Range[]): Range[] => {
  const gap = 4;
  const merged: { start: number; end: number }[] = [];
  for (const range of ranges.toSorted((a, b) => a.start - b.start)) {
    const last = merged.at(-1);
    if (last && range.start <= last.end + gap) last.end = Math.max(last.end, range.end);
    else merged.push({ ...range });
  }
  return merged;
};

const replaceRanges = (text: string, ranges: readonly Range[]): string => {
  let rest = 0;
  const parts: string[] = [];
  for (const { start, end } of ranges) {
    parts.push(text.slice(rest, start), mask);
    rest = end;
  }
  return parts.join("") + text.slice(rest);
};

/** A random token has both; a name in snake_case or kebab-case seldom has. */
const looksRandom = (token: string): boolean => /\d/.test(token) && /[A-Z]/.test(token);

/**
 * Header, body (also as a string with escaped line ends, or one string a line), and the END line where it is there. A
 * header without a body is no key. Neighbouring parts share no character, so that no text makes it slow.
 */
const pemForm = (() => {
  const gap = String.raw`(?:\s|\\[nrt]|["',])`;
  const name = "(?:[A-Z]{2,10} ){0,3}PRIVATE KEY(?: BLOCK)?-----";
  return new RegExp(
    `-----BEGIN ${name}(?:${gap}+[A-Za-z0-9+/=]{16,})+(?:(?:${gap}*[A-Za-z0-9+/=]{1,15})?${gap}*-----END ${name})?`,
    "g",
  );
})();

const patterns: readonly { readonly form: RegExp; readonly only?: (token: string) => boolean }[] = [
  { form: pemForm },
  { form: /\bgh[opsur]_[A-Za-z0-9][\w.-]{14,}\w/g, only: looksRandom },
  { form: /\bgithub_pat_\w{20,}/g, only: looksRandom },
  { form: /\bsk-ant-[\w-]{16,}/g, only: looksRandom },
  { form: /\bsk-[\w-]{24,}/g, only: looksRandom },
  { form: /\b[rs]k_live_[A-Za-z0-9]{16,}/g },
  { form: /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g },
  { form: /\bAIza[\w-]{35}/g },
  { form: /\bxox[a-z]-[A-Za-z0-9-]{10,}/g, only: (token) => /\d/.test(token) },
  { form: /\bxapp-\d-[A-Za-z0-9-]{10,}/g },
  { form: /\bglpat-[\w-]{20,}/g, only: looksRandom },
  { form: /\bnpm_[A-Za-z0-9]{36}\b/g, only: looksRandom },
  { form: /\beyJ[\w-]{8,300}\.eyJ[\w-]{8,4000}\.[\w-]{16,}/g },
];

const replacePatterns = (text: string): { readonly text: string; readonly hits: number } => {
  let hits = 0;
  let cleaned = text;
  for (const { form, only } of patterns)
    cleaned = cleaned.replace(form, (token) => {
      if (only && !only(token)) return token;
      hits += 1;
      return mask;
    });
  return { text: cleaned, hits };
};
