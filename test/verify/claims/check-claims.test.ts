/** Reports against code: a sound one passes untouched, and each kind of lie is told, with what the code has. */
import { describe, expect, it } from "vitest";
import type { Report } from "../../../src/domain/report.ts";
import { type ClaimContext, checkClaims, claimFindings } from "../../../src/verify/claims/check-claims.ts";
import { factsOf } from "../../support/facts.ts";

const main = `
from fastapi import FastAPI
from slowapi import Limiter
from app.routes import auth, items
app = FastAPI()
app.include_router(items.router, prefix="/api/v1")
`;
const items = `
from fastapi import APIRouter, Depends
from app.deps import get_current_user
router = APIRouter(prefix="/items")
@router.get("")
async def list_items(user=Depends(get_current_user)): ...
`;
const deps = `
from fastapi import Depends
from fastapi.security import OAuth2PasswordBearer
from slowapi import Limiter
scheme = OAuth2PasswordBearer(tokenUrl="login")
limiter = Limiter(key_func=str)
async def get_current_user(token: str = Depends(scheme)): ...
`;
const model = `
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
class Base(DeclarativeBase): ...
class Item(Base):
    __tablename__ = "items"
    id: Mapped[int] = mapped_column(primary_key=True)
`;
const before = { "app/main.py": main, "app/routes/items.py": items, "app/deps.py": deps, "app/models.py": model };
const auth = `
import bcrypt
from fastapi import APIRouter, Depends
from app.deps import get_current_user, limiter
router = APIRouter(prefix="/auth")
@router.post("/register", status_code=201)
@limiter.limit("5/minute")
async def register(request): ...
@router.get("/me")
async def me(user=Depends(get_current_user)): ...
`;
const after = {
  ...before,
  "app/main.py": `${main}app.include_router(auth.router, prefix="/api/v1")\n`,
  "app/routes/auth.py": auth,
  "app/models.py": `${model}
class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)
`,
};

const contextOf = async (
  head: Readonly<Record<string, string>> = after,
  over: Partial<ClaimContext> = {},
): Promise<ClaimContext> => ({
  base: await factsOf(before),
  head: await factsOf(head),
  changed: Object.keys(head),
  postman: false,
  ...over,
});

type Claims = Parameters<typeof checkClaims>[0];

const register = { method: "POST", path: "/api/v1/auth/register", auth: "none", rate_limit: "5/min" } as const;
const me = { method: "GET", path: "/api/v1/auth/me", auth: "bearer", rate_limit: null } as const;
const user = { name: "User", table: "users", fields: ["id", "email"] };
const sound: Claims = {
  graphql_created: [],
  endpoints_created: [register, me],
  models_created: [user],
  middleware_added: [],
  security_measures: ["Rate limit of 5/min on registration", "Passwords are hashed with bcrypt"],
  documentation: { openapi_updated: true, postman_collection: null },
};

const told = async (change: Partial<Claims>, context = contextOf()): Promise<string[]> =>
  checkClaims({ ...sound, ...change }, await context)
    .filter(({ verdict }) => verdict !== "confirmed")
    .map(({ claim, verdict, reason }) => `${verdict}: ${claim}: ${reason}`);

const endpoint = (over: Partial<Report["endpoints_created"][number]>) => ({
  endpoints_created: [{ ...register, ...over }, me],
});
const changed = (over: Partial<Report["models_created"][number]>) => ({ models_created: [{ ...user, ...over }] });

describe("a sound report", () => {
  it("is confirmed claim by claim, with file and line", async () => {
    const claims = checkClaims(sound, await contextOf());
    expect(claims.map(({ claim, verdict, where }) => [verdict, claim, where && `${where.file}:${where.line}`])).toEqual(
      [
        ["confirmed", "POST /api/v1/auth/register", "app/routes/auth.py:6"],
        ["confirmed", "GET /api/v1/auth/me", "app/routes/auth.py:9"],
        ["confirmed", "User (users)", "app/models.py:8"],
        ["confirmed", "Rate limit of 5/min on registration", "app/routes/auth.py:6"],
        ["confirmed", "Passwords are hashed with bcrypt", "app/routes/auth.py:2"],
        ["confirmed", "OpenAPI document updated", undefined],
      ],
    );
    expect(claimFindings(claims)).toEqual([]);
  });

  it("may name a parameter otherwise, end a path with a slash, and spell a limit as it likes", async () => {
    expect(await told(endpoint({ path: "/api/v1/auth/register/", rate_limit: "5 per 1 minute" }))).toEqual([]);
  });
});

describe("a model whose claim says less than the code, or more than a name", () => {
  const reasonOf = async (fields: readonly string[], base?: Partial<ClaimContext>) =>
    checkClaims({ ...sound, models_created: [{ ...user, fields: [...fields] }] }, await contextOf(after, base))
      .filter(({ kind }) => kind === "model")
      .map(({ verdict, reason }) => `${verdict}: ${reason}`);

  it("is confirmed for what it names, and the rest is told", async () => {
    expect(await reasonOf(["id", "email"])).toEqual(["confirmed: "]);
    expect(await reasonOf(["id"])).toEqual(["confirmed: the code also has the new email"]);
    expect(await reasonOf(["id: UUID", "email"])).toEqual(["confirmed: of its fields only the names were compared"]);
  });
});

describe("auth behind a middleware that turns requests away", () => {
  it("is not provable, and no lie", async () => {
    const guard = `from fastapi.responses import JSONResponse
async def guard(request, go):
    if request.headers.get("Authorization") is None:
        return JSONResponse({}, status_code=401)
    return await go(request)
app.middleware("http")(guard)
`;
    const context = contextOf({ ...after, "app/main.py": `${after["app/main.py"]}${guard}` });
    expect(await told(endpoint({ auth: "bearer" }), context)).toEqual([
      "unprovable: POST /api/v1/auth/register: the code does not tell whether auth is bearer",
    ]);
  });
});

describe("a table", () => {
  it("of a mapper that is not read is not provable", async () => {
    const models = "import ormar\nclass Order(ormar.Model):\n    id: int = ormar.Integer(primary_key=True)\n";
    const context = contextOf({ ...before, "app/models.py": models });
    const claims = { endpoints_created: [], models_created: [{ ...user, name: "Order", table: "orders" }] };
    expect((await told(claims, context))[0]).toBe(
      "unprovable: Order (orders): Order is stored by ormar, whose tables are not read",
    );
  });
});

describe("a lie about", () => {
  it.each([
    [
      "a route that is not there",
      endpoint({ path: "/api/v1/auth/signup" }),
      /auth\/signup: the application serves no such route/,
    ],
    [
      "a route's version",
      endpoint({ path: "/api/v2/auth/register" }),
      /no such route; near to it: POST \/api\/v1\/auth\/register/,
    ],
    ["a route's method", endpoint({ method: "PUT" }), /PUT .*: the application serves no such route; near to it: POST/],
    [
      "a route that was there before",
      endpoint({ method: "GET", path: "/api/v1/items", auth: "bearer", rate_limit: null }),
      /was there before/,
    ],
    [
      "authentication that is not demanded",
      endpoint({ auth: "bearer" }),
      /auth is claimed as bearer, and the code has none/,
    ],
    [
      "authentication that is demanded",
      { endpoints_created: [register, { ...me, auth: "none" }] },
      /claimed as none, and the code has bearer/,
    ],
    ["a limit", endpoint({ rate_limit: "50/min" }), /claimed as 50\/min, and the code has 5\/minute/],
    [
      "a limit where there is none",
      { endpoints_created: [register, { ...me, rate_limit: "10/min" }] },
      /limits it by nothing/,
    ],
    ["a table", changed({ table: "accounts" }), /its table is users in the code/],
    ["a field", changed({ fields: ["id", "email", "password_hash"] }), /has no field password_hash; it has id, email/],
    ["a class", changed({ name: "Account" }), /Account \(users\): the code declares no table by a class Account/],
    ["middleware", { middleware_added: [{ name: "CORSMiddleware", config: {} }] }, /no such middleware installed/],
    ["a hash", { security_measures: ["Argon2id password hashing"] }, /imports no package that hashes with Argon2/],
    [
      "a limit among the measures",
      { security_measures: ["Rate limit of 9/min on login"] },
      /no route is limited to 9\/minute/,
    ],
    [
      "a Postman collection",
      { documentation: { openapi_updated: true, postman_collection: "docs/a.json" } },
      /there is no such file/,
    ],
  ] satisfies [string, Partial<Claims>, RegExp][])("%s is told", async (_, change, reason) => {
    const lies = await told(change);
    expect(lies.filter((one) => one.startsWith("contradicted"))).toEqual(
      expect.arrayContaining([expect.stringMatching(reason)]),
    );
  });

  it("the OpenAPI document is told where no route or schema changed", async () => {
    expect(await told({ endpoints_created: [], models_created: [], security_measures: [] }, contextOf(before))).toEqual(
      ["contradicted: OpenAPI document updated: no route or schema changed that the document shows"],
    );
  });
});

describe("what a report leaves out", () => {
  it("is told: a route, and a table", async () => {
    expect(await told({ endpoints_created: [register], models_created: [] })).toEqual([
      "contradicted: GET /api/v1/auth/me: the code serves this new route, and the report does not name it",
      "contradicted: User (users): the code declares this new table, and the report does not name it",
    ]);
  });
});

describe("what code can't show", () => {
  it("is neither confirmed nor denied: a measure in words, a route behind a name of run time, a limit of middleware", async () => {
    expect(await told({ security_measures: ["Secrets are rotated"] })).toEqual([
      "unprovable: Secrets are rotated: no fact of the code can show this",
    ]);
    expect(await told({ security_measures: ["bcrypt password hashing (cost=12)"] })).toEqual([
      "unprovable: bcrypt password hashing (cost=12): the package is imported, and its figures no fact can show: bcrypt",
    ]);
    const dynamic = {
      ...after,
      "app/main.py": `${after["app/main.py"]}app.include_router(items.router, prefix=load())\n`,
    };
    expect(await told(endpoint({ path: "/elsewhere" }), contextOf(dynamic))).toContain(
      "unprovable: POST /elsewhere: some routes are only known at run time, and this may be one",
    );
    const middleware = {
      ...after,
      "app/main.py": `from slowapi.middleware import SlowAPIMiddleware\n${after["app/main.py"]}app.add_middleware(SlowAPIMiddleware)\n`,
    };
    const limited = { endpoints_created: [register, { ...me, rate_limit: "100/min" }] };
    expect(await told(limited, contextOf(middleware))).toEqual([
      "unprovable: GET /api/v1/auth/me: only middleware can limit it to 100/min, for all routes alike",
    ]);
  });
});
