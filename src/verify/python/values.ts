/** What the abstract interpreter computes with: Python's values as far as they can be known without running anything. */
import type { HttpMethod } from "../../domain/facts.ts";
import type { Node } from "./node.ts";

/** Where something is written. */
export type Origin = { readonly module: ModuleValue; readonly node: Node };

/** It is the default of a setting: a run may have another one, so nothing may be decided by it. */
type Configurable = { readonly configurable?: true };

export type TextValue = Configurable & {
  readonly kind: "text";
  /** A part that can't be known stands as `{?expression}`. */
  readonly value: string;
  readonly exact: boolean;
  /** Environment variables whose default was taken. */
  readonly assumes?: readonly string[] | undefined;
};

export type ListValue = Configurable & { readonly kind: "list"; readonly items: Value[] };
export type DictValue = Configurable & { readonly kind: "dict"; readonly entries: Map<string, Value> };

export type ModuleValue = {
  readonly kind: "module";
  /** Repository path of the file, or of the folder of a namespace package. */
  readonly path: string;
  readonly root: Node | undefined;
  readonly scope: Scope;
  done: boolean;
};

export type FunctionValue = {
  readonly kind: "function";
  readonly module: ModuleValue;
  readonly node: Node;
  readonly name: string;
  readonly scope: Scope;
  readonly decorators: readonly Node[];
  /** A bound method's object. */
  readonly self?: Value;
};

export type ClassField = {
  readonly name: string;
  readonly annotation: Node | undefined;
  readonly value: Node | undefined;
  readonly node: Node;
};

export type ClassValue = {
  readonly kind: "class";
  readonly name: string;
  readonly module: ModuleValue;
  readonly node: Node;
  readonly bases: readonly Value[];
  readonly keywords: ReadonlyMap<string, Value>;
  readonly scope: Scope;
  readonly decorators: readonly Node[];
  readonly fields: ClassField[];
};

export type InstanceValue = {
  readonly kind: "instance";
  readonly of: ClassValue;
  readonly attributes: Map<string, Value>;
  readonly args: Arguments;
};

export type Arguments = { readonly positional: readonly Value[]; readonly keywords: ReadonlyMap<string, Value> };

/** Something of a package: `fastapi.Depends`. */
export type ExternalValue = { readonly kind: "external"; readonly name: string };

/** What a call of it gives, `receiver` being what it is a method of. */
export type ExternalCallValue = Origin & {
  readonly kind: "external-call";
  readonly name: string;
  readonly args: Arguments;
  readonly receiver?: Value | undefined;
};

export type AnnotatedValue = { readonly kind: "annotated"; readonly base: Value; readonly metadata: readonly Value[] };

export type RouteEntry = Origin & {
  readonly type: "route";
  readonly methods: readonly (HttpMethod | "?")[];
  readonly path: Value;
  readonly endpoint: Value;
  readonly keywords: ReadonlyMap<string, Value>;
  /** The call that registers it. */
  readonly call: Node;
  /** Those that stand below the route's own: they are applied before it is registered. */
  readonly inner: readonly Node[];
  readonly scope: Scope;
  /** Where people see it: a decorator of the repository may register what it stands above. */
  readonly site: Origin;
  readonly condition: string | undefined;
  /** Starlette's: no schema shows it, and no dependency guards it. */
  readonly plain: boolean;
};

export type IncludeEntry = Origin & {
  readonly type: "include";
  readonly router: RouterValue;
  /** How many entries it had then: before 0.137, FastAPI does not serve what was added to it later. */
  readonly upTo: number;
  readonly prefix: Value | undefined;
  readonly dependencies: Value | undefined;
  readonly inSchema: Value | undefined;
  readonly mounted: boolean;
  readonly condition: string | undefined;
};

export type MiddlewareEntry = Origin & {
  readonly what: Value;
  readonly name: string;
  readonly keywords: ReadonlyMap<string, Value>;
};

export type HandlerEntry = Origin & { readonly catches: Value; readonly handler: Value };

export type RouterValue = Origin & {
  readonly kind: "router";
  readonly type: "app" | "router";
  /** The repository's own class, where it is of one. */
  readonly of: ClassValue | undefined;
  name: string | undefined;
  prefix: Value | undefined;
  dependencies: Value | undefined;
  inSchema: Value | undefined;
  readonly entries: (RouteEntry | IncludeEntry)[];
  readonly middleware: MiddlewareEntry[];
  readonly handlers: HandlerEntry[];
  /** What a server calls when it starts the application. */
  readonly starts: Value[];
  readonly attributes: Map<string, Value>;
};

/** A bound method of something whose class we play ourselves. */
export type MethodValue = {
  readonly kind: "method";
  readonly of: RouterValue | TextValue | ListValue | DictValue;
  readonly name: string;
};

export type RouteDecoratorValue = {
  readonly kind: "route-decorator";
  readonly router: RouterValue;
  readonly method: string;
  readonly call: Node;
  readonly scope: Scope;
  readonly module: ModuleValue;
};

export type Value =
  | TextValue
  | (Configurable & { readonly kind: "number"; readonly value: number })
  /** @property assumes as of a text */
  | (Configurable & {
      readonly kind: "boolean";
      readonly value: boolean;
      readonly assumes?: readonly string[] | undefined;
    })
  | (Configurable & { readonly kind: "none" })
  /** @property variable the environment variable that it is */
  | { readonly kind: "unknown"; readonly why: string; readonly variable?: string }
  /** One of these, which of them is decided at run time. */
  | { readonly kind: "either"; readonly options: readonly Value[] }
  | ListValue
  | DictValue
  | ModuleValue
  | FunctionValue
  | ClassValue
  | InstanceValue
  | ExternalValue
  | ExternalCallValue
  | AnnotatedValue
  | RouterValue
  | MethodValue
  | RouteDecoratorValue
  | { readonly kind: "partial"; readonly of: Value; readonly args: Arguments }
  /** @property inside the class whose method says `super()` */
  | { readonly kind: "super"; readonly self: Value | undefined; readonly inside: ClassValue | undefined }
  /** A name of a module that is still being executed. */
  | { readonly kind: "lazy"; readonly module: ModuleValue; readonly name: string };

export type Scope = {
  readonly kind: "module" | "class" | "function";
  readonly parent: Scope | undefined;
  readonly names: Map<string, Value>;
  /** Names that a `global` statement gives to the module. */
  readonly globals: Set<string>;
};

export const createScope = (kind: Scope["kind"], parent: Scope | undefined): Scope => ({
  kind,
  parent,
  names: new Map(),
  globals: new Set(),
});

/** As Python looks names up: a class's names are not seen from inside its functions. */
export const lookUp = (scope: Scope, name: string): Value | undefined => {
  for (let at: Scope | undefined = scope; at; at = at.parent) {
    const found = at.kind === "class" && at !== scope ? undefined : at.names.get(name);
    if (found) return found;
  }
  return undefined;
};

export const none: Value = { kind: "none" };
export const unknown = (why: string): Value => ({ kind: "unknown", why });

const longestText = 65_536;

export const text = (value: string, exact = true, assumes?: readonly string[]): TextValue => ({
  kind: "text",
  value: value.length > longestText ? value.slice(0, longestText) : value,
  exact: exact && value.length <= longestText,
  ...(assumes && assumes.length > 0 ? { assumes } : {}),
});

/** What a value says inside of a text: itself, or `{?source}`. */
export const spelled = (value: Value | undefined, source: string): string => {
  if (value?.kind === "text") return value.value;
  if (value?.kind === "number" || value?.kind === "boolean") return String(value.value);
  return `{?${source.replace(/\s+/g, " ").slice(0, 40)}}`;
};

export const isExact = (value: Value | undefined): boolean =>
  value?.kind === "text" ? value.exact : value?.kind === "number" || value?.kind === "boolean";

export const assumptionsOf = (...values: readonly (Value | undefined)[]): readonly string[] => [
  ...new Set(values.flatMap((value) => (value && "assumes" in value ? (value.assumes ?? []) : []))),
];

/** As the default of a setting. */
export const asDefault = (value: Value): Value => {
  switch (value.kind) {
    case "text":
    case "number":
    case "boolean":
    case "none":
    case "list":
    case "dict":
      return { ...value, configurable: true };
    default:
      return value;
  }
};

export const optionsOf = (value: Value): readonly Value[] => (value.kind === "either" ? value.options : [value]);

export const itemsOf = (value: Value | undefined): readonly Value[] => (value?.kind === "list" ? value.items : []);
