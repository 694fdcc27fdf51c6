/** A CRUD resource: which files get which code, and what the report may say of it. Pure. */

import type { ReportDecision } from "../../domain/report.ts";
import {
  type Assignment,
  clashOf,
  emailStyle,
  finish,
  guardName,
  mergeRegistration,
  migrationText,
  newDraft,
  noRegistration,
  routeStyle,
  serverLine,
} from "./assemble.ts";
import type { Context, Entity, Reference } from "./entity.ts";
import type { Field } from "./fields.ts";
import type { Layout } from "./layout.ts";
import { moduleOf } from "./modules.ts";
import { namesOf } from "./names.ts";
import { baseOfSite, register } from "./register.ts";
import { renderRehearsal, resourceSteps } from "./rehearsal.ts";
import { type Rate, renderRate, shortRate, type Wish } from "./request.ts";
import { resourceRequests } from "./requests.ts";
import { modelPiece } from "./templates/model.ts";
import { resourceRoutes } from "./templates/routes.ts";
import { resourceSchemas } from "./templates/schemas.ts";
import { resourceService } from "./templates/service.ts";
import { renderTestTask } from "./test-task.ts";
import { type Wired, wire } from "./wire.ts";
import { type Built, exportModel, pathIn, place, put, refuse } from "./work.ts";

const referencesOf = (layout: Layout, fields: readonly Field[]): ReadonlyMap<string, Reference> | string => {
  const found = new Map<string, Reference>();
  for (const field of fields) {
    if (field.type.kind !== "ref") continue;
    const wanted = field.type.table;
    const names = namesOf(wanted);
    const table = layout.tables.find((one) => [wanted, names.many, names.one].includes(one.table));
    if (!table || !layout.columns)
      return `The field \`${field.name}\` refers to \`${wanted}\`, but I found no table of that name among the models${layout.tables.length > 0 ? ` (I saw ${layout.tables.map((one) => one.table).join(", ")})` : ""}.`;
    found.set(field.name, { table: table.table, type: table.type, module: table.module, id: layout.columns.id.type });
  }
  return found;
};

const withTables = (fields: readonly Field[], references: ReadonlyMap<string, Reference>): Field[] =>
  fields.map((field) => {
    const reference = references.get(field.name);
    return reference ? { ...field, type: { kind: "ref", table: reference.table } } : field;
  });

const defaultRate: Rate = { count: 100, period: "minute" };

export const assembleResource = (wish: Extract<Wish, { kind: "crud" }>, task: Assignment): Built => {
  const { layout } = task;
  const names = namesOf(wish.resource);
  if (!layout.columns || !layout.session) return refuse("I found no models or no database session.");
  const references = referencesOf(layout, wish.fields);
  if (typeof references === "string")
    return refuse(references, ["create that resource first", "give the field a plain type such as int"]);
  const there = layout.tables.find((one) => one.table === names.many || one.type === names.type);
  if (there)
    return refuse(
      `There is a model ${there.type} (table ${there.table}) in ${there.path} already. What is this issue about?`,
      ["add routes to the model that is there (a language model can)", "another name for the new resource"],
    );
  const entity: Entity = {
    names,
    fields: withTables(wish.fields, references),
    references,
    columns: layout.columns,
    output: layout.style.output,
  };
  const draft = newDraft(layout);
  const wired = wire(draft, task.boundary, { limit: true });
  const paths = {
    model: pathIn(layout.models, names.one, names.many),
    schemas: pathIn(layout.schemas, names.one, names.many),
    service: pathIn(layout.services, names.one, names.many),
    routes: pathIn(layout.routes, names.one, names.many),
  };
  const clash = clashOf(layout, paths);
  if (clash) return clash;
  const context: Context = {
    format: draft.format,
    entity,
    modules: {
      model: moduleOf(layout, paths.model),
      schemas: moduleOf(layout, paths.schemas),
      service: moduleOf(layout, paths.service),
      errors: wired.errors,
    },
    session: layout.session.parameter,
  };
  const registration = register(layout, paths.routes, names.path, draft.format);
  const base = baseOfSite(layout.site);
  const style = registration && routeStyle(layout, registration.routerArgs, names.path);
  if (!registration || !style || base === undefined) return noRegistration(layout);
  const rate = wish.rate ?? defaultRate;
  place(draft, paths.schemas, `Schemas of ${names.labels}.`, resourceSchemas(context, emailStyle(layout)), "schemas");
  place(draft, paths.model, `The table of ${names.labels}.`, modelPiece(context), "model");
  exportModel(draft, names.type, paths.model);
  place(draft, paths.service, `What can be done with ${names.labels}.`, resourceService(context), "service");
  place(
    draft,
    paths.routes,
    `Routes of ${names.labels}.`,
    resourceRoutes(context, style, wired.limit(renderRate(rate))),
    "routes",
  );
  put(draft, registration.path, mergeRegistration(draft, registration, layout, paths.routes, names.path), "routes");
  return finish(draft, task, (changes) => {
    const root = `${base}/${names.path}`;
    const list = `${root}${layout.style.rootPath}`;
    const one = `${root}/{${names.one}_id}`;
    const limit = wired.inForce ? shortRate(rate) : null;
    const endpoint = (method: "GET" | "POST" | "PATCH" | "DELETE", path: string) => ({
      method,
      path,
      auth: guardName(layout),
      rate_limit: limit,
    });
    const endpoints = [
      endpoint("POST", list),
      endpoint("GET", list),
      endpoint("GET", one),
      endpoint("PATCH", one),
      endpoint("DELETE", one),
    ];
    const problems = layout.problems === "wired";
    const { limited, ...script } = resourceSteps(entity, list, problems);
    return {
      ok: true,
      work: {
        feature: `${names.path}-crud`,
        summary: `Adds ${names.labels} below ${root}: create, a paged list, fetch, change and delete, with ${names.type} as a SQLAlchemy model, Pydantic schemas and a service between them.`,
        changes: [...changes.values()],
        endpoints,
        models: [
          {
            name: names.type,
            table: names.many,
            fields: [
              "id",
              ...entity.fields.map((field) => field.name),
              ...entity.columns.stamps.map((stamp) => stamp.name),
            ],
          },
        ],
        security: [
          "Every request body is validated by a Pydantic schema with bounds",
          ...(limit ? [`Rate limit of ${limit} for each client address on every route`] : []),
          ...(layout.guard ? [`Every route demands ${layout.guard.name}, as its neighbours do`] : []),
        ],
        decisions: resourceDecisions(entity, layout, rate, wired),
        concerns: [
          ...wired.concerns,
          ...(entity.columns.leftOut
            ? [
                `${entity.columns.leftOut.by} has ${entity.columns.leftOut.mixins.join(" and ")}, ${names.type} has not: DELETE removes its rows for good.`,
              ]
            : []),
          ...(layout.guard
            ? []
            : [
                `The routes of ${names.labels} demand no authentication: I found no current-user dependency that the routes beside them use.`,
              ]),
        ],
        handoffs: [
          ...wired.handoffs,
          { to: "database-engineer", task: migrationText(entity) },
          {
            to: "test-generator",
            task: renderTestTask(resourceTests(entity, list, one, limit), {
              endpoints,
              model: names.type,
              problems,
            }),
          },
        ],
        commands: [serverLine(layout), ...resourceRequests(entity, list, one)],
        rehearsal: renderRehearsal({
          layout,
          ...script,
          limit: wired.inForce ? { rate, call: limited } : undefined,
        }),
      },
    };
  });
};

export const resourceTests = (entity: Entity, list: string, one: string, limit: string | null): string => {
  const unique = entity.fields.filter((field) => field.unique).map((field) => field.name);
  return [
    `Cover ${list} and ${one} with the repository's own fixtures.`,
    "Create: 201 with every field back; 422 for each missing required field and each bound.",
    ...(unique.length > 0 ? [`409 for a ${unique.join(" or ")} that is taken, on create and on change.`] : []),
    ...(entity.references.size > 0
      ? [`409 for ${[...entity.references.keys()].join(" or ")} that does not exist.`]
      : []),
    "List: the order is stable, limit and offset are bounded (422 for limit=0 and limit=101), total counts all.",
    "Fetch, change and delete: 404 for an unknown id; a change leaves unsent fields alone and refuses null for required ones; delete gives 204, then 404.",
    ...(limit ? [`429 after ${limit}.`] : []),
  ].join(" ");
};

const resourceDecisions = (entity: Entity, layout: Layout, rate: Rate, wired: Wired): ReportDecision[] => [
  {
    title: `Page ${entity.names.labels} by limit and offset`,
    rationale:
      "A client can show how many there are and go to any page; limit is bounded to 100 and the order is stable.",
    category: "api-design",
    impact: "medium",
    alternatives: [
      {
        option: "keyset pagination by cursor",
        rejected_because: "pays off only for large tables that are read from front to back, which nobody asked for",
      },
    ],
  },
  {
    title: `Change ${entity.names.labels} by PATCH, only what is sent`,
    rationale:
      "Two clients that change different fields do not undo each other's work, and null is refused where a value is required.",
    category: "api-design",
    impact: "low",
    alternatives: [
      {
        option: "PUT of the whole resource",
        rejected_because: "a client that knows fewer fields would erase the others",
      },
    ],
  },
  ...(entity.fields.some((field) => field.unique)
    ? [
        {
          title: `Let the database decide what is taken among ${entity.names.labels}`.slice(0, 100),
          rationale:
            "A unique index settles two requests at once; the violation becomes a 409 after a look which value it was.",
          category: "database-schema",
          impact: "medium",
          alternatives: [
            { option: "look first, then insert", rejected_because: "two requests at once pass the look together" },
          ],
        } satisfies ReportDecision,
      ]
    : []),
  ...(wired.inForce
    ? [
        {
          title: `Limit routes of ${entity.names.labels} to ${shortRate(rate)} by default`.slice(0, 100),
          rationale:
            "Stated at each route with the repository's limiter (a window, not a token bucket: SlowAPI has none).",
          category: "security",
          impact: "low",
          alternatives: [
            {
              option: "one default in SlowAPIMiddleware",
              rejected_because:
                "it does not find the handlers of included routers in newer FastAPI versions, so nothing would be limited",
            },
          ],
        } satisfies ReportDecision,
      ]
    : []),
  ...(layout.columns?.id.type ? [] : []),
];
