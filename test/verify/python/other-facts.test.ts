/** Schemas, middleware, handlers, settings, limits, imports and GraphQL as facts. */
import { expect, it } from "vitest";
import { factsOf } from "../../support/facts.ts";

const head = "from fastapi import FastAPI, APIRouter, Depends, Request\n";

it("a schema has its own and inherited fields, its way of configuration and its use", async () => {
  const { schemas } = await factsOf({
    "main.py": `${head}from pydantic import BaseModel, ConfigDict, Field
class Base(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    name: str = Field(min_length=1)
class Create(Base):
    price: int
class Old(BaseModel):
    class Config:
        orm_mode = True
    id: int
app = FastAPI()
@app.post("/things", response_model=list[Old])
def add(one: Create): ...
`,
  });
  expect(
    schemas.map(({ name, fields, config, used_as }) => [name, fields.map((one) => one.name), config, used_as]),
  ).toEqual([
    ["Base", ["name"], "v2", []],
    ["Create", ["name", "price"], "v2", ["body"]],
    ["Old", ["id"], "v1", ["response"]],
  ]);
  expect(schemas[1]?.fields[0]).toMatchObject({ type: "str", value: "Field(min_length=1)", line: 5 });
});

it("middleware is found in each of its forms, with what it was given", async () => {
  const { middleware } = await factsOf({
    "main.py": `${head}from fastapi.middleware.cors import CORSMiddleware
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.base import BaseHTTPMiddleware
ORIGINS = ["https://example.com"]
class Timing(BaseHTTPMiddleware): ...
app = FastAPI(middleware=[Middleware(GZipMiddleware, minimum_size=500)])
app.add_middleware(CORSMiddleware, allow_origins=ORIGINS, allow_credentials=True)
app.add_middleware(Timing)
@app.middleware("http")
async def log(request: Request, call_next): ...
`,
  });
  expect(middleware.map(({ name, config }) => [name, config])).toEqual([
    ["GZipMiddleware", { minimum_size: 500 }],
    ["CORSMiddleware", { allow_origins: ["https://example.com"], allow_credentials: true }],
    ["Timing", {}],
    ["log", {}],
  ]);
});

it("exception handlers are found in each of their forms", async () => {
  const { handlers } = await factsOf({
    "main.py": `${head}from fastapi.exceptions import RequestValidationError
class Missing(Exception): ...
def one(request, error): ...
def two(request, error): ...
app = FastAPI(exception_handlers={404: one, Missing: one})
app.add_exception_handler(RequestValidationError, two)
@app.exception_handler(500)
def three(request, error): ...
`,
  });
  expect(handlers.map(({ catches, handler }) => `${catches} ${handler}`)).toEqual([
    "404 one",
    "Missing one",
    "RequestValidationError two",
    "500 three",
  ]);
});

it("settings have their defaults where there are any", async () => {
  const { settings } = await factsOf({
    "config.py": `from datetime import timedelta
from pydantic import Field
from pydantic_settings import BaseSettings
class Settings(BaseSettings):
    SECRET: str
    MINUTES: int = 60 * 24
    NAMES: list[str] = ["a", "b"]
    LEVEL: str = Field(default="INFO", description="how much")
    NONE: str | None = None
`,
  });
  expect(settings.map(({ name, value }) => [name, value])).toEqual([
    ["SECRET", undefined],
    ["MINUTES", 1_440],
    ["NAMES", ["a", "b"]],
    ["LEVEL", "INFO"],
    ["NONE", null],
  ]);
});

it("a limit is in force below the route's decorator and in its dependencies, not above", async () => {
  const { endpoints } = await factsOf({
    "main.py": `${head}from slowapi import Limiter
from fastapi_limiter.depends import RateLimiter
limiter = Limiter(key_func=str)
RATE = "10 per 1 minute"
app = FastAPI()
@app.get("/below")
@limiter.limit(RATE)
def below(request: Request): ...
@limiter.limit("5/minute")
@app.get("/above")
def above(request: Request): ...
@app.get("/wanted", dependencies=[Depends(RateLimiter(times=2, seconds=60))])
def wanted(): ...
@app.get("/free")
def free(): ...
`,
  });
  expect(Object.fromEntries(endpoints.map((one) => [one.path, one.rate_limit]))).toEqual({
    "/below": "10/minute",
    "/above": null,
    "/wanted": "2/minute",
    "/free": null,
  });
});

it("an endpoint has its status, its types, its condition and its documentation", async () => {
  const { endpoints } = await factsOf({
    "main.py": `${head}from fastapi import status
from pydantic import BaseModel
class Thing(BaseModel):
    id: int
app = FastAPI()
if app.debug:
    @app.post("/a", status_code=status.HTTP_201_CREATED)
    async def add(one: Thing) -> Thing:
        """Adds one."""
`,
  });
  expect(endpoints).toMatchObject([
    {
      ...{ handler: "add", async: true, status_code: 201, response_model: "Thing", body: ["Thing"] },
      ...{ condition: "app.debug", documented: true, file: "main.py", line: 8 },
    },
  ]);
});

it("a route that a decorator of the repository registers stands where that is used", async () => {
  const { endpoints } = await factsOf({
    "guard.py": `${head}from fastapi.security import HTTPBearer\ndef guarded(method, path):\n    def decorate(f):\n        return method(path, dependencies=[Depends(HTTPBearer())])(f)\n    return decorate\n`,
    "main.py": `${head}from guard import guarded\napp = FastAPI()\n\n@guarded(app.get, "/a")\ndef a(): ...\n`,
  });
  expect(endpoints).toMatchObject([{ path: "/a", auth: ["bearer"], file: "main.py", line: 5 }]);
});

it("a status is read from its constant's name, wherever that comes from", async () => {
  const { endpoints } = await factsOf({
    "codes.py":
      "from starlette import status as _codes\nclass Codes:\n    def __getattr__(self, name): return getattr(_codes, name)\nstatus = Codes()\n",
    "main.py": `${head}from codes import status\napp = FastAPI()\n@app.delete("/a", status_code=status.HTTP_204_NO_CONTENT)\ndef a(): ...\n`,
  });
  expect(endpoints.map((one) => one.status_code)).toEqual([204]);
});

it("an endpoint that several applications serve is shown once, without a condition where one has none", async () => {
  const { endpoints } = await factsOf({
    "main.py": `${head}r = APIRouter()
@r.get("/a")
def a(): ...
def make():
    app = FastAPI()
    app.include_router(r)
    return app
app = make()
if app.debug:
    other = make()
`,
  });
  expect(endpoints).toMatchObject([{ method: "GET", path: "/a", condition: null }]);
});

it("imports are those of every file, tests included", async () => {
  const { imports } = await factsOf({
    "tests/test_a.py": "import os.path as p, json\nfrom .b import c, d as e\nfrom f import *\n",
  });
  expect(imports.map(({ module, names }) => [module, names])).toEqual([
    ["os.path", []],
    ["json", []],
    [".b", ["c", "d"]],
    ["f", ["*"]],
  ]);
});

const graphql = `import strawberry
from strawberry.fastapi import GraphQLRouter
${head}@strawberry.type
class Book:
    title: str
def books() -> list[Book]: ...
@strawberry.type
class Query:
    books: list[Book] = strawberry.field(resolver=books)
    @strawberry.field
    async def book_by_id(self, info: strawberry.Info, book_id: int) -> Book | None: ...
    @strawberry.field(name="renamed")
    def other(self) -> str: ...
    def helper(self) -> int: ...
@strawberry.type
class Mutation:
    @strawberry.mutation
    def add_book(self, title: str) -> Book: ...
@strawberry.type
class Subscription:
    @strawberry.subscription
    async def count(self, target: int = 100): ...
`;

it("GraphQL's queries, mutations and subscriptions are those of the schema, by its names", async () => {
  const {
    graphql: found,
    endpoints,
    unknown,
  } = await factsOf({
    "main.py": `${graphql}schema = strawberry.Schema(query=Query, mutation=Mutation, subscription=Subscription)
app = FastAPI()
app.include_router(GraphQLRouter(schema), prefix="/graphql")
`,
  });
  expect(found.map((one) => `${one.kind} ${one.name}(${one.arguments}) ${one.type} ${one.fields}`)).toEqual([
    "query bookById(bookId: int) Book | None ",
    "query renamed() str ",
    "query books() list[Book] ",
    "mutation addBook(title: str) Book ",
    "subscription count(target: int = 100) null ",
    "type Book() null title: str",
  ]);
  expect(endpoints.map(({ method, path }) => `${method} ${path}`)).toEqual([
    "GET /graphql",
    "POST /graphql",
    "WEBSOCKET /graphql",
  ]);
  expect(unknown).toEqual([]);
});

it("GraphQL types that are merged count together, and what can't be found is said", async () => {
  const { graphql: found, unknown } = await factsOf({
    "main.py": `import strawberry
from strawberry.tools import merge_types
from elsewhere import Far
@strawberry.type
class A:
    @strawberry.field
    def a(self) -> int: ...
@strawberry.type
class B:
    @strawberry.field
    def b(self) -> int: ...
Query = merge_types("Query", (A, B))
schema = strawberry.Schema(query=Query, mutation=Far)
`,
  });
  expect(found.map(({ name }) => name)).toEqual(["a", "b"]);
  expect(unknown.map(({ about }) => about)).toEqual(["the mutation type of the GraphQL schema can't be found"]);
});
