/** JSON web tokens: how long they live, and that their signature is checked. */
import { field, fieldNameOf, type Node, textOf, walk } from "../python/node.ts";
import { type Code, type CodeFile, isOperations } from "./code.ts";
import { type Constant, constantOf } from "./constant.ts";
import { enclosing } from "./place.ts";
import { type Hit, hitAt, type Standards } from "./standard.ts";

const lasts = /expir|lifetime|ttl|max_age|duration|valid|_exp(_|$)|(^|_)(minutes|hours|days|seconds)$/i;
/** Of a token, but not how long it is good for. */
const aside =
  /leeway|cache|retention|purge|interval|grace|reuse|cleanup|rotat|threshold|retry|backoff|timeout|keyring|skew|poll/i;
const isAccess = (name: string): boolean =>
  (/access/i.test(name) || /^(jwt|token|auth_token)_/i.test(name)) &&
  lasts.test(name) &&
  !/refresh|reset|email|verif|invit|confirm|activat|magic|cookie|remember|password/i.test(name) &&
  !aside.test(name);
const isRefresh = (name: string): boolean => /refresh/i.test(name) && lasts.test(name) && !aside.test(name);

const perUnit: readonly (readonly [RegExp, number])[] = [
  [/day/i, 86_400],
  [/hour/i, 3_600],
  [/min/i, 60],
  [/sec/i, 1],
];

/** In seconds; undefined where neither the value nor its unit is known. */
const secondsOf = (value: Constant | undefined, name: string): number | undefined => {
  if (typeof value === "object" && value !== null) return value.seconds;
  if (typeof value !== "number") return undefined;
  const unit = perUnit.find(([said]) => said.test(name))?.[1];
  return unit === undefined ? undefined : value * unit;
};

const inWords = (seconds: number): string => {
  const [name, size] = (
    [
      ["day", 86_400],
      ["hour", 3_600],
      ["minute", 60],
    ] as const
  ).find(([, size]) => seconds >= size && seconds % size === 0) ?? ["second", 1];
  return `${seconds / size} ${name}${seconds === size ? "" : "s"}`;
};

/** A function's own figure, or one under a name that does not say its unit: `timedelta(seconds=EXPIRY)`. */
const isOwnFigure = (node: Node): boolean => {
  let own = true;
  walk(node, (one) => {
    const named = one.type === "identifier" && fieldNameOf(one) !== "name";
    if (named && lasts.test(textOf(one)) && perUnit.some(([unit]) => unit.test(textOf(one)))) own = false;
  });
  return own;
};

/** `timedelta(…)` in a function that makes such a token: the default of a parameter, or a fallback. */
const inFunctions = (file: CodeFile, made: RegExp): readonly Given[] =>
  file.calls
    .filter(({ name, node }) => name === "datetime.timedelta" && isOwnFigure(node))
    .flatMap(({ node }) => {
      const fn = enclosing(node, /^function_definition$/);
      const name = fn ? textOf(field(fn, "name") ?? fn) : "";
      return made.test(name) ? [{ name, value: node, node }] : [];
    });

type Given = { readonly name: string; readonly value: Node; readonly node: Node };

type Kind = { readonly what: string; readonly named: (name: string) => boolean; readonly made: RegExp };

/** @param wanted in seconds */
const lifetimes = (file: CodeFile, code: Code, { what, named, made }: Kind, wanted: number): readonly Hit[] => {
  if (isOperations(file.path)) return [];
  // `X = settings.X` is told where the setting stands.
  const given = file.assignments.filter(
    ({ name, value, within }) => within !== "function" && named(name) && !/^(identifier|attribute)$/.test(value.type),
  );
  return [...given, ...inFunctions(file, made)].flatMap(({ name, value, node }) => {
    const seconds = secondsOf(constantOf(value, file, code), name);
    if (seconds === undefined || seconds === wanted || seconds === 0) return [];
    return [hitAt(file, node, `${name}: ${what} lives ${inWords(seconds)}, not ${inWords(wanted)}`)];
  });
};

const making = (kind: string): RegExp =>
  new RegExp(`^(create|make|issue|generate|encode|sign)_?(jwt_?)?${kind}_?(jwt_?)?(token)?$`, "i");

const access: Kind = { what: "the access token", named: isAccess, made: making("access") };
const refresh: Kind = { what: "the refresh token", named: isRefresh, made: making("refresh") };

const decodes = /^(jwt|jose\.jwt|jose)\.decode$/;

const isUnchecked = (text: string): boolean =>
  /["']?verify_signature["']?\s*[:=]\s*False|\bverify\s*=\s*False/.test(text);

export const tokenStandards: Standards<"access-token-lifetime" | "refresh-token-lifetime" | "unverified-jwt"> = {
  "access-token-lifetime": {
    severity: "error",
    check: (file, code, { minutes }) => lifetimes(file, code, access, minutes * 60),
  },
  "refresh-token-lifetime": {
    severity: "error",
    check: (file, code, { days }) => lifetimes(file, code, refresh, days * 86_400),
  },
  "unverified-jwt": {
    severity: "error",
    check: (file) =>
      file.calls
        .filter(({ name }) => decodes.test(name))
        .flatMap(({ node, args, keywords }) => {
          if (isUnchecked(textOf(node))) return [hitAt(file, node, "reads a token without checking its signature")];
          const open = !keywords.has("algorithms") && !keywords.has("algorithm") && args.length < 3;
          const spread = args.some(({ type }) => type === "dictionary_splat" || type === "list_splat");
          return open && !spread
            ? [
                hitAt(
                  file,
                  node,
                  "takes the token's own word for its algorithm: algorithms=[…] names those that are ours",
                ),
              ]
            : [];
        }),
  },
};
