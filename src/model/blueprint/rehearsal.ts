/** The program that tries new endpoints: it serves the application in its own process on a throw-away database and asserts each answer. */

import type { Entity } from "./entity.ts";
import type { Field } from "./fields.ts";
import type { Layout } from "./layout.ts";
import type { Rate } from "./request.ts";
import { py } from "./templates/py.ts";

/** Exit code of a program that could not try anything, because a package is missing. */
export const notTried = 3;

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** As Python writes it. */
export const toPython = (value: Json): string => {
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
export const sampleOf = (field: Field, turn: number): Json => {
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
  /** Statements of the coroutine that calls. */
  readonly steps: readonly string[];
  /** Functions and values that the steps need, at the top level. */
  readonly before?: readonly string[];
  /** The limit that is in force, and how one of its routes is called: it is tried last, by itself. */
  readonly limit?: { readonly rate: Rate; readonly call: string } | undefined;
};

/** The program in whole, and without the trial of the limit, which takes many calls and may be somebody's test. */
export type Rehearsal = { readonly whole: string; readonly unlimited: string };

export const renderRehearsal = (script: Script): Rehearsal => ({
  whole: renderScript(script, true),
  unlimited: renderScript(script, false),
});

/** A limit by the second would depend on the machine's speed; so many calls as to take long show no more than fewer. */
const canTry = ({ count, period }: Rate): boolean => period !== "second" && count <= 100;

const limitedFunction = [
  "",
  "",
  "async def limited(count, method, path, body=None):",
  "    codes = [(await client.request(method, path, json=body)).status_code for _ in range(count + 1)]",
  '    check(429 in codes and codes.index(429) == count, f"{method} {path} 429 after {count}")',
];

const sessionFunction = ["", "", "async def session():", "    async with sessions() as one:", "        yield one"];

const renderScript = ({ layout, steps, before = [], limit }: Script, limits: boolean): string => {
  const { app, session, base, guard, settings } = layout;
  const imports = [
    ...(session ? [`from ${session.dependency.module} import ${session.dependency.name}`] : []),
    `from ${app.module} import ${app.variable}${app.factory || app.variable === "app" ? "" : " as app"}`,
    ...(base ? [`from ${base.module} import ${base.name}`] : []),
    ...(guard?.kind === "dependency" ? [`from ${guard.module} import ${guard.name}`] : []),
  ].sort();
  const database = session !== undefined || base !== undefined;
  const limited = limits && limit && canTry(limit.rate) ? limit : undefined;
  return py`
    import asyncio, os, sys, tempfile

    folder = tempfile.TemporaryDirectory()
    url = f"sqlite+aiosqlite:///{folder.name}/try.db"
    ${settings && `os.environ[${JSON.stringify(settings.env)}] = url`}
    try:
        import httpx
        ${database && ["import aiosqlite", "from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine"]}
        ${imports}
    except ModuleNotFoundError as error:
        if str(error.name).split(".")[0] == "${app.module.split(".")[0] ?? ""}":
            raise
        print(f"the package {error.name} is not installed here")
        sys.exit(${notTried})

    ${app.factory && `app = ${app.variable}()`}
    ${database && ["engine = create_async_engine(url)", "sessions = async_sessionmaker(engine)"]}
    client = httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://try")
    failures = []
    ${session && sessionFunction}


    def check(good, what):
        print("ok  " if good else "FAIL", what)
        if not good:
            failures.append(what)


    async def expect(status, method, path, body=None):
        answer = await client.request(method, path, json=body)
        got = answer.status_code
        check(got == status, f"{method} {path} {got}" + ("" if got == status else f", wanted {status}: {answer.text[:600]}"))
        return answer
    ${limited && limitedFunction}
    ${before.length > 0 && ["", "", ...before]}


    async def main():
        ${base && [`async with engine.begin() as connection:`, `    await connection.run_sync(${base.name}.metadata.create_all)`]}
        ${limit && "app.state.limiter.enabled = False"}
        ${steps}
        ${limited && ["app.state.limiter.enabled = True", `await limited(${limited.rate.count}, ${limited.call})`]}
        ${database && "await engine.dispose()"}


    ${session && `app.dependency_overrides[${session.dependency.name}] = session`}
    ${guard?.kind === "dependency" && `app.dependency_overrides[${guard.name}] = lambda: None`}
    asyncio.run(main())
    sys.exit(1 if failures else 0)
  `;
};

/** What is called, and what the calls need; `limited` is a call that may be repeated. */
type Steps = { readonly before: string[]; readonly steps: string[]; readonly limited: string };

/** Steps for the five routes of a resource. */
export const resourceSteps = (entity: Entity, root: string, problems: boolean): Steps => {
  const { fields } = entity;
  const refs = fields.filter((field) => field.type.kind === "ref" && entity.references.has(field.name));
  const references = refs.flatMap((field) => entity.references.get(field.name) ?? []);
  const body = (turn: number): string =>
    `{${[
      ...Object.entries(payloadOf(fields, turn)).map(([key, value]) => `${JSON.stringify(key)}: ${toPython(value)}`),
      ...refs.map((field) => `"${field.name}": ${field.name}`),
    ].join(", ")}}`;
  const unique = fields.find((field) => field.unique);
  const required = fields.find((field) => !field.optional && field.fallback === undefined);
  const kept = fields.find((field) => !field.optional);
  const changed = fields.find((field) => field.type.kind !== "ref");
  const missing = { int: "999999", str: "missing", uuid: "00000000-0000-4000-8000-000000000000" }[
    entity.columns.id.type
  ];
  const bare = root.replace(/\/$/, "");
  return {
    before:
      references.length > 0
        ? [...references.map(({ module, type }) => `from ${module} import ${type}`), "", "", ...parentFunction]
        : [],
    steps: [
      ...refs.map((field) => `${field.name} = await parent(${entity.references.get(field.name)?.type ?? ""})`),
      `root = ${JSON.stringify(root)}`,
      `first, second = ${body(0)}, ${body(1)}`,
      'one = (await expect(201, "POST", root, first)).json()',
      `item = f"${bare}/{one['id']}"`,
      ...(unique ? ['await expect(409, "POST", root, first)'] : []),
      ...(required ? ['await expect(422, "POST", root, {})'] : []),
      'two = (await expect(201, "POST", root, second)).json()',
      'page = (await expect(200, "GET", f"{root}?limit=1&offset=1")).json()',
      'check(page["total"] == 2 and len(page["items"]) == 1, "a page of one of two")',
      'await expect(422, "GET", f"{root}?limit=1000")',
      'await expect(200, "GET", item)',
      ...(changed ? [`await expect(200, "PATCH", item, {"${changed.name}": ${toPython(sampleOf(changed, 2))}})`] : []),
      ...(unique ? [`await expect(409, "PATCH", item, {"${unique.name}": two["${unique.name}"]})`] : []),
      ...(kept ? [`await expect(422, "PATCH", item, {"${kept.name}": None})`] : []),
      'await expect(204, "DELETE", item)',
      'gone = await expect(404, "GET", item)',
      ...(problems
        ? ['check(gone.headers["content-type"] == "application/problem+json", "errors are problem details")']
        : []),
      `await expect(404, "DELETE", "${bare}/${missing}")`,
    ],
    limited: '"GET", root',
  };
};

/** Adds a row that others refer to, with a value for every column that needs one. */
const parentFunction: readonly string[] = [
  "async def parent(model):",
  "    from datetime import date, datetime, timezone",
  "    from decimal import Decimal",
  "    from uuid import uuid4",
  "",
  "    plain = {str: 'sample', int: 1, float: 1.0, bool: True, Decimal: Decimal(1), date: date(2030, 1, 1)}",
  "    plain |= {datetime: datetime(2030, 1, 1, tzinfo=timezone.utc)}",
  "    columns = [c for c in model.__table__.columns if not (c.nullable or c.default or c.server_default)]",
  "    auto = model.__table__.autoincrement_column",
  "    async with sessions() as one:",
  "        row = model(**{c.key: plain.get(c.type.python_type) or uuid4() for c in columns if c is not auto})",
  "        one.add(row)",
  "        await one.commit()",
  "        await one.refresh(row)",
  "        return row.id if isinstance(row.id, (int, str)) else str(row.id)",
];

/** @param user what a client sends beside the address and the password @param address what the address is called */
export const registerSteps = (
  path: string,
  problems: boolean,
  user: { readonly address: string; readonly fields: readonly Field[] } = { address: "email", fields: [] },
): Steps => {
  const { address } = user;
  const extra = Object.entries(payloadOf(user.fields, 1)).map(([key, value]) => `, "${key}": ${toPython(value)}`);
  return {
    before: [],
    steps: [
      `path = ${JSON.stringify(path)}`,
      `person = {"${address}": "person@example.com", "password": "correct horse battery staple"${extra.join("")}}`,
      'user = (await expect(201, "POST", path, person)).json()',
      'check("id" in user and not any("pass" in key or "hash" in key for key in user), "neither password nor hash is answered")',
      `taken = await expect(409, "POST", path, person | {"${address}": "PERSON@example.com"})`,
      ...(problems
        ? ['check(taken.headers["content-type"] == "application/problem+json", "errors are problem details")']
        : []),
      `await expect(422, "POST", path, person | {"${address}": "no address"})`,
      `await expect(422, "POST", path, person | {"${address}": "other@example.com", "password": "short"})`,
    ],
    limited: '"POST", path, person',
  };
};
