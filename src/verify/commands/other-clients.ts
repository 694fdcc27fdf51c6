/** HTTPie's and wget's command lines, as far as a request has them: https://httpie.io/docs/cli and wget's manual. */
import type { HttpRequest, Template } from "../../domain/http.ts";
import {
  base64,
  type Draft,
  finish,
  newDraft,
  plain,
  type Read,
  refuse,
  splitTemplate,
  templateOf,
} from "./request.ts";
import { literal, type Word } from "./tokens.ts";

const quiet =
  /^(-[jbhvqI]+|--(json|body|headers|verbose|quiet|check-status|ignore-stdin|pretty=\S*|print=\S*|style=\S*|timeout=\S*|offline|no-verify|verify=\S*|stream))$/;
const quietWithValue = ["-p", "--print", "--pretty", "--style", "-s", "--timeout", "--verify"];

/** @param words after `http` */
export const readHttpie = (words: readonly Word[]): Read<{ readonly request: HttpRequest }> => {
  const draft = newDraft();
  const items: Word[] = [];
  let [form, bearer] = [false, false];
  for (let at = 0; at < words.length; at++) {
    const word = words[at] as Word;
    const text = literal(word) ?? word.raw;
    if (quietWithValue.includes(text)) at += 1;
    else if (quiet.test(text)) continue;
    else if (text === "-f" || text === "--form") form = true;
    else if (text === "-F" || text === "--follow") draft.follow = true;
    else if (/^(-A|--auth-type)$/.test(text)) bearer = literal(words[++at]) === "bearer";
    else if (/^(-a|--auth)$/.test(text)) {
      const value = templateOf(words[++at]?.parts ?? []);
      if (!value) return refuse("its --auth holds an expansion that only a shell could make");
      draft.headers.push({ name: "Authorization", value });
    } else if (/^-./.test(text)) return refuse(`HTTPie's option ${text} is not known here`);
    else items.push(word);
  }
  const problem = fill(draft, items, form) ?? authorize(draft, bearer);
  return problem === undefined ? finish(draft, { port: 80 }) : refuse(problem);
};

const authorize = (draft: Draft, bearer: boolean): string | undefined => {
  for (const header of draft.headers) {
    if (header.name !== "Authorization") continue;
    if (bearer) header.value = ["Bearer ", ...header.value];
    else {
      const text = plain(header.value);
      if (text === undefined) return "its --auth takes no value of another answer";
      header.value = [`Basic ${base64(text)}`];
    }
  }
  return undefined;
};

const fill = (draft: Draft, items: readonly Word[], form: boolean): string | undefined => {
  const [first, ...rest] = items;
  const method = first ? literal(first) : undefined;
  const named = method !== undefined && /^[A-Z]+$/.test(method);
  if (named) draft.method = method;
  const [url, ...fields] = named ? rest : items;
  if (url) draft.url = url;
  const body: string[] = [];
  const query: string[] = [];
  for (const field of fields) {
    const template = templateOf(field.parts);
    const problem = template ? item(draft, template, { body, query, form }) : `${field.raw} holds an expansion`;
    if (problem !== undefined) return problem;
  }
  if (url && query.length > 0)
    draft.url = { ...url, parts: [...url.parts, `${url.raw.includes("?") ? "&" : "?"}${query.join("&")}`] };
  if (body.length > 0) {
    draft.body = [form ? body.join("&") : `{${body.join(", ")}}`];
    draft.headers.push({
      name: "Content-Type",
      value: [form ? "application/x-www-form-urlencoded" : "application/json"],
    });
  }
  return undefined;
};

/** `key=text`, `key:=json`, `key==query`, `Name:header`. */
const item = (
  draft: Draft,
  template: Template,
  { body, query, form }: { readonly body: string[]; readonly query: string[]; readonly form: boolean },
): string | undefined => {
  const separator = /:=|==|=|:/.exec(typeof template[0] === "string" ? template[0] : "")?.[0];
  const split = separator === undefined ? undefined : splitTemplate(template, separator);
  if (!split || separator === undefined) return "its items must be key=value, key:=json, key==query or Name:value";
  if (separator === ":") {
    draft.headers.push(split);
    return undefined;
  }
  const text = plain(split.value);
  if (text === undefined) return "a value of another answer can stand in its URL and headers only";
  if (separator === "==") query.push(`${encodeURIComponent(split.name)}=${encodeURIComponent(text)}`);
  else if (form) body.push(`${encodeURIComponent(split.name)}=${encodeURIComponent(text)}`);
  else body.push(`${JSON.stringify(split.name)}: ${separator === ":=" ? text : JSON.stringify(text)}`);
  return undefined;
};

const wgetQuiet =
  /^(-[qSd]+|-q?O-|-q?O|-O\S*|--(quiet|server-response|spider|content-on-error|output-document=\S*|timeout=\S*|tries=\S*|no-verbose|no-check-certificate))$/;

/** @param words after `wget` */
export const readWget = (words: readonly Word[]): Read<{ readonly request: HttpRequest }> => {
  const draft = { ...newDraft(), follow: true };
  for (let at = 0; at < words.length; at++) {
    const word = words[at] as Word;
    const text = literal(word) ?? word.raw;
    const option = /^--(header|method|post-data|body-data)(?:=|$)/.exec(text)?.[1];
    if (option !== undefined) {
      const whole = templateOf(word.parts) ?? [];
      const template = splitTemplate(whole, "=")?.value ?? templateOf(words[++at]?.parts ?? []);
      const problem = template ? wgetOption(draft, option, template) : `--${option} holds an expansion`;
      if (problem !== undefined) return refuse(problem);
    } else if (/^(-q?O|--output-document)$/.test(text)) at += 1;
    else if (text.startsWith("-")) {
      if (!wgetQuiet.test(text)) return refuse(`wget's option ${text} is not known here`);
    } else if (draft.url) return refuse("it asks more than one URL: write one command for each");
    else draft.url = word;
  }
  return finish(draft, { port: 80 });
};

const wgetOption = (draft: Draft, option: string, value: Template): string | undefined => {
  if (option === "method") draft.method = value.join("");
  else if (option === "header") {
    const split = splitTemplate(value, ":");
    if (!split) return "a header must be written as 'Name: value'";
    const [first, ...others] = split.value;
    draft.headers.push({
      name: split.name,
      value: typeof first === "string" ? [first.trimStart(), ...others] : split.value,
    });
  } else {
    draft.body = value;
    if (option === "post-data")
      draft.headers.push({ name: "Content-Type", value: ["application/x-www-form-urlencoded"] });
  }
  return undefined;
};
