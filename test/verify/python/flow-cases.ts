/** More small applications: what the flow of the code decides, and how dependencies are written. Held as `endpoint-cases.ts`. */
import { type EndpointCase, head, main } from "./endpoint-cases.ts";

const schemes =
  'from typing import Annotated\nfrom fastapi.security import OAuth2PasswordBearer, HTTPBearer, HTTPBasic, APIKeyHeader, OpenIdConnect\nbearer = OAuth2PasswordBearer(tokenUrl="/t")\nkey = APIKeyHeader(name="X-Key")\ndef user(t: str = Depends(bearer)): ...\ndef active(u=Depends(user)): ...\nCurrent = Annotated[str, Depends(active)]\n';

export const flowCases: readonly EndpointCase[] = [
  {
    name: "a folder that is called versions",
    files: {
      "app/api/versions/v1/items.py":
        'from fastapi import APIRouter\nrouter = APIRouter(prefix="/items")\n@router.get("")\ndef ls(): ...\n',
      "app/main.py":
        'from fastapi import FastAPI\nfrom app.api.versions.v1 import items\napp = FastAPI()\napp.include_router(items.router, prefix="/api/v1")\n',
    },
    app: "app.main:app",
    endpoints: ["GET /api/v1/items"],
  },
  {
    name: "an environment variable, or else a text",
    files: main(
      'import os\nr = APIRouter()\n@r.get("/e")\ndef e(): ...\napp = FastAPI()\napp.include_router(r, prefix=os.environ.get("PFX") or "/v2")\n',
    ),
    endpoints: ["GET /v2/e"],
    unknown: /GET \/v2\/e assumes that the environment variable PFX is not set/,
    unrunnable: true,
  },
  {
    name: "a prefix that depends on the environment in both branches",
    files: main(
      'import os\nif os.getenv("STAGE") == "prod":\n    P = "/prod"\nelse:\n    P = "/dev"\nr = APIRouter(prefix=P)\n@r.get("/e")\ndef e(): ...\napp = FastAPI()\napp.include_router(r)\n',
    ),
    endpoints: ["GET {?prefix}/e"],
    unknown: /the full path of GET \{\?prefix\}\/e is only known at run time/,
    unrunnable: true,
  },
  {
    name: "a prefix that a branch may have replaced",
    files: main(
      'import os\nP = "/dev"\nif os.getenv("STAGE"):\n    P = "/prod"\nr = APIRouter(prefix=P)\n@r.get("/e")\ndef e(): ...\napp = FastAPI()\napp.include_router(r)\n',
    ),
    endpoints: ["GET {?prefix}/e"],
    unknown: /the full path of GET \{\?prefix\}\/e is only known at run time/,
    unrunnable: true,
  },
  {
    name: "a prefix chosen by an expression on the environment",
    files: main(
      'import os\nr = APIRouter(prefix="/a" if os.getenv("A") else "/b")\n@r.get("/e")\ndef e(): ...\napp = FastAPI()\napp.include_router(r)\n',
    ),
    endpoints: ["GET {?prefix}/e"],
    unknown: /the full path of GET \{\?prefix\}\/e is only known at run time/,
    unrunnable: true,
  },
  {
    name: "a constant that decides which branch runs",
    files: main(
      'V2 = False\nP = "/v1"\nif V2:\n    P = "/v2"\nr = APIRouter(prefix=P)\n@r.get("/e")\ndef e(): ...\napp = FastAPI()\napp.include_router(r)\n',
    ),
    endpoints: ["GET /v1/e"],
  },
  {
    name: "texts put together by %, format, join and strip",
    files: main(
      'B = "/%s" % "api"\nC = "{}/{v}".format(B, v="v1")\nD = "/".join([C, "x"]).rstrip("x").rstrip("/")\nr = APIRouter(prefix=D)\n@r.get("/e")\ndef e(): ...\napp = FastAPI()\napp.include_router(r)\n',
    ),
    endpoints: ["GET /api/v1/e"],
  },
  {
    name: "a dataclass that holds the prefix",
    files: main(
      'from dataclasses import dataclass\n@dataclass\nclass C:\n    prefix: str = "/a"\n    v: int = 1\nc = C(v=2)\nr = APIRouter(prefix=f"{c.prefix}/v{c.v}")\n@r.get("/e")\ndef e(): ...\napp = FastAPI()\napp.include_router(r)\n',
    ),
    endpoints: ["GET /a/v2/e"],
  },
  {
    name: "a settings object behind a cached function",
    files: main(
      'from functools import lru_cache\nfrom pydantic_settings import BaseSettings\nclass S(BaseSettings):\n    root: str = "/api"\n@lru_cache()\ndef get():\n    return S()\napp = FastAPI()\nr = APIRouter()\n@r.get("/e")\ndef e(): ...\napp.include_router(r, prefix=get().root)\n',
    ),
    endpoints: ["GET /api/e"],
  },
  {
    name: "a dictionary of prefixes",
    files: main(
      'P = {"users": {"path": "/u"}, **{"x": {"path": "/x"}}}\napp = FastAPI()\nr = APIRouter()\n@r.get("/e")\ndef e(): ...\napp.include_router(r, prefix=P["users"]["path"])\napp.include_router(r, prefix=P.get("x")["path"])\n',
    ),
    endpoints: ["GET /u/e", "GET /x/e"],
  },
  {
    name: "root_path, which is no part of a path",
    files: main('app = FastAPI(root_path="/proxy")\n@app.get("/e")\ndef e(): ...\n'),
    endpoints: ["GET /e"],
  },
  {
    name: "a loop that passes one over",
    files: main(
      'SKIP = {"b"}\na = APIRouter(); b = APIRouter()\n@a.get("/x")\ndef x(): ...\n@b.get("/y")\ndef y(): ...\napp = FastAPI()\nfor n, r in {"a": a, "b": b}.items():\n    if n in SKIP:\n        continue\n    app.include_router(r, prefix=f"/{n}")\n',
    ),
    endpoints: ["GET /a/x"],
    unknown: /no application includes the router b, so its 1 routes are served nowhere that can be seen/,
  },
  {
    name: "a loop that ends early",
    files: main(
      'a = APIRouter(); b = APIRouter()\n@a.get("/x")\ndef x(): ...\n@b.get("/y")\ndef y(): ...\napp = FastAPI()\nfor r in [a, b]:\n    app.include_router(r)\n    break\n',
    ),
    endpoints: ["GET /x"],
    unknown: /no application includes the router b, so its 1 routes are served nowhere that can be seen/,
  },
  {
    name: "a decorator that is kept in a variable",
    files: main(
      'app = FastAPI()\nadd = app.put("/v")\n@add\ndef v(): ...\nroute = app.delete\n@route("/w")\ndef w(): ...\n',
    ),
    endpoints: ["DELETE /w", "PUT /v"],
  },
  {
    name: "comprehensions that include",
    files: main(
      'a = APIRouter(); b = APIRouter()\n@a.get("/x")\ndef x(): ...\n@b.get("/y")\ndef y(): ...\napp = FastAPI()\n[app.include_router(r, prefix="/c") for r in [a, b] if r is not b]\n',
    ),
    endpoints: ["GET /c/x"],
    unknown: /no application includes the router b, so its 1 routes are served nowhere that can be seen/,
  },
  {
    name: "a condition that is False",
    files: main('app = FastAPI()\nDEBUG = False\nif DEBUG:\n    @app.get("/debug")\n    def d(): ...\n'),
    endpoints: [],
    unknown: /a route in code that nothing here calls: @app\.get\("\/debug"\)/,
  },
  {
    name: "what a function with an early return does not reach",
    files: main(
      'r = APIRouter()\n@r.get("/x")\ndef x(): ...\ndef setup(app, on=True):\n    if not on:\n        return\n    app.include_router(r)\napp = FastAPI()\nsetup(app, on=False)\n',
    ),
    endpoints: [],
    unknown: /no application includes the router r, so its 1 routes are served nowhere that can be seen/,
    unrunnable: true,
  },
  {
    name: "a router class that adds its own routes",
    files: main(
      'class Crud(APIRouter):\n    def __init__(self, name):\n        super().__init__(prefix=f"/{name}")\n        self.add_api_route("/", self.ls, methods=["GET"])\n        self.add_api_route("/{id}", self.rm, methods=["DELETE"], status_code=204)\n    def ls(self): ...\n    def rm(self, id: int): ...\napp = FastAPI()\napp.include_router(Crud("cats"))\n',
    ),
    endpoints: ["DELETE /cats/{id}", "GET /cats/"],
  },
  {
    name: "a generic CRUD factory",
    files: main(
      'def crud(name: str, readonly=False):\n    r = APIRouter(prefix=f"/{name}")\n    @r.get("/")\n    def ls(): ...\n    if not readonly:\n        @r.post("/", status_code=201)\n        def mk(): ...\n    return r\napp = FastAPI()\nfor n in ["cats", "dogs"]:\n    app.include_router(crud(n, readonly=n == "dogs"), prefix="/api/v1")\n',
    ),
    endpoints: ["GET /api/v1/cats/", "GET /api/v1/dogs/", "POST /api/v1/cats/"],
  },
  {
    name: "packages that import each other in a circle",
    files: {
      "app/__init__.py": "from .core import app\nfrom . import views\n",
      "app/core.py": "from fastapi import FastAPI\napp = FastAPI()\n",
      "app/views.py": 'from app import app\n@app.get("/v")\ndef v(): ...\n',
      "main.py": "from app import app\n",
    },
    endpoints: ["GET /v"],
  },
  {
    name: "an optional package",
    files: {
      "main.py":
        'from fastapi import FastAPI, APIRouter\ntry:\n    from missing_package import router\nexcept ImportError:\n    router = APIRouter(prefix="/none")\n    @router.get("/x")\n    def x(): ...\napp = FastAPI()\napp.include_router(router)\n',
    },
    endpoints: ["GET /none/x"],
    unknown: /a router that can't be found is included: app\.include_router\(router\)/,
    unrunnable: true,
  },
  {
    name: "a class whose methods answer",
    files: {
      "main.py":
        'from fastapi import FastAPI, APIRouter, Depends\nfrom fastapi.security import HTTPBearer\nr = APIRouter()\nclass Views:\n    @r.get("/plain")\n    def plain(): ...\n    @staticmethod\n    @r.get("/static")\n    def static(token=Depends(HTTPBearer())): ...\napp = FastAPI()\napp.include_router(r)\n',
    },
    endpoints: ["GET /plain", "GET /static bearer"],
  },
  {
    name: "schemes through dependencies of dependencies and aliases",
    files: main(
      `${schemes}app = FastAPI()\n@app.get("/a")\ndef a(u: Current): ...\n@app.get("/b")\ndef b(u: Annotated[str, Security(user, scopes=["x"])]): ...\n@app.get("/c", dependencies=[Depends(active)])\ndef c(): ...\n@app.get("/d")\ndef d(): ...\n@app.get("/e")\ndef e(k: str = Depends(key)): ...\n`,
    ),
    endpoints: ["GET /a bearer", "GET /b bearer", "GET /c bearer", "GET /d", "GET /e api-key"],
  },
  {
    name: "classes as dependencies, with __init__ and with __call__",
    files: main(
      `${schemes}class Common:\n    def __init__(self, u: Current): ...\nclass Role:\n    def __init__(self, name): self.name = name\n    def __call__(self, u: str = Depends(active)): ...\nadmin = Role("admin")\napp = FastAPI()\n@app.get("/a")\ndef a(c: Common = Depends()): ...\n@app.get("/b")\ndef b(c: Annotated[Common, Depends()]): ...\n@app.get("/c", dependencies=[Depends(admin)])\ndef c(): ...\n@app.get("/d", dependencies=[Depends(Role("x"))])\ndef d(): ...\n`,
    ),
    endpoints: ["GET /a bearer", "GET /b bearer", "GET /c bearer", "GET /d bearer"],
  },
  {
    name: "a scheme of the repository's own class",
    files: main(
      `${schemes}class Jwt(HTTPBearer):\n    async def __call__(self, request): ...\nclass Key(APIKeyHeader):\n    def __init__(self): super().__init__(name="k")\napp = FastAPI()\n@app.get("/a", dependencies=[Depends(Jwt())])\ndef a(): ...\n@app.get("/b", dependencies=[Depends(Key())])\ndef b(): ...\n`,
    ),
    endpoints: ["GET /a bearer", "GET /b api-key"],
  },
  {
    name: "a factory of dependencies, and an alias in a union, whose dependency FastAPI does not see",
    files: main(
      `${schemes}def need(role):\n    def check(u: Current): ...\n    return check\napp = FastAPI()\n@app.get("/a", dependencies=[Depends(need("x"))])\ndef a(): ...\nAdmin = Annotated[str, Depends(need("admin"))]\n@app.get("/b")\ndef b(u: Admin | None = None): ...\n`,
    ),
    endpoints: ["GET /a bearer", "GET /b"],
  },
  {
    name: "lists of dependencies that are put together",
    files: main(
      `${schemes}PROTECTED = [Depends(active)]\nr = APIRouter(dependencies=PROTECTED + [Depends(key)])\n@r.get("/a")\ndef a(): ...\n@r.get("/b", dependencies=[*PROTECTED])\ndef b(): ...\napp = FastAPI()\napp.include_router(r)\n`,
    ),
    endpoints: ["GET /a api-key bearer", "GET /b api-key bearer"],
  },
  {
    name: "annotations as texts",
    files: {
      "main.py": `from __future__ import annotations\nfrom fastapi import FastAPI, APIRouter, Depends, Security\n${schemes}app = FastAPI()\n@app.get("/a")\ndef a(u: Current): ...\n@app.get("/b")\ndef b(u: "Current"): ...\n`,
    },
    endpoints: ["GET /a bearer", "GET /b bearer"],
  },
  {
    name: "openid and basic",
    files: main(
      `${schemes}o = OpenIdConnect(openIdConnectUrl="/o")\napp = FastAPI()\n@app.get("/a", dependencies=[Security(o)])\ndef a(): ...\n@app.get("/b")\ndef b(c=Security(HTTPBasic())): ...\n`,
    ),
    endpoints: ["GET /a openid", "GET /b basic"],
  },
  {
    name: "a scheme that says by its model what it is",
    files: main(
      `${schemes}from fastapi.security.base import SecurityBase\nfrom fastapi.openapi.models import APIKey, APIKeyIn\nclass Needs(SecurityBase):\n    def __init__(self, what):\n        self.model = APIKey(**{"in": APIKeyIn.header}, name="Authorization")\n        self.scheme_name = "Needs"\n    async def __call__(self): ...\napp = FastAPI()\n@app.get("/a", dependencies=[Depends(Needs("x"))])\ndef a(): ...\n`,
    ),
    endpoints: ["GET /a api-key"],
  },
  {
    name: "a prefix made from a class's name by re.split and re.sub",
    files: main(
      'import re\ndef words(name):\n    return "-".join(part.lower() for part in re.split("(?=[A-Z])", name) if part)\nclass UserGroup:\n    pass\nr = APIRouter(prefix="/" + words(UserGroup.__name__) + re.sub(r"[^a-z]", "-", "/v_x"))\n@r.get("/e")\ndef e(): ...\napp = FastAPI()\napp.include_router(r)\n',
    ),
    endpoints: ["GET /user-group-v-x/e"],
  },
  {
    name: "what an application includes when it starts",
    files: main(
      'from contextlib import asynccontextmanager\na = APIRouter()\n@a.get("/a")\ndef one(): ...\nb = APIRouter()\n@b.get("/b")\ndef two(): ...\nasync def startup(app):\n    app.include_router(a, prefix="/v1")\n@asynccontextmanager\nasync def lifespan(app: FastAPI):\n    await startup(app)\n    yield\napp = FastAPI(lifespan=lifespan)\n@app.on_event("startup")\nasync def more():\n    app.include_router(b)\n',
    ),
    endpoints: ["GET /b", "GET /v1/a"],
    unrunnable: true,
  },
  {
    name: "routers that fastapi-users makes",
    files: main(
      'from fastapi_users import FastAPIUsers\nfrom fastapi_users.authentication import AuthenticationBackend, BearerTransport\nbackend = AuthenticationBackend(name="jwt", transport=BearerTransport(tokenUrl="login"), get_strategy=lambda: None)\nusers = FastAPIUsers[object, int](lambda: None, [backend])\ncurrent = users.current_user(active=True)\napp = FastAPI()\napp.include_router(users.get_auth_router(backend), prefix="/auth")\napp.include_router(users.get_register_router(object, object), prefix="/auth")\n@app.get("/mine")\ndef mine(user=Depends(current)): ...\n',
    ),
    endpoints: ["POST /auth/login", "POST /auth/logout bearer", "POST /auth/register", "GET /mine bearer"],
    unrunnable: true,
  },
  {
    name: "folders of the project that are called as what is installed",
    files: {
      "app/__init__.py": "",
      "app/fastapi/__init__.py": "from fastapi import APIRouter\n",
      "app/fastapi/guards.py":
        "from fastapi import Depends\nfrom fastapi.security import HTTPBearer\ndef user(t=Depends(HTTPBearer())): ...\n",
      "app/routes.py":
        'from fastapi import APIRouter, Depends\nfrom app.fastapi.guards import user\nrouter = APIRouter(prefix="/a")\n@router.get("/x")\ndef x(u=Depends(user)): ...\n',
      "main.py":
        "from fastapi import FastAPI\nfrom app.routes import router\napp = FastAPI()\napp.include_router(router)\n",
      "fastapi/example.py": "text = 1\n",
    },
    endpoints: ["GET /a/x bearer"],
  },
  {
    name: "routers of a class that is made of fastapi-users'",
    files: main(
      'from fastapi_users import FastAPIUsers\nfrom fastapi_users.authentication import AuthenticationBackend, CookieTransport\nbackend = AuthenticationBackend(name="c", transport=CookieTransport(), get_strategy=lambda: None)\nclass Users(FastAPIUsers[object, int]):\n    def get_leave_router(self, backend):\n        router = APIRouter()\n        @router.post("/leave")\n        def leave(user=Depends(self.authenticator.current_user_token(active=True))): ...\n        return router\nusers = Users[object, int](lambda: None, [backend])\ncurrent = users.current_user()\napp = FastAPI()\napp.include_router(users.get_auth_router(backend), prefix="/auth")\napp.include_router(users.get_leave_router(backend), prefix="/auth")\n@app.get("/mine")\ndef mine(user=Depends(current)): ...\n',
    ),
    endpoints: ["POST /auth/login", "POST /auth/logout api-key", "POST /auth/leave api-key", "GET /mine api-key"],
    unrunnable: true,
  },
  {
    name: "a prefix that depends on variables which are not set, as said",
    files: main(
      'import os\nBASE = os.environ.get("BASE", "")\nSTAGE = os.getenv("STAGE") == "test"\nprefix = f"/{BASE.strip(\'/\')}" if BASE else ""\nr = APIRouter()\n@r.get("/a")\ndef a(): ...\napp = FastAPI()\napp.include_router(r, prefix=prefix + ("/t" if STAGE else "/live"))\n',
    ),
    endpoints: ["GET /live/a"],
    unknown: /variable BASE is not set\n.*variable STAGE is not set/,
  },
  {
    name: "a security class that shows the model of another one",
    files: main(
      'from fastapi.security import OAuth2AuthorizationCodeBearer\nfrom fastapi.security.base import SecurityBase\nclass Cloud(SecurityBase):\n    def __init__(self, url: str):\n        self.inner = OAuth2AuthorizationCodeBearer(authorizationUrl=url, tokenUrl=url)\n        self.model = self.inner.model\n        self.scheme_name = "cloud"\n    def __call__(self, t: str = "x"): ...\ncloud = Cloud("/u")\napp = FastAPI()\n@app.get("/a", dependencies=[Depends(cloud)])\ndef a(): ...\n',
    ),
    endpoints: ["GET /a bearer"],
  },
  {
    name: "applications mounted with a slash at the end, and at the root",
    files: main(
      'one = FastAPI()\n@one.get("/a")\ndef a(): ...\ntwo = FastAPI()\n@two.get("/b")\ndef b(): ...\napp = FastAPI()\napp.mount("/sub/", one)\napp.mount("/", two)\n',
    ),
    endpoints: ["GET /sub/a", "GET /b hidden"],
  },
  {
    name: "functions that only some users may call, by a decorator",
    files: main(
      'from fastapi import Request\nfrom starlette.authentication import requires\ndef login_required(f): return f\napp = FastAPI()\n@app.get("/a")\n@requires(["authenticated"])\ndef a(request: Request): ...\n@app.get("/b")\n@login_required\ndef b(): ...\n@login_required\n@app.get("/c")\ndef c(): ...\n',
    ),
    endpoints: ["GET /a heuristic", "GET /b heuristic", "GET /c"],
    unrunnable: true,
  },
  {
    name: "routes behind a middleware that turns requests away, as said",
    files: main(
      'from fastapi import Request\nfrom fastapi.responses import JSONResponse\nasync def guard(request: Request, go):\n    if not request.headers.get("Authorization"):\n        return JSONResponse({}, status_code=401)\n    return await go(request)\nasync def timed(request: Request, go):\n    return await go(request)\napp = FastAPI()\napp.middleware("http")(guard)\napp.middleware("http")(timed)\n@app.get("/a")\ndef a(): ...\n',
    ),
    endpoints: ["GET /a"],
    unknown: /^the middleware guard may ask for credentials: which requests it lets through is not known$/,
  },
  {
    name: "many routes below a prefix of the environment, said once",
    files: main(
      'import os\nr = APIRouter(prefix=os.getenv("BASE", "/v1"))\n@r.get("/a")\ndef a(): ...\n@r.get("/b")\ndef b(): ...\napp = FastAPI()\napp.include_router(r)\n',
    ),
    endpoints: ["GET /v1/a", "GET /v1/b"],
    unknown: /^GET \/v1\/a and 1 more assume that the environment variable BASE is not set$/,
  },
  {
    name: "an application factory beside one that can't be followed to its end",
    files: main(
      `items = [${"1, ".repeat(500)}]\ndef heavy():\n    made = FastAPI()\n    for a in items:\n        for b in items:\n            c = a\n            d = b\ndef create_app():\n    app = FastAPI()\n    @app.get("/a")\n    def a(): ...\n    return app\n`,
    ),
    app: "main:create_app()",
    endpoints: ["GET /a"],
    unknown: /^heavy takes too many steps to follow: not all of it is known$/,
  },
  {
    name: "a factory that others call, and functions that call others of its name",
    files: {
      "jobs.py": "def make(prefix):\n    return prefix\ndef work():\n    return make('/wrong')\n",
      "main.py": `${head}def make(prefix="/v1"):\n    app = FastAPI()\n    r = APIRouter(prefix=prefix)\n    @r.get("/a")\n    def a(): ...\n    app.include_router(r)\n    return app\ndef started():\n    return make("/v2")\ndef stopped(condition=None):\n    if condition:\n        return make("/v2")\n`,
    },
    app: "main:started()",
    endpoints: ["GET /v2/a"],
  },
  {
    name: "a prefix that can't be known, said once",
    files: main(
      'from elsewhere import prefix\nr = APIRouter()\n@r.get("/a")\ndef a(): ...\n@r.get("/b")\ndef b(): ...\napp = FastAPI()\napp.include_router(r, prefix=prefix)\n',
    ),
    endpoints: ["GET {?app.include_router(r, prefix=prefix)}/a", "GET {?app.include_router(r, prefix=prefix)}/b"],
    unknown: /^the full path of GET .*\/a, and of 1 more below the same prefix, is only known at run time$/,
    unrunnable: true,
  },
];
