/** Secrets that stand in code, and an API that any website may use with its visitor's cookies. */
import { children, field, type Node, textOf } from "../python/node.ts";
import { type Call, type Code, type CodeFile, isOperations } from "./code.ts";
import { constantOf } from "./constant.ts";
import { enclosing } from "./place.ts";
import { hitAt, type Standards } from "./standard.ts";

const secretName =
  /^(\w*_)?(secret|secret_?key|password|passwd|api_?key|private_key|auth_token|access_token|jwt_secret|jwt_key|client_secret|signing_key|encryption_key)$/i;

const placeholder =
  /^(change_?(this|me|it)|changethis|your|my[-_]|xxx|dummy|fake|none|null|todo|insert|replace|<|\$\{|\{|https?:|\/|\*+$|example|placeholder|test|string|secret$|password$)|\s|\.\.\.|^__\w+__$|change.?me|change.?this|changeit|in.?production|placeholder|not.?secure|for.?(dev|local|testing)|example/i;
/** Names and keys of something: `auth.password`, `x-api-key`, `password_reset`. */
const isName = (value: string): boolean => /^[a-z]+([._:-][a-z]+)*$/i.test(value) && !/\d/.test(value);

const looksSecret = (value: string): boolean => value.length >= 8 && !placeholder.test(value) && !isName(value);

/** A literal, or the literal that stands in where the environment says nothing. */
const literalOf = (node: Node | undefined, depth = 0): Node | undefined => {
  if (!node || depth > 3) return undefined;
  if (node.type === "string") return children(node).some(({ type }) => type === "interpolation") ? undefined : node;
  if (node.type === "boolean_operator") return literalOf(field(node, "right"), depth + 1);
  if (node.type !== "call") return undefined;
  const name = textOf(field(node, "function") ?? node);
  const list = children(field(node, "arguments") ?? node);
  const keyword = list.find(
    (one) => one.type === "keyword_argument" && textOf(field(one, "name") ?? one) === "default",
  );
  const plain = list.filter(({ type }) => type !== "keyword_argument");
  if (/(getenv|environ\.get|config|env)$/.test(name))
    return literalOf((keyword && field(keyword, "value")) ?? plain[1], depth + 1);
  if (/(Field|SecretStr)$/.test(name)) return literalOf((keyword && field(keyword, "value")) ?? plain[0], depth + 1);
  return undefined;
};

const secretIn = (node: Node | undefined, file: CodeFile, code: Code): boolean => {
  const literal = literalOf(node);
  const value = literal && constantOf(literal, file, code);
  return typeof value === "string" && looksSecret(value);
};

const say = (what: string) =>
  `${what} stands in the code for everyone who reads it: take it from a setting without a default, and replace this one`;

export const secretStandards: Standards<"secret-in-code"> = {
  "secret-in-code": {
    severity: "error",
    check: (file, code) => [
      ...(isOperations(file.path)
        ? []
        : file.assignments
            .filter(({ name, value }) => secretName.test(name) && secretIn(value, file, code))
            .map(({ name, node }) => hitAt(file, node, say(name)))),
      ...file.calls
        .filter(({ name, args }) => /^(jwt|jose\.jwt)\.(encode|decode)$/.test(name) && secretIn(args[1], file, code))
        .map(({ node }) => hitAt(file, node, say("the key that signs tokens"))),
    ],
  },
};

const isOpen = (origins: unknown): boolean =>
  origins === "*" || (Array.isArray(origins) && origins.includes("*")) || origins === '["*"]' || origins === "['*']";

/** In the `else` of a condition that asks for just that: `if origins == ["*"]: … else: …`. */
const isExcluded = ({ node, keywords }: Call): boolean => {
  const origins = keywords.get("allow_origins");
  const decision = enclosing(node, /^if_statement$/);
  const condition = decision && field(decision, "condition");
  const then = decision && field(decision, "consequence");
  if (!origins || !condition || !then || node.start < then.end) return false;
  return /["']\*["']/.test(textOf(condition)) && textOf(condition).includes(textOf(origins));
};

export const corsStandards: Standards<"cors-any-origin"> = {
  "cors-any-origin": {
    severity: "error",
    check: (file, code) =>
      code.facts.middleware
        .filter(({ file: where, name }) => where === file.path && /(^|\.)CORSMiddleware$/.test(name))
        .filter(
          ({ config }) =>
            config["allow_credentials"] === true &&
            (isOpen(config["allow_origins"]) || /^\^?\.[*+]\$?$/.test(String(config["allow_origin_regex"] ?? ""))),
        )
        .flatMap(({ line }) => {
          const call = file.calls.find(({ node }) => node.line === line);
          if (call && isExcluded(call)) return [];
          const message =
            "lets every website act with its visitor's cookies: name the origins, or drop allow_credentials";
          return call
            ? hitAt(file, call.node, message)
            : { message, spans: [{ file: file.path, from: line, to: line }] };
        }),
  },
};
