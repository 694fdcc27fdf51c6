/** User registration: which files get which code, and what the report may say of it. Pure. */

import type { Handoff, ReportDecision } from "../../domain/report.ts";
import {
  type Assignment,
  clashOf,
  emailStyle,
  finish,
  mergeRegistration,
  migrationText,
  newDraft,
  noRegistration,
  routeStyle,
  serverLine,
} from "./assemble.ts";
import { placeTokens, tokenProblem } from "./assemble-tokens.ts";
import { tablesOf } from "./conventions.ts";
import type { Context, Entity } from "./entity.ts";
import type { Field } from "./fields.ts";
import type { Import, Layout } from "./layout.ts";
import { join, moduleOf } from "./modules.ts";
import { namesOf } from "./names.ts";
import { baseOfSite, register } from "./register.ts";
import { registerSteps, renderRehearsal } from "./rehearsal.ts";
import { type Rate, renderRate, shortRate, type Wish } from "./request.ts";
import { accountOf, registerRequests } from "./requests.ts";
import { modelPiece } from "./templates/model.ts";
import type { Piece } from "./templates/py.ts";
import { type RouteStyle, registerRoute, routerFile } from "./templates/routes.ts";
import { userSchemas } from "./templates/schemas.ts";
import { userService } from "./templates/service.ts";
import { renderTestTask } from "./test-task.ts";
import { hashing, wire } from "./wire.ts";
import { type Built, exportModel, formatOf, pathIn, place, put, refuse } from "./work.ts";

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
  const imports: Import[] = [
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

export const assembleAuth = (wish: Extract<Wish, { kind: "auth" }>, task: Assignment): Built => {
  const { layout } = task;
  const unable = tokenProblem(wish, layout);
  if (unable) return unable;
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
  const registration = register(layout, paths.routes, "auth", draft.format);
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
  const tokens = placeTokens({ wish, draft, context, wired, hashed, style: open, email: addresses });
  if (tokens === undefined)
    return refuse("The repository hashes passwords, but I found no function that verifies one. What is it called?");
  place(
    draft,
    paths.routes,
    "Routes of authentication.",
    routerFile([route, ...tokens.routes], open, draft.format.width),
    "routes",
  );
  put(draft, registration.path, mergeRegistration(draft, registration, layout, paths.routes, "auth"), "routes");
  return finish(draft, task, (changes) => {
    const path = `${base}/auth/register`;
    const limit = wired.inForce ? shortRate(rate) : null;
    const problems = layout.problems === "wired";
    const { steps, limited } = registerSteps(path, problems);
    const endpoint = { method: "POST" as const, path, auth: "none", rate_limit: limit };
    const password = { min: "8", max: String(hashed.bytes ?? 128) };
    return {
      ok: true,
      work: {
        feature: tokens.routes.length > 0 ? "user-authentication" : "user-registration",
        summary: `Adds POST ${path}: a User model, UserCreate and User${entity.output}, and UserService.create, which hashes the password with ${hashed.algorithm} and answers 409 for an address that is taken.${tokens.summary}`,
        changes: [...changes.values()],
        endpoints: [endpoint, ...tokens.endpoints(base)],
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
          `Passwords are ${password.min} to ${password.max} characters, left out of repr and never part of an answer`,
          ...(limit ? [`Rate limit of ${limit} for each client address on registration`] : []),
          ...tokens.security,
        ],
        decisions: [...registrationDecisions(hashed.algorithm, limit), ...tokens.decisions],
        concerns: [
          ...wired.concerns,
          ...tokens.concerns,
          ...(addresses === "pattern"
            ? ["The package email-validator is not among the dependencies: addresses are checked by a pattern only."]
            : []),
        ],
        handoffs: [
          ...wired.handoffs,
          ...tokens.handoffs,
          { to: "database-engineer", task: migrationText(entity) },
          {
            to: "test-generator",
            task: renderTestTask(registrationTests({ path, limit, shown: shownOf(entity), password }) + tokens.tests, {
              endpoints: [endpoint, ...tokens.endpoints(base)],
              model: "User",
              problems,
            }),
          },
        ] satisfies Handoff[],
        commands: [
          serverLine(layout, tokens.variables),
          ...registerRequests(path, accountOf("email", [])),
          ...tokens.requests(base),
        ],
        rehearsal: renderRehearsal({
          layout: { ...layout, guard: undefined },
          steps: [...tokens.steps(base), ...steps],
          limit: wired.inForce ? { rate, call: limited } : undefined,
        }),
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
    ["use a language model for this issue", "remove that model first, where nothing uses it"],
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
  {
    title: "Answer 409 for an address that is registered",
    rationale: `Whoever registers twice is told what is wrong. It also tells anyone whether an address is registered; ${limit ? `the limit of ${limit} slows down whoever asks for many` : "no limit is in force that would slow down whoever asks for many"}.`,
    category: "security",
    impact: "medium",
    alternatives: [
      {
        option: "the same answer for every address, and a confirmation by e-mail",
        rejected_because: "the application sends no e-mail, and the issue does not ask for it",
      },
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

/** What is shown of a user. */
export const shownOf = (entity: Entity): string[] => [
  "id",
  ...entity.fields.map(({ name }) => name).filter((name) => !/hash/.test(name)),
  ...entity.columns.stamps.map(({ name }) => name),
];

export const registrationTests = (given: {
  readonly path: string;
  readonly limit: string | null;
  readonly shown: readonly string[];
  readonly password: { readonly min: string; readonly max: string } | undefined;
}): string => {
  const { path, limit, shown, password } = given;
  const lengths = password
    ? ` and for a password of ${Number(password.min) - 1} and of ${Number(password.max) + 1} characters`
    : "";
  return [
    `Cover POST ${path} with the repository's own fixtures: 201 with ${shown.join(", ")} and without the password or its hash;`,
    "what is stored is not the password; 409 for a taken address, also in another spelling;",
    `422 for a malformed address${lengths}, and for each field left out${limit ? `; 429 after ${limit}.` : "."}`,
  ].join(" ");
};
