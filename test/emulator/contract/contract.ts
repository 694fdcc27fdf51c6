/**
 * GitHub's own description of its API as a check: of one exchange (request and reply) and of one webhook payload.
 * It knows nothing of the emulator, so tests of the GitHub adapter hold their recorded exchanges against it, too.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv, type ErrorObject, type ValidateFunction } from "ajv";
import addFormats from "ajv-formats";

export type Exchange = {
  readonly method: string;
  /** Absolute or from the root, with or without GitHub Enterprise's `/api/v3`. */
  readonly url: string;
  /** Parsed; undefined for none. */
  readonly requestBody?: unknown;
  /** Undefined checks the request alone. */
  readonly status?: number;
  /** Parsed; undefined for none, or for what is no JSON. */
  readonly responseBody?: unknown;
};

type Schema = { readonly [key: string]: unknown };
type Media = { readonly schema: Schema; readonly examples?: Record<string, Schema> };
type Body = { readonly required?: boolean; readonly content?: Record<string, Media> };
type Parameter = {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly schema?: Schema;
};
type Operation = {
  readonly operationId: string;
  readonly parameters?: readonly unknown[];
  readonly requestBody?: unknown;
  readonly responses: Record<string, unknown>;
};
type Description = {
  readonly paths: Record<string, Record<string, Operation>>;
  readonly "x-webhooks": Record<string, { readonly post: { readonly requestBody: Body } }>;
};
type Found = { readonly template: string; readonly method: string; readonly operation: Operation };

export type Contract = {
  /** What is wrong with an exchange; empty when it conforms. Undocumented 4xx statuses are let pass: most lists lack 404. */
  checkExchange(exchange: Exchange): string[];
  checkWebhook(event: string, payload: unknown): string[];
  /** A fresh copy of the example reply of an operation: the ground for bodies that have a hundred fields. */
  exampleOf(operationId: string): Record<string, unknown>;
};

const SPANS_SLASHES = new Set(["path", "ref", "basehead", "base", "head", "branch"]);

function templatePattern(template: string): RegExp {
  const escaped = template.replace(/[.*+?^$()|[\]\\]/g, "\\$&");
  return new RegExp(`^${escaped.replace(/\{(\w+)\}/g, (_, name) => (SPANS_SLASHES.has(name) ? "(.+)" : "([^/]+)"))}$`);
}

/** The alternatives of GitHub's description overlap, though it says `oneOf`: several that fit are no fault. */
const severalFit = ({ keyword, params }: ErrorObject): boolean =>
  keyword === "oneOf" && params["passingSchemas"] !== null;

const complaints = (where: string, errors: readonly ErrorObject[] | null | undefined): string[] =>
  (errors ?? []).filter((error) => !severalFit(error)).map(sentence(where));

const sentence = (where: string) => (error: ErrorObject) =>
  `${where}${error.instancePath} ${error.message} ${JSON.stringify(error.params)}`;

const pointer = (...segments: string[]): string =>
  `gh#/${segments.map((s) => encodeURIComponent(s.replaceAll("~", "~0").replaceAll("/", "~1"))).join("/")}`;

function createContract(description: Description): Contract {
  const ajv = new Ajv({ strict: false, allErrors: true, inlineRefs: false, logger: false });
  addFormats.default(ajv);
  // GitHub writes bots as `1+name[bot]@users.noreply.github.com`, which the strict format refuses.
  ajv.addFormat("email", /^[^@\s]+@[^@\s]+$/);
  ajv.addFormat("repo.nwo", true);
  ajv.addFormat("timestamp", true);
  ajv.addSchema({ $id: "gh", ...description });

  const routes = Object.entries(description.paths)
    .map(([template, methods]) => ({ template, methods, pattern: templatePattern(template) }))
    .sort((a, b) => literalLength(b.template) - literalLength(a.template));
  const compiled = new Map<string, ValidateFunction>();

  function validator(reference: string): ValidateFunction {
    const known = compiled.get(reference);
    if (known !== undefined) return known;
    const made = ajv.compile({ $ref: reference });
    compiled.set(reference, made);
    return made;
  }

  function resolve<T>(node: unknown): T {
    let at = node as Schema;
    while (typeof at?.["$ref"] === "string") {
      const path = at["$ref"].slice(2).split("/");
      at = path.reduce<Schema>(
        (from, key) => from[key.replaceAll("~1", "/").replaceAll("~0", "~")] as Schema,
        description as unknown as Schema,
      );
    }
    return at as T;
  }

  function find(method: string, path: string): Found | undefined {
    const verb = method.toLowerCase();
    for (const { template, methods, pattern } of routes) {
      const operation = methods[verb];
      if (operation !== undefined && pattern.test(path)) return { template, method: verb, operation };
    }
    return undefined;
  }

  function checkQuery(operation: Operation, query: URLSearchParams): string[] {
    const parameters = (operation.parameters ?? []).map((p) => resolve<Parameter>(p)).filter((p) => p.in === "query");
    const unknown = [...query.keys()].filter((key) => !parameters.some((p) => p.name === key));
    return [
      ...unknown.map((key) => `query has unknown key "${key}"`),
      ...parameters.flatMap((parameter) => checkParameter(parameter, query.get(parameter.name))),
    ];
  }

  function checkParameter({ name, required, schema }: Parameter, raw: string | null): string[] {
    if (raw === null) return required === true ? [`query lacks "${name}"`] : [];
    const { type } = resolve<Schema>(schema ?? {});
    const value = type === "integer" ? Number(raw) : type === "boolean" ? raw === "true" : raw;
    const check = ajv.compile(schema ?? {});
    return check(value) ? [] : [`query ${name}=${raw}: ${ajv.errorsText(check.errors)}`];
  }

  function checkRequestBody({ template, method, operation }: Found, body: unknown): string[] {
    const declared = resolve<Body | undefined>(operation.requestBody);
    const media = declared?.content?.["application/json"];
    if (media === undefined) return body === undefined ? [] : ["request has a body, and should have none"];
    if (body === undefined) return declared?.required === true ? ["request lacks its body"] : [];
    const check = validator(pointer("paths", template, method, "requestBody", "content", "application/json", "schema"));
    const wrong = check(body) ? [] : complaints("request", check.errors);
    return [...wrong, ...unknownKeys(resolve<Schema>(media.schema), body)];
  }

  /** GitHub ignores keys that it does not know, and its schemas let them pass: a typing error would never show. */
  function unknownKeys(schema: Schema, body: unknown): string[] {
    const { properties } = schema;
    if (properties === undefined || schema["oneOf"] !== undefined || schema["anyOf"] !== undefined) return [];
    if (body === null || typeof body !== "object" || Array.isArray(body)) return [];
    const known = properties as Schema;
    return Object.keys(body)
      .filter((key) => !(key in known))
      .map((key) => `request has unknown key "${key}"`);
  }

  function checkReply({ template, method, operation }: Found, status: number, body: unknown): string[] {
    const declared = operation.responses[String(status)];
    if (declared === undefined) {
      return status >= 400
        ? []
        : [`status ${status} is not documented (${Object.keys(operation.responses).join(", ")} are)`];
    }
    const { content } = resolve<Body>(declared);
    const media = content?.["application/json"];
    if (media === undefined || body === undefined) return [];
    const shared = (declared as Schema)["$ref"];
    const tail = ["content", "application/json", "schema"];
    const check = validator(
      typeof shared === "string"
        ? pointer(...shared.slice(2).split("/"), ...tail)
        : pointer("paths", template, method, "responses", String(status), ...tail),
    );
    return check(body) ? [] : complaints(`reply ${status}`, check.errors);
  }

  function checkExchange({ method, url, requestBody, status, responseBody }: Exchange): string[] {
    const { pathname, searchParams } = new URL(url, "http://github.invalid");
    const path = decodeURIComponent(pathname.replace(/^\/api\/v3(?=\/)/, ""));
    const found = find(method, path);
    if (found === undefined) return [`${method} ${path} is no operation of the contract`];
    return [
      ...checkQuery(found.operation, searchParams),
      ...checkRequestBody(found, requestBody),
      ...(status === undefined ? [] : checkReply(found, status, responseBody)),
    ].map((wrong) => `${found.operation.operationId}: ${wrong}`);
  }

  function checkWebhook(event: string, payload: unknown): string[] {
    const action = (payload as Schema)["action"];
    const name = [event, ...(typeof action === "string" ? [action] : [])].join("-").replaceAll("_", "-");
    if (description["x-webhooks"][name] === undefined) return [`${name} is no webhook of the contract`];
    const tail = ["post", "requestBody", "content", "application/json", "schema"];
    const check = validator(pointer("x-webhooks", name, ...tail));
    return check(payload) ? [] : complaints(name, check.errors);
  }

  function exampleOf(operationId: string): Record<string, unknown> {
    for (const methods of Object.values(description.paths)) {
      for (const operation of Object.values(methods)) {
        if (operation.operationId !== operationId) continue;
        const success = Object.keys(operation.responses).find((status) => status.startsWith("2")) ?? "200";
        const { content } = resolve<Body>(operation.responses[success]);
        const [example] = Object.values(content?.["application/json"]?.examples ?? {});
        const value = resolve<Schema | undefined>(example)?.["value"];
        if (value !== undefined) return structuredClone(value) as Record<string, unknown>;
      }
    }
    throw new Error(`${operationId} has no example in the contract: list it in cut.ts and cut again`);
  }

  return { checkExchange, checkWebhook, exampleOf };
}

const literalLength = (template: string): number => template.replace(/\{\w+\}/g, "").length;

const readContract = (): Contract =>
  createContract(JSON.parse(readFileSync(join(import.meta.dirname, "api.github.json"), "utf8")) as Description);

function memoise<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/** The 1.5 MB beside this file, once a process: schemas are compiled when they are first needed (3–126 ms each). */
export const loadContract = memoise(readContract);

export const checkExchange = (exchange: Exchange): string[] => loadContract().checkExchange(exchange);
export const checkWebhook = (event: string, payload: unknown): string[] => loadContract().checkWebhook(event, payload);
