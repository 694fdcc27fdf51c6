/** An entity: a wish for a resource, joined with the repository's conventions into what templates need. */
import type { Field } from "./fields.ts";
import type { Import, Layout } from "./layout.ts";
import type { Names } from "./names.ts";
import type { Format } from "./templates/py.ts";

export type Reference = {
  readonly table: string;
  readonly type: string;
  readonly module: string;
  readonly id: "int" | "str" | "uuid";
};

export type Entity = {
  readonly names: Names;
  readonly fields: readonly Field[];
  readonly references: ReadonlyMap<string, Reference>;
  readonly columns: NonNullable<Layout["columns"]>;
  readonly output: string;
};

export const idAnnotation = (id: "int" | "str" | "uuid"): string => (id === "uuid" ? "UUID" : id);

/** Where the pieces of an entity can be imported from. */
export type Modules = {
  readonly model: string;
  readonly schemas: string;
  readonly service: string;
  readonly errors: { readonly notFound: Import; readonly conflict: Import };
};

export type Context = {
  readonly format: Format;
  readonly entity: Entity;
  readonly modules: Modules;
  /** How the repository calls a session: `db` or `session`. */
  readonly session: string;
};

export const stringLength = (field: Field): number =>
  field.max ? Number(field.max.value) : field.type.kind === "email" ? 254 : 255;
