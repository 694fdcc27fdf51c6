/** A single GET: fixed answers, or a health check that asks the database; in the router that serves its path, or a new one. */

import { type Assignment, noRegistration } from "./assemble.ts";
import { sessionOf } from "./conventions.ts";
import type { Field } from "./fields.ts";
import type { Layout } from "./layout.ts";
import { join, moduleOf } from "./modules.ts";
import { namesOf, pascal, snake } from "./names.ts";
import { assignmentsOf, classesOf } from "./python.ts";
import { baseOfSite, register } from "./register.ts";
import { expectLine, renderRehearsal } from "./rehearsal.ts";
import { renderRate, shortRate, type Wish } from "./request.ts";
import { curl } from "./requests.ts";
import { fullPrefix, inclusionsOf } from "./routing.ts";
import { type Piece, py } from "./templates/py.ts";
import { endpointRoute, type RouteStyle, routerFile } from "./templates/routes.ts";
import { renderTestTask } from "./test-task.ts";
import { type Wired, wire } from "./wire.ts";
import { type Built, boundaryProblem, type Draft, formatOf, place, put, refuse } from "./work.ts";

type Endpoint = Extract<Wish, { kind: "endpoint" }>;

const readiness = /^(ready|readyz|readiness)$/;
const liveness = /^(health|healthz|healthcheck|live|livez|liveness|ping|alive)$/;

/** Where each answer comes from: a value in the request, or what a health check is known to say. */
const valuesOf = (wish: Endpoint): { values: { field: Field; value: string }[]; asks: boolean } | undefined => {
  const last = wish.path.split("/").at(-1) ?? "";
  const [only] = wish.returns;
  const known = wish.returns.length === 1 && only?.type.kind === "str" && only.fallback === undefined;
  if (known && only && readiness.test(last)) return { values: [{ field: only, value: '"ready"' }], asks: true };
  if (known && only && liveness.test(last)) return { values: [{ field: only, value: '"ok"' }], asks: false };
  const values = wish.returns.map((field) => ({ field, value: literalOf(field) }));
  return values.every((one) => one.value !== undefined)
    ? { values: values as { field: Field; value: string }[], asks: false }
    : undefined;
};

/** Whether its answer is that the database answers; 503 where it does not. */
export const asksDatabase = (wish: Endpoint): boolean => valuesOf(wish)?.asks === true;

const literalOf = (field: Field): string | undefined => {
  if (field.fallback === undefined) return undefined;
  if (field.type.kind === "bool") return /^true$/i.test(field.fallback) ? "True" : "False";
  return field.type.kind === "int" || field.type.kind === "float" ? field.fallback : JSON.stringify(field.fallback);
};

/** The whole answer, as JSON. */
const exactOf = (values: readonly { readonly field: Field; readonly value: string }[]): string =>
  `{${values
    .map(({ field, value }) => `"${field.name}": ${value.replace(/^True$/, "true").replace(/^False$/, "false")}`)
    .join(", ")}}`;

const annotationOf = (field: Field): string | undefined =>
  (
    ({ str: "str", text: "str", enum: "str", int: "int", float: "float", bool: "bool" }) as Readonly<
      Record<string, string>
    >
  )[field.type.kind];

/** The router that serves the longest part of the path, among those that were read. */
const hostOf = (layout: Layout, path: string): { path: string; variable: string; rest: string } | undefined => {
  const sources = { modules: layout, files: layout.files };
  const all = inclusionsOf(sources);
  const base = (baseOfSite(layout.site) ?? "").split("/").length;
  const hosts = [...layout.files].flatMap(([file, text]) =>
    assignmentsOf(text)
      .filter((one) => /^APIRouter\s*\(/.test(one.value) && file !== layout.site.path)
      .flatMap((one) => {
        const prefix = fullPrefix(sources, all, { path: file, variable: one.name });
        return prefix !== undefined && prefix.split("/").length > base && `${path}/`.startsWith(`${prefix}/`)
          ? [{ path: file, variable: one.name, prefix, rest: path.slice(prefix.length) }]
          : [];
      }),
  );
  return hosts.sort((a, b) => b.prefix.length - a.prefix.length)[0];
};

const modelPiece = (name: string, fields: readonly Field[]): Piece => ({
  code: py`
    class ${name}(BaseModel):
        ${fields.map((field) => `${field.name}: ${annotationOf(field)}`)}
  `,
  imports: [{ module: "pydantic", name: "BaseModel" }],
});

export const assembleEndpoint = (wish: Endpoint, task: Assignment): Built => {
  const { layout } = task;
  const answers = valuesOf(wish);
  const odd = wish.returns.find((field) => annotationOf(field) === undefined);
  if (odd)
    return refuse(
      `A fixed answer is text, a number or a bool; \`${odd.name}\` is something else. Where does it come from?`,
      ["CRUD for <resource> (<fields>)", "use a language model for this issue"],
    );
  if (!answers)
    return refuse(
      `I read ${wish.method} ${wish.path} returning ${wish.returns.map((field) => `\`${field.name}\``).join(", ")}. Where do the values come from?`,
      [
        `${wish.method} ${wish.path} returns {${wish.returns.map((field) => `${field.name}: ${field.type.kind} = <value>`).join(", ")}}`,
        "use a language model for this issue",
      ],
    );
  const session = answers.asks
    ? (layout.session ?? sessionOf({ modules: layout, files: layout.files }, [...layout.files.keys()]))
    : undefined;
  if (answers.asks && !session)
    return refuse("A readiness check asks the database, but I found no session dependency. What shall it check?", [
      `${wish.method} ${wish.path} returns {status: str = ready}, without a check`,
      "add an asynchronous session dependency",
    ]);
  const base = baseOfSite(layout.site);
  if (base === undefined || !`${wish.path}/`.startsWith(`${base}/`))
    return refuse(
      `The routers of this application are below ${base ?? layout.site.prefix}; ${wish.path} is not. Which path is meant?`,
      [wish.path.replace(/^(\/api)?\/v\d+/, base ?? "")],
    );
  const draft: Draft = { layout, format: formatOf(layout), changes: new Map() };
  const wired = wish.rate ? wire(draft, task.boundary, { limit: true }) : undefined;
  const segments = wish.path.slice(base.length + 1).split("/");
  const host = hostOf(layout, wish.path);
  const already =
    host && new RegExp(`@${host.variable}\\.get\\(\\s*["']${host.rest}["']`).test(layout.files.get(host.path) ?? "");
  if (already)
    return refuse(`${host.path} has GET ${wish.path} already. What shall change about it?`, [
      "use a language model for this issue",
    ]);
  const written = write({ wish, layout, draft, wired, session, answers, segments, host });
  if (written) return written;
  const outside = boundaryProblem(draft, task.boundary, task.configFile);
  return outside
    ? { ok: false, unclear: [outside] }
    : { ok: true, work: workOf(wish, layout, draft, wired, answers, session !== undefined) };
};

type Writing = {
  readonly wish: Endpoint;
  readonly layout: Layout;
  readonly draft: Draft;
  readonly wired: Wired | undefined;
  readonly session: Layout["session"];
  readonly answers: NonNullable<ReturnType<typeof valuesOf>>;
  readonly segments: readonly string[];
  readonly host: ReturnType<typeof hostOf>;
};

/** @returns a question where the endpoint has no place */
const write = ({ wish, layout, draft, wired, session, answers, segments, host }: Writing): Built | undefined => {
  const name = snake(segments.join("_"));
  const taken = new Set([...(host ? classesOf(layout.files.get(host.path) ?? "") : [])].map((one) => one.name));
  const model =
    [
      `${pascal(segments.at(-1) ?? "")}${layout.style.output}`,
      `${pascal(name)}${layout.style.output}`,
      `${pascal(name)}Answer`,
    ].find((one) => !taken.has(one)) ?? "Answer";
  const style = {
    router: host?.variable ?? layout.site.neighbour?.routerName ?? "router",
    session,
    guard: undefined,
    rootPath: "",
    routerArgs: [] as string[],
  };
  const endpoint = {
    path: host ? host.rest : segments.length > 1 ? `/${segments.slice(1).join("/")}` : "",
    name,
    model,
    docstring: answers.asks
      ? "Say that the API is ready: 503 while the database does not answer."
      : `Answer GET ${wish.path}.`,
    values: answers.values.map(({ field, value }) => `${field.name}=${value}`),
    readiness: answers.asks,
  };
  const route = endpointRoute(endpoint, style, wish.rate && wired?.limit(renderRate(wish.rate)), draft.format.width);
  const schema = modelPiece(model, wish.returns);
  const both = (routes: Piece): Piece => ({
    code: `${schema.code}\n\n\n${routes.code}`,
    imports: [...schema.imports, ...routes.imports],
  });
  if (host) {
    place(draft, host.path, "", both(route), "routes");
    return undefined;
  }
  const first = segments[0] ?? "";
  const path =
    layout.routes.kind === "file"
      ? layout.routes.path
      : join(layout.routes.folder, `${snake(first)}${layout.routes.suffix}.py`);
  if (layout.paths.has(path))
    return refuse(`${path} exists, but I cannot tell how its router is reached. Where does ${wish.path} go?`, [
      "use a language model for this issue",
    ]);
  const registration = register(layout, path, first, draft.format);
  if (!registration) return noRegistration(layout);
  const args =
    registration.routerArgs.some((arg) => arg.startsWith("tags=")) || layout.site.neighbour?.tags
      ? registration.routerArgs
      : [...registration.routerArgs, `tags=["${first}"]`];
  const full: RouteStyle = { ...style, routerArgs: args } as unknown as RouteStyle;
  const made = routerFile([], full, draft.format.width);
  const piece: Piece = {
    code: `${made.code}\n\n\n${schema.code}\n\n\n${route.code}`,
    imports: [...made.imports, ...schema.imports, ...route.imports],
  };
  place(draft, path, `Routes of ${namesOf(first).label}.`, piece, "routes");
  put(draft, registration.path, registration.after, "routes");
  return undefined;
};

const workOf = (
  wish: Endpoint,
  layout: Layout,
  draft: Draft,
  wired: Wired | undefined,
  answers: Writing["answers"],
  database: boolean,
) => {
  const limit = wish.rate && wired?.inForce ? shortRate(wish.rate) : null;
  const expected = answers.values.map(({ field, value }) => `"${field.name}": ${value}`).join(", ");
  const steps = [
    `answer = ${expectLine(200, "GET", wish.path)}`,
    `check(answer.json() == {${expected}}, "the answer is as asked")`,
  ];
  const endpoints = [{ method: "GET" as const, path: wish.path, auth: "none", rate_limit: limit }];
  const server = `${layout.importRoot === "" ? "" : `cd ${layout.importRoot} && `}python -m uvicorn ${moduleOf(layout, layout.app.path)}:${layout.app.variable}${layout.app.factory ? " --factory" : ""} --port 8500`;
  return {
    feature: wish.path.replace(/^(\/api)?\/v\d+\//, "").replace(/[^a-z0-9]+/g, "-"),
    summary: `Adds GET ${wish.path}${answers.asks ? ", which asks the database and answers 503 while it does not reply" : " with the fixed answer that the issue names"}.`,
    changes: [...draft.changes.values()],
    endpoints,
    models: [],
    security: answers.asks ? ["The error of a database that does not answer is kept out of the response"] : [],
    decisions: answers.asks
      ? [
          {
            title: `Let GET ${wish.path} ask the database`.slice(0, 100),
            rationale:
              "A process that cannot reach its database is alive, but not ready for traffic; one SELECT 1 tells the two apart.",
            category: "api-design" as const,
            impact: "low" as const,
            alternatives: [
              {
                option: "always answer 200",
                rejected_because: "that is liveness, and a load balancer would send requests that fail",
              },
            ],
          },
        ]
      : [],
    concerns: [...(wired?.concerns ?? [])],
    handoffs: [
      ...(wired?.handoffs ?? []),
      {
        to: "test-generator",
        task: renderTestTask(
          `Cover GET ${wish.path}: 200 with the whole answer${answers.asks ? "; 503 while the database does not answer" : ""}.`,
          { endpoints, problems: layout.problems === "wired", exact: exactOf(answers.values) },
        ),
      },
    ],
    commands: [server, curl("GET", wish.path)],
    rehearsal: renderRehearsal({
      layout: database ? layout : { ...layout, session: undefined, base: undefined },
      steps,
      limit: limit && wish.rate ? { rate: wish.rate, call: `"GET", "${wish.path}"` } : undefined,
    }),
  };
};
