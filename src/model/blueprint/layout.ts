/** What the blueprint knows of a backend after reading it: where things are and how the people there write them. */

/** A name and the module that code imports it from. */
export type Import = { readonly name: string; readonly module: string };

/**
 * Where code of one kind goes: a folder with a file per entity, or one file for all. The suffix is what follows the
 * entity's name: `_service`, or `/models` where each entity has a folder of its own.
 */
export type Place =
  | { readonly kind: "folder"; readonly folder: string; readonly suffix: string; readonly plural: boolean }
  | { readonly kind: "file"; readonly path: string };

export type RouterSite = {
  readonly path: string;
  /** The variable that routers are included into: `api_router`, or the application itself. */
  readonly variable: string;
  readonly isApp: boolean;
  /** URL prefix of everything included there: `/api/v1`, or "". */
  readonly prefix: string;
  /** The call that ours is modelled on. */
  readonly neighbour?: {
    readonly end: number;
    readonly indent: string;
    /** `routes.users.router` style names the module; `users_router` style names the object. */
    readonly style: "module" | "object";
    readonly importModule: string;
    readonly routerName: string;
    /** As written: given with every router (a version), or per router (its own path). */
    readonly prefix?: { readonly expression: string; readonly value: string; readonly perRouter: boolean };
    readonly tags: boolean;
  };
};

export type Session = {
  /** `get_db`: what a test overrides. */
  readonly dependency: Import;
  /** How routes name it. */
  readonly parameter: string;
  readonly form:
    | { readonly kind: "alias"; readonly alias: Import }
    | { readonly kind: "annotated" }
    | { readonly kind: "default" };
};

export type IdConvention = {
  readonly type: "int" | "str" | "uuid";
  /** The line as the neighbours write it; absent where a base class or mixin brings it. */
  readonly line?: string;
};

export type Columns = {
  /** Classes after the table's own, as written: `TimestampMixin, Base`. */
  readonly bases: readonly Import[];
  /** Mixins of the model that was learnt from which mark rows as deleted: here they are deleted. */
  readonly leftOut?: { readonly mixins: readonly string[]; readonly by: string };
  readonly id: IdConvention;
  /** `created_at` and its like, as the neighbours write them. */
  readonly stamps: readonly { readonly name: string; readonly line?: string }[];
  /** Every name those lines need, with its import. */
  readonly imports: readonly Import[];
};

export type Guard = {
  readonly name: string;
  readonly module: string;
  readonly kind: "dependency" | "alias";
  /** The function behind an alias, where it was read: what a test overrides. */
  readonly dependency?: Import;
};

export type Limiter =
  | { readonly kind: "wired" | "loose"; readonly name: string; readonly module: string }
  | { readonly kind: "absent" };

export type Hashing =
  | { readonly kind: "existing"; readonly hash: Import; readonly verify?: Import }
  | { readonly kind: "argon2" | "bcrypt" | "scrypt" };

export type Layout = {
  /** Text of every file that was read, by path. */
  readonly files: ReadonlyMap<string, string>;
  readonly paths: ReadonlySet<string>;
  readonly importRoot: string;
  /** The package's folder: `backend/app`. */
  readonly packageFolder: string;
  readonly app: {
    readonly path: string;
    readonly module: string;
    readonly variable: string;
    readonly factory: boolean;
  };
  readonly site: RouterSite;
  readonly session: Session | undefined;
  readonly columns: Columns | undefined;
  /** Base class of the declarative models, for `Base.metadata`. */
  readonly base: Import | undefined;
  readonly models: Place;
  readonly schemas: Place;
  readonly services: Place;
  readonly routes: Place;
  readonly core: string;
  readonly style: {
    /** `""` or `"/"`. */
    readonly rootPath: string;
    readonly schemaBase: Import | undefined;
    /** `Response`, `Read`, `Out`, `Public`. */
    readonly output: string;
  };
  readonly tables: readonly {
    readonly table: string;
    readonly type: string;
    readonly path: string;
    readonly module: string;
  }[];
  /** Packages that the repository declares, lower case with hyphens. */
  readonly packages: ReadonlySet<string>;
  readonly dependencyFile: string | undefined;
  readonly limiter: Limiter;
  readonly problems: "wired" | "loose" | "absent";
  readonly problemInstaller: Import | undefined;
  /** Errors with one argument, the detail, that the repository's services raise. */
  readonly errors: { readonly notFound: Import; readonly conflict: Import } | undefined;
  readonly hashing: Hashing;
  readonly guard: Guard | undefined;
  readonly settings: { readonly env: string } | undefined;
};
