/** The program that tries new endpoints: it serves the application in its own process on a throw-away database and asserts each answer. */

import type { Entity } from "./entity.ts";
import type { Field } from "./fields.ts";
import type { Layout } from "./layout.ts";
import { py } from "./templates/py.ts";

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** As Python writes it. */
const toPython = (value: Json): string => {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "string" || typeof value === "number") return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(toPython).join(", ")}]`;
  return `{${Object.entries(value)
    .map(([key, inner]) => `${JSON.stringify(key)}: ${toPython(inner)}`)
    .join(", ")}}`;
};

const inBounds = (field: Field, wanted: number, step: number): number => {
  const low = field.min ? Number(field.min.value) + (field.min.exclusive ? step : 0) : Number.NEGATIVE_INFINITY;
  const high = field.max ? Number(field.max.value) - (field.max.exclusive ? step : 0) : Number.POSITIVE_INFINITY;
  return Math.min(Math.max(wanted, low), high);
};

const text = (field: Field, turn: number): string => {
  const most = field.max ? Number(field.max.value) : 40;
  const least = field.min ? Number(field.min.value) : 1;
  const word = `${String.fromCharCode(65 + turn)}-sample`;
  return word.slice(0, most).padEnd(least, "x");
};

/** A value that the field takes; another one each turn, where it has to be unique. */
const sampleOf = (field: Field, turn: number): Json => {
  const { type } = field;
  switch (type.kind) {
    case "str":
    case "text":
      return text(field, turn);
    case "email":
      return `person${turn}@example.com`;
    case "int":
      return inBounds(field, 3 + turn, 1);
    case "float":
      return inBounds(field, 1.5 + turn, 0.5);
    case "decimal": {
      const step = 10 ** -type.places;
      const most = 10 ** (type.digits - type.places) - step;
      return Math.min(inBounds(field, 1 + turn, step), most).toFixed(type.places);
    }
    case "bool":
      return turn % 2 === 1;
    case "date":
      return `2030-01-${String(turn + 10)}`;
    case "datetime":
      return `2030-01-${String(turn + 10)}T12:00:00Z`;
    case "uuid":
      return `00000000-0000-4000-8000-00000000000${turn}`;
    case "enum":
      return type.values[turn % type.values.length] ?? null;
    case "ref":
      return null;
  }
};

export const payloadOf = (fields: readonly Field[], turn: number): { [key: string]: Json } =>
  Object.fromEntries(
    fields.filter((field) => field.type.kind !== "ref").map((field) => [field.name, sampleOf(field, turn)]),
  );

/** One line of the program: `await expect(201, "POST", "/api/v1/…", {…})`. */
export const expectLine = (status: number, method: string, path: string, body?: string): string =>
  `await expect(${[status, JSON.stringify(method), path.includes("{") ? `f"${path}"` : JSON.stringify(path), ...(body === undefined ? [] : [body])].join(", ")})`;

export type Script = {
  readonly layout: Layout;
  readonly steps: readonly string[];
  /** Statements at the program's start of `main`, on `sessions`. */
  readonly before?: readonly string[];
};

export const renderScript = ({ layout, steps, before = [] }: Script): string => {
  const { app, session, base, guard, settings } = layout;
  const made = app.factory
    ? `from ${app.module} import ${app.variable}\n\napp = ${app.variable}()`
    : `from ${app.module} import ${app.variable}${app.variable === "app" ? "" : " as app"}`;
  const first = app.module.split(".")[0] ?? "";
  return py`
    import asyncio, importlib, os, sys, tempfile

    for name in (${["aiosqlite", "fastapi", "httpx", "sqlalchemy"].map((name) => JSON.stringify(name)).join(", ")}):
        try:
            importlib.import_module(name)
        except ModuleNotFoundError:
            print(f"not tried: the package {name} is not installed here")
            sys.exit(3)

    folder = tempfile.TemporaryDirectory()
    url = f"sqlite+aiosqlite:///{folder.name}/rehearsal.db"
    ${settings && `os.environ[${JSON.stringify(settings.env)}] = url`}
    try:
        ${made.split("\n")}
    except ModuleNotFoundError as error:
        if str(error.name).split(".")[0] == "${first}":
            raise
        print(f"not tried: the application imports {error.name}, which is not installed here")
        sys.exit(3)
    import httpx
    from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
    ${base && `from ${base.module} import ${base.name}`}
    ${session && `from ${session.dependency.module} import ${session.dependency.name}`}
    ${guard?.kind === "dependency" && `from ${guard.module} import ${guard.name}`}

    failures = []


    async def main():
        engine = create_async_engine(url)
        sessions = async_sessionmaker(engine)
        ${base && [`async with engine.begin() as connection:`, `    await connection.run_sync(${base.name}.metadata.create_all)`]}

        async def session():
            async with sessions() as one:
                yield one

        ${session && `app.dependency_overrides[${session.dependency.name}] = session`}
        ${guard?.kind === "dependency" && `app.dependency_overrides[${guard.name}] = lambda: None`}
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://rehearsal") as client:

            async def expect(status, method, path, body=None):
                answer = await client.request(method, path, json=body)
                good = answer.status_code == status
                print("ok  " if good else "FAIL", method, path, answer.status_code, "" if good else f"(wanted {status}) {answer.text[:600]}")
                if not good:
                    failures.append(path)
                return answer

            def check(good, what):
                print("ok  " if good else "FAIL", what)
                if not good:
                    failures.append(what)

            ${before}
            ${steps}
        await engine.dispose()


    asyncio.run(main())
    sys.exit(1 if failures else 0)
  `;
};

/** Steps for the five routes of a resource. */
export const resourceSteps = (
  entity: Entity,
  root: string,
  problems: boolean,
): { before: string[]; steps: string[] } => {
  const { fields, names } = entity;
  const refs = fields.filter((field) => field.type.kind === "ref");
  const before = refs.flatMap((field) => {
    const reference = entity.references.get(field.name);
    return reference
      ? [
          `from ${reference.module} import ${reference.type}`,
          `${field.name} = await parent(sessions, ${reference.type})`,
        ]
      : [];
  });
  const body = (turn: number): string => {
    const items = [
      ...Object.entries(payloadOf(fields, turn)).map(([key, value]) => `${JSON.stringify(key)}: ${toPython(value)}`),
      ...refs.map((field) => `"${field.name}": ${field.name}`),
    ];
    return `{${items.join(", ")}}`;
  };
  const unique = fields.some((field) => field.unique);
  const bare = root.replace(/\/$/, "");
  const required = fields.find((field) => !field.optional && field.fallback === undefined);
  const kept = fields.find((field) => !field.optional);
  const changed = fields.find((field) => field.type.kind !== "ref");
  const missing = { int: "999999", str: "missing", uuid: "00000000-0000-4000-8000-000000000000" }[
    entity.columns.id.type
  ];
  return {
    before: before.length > 0 ? [...parentFunction(), ...before] : [],
    steps: [
      `one = (${expectLine(201, "POST", root, body(0))}).json()`,
      `check(${JSON.stringify(names.one)} and "id" in one, "the answer has an id")`,
      ...(unique ? [expectLine(409, "POST", root, body(0))] : []),
      ...(required ? [expectLine(422, "POST", root, "{}")] : []),
      `two = (${expectLine(201, "POST", root, body(1))}).json()`,
      `page = (${expectLine(200, "GET", `${root}?limit=1&offset=1`)}).json()`,
      `check(page["total"] == 2 and len(page["items"]) == 1, "a page of one of two")`,
      expectLine(422, "GET", `${root}?limit=1000`),
      expectLine(200, "GET", `${bare}/{one['id']}`),
      ...(changed
        ? [expectLine(200, "PATCH", `${bare}/{one['id']}`, `{"${changed.name}": ${toPython(sampleOf(changed, 2))}}`)]
        : []),
      ...(unique
        ? fields
            .filter((field) => field.unique)
            .slice(0, 1)
            .map((field) => expectLine(409, "PATCH", `${bare}/{one['id']}`, `{"${field.name}": two["${field.name}"]}`))
        : []),
      ...(kept ? [expectLine(422, "PATCH", `${bare}/{one['id']}`, `{"${kept.name}": None}`)] : []),
      expectLine(204, "DELETE", `${bare}/{one['id']}`),
      `gone = ${expectLine(404, "GET", `${bare}/{one['id']}`)}`,
      ...(problems
        ? [`check(gone.headers["content-type"] == "application/problem+json", "errors are problem details")`]
        : []),
      expectLine(404, "DELETE", `${bare}/${missing}`),
    ],
  };
};

/** Adds a row that others refer to, with a value for every column that needs one. */
const parentFunction = (): string[] => [
  "from datetime import date, datetime, timezone",
  "from decimal import Decimal",
  "from uuid import uuid4",
  "plain = {str: 'sample', int: 1, float: 1.0, bool: True, Decimal: Decimal(1), date: date(2030, 1, 1)}",
  "plain |= {datetime: datetime(2030, 1, 1, tzinfo=timezone.utc)}",
  "",
  "async def parent(sessions, model):",
  "    columns = [c for c in model.__table__.columns if not (c.nullable or c.default or c.server_default)]",
  "    auto = model.__table__.autoincrement_column",
  "    values = {c.key: plain.get(c.type.python_type) or uuid4() for c in columns if c is not auto}",
  "    async with sessions() as one:",
  "        row = model(**values)",
  "        one.add(row)",
  "        await one.commit()",
  "        await one.refresh(row)",
  "        return row.id if isinstance(row.id, (int, str)) else str(row.id)",
  "",
];

/** @param limit registrations that are still let through @param user what a client sends beside the address and the password @param address what the address is called */
export const registerSteps = (
  root: string,
  limit: number | undefined,
  problems: boolean,
  user: { readonly address: string; readonly fields: readonly Field[] } = { address: "email", fields: [] },
): string[] => {
  const body = (mail: string, password: string): string => {
    const extra = Object.entries(payloadOf(user.fields, 1)).map(([key, value]) => `"${key}": ${toPython(value)}`);
    return `{${[`"${user.address}": ${mail}`, `"password": "${password}"`, ...extra].join(", ")}}`;
  };
  const good = "correct horse battery staple";
  return [
    `user = (${expectLine(201, "POST", root, body('"person1@example.com"', good))}).json()`,
    'check("id" in user and not any("pass" in key or "hash" in key for key in user), "the answer has neither the password nor its hash")',
    `taken = ${expectLine(409, "POST", root, body('"PERSON1@example.com"', good))}`,
    ...(problems
      ? ['check(taken.headers["content-type"] == "application/problem+json", "errors are problem details")']
      : []),
    expectLine(422, "POST", root, body('"no address"', good)),
    expectLine(422, "POST", root, body('"person3@example.com"', "short")),
    ...(limit !== undefined && limit >= 2 && limit <= 30
      ? [
          `for turn in range(${limit - 2}):`,
          `    ${expectLine(201, "POST", root, body('f"another{turn}@example.com"', good))}`,
          expectLine(429, "POST", root, body('"person9@example.com"', good)),
        ]
      : []),
  ];
};

/** A request as a person can send it to a server on port 8500. */
export const curl = (method: string, path: string, body?: unknown): string =>
  `curl -X ${method} 'http://localhost:8500${path}'${body === undefined ? "" : ` -H 'Content-Type: application/json' -d '${JSON.stringify(body)}'`}`;
