/** curl's command line, as far as a request has it: https://curl.se/docs/manpage.html. What reads or goes elsewhere is refused. */
import type { Body, HttpRequest, Template } from "../../domain/http.ts";
import { type FormPart, formType, readPart, renderForm } from "./form.ts";
import {
  base64,
  type Draft,
  filePiece,
  finish,
  joinBodies,
  newDraft,
  noSuchPath,
  type Read,
  refuse,
  splitTemplate,
  templateOf,
} from "./request.ts";
import { literal, type Word } from "./tokens.ts";

type Bodies = { readonly data: Body[]; readonly form: FormPart[] };

type Option = (draft: Draft, value: Template, all: Bodies) => string | undefined;

const fail =
  (reason: string): Option =>
  () =>
    reason;
const ignored: Option = () => undefined;

const header: Option = (draft, value) => {
  const split = splitTemplate(value, ":");
  if (!split) return "a header must be written as 'Name: value'";
  const [first, ...others] = split.value;
  const trimmed = typeof first === "string" ? [first.trimStart(), ...others] : split.value;
  draft.headers.push({ name: split.name, value: trimmed.filter((piece) => piece !== "") });
  return undefined;
};

const named =
  (name: string): Option =>
  (draft, value) => {
    draft.headers.push({ name, value });
    return undefined;
  };

const data: Option = (_, value, all) => {
  const [first] = value;
  const named = typeof first === "string" && first.startsWith("@");
  const file = named && value.length === 1 ? filePiece(first.slice(1)) : undefined;
  if (named && !file) return noSuchPath;
  all.data.push(file ? [file] : value);
  return undefined;
};

const form =
  (literal: boolean): Option =>
  (_, value, all) => {
    const part = readPart(value, literal);
    if (typeof part === "string") return part;
    all.form.push(part);
    return undefined;
  };

const json: Option = (draft, value, all) => {
  draft.headers.push(
    { name: "Content-Type", value: ["application/json"] },
    { name: "Accept", value: ["application/json"] },
  );
  return data(draft, value, all);
};

const encoded: Option = (_, value, all) => {
  const split = splitTemplate(value, "=");
  const inner = split?.value ?? value;
  if (inner.some((piece) => typeof piece !== "string")) return "--data-urlencode takes no value of another answer";
  const text = encodeURIComponent(inner.join(""));
  all.data.push([split && split.name !== "" ? `${split.name}=${text}` : text]);
  return undefined;
};

const user: Option = (draft, value) => {
  if (value.some((piece) => typeof piece !== "string")) return "--user takes no value of another answer";
  draft.headers.push({ name: "Authorization", value: [`Basic ${base64(value.join(""))}`] });
  return undefined;
};

const method: Option = (draft, value) => {
  draft.method = value.join("");
  return undefined;
};

const withValue: Readonly<Record<string, Option | undefined>> = {
  request: method,
  header,
  data,
  "data-raw": (_, value, all) => {
    all.data.push(value);
    return undefined;
  },
  "data-ascii": data,
  "data-binary": data,
  "data-urlencode": encoded,
  json,
  user,
  cookie: named("Cookie"),
  "user-agent": named("User-Agent"),
  referer: named("Referer"),
  "oauth2-bearer": (draft, value) => {
    draft.headers.push({ name: "Authorization", value: ["Bearer ", ...value] });
    return undefined;
  },
  output: ignored,
  "write-out": ignored,
  "max-time": ignored,
  "connect-timeout": ignored,
  retry: ignored,
  "retry-delay": ignored,
  "retry-max-time": ignored,
  "max-redirs": ignored,
  "dump-header": ignored,
  form: form(false),
  "form-string": form(true),
  "upload-file": fail("it sends a file: write the body into the command"),
  config: fail("it reads options from a file"),
  proxy: fail("it goes through a proxy"),
  resolve: fail("it sends names elsewhere"),
  "connect-to": fail("it sends names elsewhere"),
  "cookie-jar": fail("it keeps cookies in a file: take the value out of the answer instead"),
};

const flags: Readonly<Record<string, ((draft: Draft) => void) | undefined>> = {
  ...Object.fromEntries(
    [
      "include",
      "silent",
      "show-error",
      "verbose",
      "fail",
      "fail-with-body",
      "insecure",
      "compressed",
      "no-buffer",
      "progress-bar",
      "ipv4",
      "ipv6",
      "http1.1",
      "retry-connrefused",
      "retry-all-errors",
      "no-progress-meter",
      "globoff",
    ].map((name) => [name, () => undefined]),
  ),
  location: (draft) => {
    draft.follow = true;
  },
  get: (draft) => {
    draft.inQuery = true;
  },
  head: (draft) => {
    draft.method = "HEAD";
  },
};

const short: Readonly<Record<string, string | undefined>> = {
  X: "request",
  H: "header",
  d: "data",
  u: "user",
  b: "cookie",
  A: "user-agent",
  e: "referer",
  o: "output",
  w: "write-out",
  m: "max-time",
  F: "form",
  T: "upload-file",
  K: "config",
  x: "proxy",
  c: "cookie-jar",
  D: "dump-header",
  i: "include",
  s: "silent",
  S: "show-error",
  v: "verbose",
  f: "fail",
  k: "insecure",
  N: "no-buffer",
  "#": "progress-bar",
  "4": "ipv4",
  "6": "ipv6",
  L: "location",
  G: "get",
  I: "head",
  g: "globoff",
};

/** @param words after `curl` */
export const readCurl = (words: readonly Word[]): Read<{ readonly request: HttpRequest }> => {
  const draft = newDraft();
  const all: Bodies = { data: [], form: [] };
  for (let at = 0; at < words.length; ) {
    const taken = takeWord(draft, all, words, at);
    if (typeof taken === "string") return refuse(taken);
    at += taken;
  }
  if (all.data.length > 0 && all.form.length > 0) return refuse("it sends a form and a body: only one of them can be");
  if (all.data.length > 0) draft.body = joinBodies(all.data, "&");
  if (all.form.length > 0) {
    draft.body = renderForm(all.form);
    draft.headers.push({ name: "Content-Type", value: [formType] });
  }
  const typed = draft.headers.some(({ name }) => name.toLowerCase() === "content-type");
  if (draft.body && !draft.inQuery && !typed)
    draft.headers.push({ name: "Content-Type", value: ["application/x-www-form-urlencoded"] });
  return finish(draft, { port: 80 });
};

/** @returns how many words it took, or why it is refused */
const takeWord = (draft: Draft, all: Bodies, words: readonly Word[], at: number): number | string => {
  const word = words[at] as Word;
  const text = literal(word);
  if (text === undefined || !text.startsWith("-") || text === "-") return takeUrl(draft, word);
  if (text.startsWith("--")) {
    const name = text.slice(2);
    if (name === "url")
      return words[at + 1] ? withCount(takeUrl(draft, words[at + 1] as Word), 1) : "--url has no value";
    if (Object.hasOwn(flags, name)) return flag(draft, name);
    return takeOption(draft, all, name, words[at + 1], `--${name}`, 2);
  }
  return takeShort(draft, all, words, at, text.slice(1));
};

const withCount = (taken: number | string, more: number): number | string =>
  typeof taken === "string" ? taken : taken + more;

const flag = (draft: Draft, name: string): number => {
  flags[name]?.(draft);
  return 1;
};

const takeUrl = (draft: Draft, word: Word): number | string => {
  if (draft.url) return "it asks more than one URL: write one command for each";
  draft.url = word;
  return 1;
};

/** `-sSX POST`, `-XPOST`, `-d'…'`: the first letter that takes a value has the rest of the word, or the next one. */
const takeShort = (draft: Draft, all: Bodies, words: readonly Word[], at: number, letters: string): number | string => {
  for (const [index, letter] of [...letters].entries()) {
    const name = Object.hasOwn(short, letter) ? short[letter] : undefined;
    if (name === undefined) return `curl's option -${letter} is not known here`;
    if (Object.hasOwn(flags, name)) {
      flag(draft, name);
      continue;
    }
    const inner = letters.slice(index + 1);
    if (inner === "") return takeOption(draft, all, name, words[at + 1], `-${letter}`, 2);
    return takeOption(draft, all, name, { kind: "word", parts: [inner], raw: inner }, `-${letter}`, 1);
  }
  return 1;
};

const takeOption = (
  draft: Draft,
  all: Bodies,
  name: string,
  value: Word | undefined,
  shown: string,
  count: number,
): number | string => {
  const option = Object.hasOwn(withValue, name) ? withValue[name] : undefined;
  if (!option) return `curl's option ${shown} is not known here`;
  if (!value) return `${shown} has no value`;
  const template = templateOf(value.parts);
  if (!template) return `${value.raw} holds an expansion that only a shell could make`;
  return option(draft, template, all) ?? count;
};
