/** One request out of the words of curl, HTTPie or wget: read as the program would read them, made by the App itself. */
import type { Body, HttpRequest, Template } from "../../domain/http.ts";
import type { Part, Word } from "./tokens.ts";

/** What the programs' arguments come to, before it is a request. */
export type Draft = {
  method?: string;
  url?: Word;
  headers: { name: string; value: Template }[];
  body?: Body;
  /** The body goes into the query. */
  inQuery: boolean;
  follow: boolean;
};

export type Read<T> = ({ readonly ok: true } & T) | { readonly ok: false; readonly reason: string };

export const refuse = (reason: string): { readonly ok: false; readonly reason: string } => ({ ok: false, reason });

export const newDraft = (): Draft => ({ headers: [], inQuery: false, follow: false });

/** @returns undefined where bash would put something in that we do not know */
export const templateOf = (parts: readonly Part[]): Template | undefined => {
  const pieces: (string | { readonly variable: string })[] = [];
  for (const part of parts) {
    if (typeof part === "string") pieces.push(part);
    else if ("variable" in part && /^[A-Za-z_]/.test(part.variable)) pieces.push(part);
    else return undefined;
  }
  return pieces.filter((piece) => piece !== "");
};

/** @returns a path in the repository; undefined where it leads elsewhere */
export const filePiece = (path: string): { readonly file: string } | undefined => {
  const file = path.replace(/^(\/repo\/|\.\/)/, "");
  return file === "" || file === "-" || file.startsWith("/") || file.split("/").includes("..") ? undefined : { file };
};

export const noSuchPath = "a file to send must be named by its path in the repository";

/** A template's text where no value is put in. */
export const plain = (template: Template): string | undefined =>
  template.every((piece) => typeof piece === "string") ? template.join("") : undefined;

/** `Name: value` or `Name=value`, split at the first separator. */
export const splitTemplate = (
  template: Template,
  separator: string,
): { readonly name: string; readonly value: Template } | undefined => {
  const [first, ...others] = template;
  if (typeof first !== "string") return undefined;
  const at = first.indexOf(separator);
  if (at < 0) return undefined;
  const value = first.slice(at + separator.length);
  return { name: first.slice(0, at).trim(), value: value === "" ? others : [value, ...others] };
};

export const joinBodies = (bodies: readonly Body[], between: string): Body =>
  bodies.flatMap((body, index) => (index === 0 ? body : [between, ...body]));

const isTemplate = (body: Body): body is Template =>
  body.every((piece) => typeof piece === "string" || "variable" in piece);

export const base64 = (text: string): string => btoa(String.fromCharCode(...new TextEncoder().encode(text)));

const methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];
const loopback = ["localhost", "127.0.0.1", "0.0.0.0", "[::1]"];

export const finish = (draft: Draft, defaults: { readonly port: number }): Read<{ readonly request: HttpRequest }> => {
  if (!draft.url) return refuse("it names no URL");
  const url = templateOf(draft.url.parts);
  if (!url) return refuse(`the URL ${draft.url.raw} holds an expansion that only a shell could make`);
  const place = placeOf(url, defaults.port);
  if (!place.ok) return place;
  const method = (draft.method ?? (draft.body && !draft.inQuery ? "POST" : "GET")).toUpperCase();
  if (!methods.includes(method)) return refuse(`${method} is no method that the App sends`);
  const inQuery = draft.inQuery ? (draft.body ?? []) : [];
  if (!isTemplate(inQuery)) return refuse("a file can't be sent in the query of a URL");
  const query = inQuery.length > 0 ? [holdsQuery(place.path) ? "&" : "?", ...inQuery] : [];
  return {
    ok: true,
    request: {
      method,
      port: place.port,
      path: [...place.path, ...query],
      headers: draft.headers,
      follow: draft.follow,
      ...(draft.body && !draft.inQuery ? { body: draft.body } : {}),
    },
  };
};

const holdsQuery = (path: Template): boolean => path.some((piece) => typeof piece === "string" && piece.includes("?"));

const placeOf = (url: Template, port: number): Read<{ readonly port: number; readonly path: Template }> => {
  const [first = "", ...others] = url;
  if (typeof first !== "string") return refuse("its URL must begin with http://localhost:PORT");
  const match = /^(?:(\w+):\/\/)?([^/?#:[\]]*|\[[^\]]*\])(?::(\d+))?(?=[/?#]|$)([^#]*)/.exec(first);
  const [, scheme = "http", host = "", given, path = ""] = match ?? [];
  if (!match) return refuse(`${first} is no URL that can be read`);
  if (scheme !== "http") return refuse(`it asks over ${scheme}: the App serves plain http on localhost`);
  if (host !== "" && !loopback.includes(host))
    return refuse(`it asks ${host}: only the application itself is served here, on localhost`);
  if (others.length > 0 && path === "" && given === undefined) return refuse("its port must be written out");
  const rooted = path.startsWith("/") ? path : `/${path}`;
  return { ok: true, port: given === undefined ? port : Number(given), path: [rooted, ...others] };
};
