/** What every kind of work has in common between a layout and its changes. Pure. */
import type { Boundary } from "../../domain/policy.ts";
import type { Entity } from "./entity.ts";
import { idAnnotation } from "./entity.ts";
import type { Layout } from "./layout.ts";
import { register } from "./register.ts";
import { checksOf, columnLine } from "./templates/model.ts";
import type { RouteStyle } from "./templates/routes.ts";
import type { EmailStyle } from "./templates/schemas.ts";
import { type Built, boundaryProblem, type Draft, formatOf, refuse, textIn } from "./work.ts";

export type Assignment = {
  readonly layout: Layout;
  readonly boundary: Boundary;
  readonly configFile: string;
};

export const emailStyle = (layout: Layout): EmailStyle =>
  ["email-validator", "pydantic[email]", "fastapi[standard]", "fastapi[all]"].some((name) =>
    layout.packages.has(name),
  ) || [...layout.files.values()].some((text) => /from pydantic import [^\n]*\bEmailStr\b/.test(text))
    ? "email-str"
    : "pattern";

export const newDraft = (layout: Layout): Draft => ({ layout, format: formatOf(layout), changes: new Map() });

export const finish = (draft: Draft, task: Assignment, work: (changes: Draft["changes"]) => Built): Built => {
  const outside = boundaryProblem(draft, task.boundary, task.configFile);
  return outside ? { ok: false, unclear: [outside] } : work(draft.changes);
};

/** @param variables that it cannot do without */
export const serverLine = (layout: Layout, variables: Readonly<Record<string, string>> = {}): string => {
  const folder = layout.importRoot === "" ? "" : `cd ${layout.importRoot} && `;
  const set = Object.entries(variables).map(([name, value]) => `${name}=${value} `);
  return `${folder}${set.join("")}python -m uvicorn ${layout.app.module}:${layout.app.variable}${layout.app.factory ? " --factory" : ""} --port 8500`;
};

export const guardName = (layout: Layout): string => (layout.guard ? "bearer" : "none");

export const migrationText = (entity: Entity): string => {
  const columns = entity.fields.map((field) => columnLine(field, entity, 500).code);
  const checks = checksOf(entity.names.many, entity.fields).map(({ name, sql }) => `${name}: ${sql}`);
  return [
    `Write the Alembic migration for the new table \`${entity.names.many}\` (model ${entity.names.type}).`,
    `Columns: id (${idAnnotation(entity.columns.id.type)}, primary key); ${columns.join("; ")}${entity.columns.stamps.map((stamp) => `; ${stamp.name}`).join("")}.`,
    ...entity.fields
      .filter((field) => field.unique)
      .map((field) => `Unique index ix_${entity.names.many}_${field.name}.`),
    ...entity.fields
      .filter((field) => !field.unique && (field.index || field.type.kind === "ref"))
      .map((field) => `Index ix_${entity.names.many}_${field.name}.`),
    ...(checks.length > 0 ? [`Check constraints: ${checks.join("; ")}.`] : []),
    "It only adds a table, so it is safe to run before the code is deployed; the downgrade drops it.",
  ].join(" ");
};

export const routeStyle = (layout: Layout, routerArgs: readonly string[], tag: string): RouteStyle | undefined =>
  layout.session && {
    router: layout.site.neighbour?.routerName ?? "router",
    session: layout.session,
    guard: layout.guard,
    rootPath: layout.style.rootPath,
    routerArgs:
      routerArgs.some((arg) => arg.startsWith("tags=")) || layout.site.neighbour?.tags
        ? routerArgs
        : [...routerArgs, `tags=["${tag}"]`],
  };

export const clashOf = (layout: Layout, paths: Readonly<Record<string, string>>): Built | undefined => {
  const single = [layout.models, layout.schemas, layout.services, layout.routes].flatMap((one) =>
    one.kind === "file" ? [one.path] : [],
  );
  const taken = Object.values(paths).filter((path) => layout.paths.has(path) && !single.includes(path));
  return taken.length === 0
    ? undefined
    : refuse(
        `${taken.join(", ")} ${taken.length > 1 ? "exist" : "exists"} already. Is this issue about changing ${taken.length > 1 ? "them" : "it"}?`,
        ["another name for the new resource", "change what is there (a language model can)"],
      );
};

export const noRegistration = (layout: Layout): Built =>
  refuse(
    `In ${layout.site.path} I found no \`include_router(…)\` call that a new router can follow to a path below /api/v1${layout.site.prefix ? ` (routers there are below ${layout.site.prefix})` : ""}. Where do routers go?`,
    ["include one router there, as an example", "name the file and the prefix"],
  );

/** The registration against the newest text of its file: the application's wiring may stand in it already. */
export const mergeRegistration = (
  draft: Draft,
  registration: { path: string; after: string },
  layout: Layout,
  routes: string,
  segment: string,
): string => {
  const current = textIn(draft, registration.path);
  if (current === undefined || current === layout.files.get(registration.path)) return registration.after;
  const files = new Map([...layout.files, [registration.path, current]]);
  const shift = current.split("\n").length - (layout.files.get(registration.path) ?? "").split("\n").length;
  const neighbour = layout.site.neighbour && { ...layout.site.neighbour, end: layout.site.neighbour.end + shift };
  return (
    register(
      { ...layout, files, site: { ...layout.site, ...(neighbour ? { neighbour } : {}) } },
      routes,
      segment,
      draft.format,
    )?.after ?? registration.after
  );
};
