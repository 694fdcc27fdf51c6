/** From a wish and a layout to the work: which files get which code, and what the report may say of it. Pure. */
import type { Boundary } from "../../domain/policy.ts";
import type { Handoff, ReportDecision } from "../../domain/report.ts";
import { tablesOf } from "./conventions.ts";
import type { Context, Entity, Reference } from "./entity.ts";
import { idAnnotation } from "./entity.ts";
import type { Field } from "./fields.ts";
import type { Layout, Symbol } from "./layout.ts";
import { join, moduleOf, stem } from "./modules.ts";
import { namesOf } from "./names.ts";
import { baseOfSite, register } from "./register.ts";
import { payloadOf, registerSteps, renderScript, resourceSteps } from "./rehearsal.ts";
import { type Rate, renderRate, shortRate, type Wish } from "./request.ts";
import { checksOf, columnLine, modelPiece } from "./templates/model.ts";
import type { Piece } from "./templates/py.ts";
import { type RouteStyle, registerRoute, resourceRoutes, routerFile } from "./templates/routes.ts";
import { type EmailStyle, resourceSchemas, userSchemas } from "./templates/schemas.ts";
import { resourceService, userService } from "./templates/service.ts";
import {
  type Built,
  boundaryProblem,
  type Draft,
  exportModel,
  formatOf,
  hashing,
  pathIn,
  place,
  put,
  refuse,
  textIn,
  type Wired,
  wire,
} from "./work.ts";

export type Assignment = {
  readonly layout: Layout;
  readonly boundary: Boundary;
  readonly configFile: string;
};

const emailStyle = (layout: Layout): EmailStyle =>
  ["email-validator", "pydantic[email]", "fastapi[standard]", "fastapi[all]"].some((name) =>
    layout.packages.has(name),
  ) || [...layout.files.values()].some((text) => /from pydantic import [^\n]*\bEmailStr\b/.test(text))
    ? "email-str"
    : "pattern";

const newDraft = (layout: Layout): Draft => ({ layout, format: formatOf(layout), changes: new Map() });

const finish = (draft: Draft, task: Assignment, work: (changes: Draft["changes"]) => Built): Built => {
  const outside = boundaryProblem(draft, task.boundary, task.configFile);
  return outside ? { ok: false, unclear: [outside] } : work(draft.changes);
};

const serverLine = (layout: Layout): string => {
  const folder = layout.importRoot === "" ? "" : `cd ${layout.importRoot} && `;
  return `${folder}python -m uvicorn ${layout.app.module}:${layout.app.variable}${layout.app.factory ? " --factory" : ""} --port 8500`;
};

const curl = (method: string, path: string, body?: unknown): string =>
  `curl -X ${method} 'http://localhost:8500${path}'${body === undefined ? "" : ` -H 'Content-Type: application/json' -d '${JSON.stringify(body)}'`}`;

const guardName = (layout: Layout): string => (layout.guard ? "bearer" : "none");

// ------------------------------------------------------------------------------------------------------------ resource

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

const migrationText = (entity: Entity): string => {
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

const routeStyle = (layout: Layout, routerArgs: readonly string[], tag: string): RouteStyle | undefined =>
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
  const registration = register(layout, stem(paths.routes), names.path, draft.format);
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
  put(
    draft,
    registration.path,
    mergeRegistration(draft, registration, layout, stem(paths.routes), names.path),
    "routes",
  );
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
    const problems = layout.problems === "wired";
    const steps = resourceSteps(entity, list, problems);
    const sample = payloadOf(entity.fields, 0);
    return {
      ok: true,
      work: {
        feature: `${names.path}-crud`,
        summary: `Adds ${names.labels} below ${root}: create, a paged list, fetch, change and delete, with ${names.type} as a SQLAlchemy model, Pydantic schemas and a service between them.`,
        changes: [...changes.values()],
        endpoints: [
          endpoint("POST", list),
          endpoint("GET", list),
          endpoint("GET", one),
          endpoint("PATCH", one),
          endpoint("DELETE", one),
        ],
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
          ...(layout.guard
            ? []
            : [
                `The routes of ${names.labels} demand no authentication: the repository has no current-user dependency that its other routes use.`,
              ]),
        ],
        handoffs: [
          ...wired.handoffs,
          { to: "database-engineer", task: migrationText(entity) },
          { to: "test-generator", task: resourceTests(entity, list, one, limit) },
        ],
        commands: [serverLine(layout), curl("POST", list, sample), curl("GET", `${list}?limit=20&offset=0`)],
        rehearsal: renderScript({ layout, ...steps }),
      },
    };
  });
};

const clashOf = (layout: Layout, paths: Readonly<Record<string, string>>): Built | undefined => {
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

const noRegistration = (layout: Layout): Built =>
  refuse(
    `In ${layout.site.path} I found no \`include_router(…)\` call that a new router can follow to a path below /api/v1${layout.site.prefix ? ` (routers there are below ${layout.site.prefix})` : ""}. Where do routers go?`,
    ["include one router there, as an example", "name the file and the prefix"],
  );

/** The registration against the newest text of its file: the application's wiring may stand in it already. */
const mergeRegistration = (
  draft: Draft,
  registration: { path: string; after: string },
  layout: Layout,
  moduleStem: string,
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
      moduleStem,
      segment,
      draft.format,
    )?.after ?? registration.after
  );
};

const resourceTests = (entity: Entity, list: string, one: string, limit: string | null): string => {
  const unique = entity.fields.filter((field) => field.unique).map((field) => field.name);
  return [
    `Cover ${list} and ${one} with the repository's own fixtures.`,
    "Create: 201 with every field back; 422 for each missing required field and each bound.",
    ...(unique.length > 0
      ? [
          `409 for a ${unique.join(" or ")} that is taken, on create and on change; two creates at once give one 201 and one 409.`,
        ]
      : []),
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
          title: `Limit each route of ${entity.names.labels} to ${shortRate(rate)}`.slice(0, 100),
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

// ---------------------------------------------------------------------------------------------------------------- auth

const registerRate: Rate = { count: 5, period: "minute" };

const userColumns = (
  layout: Layout,
): { columns: NonNullable<Layout["columns"]>; created: Piece | undefined } | undefined => {
  const { columns } = layout;
  if (!columns) return undefined;
  if (columns.stamps.some((stamp) => stamp.name === "created_at")) return { columns, created: undefined };
  const utc = formatOf(layout).utc ? "UTC" : "timezone.utc";
  const line = [
    "created_at: Mapped[datetime] = mapped_column(",
    `    DateTime(timezone=True), default=lambda: datetime.now(${utc})`,
    ")",
  ].join("\n");
  const imports: Symbol[] = [
    { module: "datetime", name: "datetime" },
    { module: "datetime", name: utc.split(".")[0] ?? "" },
    { module: "sqlalchemy", name: "DateTime" },
  ];
  return {
    columns: {
      ...columns,
      stamps: [...columns.stamps, { name: "created_at", line }],
      imports: [...columns.imports, ...imports],
    },
    created: undefined,
  };
};

export const assembleRegistration = (wish: Extract<Wish, { kind: "auth" }>, task: Assignment): Built => {
  const { layout } = task;
  if (wish.parts.some((part) => part !== "register"))
    return refuse(
      `I read ${wish.parts.join(", ")}. Signing tokens needs a key and its rotation, a store of refresh tokens that can be revoked, and a package; I write registration, and no more of authentication. How shall this go on?`,
      ["registration in this issue, the rest with a language model", "use a language model for all of it"],
    );
  const user = userColumns(layout);
  if (!user || !layout.session) return refuse("I found no models or no database session.");
  const there = layout.tables.find((one) => /^users?$/.test(one.table) || one.type === "User");
  if (there) return existingUser(layout, there.path, there.type);
  const draft = newDraft(layout);
  const wired = wire(draft, task.boundary, { limit: true });
  const hashed = hashing(draft);
  const names = namesOf("users");
  const email: Field = { name: "email", type: { kind: "email" }, optional: false, unique: true, index: true };
  const password: Field = {
    name: "password_hash",
    type: { kind: "str" },
    optional: false,
    unique: false,
    index: false,
  };
  const entity: Entity = {
    names,
    fields: [email, password],
    references: new Map(),
    columns: user.columns,
    output: layout.style.output,
  };
  const routes =
    layout.routes.kind === "file" ? layout.routes.path : join(layout.routes.folder, `auth${layout.routes.suffix}.py`);
  const paths = {
    model: pathIn(layout.models, "user", "users"),
    schemas: pathIn(layout.schemas, "user", "users"),
    service: pathIn(layout.services, "user", "users"),
    routes,
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
  const registration = register(layout, stem(paths.routes), "auth", draft.format);
  const base = baseOfSite(layout.site);
  const style = registration && routeStyle(layout, registration.routerArgs, "auth");
  if (!registration || !style || base === undefined) return noRegistration(layout);
  const rate = wish.rates.register ?? registerRate;
  const addresses = emailStyle(layout);
  const open: RouteStyle = { ...style, guard: undefined };
  const route = registerRoute(context, open, wired.limit(renderRate(rate)));
  place(draft, paths.schemas, "Schemas of users.", userSchemas(context, addresses, hashed.bytes), "schemas");
  place(draft, paths.model, "The table of users.", modelPiece(context), "model");
  exportModel(draft, names.type, paths.model);
  place(
    draft,
    paths.service,
    "What can be done with users.",
    userService(context, hashed.hash, "password_hash"),
    "service",
  );
  place(draft, paths.routes, "Routes of authentication.", routerFile([route], open, draft.format.width), "routes");
  put(draft, registration.path, mergeRegistration(draft, registration, layout, stem(paths.routes), "auth"), "routes");
  return finish(draft, task, (changes) => {
    const path = `${base}/auth/register`;
    const limit = wired.inForce ? shortRate(rate) : null;
    const problems = layout.problems === "wired";
    const steps = registerSteps(
      path,
      true,
      wired.inForce && rate.period !== "second" ? rate.count : undefined,
      problems,
    );
    const sample = { email: "user@example.com", password: "securepass123" };
    return {
      ok: true,
      work: {
        feature: "user-registration",
        summary: `Adds POST ${path}: a User model, UserCreate and User${entity.output}, and UserService.create, which hashes the password with ${hashed.algorithm} and answers 409 for an address that is taken.`,
        changes: [...changes.values()],
        endpoints: [{ method: "POST", path, auth: "none", rate_limit: limit }],
        models: [
          {
            name: "User",
            table: "users",
            fields: ["id", "email", "password_hash", ...user.columns.stamps.map((stamp) => stamp.name)],
          },
        ],
        security: [
          hashed.measure,
          addresses === "email-str"
            ? "E-mail addresses are validated (EmailStr) and kept in lower case"
            : "E-mail addresses are checked for their form and kept in lower case",
          `Passwords are 8 to ${hashed.bytes ?? 128} characters, left out of repr and never part of an answer`,
          ...(limit ? [`Rate limit of ${limit} for each client address on registration`] : []),
        ],
        decisions: registrationDecisions(hashed.algorithm, limit),
        concerns: [
          ...wired.concerns,
          "A 409 tells anyone whether an address is registered; hiding that needs a confirmation by e-mail, which this issue does not ask for.",
          ...(addresses === "pattern"
            ? ["The package email-validator is not among the dependencies: addresses are checked by a pattern only."]
            : []),
        ],
        handoffs: [
          ...wired.handoffs,
          { to: "database-engineer", task: migrationText(entity) },
          { to: "test-generator", task: registrationTests(path, limit) },
        ] satisfies Handoff[],
        commands: [serverLine(layout), curl("POST", path, sample)],
        rehearsal: renderScript({ layout: { ...layout, guard: undefined }, steps }),
      },
    };
  });
};

const existingUser = (layout: Layout, path: string, type: string): Built => {
  const fields =
    tablesOf(layout.files)
      .find((table) => table.path === path && table.found.name === type)
      ?.found.fields.map((field) => field.name) ?? [];
  return refuse(
    `There is a model ${type} in ${path} already (${fields.filter((name) => !name.startsWith("__")).join(", ")}). I write registration together with its User model; joining it to one that is there needs a language model. How shall this go on?`,
    ["use a language model for this issue", "register into a model of another name"],
  );
};

const registrationDecisions = (algorithm: string, limit: string | null): ReportDecision[] => [
  {
    title: `Hash passwords with ${algorithm}`.slice(0, 100),
    rationale: "The best of what the repository has at hand, with a salt for each password and off the event loop.",
    category: "security",
    impact: "high",
    alternatives: [
      ...(algorithm.startsWith("bcrypt")
        ? []
        : [{ option: "bcrypt, cost 12", rejected_because: "it reads 72 bytes of a password and no more" }]),
      ...(algorithm.startsWith("Argon2id")
        ? []
        : [{ option: "Argon2id", rejected_because: "argon2-cffi is not among the repository's dependencies" }]),
    ],
  },
  {
    title: "Keep e-mail addresses in lower case and unique",
    rationale: "One person has one account in whatever spelling; the unique index settles two registrations at once.",
    category: "database-schema",
    impact: "medium",
    alternatives: [
      { option: "look for the address first", rejected_because: "two requests at once pass the look together" },
    ],
  },
  ...(limit
    ? [
        {
          title: `Limit registration to ${limit}`,
          rationale:
            "Slows down whoever tries addresses or makes accounts in bulk; by client address, over a window (SlowAPI has no token bucket).",
          category: "security",
          impact: "medium",
          alternatives: [
            {
              option: "the general limit",
              rejected_because: "100 a minute lets one client make thousands of accounts an hour",
            },
          ],
        } satisfies ReportDecision,
      ]
    : []),
];

const registrationTests = (path: string, limit: string | null): string =>
  [
    `Cover POST ${path} with the repository's own fixtures: 201 with id, email and created_at and without the password or its hash;`,
    "the stored hash is not the password and verifies; 409 for a taken address, also in another spelling and for two requests at once;",
    "422 for a malformed address and for a password of 7 and of 129 characters",
    limit ? `; 429 after ${limit}.` : ".",
  ]
    .join(" ")
    .replace(" ;", ";")
    .replace(" .", ".");
