/** How endpoints are declared: versioned paths, nouns, status codes, typed answers and bodies, documentation. */
import { children, field, type Node, textOf, walk } from "../python/node.ts";
import { isUsersHandler } from "../python/users-router.ts";
import type { Code, CodeFile, Endpoint } from "./code.ts";
import type { Hit, Standards } from "./standard.ts";

const unversioned =
  /^\/?($|(api\/)?(health|healthz|healthcheck|health-check|ready|readyz|readiness|live|livez|liveness|ping|metrics|docs|redoc|openapi\.json|favicon\.ico|robots\.txt|static|\.well-known|version|graphql)(\/|$))/;

/** One route can be reached on several paths; each declaration is told once. */
export const once = (file: CodeFile): readonly Endpoint[] => {
  const seen = new Set<string>();
  return file.endpoints.filter(({ line, method }) => {
    const key = `${line} ${method}`;
    if (seen.has(key) || method === "WEBSOCKET") return false;
    seen.add(key);
    return true;
  });
};

const called = ({ method, path }: Endpoint): string => `${method} ${path}`;

const hit = (endpoint: Endpoint, message: string): Hit => ({
  message: `${called(endpoint)} ${message}`,
  spans: endpoint.spans.length > 0 ? endpoint.spans : [{ file: endpoint.file, from: endpoint.line, to: endpoint.line }],
});

/** Breaches of a path count where its router is made and included, too. */
const withMounts = (found: readonly Hit[], { path }: CodeFile, code: Code): readonly Hit[] =>
  found.map(({ message, spans }) => ({ message, spans: [...spans, ...code.mountsOf(path)] }));

const hits = (
  file: CodeFile,
  breaks: (endpoint: Endpoint) => boolean,
  message: (endpoint: Endpoint) => string,
): readonly Hit[] =>
  once(file)
    .filter(breaks)
    .map((endpoint) => hit(endpoint, message(endpoint)));

/** Pages and forms for browsers follow other rules than an API. */
const servesHtml = ({ text }: CodeFile): boolean =>
  /\b(Jinja2Templates|TemplateResponse|HTMLResponse|render_template|templating)\b/.test(text);

/** `{n}` stands for a number. */
const prefixPattern = (prefix: string): RegExp => {
  const parts = prefix.replace(/\/$/, "").split("{n}");
  return new RegExp(`^${parts.map((part) => part.replace(/[.\\+*?^$(){}[\]|]/g, "\\$&")).join("\\d+")}(/|$)`);
};

const declared = ({ declaration }: Endpoint, name: string): Node | undefined => {
  const list = declaration && field(declaration, "arguments");
  const found = (list ? children(list) : []).find(
    (one) => one.type === "keyword_argument" && textOf(field(one, "name") ?? one) === name,
  );
  return found && field(found, "value");
};

const bodyText = ({ handlerNode }: Endpoint): string => {
  const body = handlerNode && field(handlerNode, "body");
  return body ? textOf(body) : "";
};

const untyped = /^["']?(typing\.)?(Any|object|([Dd]ict|[Ll]ist|tuple)(\[(.*,)?\s*Any\s*\])?)["']?$/;
const verb = /^(get|create|add|update|delete|remove|fetch|list|make|edit|set)([-_A-Z].*)?$/;

const parameters = ({ handlerNode }: Endpoint): readonly Node[] => {
  const list = handlerNode && field(handlerNode, "parameters");
  return list ? children(list) : [];
};

const untypedBody = (endpoint: Endpoint): string | undefined => {
  if (!["POST", "PUT", "PATCH"].includes(endpoint.method)) return undefined;
  if (/webhook|callback|signature|hmac/i.test(`${endpoint.path} ${endpoint.handler} ${bodyText(endpoint)}`))
    return undefined;
  const loose = parameters(endpoint).find((one) => {
    const type = field(one, "type");
    const value = field(one, "value");
    return (
      type !== undefined &&
      /^(typing\.)?(Any|[Dd]ict(\[.*\])?|[Ll]ist|object)$/s.test(textOf(type)) &&
      !(value && /\b(Depends|Security|Query|Header|Path|Cookie|File|Form)\b/.test(textOf(value)))
    );
  });
  if (loose) return `takes \`${textOf(loose).replace(/\s+/g, " ").slice(0, 60)}\``;
  let reads = false;
  const body = endpoint.handlerNode && field(endpoint.handlerNode, "body");
  if (body)
    walk(body, (node) => {
      if (node.type === "call" && textOf(field(node, "function") ?? node) === "request.json") reads = true;
      return node.type !== "function_definition";
    });
  return reads && endpoint.body.length === 0 ? "reads request.json()" : undefined;
};

const answersElsewhere = (endpoint: Endpoint): boolean => {
  const { status_code } = endpoint;
  return (
    declared(endpoint, "response_class") !== undefined ||
    (declared(endpoint, "responses") !== undefined && /\bmodel\b/.test(textOf(declared(endpoint, "responses")!))) ||
    (status_code !== null && (status_code === 204 || (status_code >= 300 && status_code < 400))) ||
    /\b(Streaming|File|Redirect|EventSource|HTML|PlainText)\w*Response\b|\bResponse\(/.test(bodyText(endpoint))
  );
};

const creates = /^(create|add|register|signup|sign_up|new|insert)(_|$)/i;
/** Made up, but nothing that stays under an address of its own. */
const passing =
  /token|session|login|report|export|url|preview|search|query|estimate|checkout|intent|otp|code|password|message|email|answer|completion|predict/i;

const setsStatus = (endpoint: Endpoint): boolean =>
  /\bstatus_code\s*=/.test(bodyText(endpoint)) || /\breturn\s+\w*Response\(/.test(bodyText(endpoint));

export const routeStandards: Standards<
  | "unversioned-path"
  | "verb-in-path"
  | "created-without-201"
  | "untyped-response"
  | "undocumented-endpoint"
  | "untyped-body"
> = {
  "unversioned-path": {
    severity: "error",
    check(file, code, { prefixes, exempt }) {
      const allowed = [...prefixes, ...exempt].map(prefixPattern);
      const found = hits(
        file,
        ({ path, resolved, in_schema }) =>
          resolved &&
          in_schema &&
          !servesHtml(file) &&
          !unversioned.test(path) &&
          !allowed.some((pattern) => pattern.test(path)),
        () => `has no version: its path begins with ${prefixes.map((one) => `${one}/`).join(" or ")}`,
      );
      return withMounts(found, file, code);
    },
  },
  "verb-in-path": {
    severity: "concern",
    check(file, code, { allowed }) {
      const found = hits(
        file,
        ({ path }) => !servesHtml(file) && path.split("/").some((part) => verb.test(part) && !allowed.includes(part)),
        () => "names an action: the path names the resource, the method says what is done with it",
      );
      return withMounts(found, file, code);
    },
  },
  "created-without-201": {
    severity: "concern",
    check: (file) =>
      hits(
        file,
        (endpoint) =>
          endpoint.method === "POST" &&
          endpoint.status_code === null &&
          declared(endpoint, "status_code") === undefined &&
          creates.test(endpoint.handler) &&
          !passing.test(endpoint.handler) &&
          !servesHtml(file) &&
          !setsStatus(endpoint),
        ({ handler }) => `answers 200 though ${handler} creates something: status_code=status.HTTP_201_CREATED`,
      ),
  },
  "untyped-response": {
    severity: "concern",
    check: (file) =>
      hits(
        file,
        (endpoint) =>
          ["GET", "POST", "PUT", "PATCH"].includes(endpoint.method) &&
          endpoint.in_schema &&
          !isUsersHandler(endpoint.handler) &&
          (endpoint.response_model === null || untyped.test(endpoint.response_model)) &&
          !servesHtml(file) &&
          !answersElsewhere(endpoint),
        () => "does not say what it answers: give it a response_model, or a return type that is a schema",
      ),
  },
  "undocumented-endpoint": {
    severity: "concern",
    check: (file) =>
      hits(
        file,
        ({ documented, in_schema, handler }) => in_schema && !documented && !isUsersHandler(handler),
        () => "has no description in OpenAPI: give the function a docstring, or the route a summary",
      ),
  },
  "untyped-body": {
    severity: "concern",
    check: (file) =>
      hits(
        file,
        (endpoint) => untypedBody(endpoint) !== undefined,
        (endpoint) => `${untypedBody(endpoint)}: a Pydantic schema says and checks what a client may send`,
      ),
  },
};
