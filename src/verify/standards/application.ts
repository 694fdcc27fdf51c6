/** What an application has round its routes: problem details, request logging, a cache that forgets. */
import { field, textOf } from "../python/node.ts";
import { type Call, type Code, type CodeFile, isOperations } from "./code.ts";
import { enclosing } from "./place.ts";
import { hitAt, type Standards } from "./standard.ts";

const applications = (file: CodeFile): readonly Call[] =>
  isOperations(file.path) ? [] : file.calls.filter(({ name }) => /^fastapi(\.applications)?\.FastAPI$/.test(name));

const writesProblems = /application\/problem\+json|fastapi[_-]problem|rfc9457|fastapi_problem_details/i;

const logs =
  /Log|Trac|Telemetry|Correlation|Request_?Id|Prometheus|Metric|Sentry|Audit|Context|Timing|process_time|Observ|Instrument/i;
const instruments =
  /\b(Instrumentator|FastAPIInstrumentor|instrument_fastapi|PrometheusMiddleware|CorrelationIdMiddleware|fastapi_structlog|asgi_correlation_id)\b/;

export const applicationStandards: Standards<"no-problem-details" | "no-request-log"> = {
  "no-problem-details": {
    severity: "concern",
    check: (file, code) =>
      applications(file)
        .filter(() => !code.mentions(writesProblems) || code.facts.handlers.length === 0)
        .map(({ node }) =>
          hitAt(
            file,
            node,
            "answers errors in a form of its own: exception handlers that write application/problem+json (RFC 9457)",
          ),
        ),
  },
  "no-request-log": {
    severity: "note",
    check: (file, code) =>
      applications(file)
        .filter(() => !code.facts.middleware.some(({ name }) => logs.test(name)) && !code.mentions(instruments))
        .map(({ node }) =>
          hitAt(file, node, "logs no requests of its own: a middleware that writes method, path, status and duration"),
        ),
  },
};

const cacheLike = /(^|[._])(\w*redis\w*|\w*cache\w*)$/i;
/** Kept on purpose until they expire, or not a copy of anything. */
const noCopy =
  /session|token|otp|lock|limit|black_?list|revoked|idempoten|state|nonce|csrf|code|auth|throttl|attempt|presence|online|job|task|progress|heartbeat|counter/i;

const receiver = (name: string): string => name.slice(0, Math.max(0, name.lastIndexOf(".")));

const usesCache = (file: CodeFile, code: Code): boolean =>
  /\b(redis|aiocache|cashews|fastapi_cache|aioredis)\b/i.test(file.text) &&
  code.mentions(/\b(import|from)\s+(redis|aioredis|aiocache|cashews|fastapi_cache)\b/);

const writes = (file: CodeFile, code: Code): readonly Call[] =>
  isOperations(file.path) || !usesCache(file, code)
    ? []
    : file.calls.filter(
        ({ name, args }) => /\.(set|setex|psetex)$/.test(name) && cacheLike.test(receiver(name)) && args.length >= 1,
      );

const lives = /^(ex|px|exat|pxat|keepttl|ttl|expire|timeout|time|expire_seconds|expiration)$/;

const hasTtl = ({ name, args, keywords }: Call): boolean =>
  /\.p?setex$/.test(name) ||
  args.length >= 3 ||
  [...keywords.keys()].some((key) => lives.test(key)) ||
  args.some(({ type }) => type === "dictionary_splat" || type === "list_splat");

const expiresLater = ({ node }: Call): boolean => {
  const fn = enclosing(node, /^function_definition$/);
  return fn !== undefined && /\.(expire|pexpire|expireat|setex|psetex)\(|\bex\s*=/.test(textOf(fn));
};

/** The same function reads it first, or speaks of a cache: other values in Redis may be there to stay. */
const isAside = ({ name, node }: Call): boolean => {
  const fn = enclosing(node, /^function_definition$/);
  const text = fn ? textOf(fn) : "";
  return (
    /cache/i.test(name) || /\bcach(e|ed|ing)\b|cache_|_cache/i.test(text) || text.includes(`${receiver(name)}.get(`)
  );
};

const forgets =
  /\b\w*(redis|cache)\w*(\.\w+)*\.(delete|unlink|delete_pattern|delete_many|clear|flushdb|invalidate\w*)\(|\binvalidate\w*\(|\bevict\w*\(|clear_cache|cache_(clear|delete|invalidate)|delete_(cache|pattern|keys)/i;

const isCopy = ({ path }: CodeFile, call: Call): boolean => {
  const fn = enclosing(call.node, /^function_definition$/);
  const name = fn ? textOf(field(fn, "name") ?? fn) : "";
  return !noCopy.test(`${path} ${name} ${textOf(call.args[0] ?? call.node)}`);
};

export const cacheStandards: Standards<"cache-without-ttl" | "cache-without-invalidation"> = {
  "cache-without-ttl": {
    severity: "concern",
    check: (file, code) =>
      writes(file, code)
        .filter((call) => !hasTtl(call) && !expiresLater(call) && isAside(call))
        .map(({ node }) => hitAt(file, node, "is cached for ever: give it a time to live (ex=…)")),
  },
  "cache-without-invalidation": {
    severity: "concern",
    check: (file, code) =>
      writes(file, code)
        .filter((call) => isCopy(file, call) && !code.mentions(forgets))
        .map(({ node }) =>
          hitAt(
            file,
            node,
            "is cached, but nothing takes it out when it changes: delete the key where the data is written",
          ),
        ),
  },
};
