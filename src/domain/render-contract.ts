/** The API contract on a pull request: what agents wrote for those who build on the API, made harmless. Knows text only. */
import { isAlias, parseDocument, stringify, visit } from "yaml";
import { code, details, fenced, inline, prose, table } from "./render/safe.ts";
import { maxBodyLength } from "./render-report.ts";
import type { Mail } from "./team.ts";

/** By this hidden line the comment is found again. */
export const contractMarker = "<!-- architect:contract -->";

const head = [
  contractMarker,
  "**API contract.** For those who build on this API, in the agents' own words, the newest first. It is edited when the contract changes; where it and the code differ, the code counts.",
].join("\n");

/** What is kept free for the sentence about what was left out. */
const spare = 200;
const maxText = 8_000;
const maxRows = 60;
const maxFragment = 20_000;

/** @param mails oldest first */
export const renderContract = (mails: readonly Mail[]): string =>
  [head, renderMails(mails, maxBodyLength - head.length - 2)].filter((part) => part !== "").join("\n\n");

/** The newest first, as far as there is room. */
export const renderMails = (mails: readonly Mail[], maxLength: number): string => {
  const parts: string[] = [];
  let room = maxLength - spare;
  let left = mails.length;
  for (const mail of mails.toReversed()) {
    const part = messageOf(mail);
    room -= part.length + 2;
    if (room < 0) break;
    parts.push(part);
    left -= 1;
  }
  if (left > 0) parts.push(`${left} earlier ${left === 1 ? "message is" : "messages are"} left out for length.`);
  return parts.join("\n\n");
};

const messageOf = ({ text, summary, at }: Mail): string => {
  const { said, fragments } = partsOf(text);
  const title = summary === undefined ? "Contract" : inline(summary, 200);
  return [
    `**${title}** (${at.slice(0, 16).replace("T", " ")} UTC)`,
    prose(said, maxText),
    ...fragments.flatMap((fragment) => [endpointsOf(fragment), fragmentOf(fragment)]),
  ]
    .filter((part) => part !== "")
    .join("\n\n");
};

type Fragment = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Fragment =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** An OpenAPI document or a part of one, in YAML or JSON; without aliases, which can be made to grow without bound. */
const fragmentIn = (text: string): Fragment | undefined => {
  const document = parseDocument(text);
  if (document.errors.length > 0) return undefined;
  let aliased = false;
  visit(document, (_, node) => {
    if (!isAlias(node)) return undefined;
    aliased = true;
    return visit.BREAK;
  });
  const value: unknown = aliased ? undefined : document.toJS();
  return isObject(value) && (isObject(value["paths"]) || isObject(value["components"])) ? value : undefined;
};

const block = /^```(?:ya?ml|json|openapi)?[ \t]*\n([\s\S]*?)^```[ \t]*$/gim;

/** A message's prose, and the fragments that it carries. */
const partsOf = (text: string): { readonly said: string; readonly fragments: readonly Fragment[] } => {
  const whole = /^\s*(\{|openapi:|paths:|components:)/.test(text) ? fragmentIn(text) : undefined;
  if (whole) return { said: "", fragments: [whole] };
  const fragments: Fragment[] = [];
  const said = text.replace(/\r\n?/g, "\n").replace(block, (found, content: string) => {
    const fragment = fragmentIn(content);
    if (!fragment) return found;
    fragments.push(fragment);
    return "";
  });
  return { said: said.trim(), fragments };
};

const methods = new Set(["get", "post", "put", "patch", "delete", "head", "options"]);

const endpointsOf = ({ paths }: Fragment): string => {
  const rows = Object.entries(isObject(paths) ? paths : {}).flatMap(([path, item]) =>
    Object.entries(isObject(item) ? item : {}).flatMap(([method, operation]) => {
      if (!methods.has(method.toLowerCase())) return [];
      const summary = isObject(operation) && typeof operation["summary"] === "string" ? operation["summary"] : "";
      return [[method.toUpperCase(), code(path, 300), inline(summary, 200)]];
    }),
  );
  return rows.length === 0 ? "" : table(["Method", "Path", "Summary"], rows.slice(0, maxRows));
};

const fragmentOf = (fragment: Fragment): string => {
  const text = stringify(fragment, { aliasDuplicateObjects: false });
  if (text.length > maxFragment) return "_The OpenAPI fragment is too long for a comment._";
  return details("OpenAPI fragment", fenced(text, "yaml"));
};
