/** The grammar of requests: title and body of an issue in, one wish out, or what would have to be said. Text is only read here. */
import { couldDemand } from "./demand.ts";
import { type Field, type Parsed, parseFields, type Unclear } from "./fields.ts";
import { snake } from "./names.ts";
import { closeOf } from "./python.ts";

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** Requests in a period, as in 5/min. */
export type Rate = { readonly count: number; readonly period: "second" | "minute" | "hour" | "day" };

export type AuthPart = "register" | "login" | "refresh";

export type Wish =
  | {
      readonly kind: "auth";
      readonly parts: readonly AuthPart[];
      readonly rates: Readonly<Partial<Record<AuthPart, Rate>>>;
    }
  | { readonly kind: "crud"; readonly resource: string; readonly fields: readonly Field[]; readonly rate?: Rate }
  | {
      readonly kind: "endpoint";
      readonly method: Method;
      readonly path: string;
      readonly returns: readonly Field[];
      readonly rate?: Rate;
    };

export type Understood = {
  readonly wish: Wish;
  /** Sentences of the body that no rule of this grammar reads. */
  readonly unread: readonly string[];
  /** Words that settle a question: `offset pagination`, `no authentication` … */
  readonly settled: ReadonlySet<"offset-pagination">;
};

const forms: Unclear["options"] = [
  "Create user registration endpoint",
  "CRUD for invoices (number: str unique, amount: Decimal, due_date: date, paid: bool)",
  "GET /api/v1/health/ready returns {status: str}",
];

const notUnderstood = (what: string): Unclear => ({
  question: `${what} Which of these forms says what you want? The blueprint model reads no others; a language model reads free text.`,
  options: forms,
});

/** Quotes, HTML comments and code fences' marks go; the text inside a fence stays. */
const plain = (body: string): string =>
  body
    .slice(0, 20_000)
    .replaceAll("\r\n", "\n")
    .replace(/<!--[\s\S]*?-->/g, "")
    .replace(/^```.*$/gm, "")
    .replace(/^>.*$/gm, "");

const periods: Readonly<Record<string, Rate["period"]>> = {
  s: "second",
  sec: "second",
  second: "second",
  m: "minute",
  min: "minute",
  minute: "minute",
  h: "hour",
  hour: "hour",
  hr: "hour",
  d: "day",
  day: "day",
};

const ratePattern =
  /(\d{1,6})\s*(?:requests?|times|calls|attempts)?\s*(?:\/|per|a|an|each|every)\s*(s|sec|second|m|min|minute|h|hr|hour|d|day)s?\b/gi;

/** Every `5/min`, `10 requests per hour` … with the text before it in the same sentence. */
export const ratesIn = (text: string): { readonly rate: Rate; readonly before: string }[] =>
  [...text.matchAll(ratePattern)].flatMap((match) => {
    const count = Number(match[1]);
    const period = periods[(match[2] ?? "").toLowerCase()];
    if (!period || count < 1) return [];
    const before =
      text
        .slice(0, match.index)
        .split(/[.\n;,]/)
        .at(-1) ?? "";
    const after = text.slice(match.index + match[0].length).split(/[.\n;,]/)[0] ?? "";
    return [{ rate: { count, period }, before: `${before} ${after}` }];
  });

const bulletFields = (body: string): string[] =>
  body
    .split("\n")
    .map((line) => /^\s*(?:[-*+]|\d+[.)])?\s*([`*]*[A-Za-z_][\w-]*[`*]*\s*\??\s*:\s*\S.*)$/.exec(line)?.[1] ?? "")
    .filter(
      (line) =>
        line !== "" && !/^(note|hint|context|acceptance|fields|body|returns?|rate limit|path|auth)\b/i.test(line),
    );

const sentencesOf = (body: string): string[] =>
  body
    .split(/\n+|(?<=[.!?])\s+/)
    .map((part) => part.replace(/^[\s#*+-]+|\s+$/g, "").trim())
    .filter((part) => /[\p{L}]{3}/u.test(part));

// ------------------------------------------------------------------------------------------------------------ features

const crudHead =
  /\b(?:CRUD)(?:\s+(?:API|endpoints?|resource|routes?|operations|feature|service))*\s+(?:for|of|on)?\s*(?:a|an|the|new)?\s*[`"']?([a-z][\w-]*(?:\s(?!with\b|fields\b|resource\b|has\b|having\b|and\b|in\b)[a-z][\w-]*)?)[`"']?/i;
const crudTail = /\b([a-z][\w-]*)\s+CRUD\b/i;

const inBrackets = (text: string): string | undefined => {
  const open = text.indexOf("(");
  if (open < 0) return undefined;
  const close = closeOf(text, open);
  return close < text.length ? text.slice(open + 1, close) : undefined;
};

const crudOf = (title: string, body: string): Parsed<Wish> | undefined => {
  const source = /\bCRUD\b/i.test(title)
    ? title
    : /\bCRUD\b/i.test(body)
      ? (body.split("\n").find((line) => /\bCRUD\b/i.test(line)) ?? "")
      : undefined;
  if (source === undefined) return undefined;
  const named = crudHead.exec(source) ?? crudTail.exec(source);
  const resource = snake(named?.[1] ?? "");
  if (!named || resource === "" || /^(create|add|build|implement|write|a|an|the|full|simple|for)$/.test(resource))
    return { ok: false, unclear: [notUnderstood("I read CRUD, but not for which resource.")] };
  const after = source.slice(named.index + named[0].length);
  const inline =
    inBrackets(after) ??
    /^\s*(?::|(?:resource\s+)?(?:with|having|has)(?:\s+(?:the\s+)?fields?)?:?)\s*(.+:.+)$/i.exec(after)?.[1];
  const items = inline !== undefined ? [inline] : bulletFields(body);
  if (items.length === 0)
    return {
      ok: false,
      unclear: [
        {
          question: `I read: CRUD for \`${resource}\`, but no fields. Which fields does it have, each as \`name: type\`?`,
          options: [
            `CRUD for ${resource} (name: str unique, price: Decimal >= 0, active: bool default true)`,
            "one field per line in the body: - name: str unique",
          ],
        },
      ],
    };
  const fields = parseFields(items);
  if (!fields.ok) return fields;
  const rate = ratesIn(`${after}\n${body}`)[0]?.rate;
  return { ok: true, value: { kind: "crud", resource, fields: fields.value, ...(rate ? { rate } : {}) } };
};

const endpointPattern = /\b(GET|POST|PUT|PATCH|DELETE)\s+(`?)(\/[\w\-./{}]*)\2/;

const endpointOf = (title: string, body: string): Parsed<Wish> | undefined => {
  const text = `${title}\n${body}`;
  const found = endpointPattern.exec(text);
  if (!found) return undefined;
  const method = found[1] as Method;
  const path = (found[3] ?? "").replace(/[.,]$/, "");
  const problems: Unclear[] = [];
  if (!/^(\/api)?\/v\d+(\/[a-z0-9][a-z0-9-]*)+$/.test(path))
    problems.push({
      question: `The path \`${path}\`: I write versioned paths of plain segments. Which one is it?`,
      options: [`/api/v1${path.replace(/[{}]/g, "")}`],
    });
  const braces = /\breturn(?:s|ing)?\s*(?:JSON\s*)?:?\s*`?(\{)/i.exec(text);
  const open = braces ? braces.index + braces[0].length - 1 : -1;
  const close = open >= 0 ? closeOf(text, open) : -1;
  const returns = open >= 0 && close < text.length ? parseFields([text.slice(open + 1, close)]) : undefined;
  if (!returns)
    problems.push({
      question: `I read ${method} ${path}. What does it return, as typed fields?`,
      options: [`${method} ${path} returns {status: str}`],
    });
  else if (!returns.ok) problems.push(...returns.unclear);
  if (method !== "GET")
    problems.push({
      question: `I read ${method} ${path}. What it does with the request's body is more than this grammar says: is it part of a resource?`,
      options: ["CRUD for <resource> (<fields>)", "use a language model for this issue"],
    });
  if (problems.length > 0 || !returns?.ok) return { ok: false, unclear: problems };
  const rate = ratesIn(text)[0]?.rate;
  return { ok: true, value: { kind: "endpoint", method, path, returns: returns.value, ...(rate ? { rate } : {}) } };
};

const partPatterns: readonly (readonly [AuthPart, RegExp])[] = [
  ["register", /\b(user[\s-]+)?(registration|register|sign[\s-]?up)\b/i],
  ["login", /\b(log[\s-]?in|sign[\s-]?in)\b/i],
  ["refresh", /\b(refresh)(\s+tokens?)?\b/i],
];

const authOf = (title: string, body: string): Parsed<Wish> | undefined => {
  const full = /\b(user\s+)?authentication\s+(system|endpoints|api|feature)\b|\bJWT\s+authentication\b/i.test(title);
  let parts = partPatterns.filter(([, pattern]) => full || pattern.test(title)).map(([part]) => part);
  if (parts.length === 0) return undefined;
  const about =
    /\b(user|users|account|accounts|auth|authentication|e-?mail|password|endpoint|endpoints|token|tokens|route|jwt)\b/i;
  if (!full && !about.test(title)) return undefined;
  const other =
    /\b(device|event|webhook|domain|company|vehicle|course|product|newsletter|oauth2?|sso|saml|google|github|sms|magic)\b/i.exec(
      title,
    );
  if (other)
    return {
      ok: false,
      unclear: [
        notUnderstood(
          `I read ${parts.join(" and ")} with "${other[0]}", which is more than an e-mail address and a password.`,
        ),
      ],
    };
  if (parts.includes("refresh") && !parts.includes("login")) parts = [...parts, "login"];
  const rates: Partial<Record<AuthPart, Rate>> = {};
  const found = ratesIn(`${title}\n${body}`);
  for (const [part, pattern] of partPatterns) {
    const named = found.find(({ before }) => pattern.test(before)) ?? (parts.length === 1 ? found[0] : undefined);
    if (parts.includes(part) && named) rates[part] = named.rate;
  }
  const order: AuthPart[] = ["register", "login", "refresh"];
  return { ok: true, value: { kind: "auth", parts: order.filter((part) => parts.includes(part)), rates } };
};

const covered: Readonly<Record<Wish["kind"], RegExp>> = {
  auth: /\b(regist\w*|sign[\s-]?up|log[\s-]?in|refresh|password|e-?mail|hash\w*|bcrypt|argon2\w*|rate[\s-]?limit\w*|per minute|\/min|409|422|201|duplicate|unique|problem details|curl|POST)\b/i,
  crud: /\b(CRUD|create|list|read|update|delete|fields?|endpoints?|paginat\w*|limit|404|409|422|201|204|rate[\s-]?limit\w*|problem details)\b/i,
  endpoint: /\b(GET|return\w*|endpoint|rate[\s-]?limit\w*)\b/i,
};

const foreign = (text: string): boolean => {
  const letters = text.match(/\p{L}/gu) ?? [];
  return letters.length > 0 && letters.filter((letter) => !/[a-z]/i.test(letter)).length / letters.length > 0.3;
};

/** One wish, or questions that say what was understood and what form of words would work. Never a guess. */
export const parseRequest = (request: { readonly title: string; readonly body: string }): Parsed<Understood> => {
  const title = request.title.slice(0, 2_000).trim();
  const body = plain(request.body);
  const found = [crudOf(title, body), endpointOf(title, body), authOf(title, body)];
  const [crud, endpoint, auth] = found;
  const chosen =
    crud ??
    (auth?.ok && /register|login|refresh/.test(endpointPattern.exec(`${title}\n${body}`)?.[3] ?? "register")
      ? auth
      : (endpoint ?? auth));
  if (!chosen)
    return {
      ok: false,
      unclear: [
        notUnderstood(
          foreign(`${title} ${body}`)
            ? "The request is written in another language than English, which is all that I read."
            : `I cannot read "${title.slice(0, 120)}" as one of the requests that I know.`,
        ),
      ],
    };
  if (crud && auth)
    return {
      ok: false,
      unclear: [
        {
          question:
            "I read two features, a CRUD resource and user authentication. Which one is this issue? The other is an issue of its own.",
          options: ["the CRUD resource", "the authentication"],
        },
      ],
    };
  if (!chosen.ok) return chosen;
  const wish = chosen.value;
  const fieldLines = new Set(wish.kind === "crud" ? bulletFields(body) : []);
  const unread = sentencesOf(body).filter(
    (line) =>
      couldDemand(line) &&
      !covered[wish.kind].test(line) &&
      ![...fieldLines].some((field) => field.includes(line) || line.includes(field)),
  );
  const settled = new Set<"offset-pagination">(
    /\b(limit\s*(\/|and)\s*offset|offset\s+pagination|pagination:\s*(limit\/)?offset)\b/i.test(`${title}\n${body}`)
      ? ["offset-pagination"]
      : [],
  );
  return { ok: true, value: { wish, unread: unread.slice(0, 10), settled } };
};

export const renderRate = (rate: Rate): string => `${rate.count}/${rate.period}`;
/** As reports write it: 5/min. */
export const shortRate = (rate: Rate): string =>
  `${rate.count}/${{ second: "s", minute: "min", hour: "hour", day: "day" }[rate.period]}`;
