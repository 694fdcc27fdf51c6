/** Facts: what the Python sources of a commit show, read without running them. Named as in the report; judges nothing. */

/** A repository path and a line from 1. */
export type Place = { readonly file: string; readonly line: number };

export type HttpMethod = "GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "HEAD" | "OPTIONS" | "TRACE" | "WEBSOCKET";

/**
 * `none`, or the security schemes that the dependencies wire in. `heuristic` where only a dependency's name speaks of
 * authentication; `unknown` where a dependency could not be resolved.
 */
export type AuthFact = "none" | "bearer" | "basic" | "digest" | "api-key" | "openid" | "heuristic" | "unknown";

export type EndpointFact = Place & {
  readonly method: HttpMethod;
  /** Full path through every router, prefix and mount; a part that can't be known stands as `{?expression}`. */
  readonly path: string;
  /** False where a part of the path is unknown. */
  readonly resolved: boolean;
  /** Sorted; `["none"]` where nothing is wired in. */
  readonly auth: readonly AuthFact[];
  /** As enforced, normalised to `N/minute`; null where none is in force. */
  readonly rate_limit: string | null;
  /** Name of the function that answers. */
  readonly handler: string;
  readonly async: boolean;
  /** Source text of `response_model`, or of the return annotation. */
  readonly response_model: string | null;
  /** As declared; FastAPI's own default is 200. */
  readonly status_code: number | null;
  /** Names of the Pydantic classes that the body is read into. */
  readonly body: readonly string[];
  /** Names of the functions and classes in the closure of its dependencies. */
  readonly dependencies: readonly string[];
  /** The condition in the source under which it is there at all, such as `settings.DEBUG`. */
  readonly condition: string | null;
  readonly in_schema: boolean;
  /** It has a docstring, a summary or a description. */
  readonly documented: boolean;
};

export const graphqlKinds = ["query", "mutation", "subscription", "type", "interface", "input", "enum"] as const;

/** Strawberry: a field of the schema's query, mutation or subscription type, or a type of its own. */
export type GraphqlFact = Place & {
  readonly kind: (typeof graphqlKinds)[number];
  readonly name: string;
  /** Of an operation: source text of what it returns. */
  readonly type: string | null;
  /** Of an operation, such as `bookId: int` or `first: int = 100`. */
  readonly arguments: readonly string[];
  /** Of a type, in the same form; of an enum its names. Inherited ones included. */
  readonly fields: readonly string[];
};

export type FieldFact = Place & {
  readonly name: string;
  /** Source text of the annotation. */
  readonly type: string | null;
  /** Source text of the value: `mapped_column(…)`, `Field(…)`. */
  readonly value: string | null;
};

export type ModelFact = Place & {
  readonly name: string;
  readonly table: string;
  readonly style: "sqlalchemy-2" | "sqlalchemy-1" | "sqlmodel" | "core-table";
  /** Columns, inherited ones included. */
  readonly fields: readonly FieldFact[];
  readonly relations: readonly FieldFact[];
};

export type SchemaFact = Place & {
  readonly name: string;
  /** Own and inherited. */
  readonly fields: readonly FieldFact[];
  readonly config: "v2" | "v1" | "none";
  readonly used_as: readonly ("body" | "response")[];
};

export type MiddlewareFact = Place & {
  readonly name: string;
  /** Keyword arguments: JSON where they could be resolved, else their source text. */
  readonly config: Readonly<Record<string, unknown>>;
};

/** @property catches what is handled: an exception's name or a status code */
export type HandlerFact = Place & { readonly catches: string; readonly handler: string };

/** @property value the default as JSON where it could be resolved; undefined where there is none */
export type SettingFact = Place & { readonly name: string; readonly type: string | null; readonly value?: unknown };

export type ImportFact = Place & { readonly module: string; readonly names: readonly string[] };

/** What could not be known, each a sentence: a router that no application reaches, a file that can't be parsed … */
export type UnknownFact = Place & { readonly about: string };

export type Facts = {
  readonly endpoints: readonly EndpointFact[];
  readonly graphql: readonly GraphqlFact[];
  readonly models: readonly ModelFact[];
  readonly schemas: readonly SchemaFact[];
  readonly middleware: readonly MiddlewareFact[];
  readonly handlers: readonly HandlerFact[];
  readonly settings: readonly SettingFact[];
  readonly imports: readonly ImportFact[];
  readonly unknown: readonly UnknownFact[];
};
