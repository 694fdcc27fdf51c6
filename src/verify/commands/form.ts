/** `curl -F`: a multipart form as curl sends it (RFC 7578), its files by their paths in the repository. */
import type { Body, Template } from "../../domain/http.ts";
import { filePiece, noSuchPath, plain, splitTemplate } from "./request.ts";

export type FormPart = {
  readonly name: string;
  readonly content: Body;
  readonly filename?: string | undefined;
  readonly type?: string | undefined;
};

const boundary = "----architect-2b9c4a7d1f6e8035";

export const formType = `multipart/form-data; boundary=${boundary}`;

/** Those that curl knows by a file's ending. */
const types: Readonly<Record<string, string | undefined>> = {
  gif: "image/gif",
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  png: "image/png",
  svg: "image/svg+xml",
  txt: "text/plain",
  htm: "text/html",
  html: "text/html",
  pdf: "application/pdf",
  xml: "application/xml",
};

const typeOf = (path: string): string =>
  types[/\.([a-z]+)$/i.exec(path)?.[1]?.toLowerCase() ?? ""] ?? "application/octet-stream";

/** `name=text`, `name=@path`, `name=<path`, with `;type=…` and `;filename=…` behind. @param literal of `--form-string`: taken as it is @returns the part, or why it can't be sent */
export const readPart = (value: Template, literal: boolean): FormPart | string => {
  const split = splitTemplate(value, "=");
  if (!split) return "a form's field must be written as name=value";
  const { name } = split;
  if (literal) return { name, content: split.value };
  const { content, options } = cutOptions(split.value);
  const unknown = [...options.keys()].find((option) => option !== "type" && option !== "filename");
  if (unknown !== undefined) return `a form's option ;${unknown}= is not read`;
  const [first] = content;
  const source = typeof first === "string" ? /^[@<]/.exec(first)?.[0] : undefined;
  if (source === undefined) return { name, content, filename: options.get("filename"), type: options.get("type") };
  const path = plain(content)
    ?.slice(1)
    .replace(/^"(.*)"$/, "$1");
  const file = path === undefined ? undefined : filePiece(path);
  if (!file) return noSuchPath;
  if (source === "<") return { name, content: [file], type: options.get("type") };
  const filename = options.get("filename") ?? file.file.split("/").at(-1);
  return { name, content: [file], filename, type: options.get("type") ?? typeOf(file.file) };
};

const cutOptions = (value: Template): { readonly content: Template; readonly options: ReadonlyMap<string, string> } => {
  const last = value.at(-1);
  const tail = typeof last === "string" ? (/(?:;\s*[a-z]+=[^;=]*)+$/.exec(last)?.[0] ?? "") : "";
  const options = new Map(
    [...tail.matchAll(/;\s*([a-z]+)=([^;=]*)/g)].map(([, name = "", text = ""]) => [name, text.trim()] as const),
  );
  const content = typeof last === "string" ? [...value.slice(0, -1), last.slice(0, last.length - tail.length)] : value;
  return { content: content.filter((piece) => piece !== ""), options };
};

export const renderForm = (parts: readonly FormPart[]): Body => [
  ...parts.flatMap(({ name, content, filename, type }): Body => {
    const file = filename === undefined ? "" : `; filename="${quoted(filename)}"`;
    const typed = type === undefined ? "" : `\r\nContent-Type: ${type}`;
    const head = `--${boundary}\r\nContent-Disposition: form-data; name="${quoted(name)}"${file}${typed}\r\n\r\n`;
    return [head, ...content, "\r\n"];
  }),
  `--${boundary}--\r\n`,
];

/** As browsers do: https://html.spec.whatwg.org/#multipart-form-data */
const quoted = (text: string): string => text.replace(/"/g, "%22").replace(/[\r\n]/g, " ");
