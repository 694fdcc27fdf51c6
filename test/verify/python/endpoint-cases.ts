/** Small FastAPI applications, and the endpoints that they serve: held against our reading and against FastAPI itself. */

export type EndpointCase = {
  readonly name: string;
  readonly files: Readonly<Record<string, string>>;
  /** Where it is not `main:app`. */
  readonly app?: string;
  /** `GET /path`, with ` bearer` where something is demanded. */
  readonly endpoints: readonly string[];
  /** Said to be not known, where it isn't. */
  readonly unknown?: RegExp;
  /** It needs what the toolchain has not, or an environment: FastAPI itself is not asked. */
  readonly unrunnable?: true;
};

export const head = "from fastapi import FastAPI, APIRouter, Depends, Security\n";
export const main = (text: string): Readonly<Record<string, string>> => ({ "main.py": head + text });
const bearer =
  'from fastapi.security import HTTPBearer, OAuth2PasswordBearer\noauth = OAuth2PasswordBearer("/token")\n';
const simple = (name: string, path: string): string => `@${name}.get("${path}")\ndef ${name}_one(): ...\n`;

export const endpointCases: readonly EndpointCase[] = [
  {
    name: "a prefix from a property of settings, by f-string",
    files: {
      "app/config.py":
        'from pydantic_settings import BaseSettings\nclass Settings(BaseSettings):\n    API: str = "/api"\n    VERSION: str = "v1"\n    @property\n    def base(self) -> str:\n        return f"{self.API}/{self.VERSION}"\nsettings = Settings()\n',
      "main.py": `${head}from app.config import settings\nr = APIRouter(prefix="/users")\n${simple("r", "/{id}")}app = FastAPI()\napp.include_router(r, prefix=settings.base)\n`,
    },
    endpoints: ["GET /api/v1/users/{id}"],
  },
  {
    name: "a loop over routers",
    files: main(
      `a = APIRouter(prefix="/a"); b = APIRouter(prefix="/b")\n${simple("a", "/")}${simple("b", "/")}app = FastAPI()\nfor r in (a, b):\n    app.include_router(r, prefix="/v1")\n`,
    ),
    endpoints: ["GET /v1/a/", "GET /v1/b/"],
  },
  {
    name: "a loop over pairs of router and prefix",
    files: main(
      `a = APIRouter(); b = APIRouter()\n${simple("a", "/x")}${simple("b", "/y")}app = FastAPI()\nfor r, p in [(a, "/a"), (b, "/b")]:\n    app.include_router(r, prefix=p)\n`,
    ),
    endpoints: ["GET /a/x", "GET /b/y"],
  },
  {
    name: "add_api_route in a loop over a dictionary",
    files: main(
      'app = FastAPI()\ndef one(): ...\ndef two(): ...\nroutes = {"/one": one, "/two": two}\nfor path, handler in routes.items():\n    app.add_api_route(path, handler, methods=["GET", "POST"])\n',
    ),
    endpoints: ["GET /one", "POST /one", "GET /two", "POST /two"],
  },
  {
    name: "an application factory that only the server calls",
    files: main(
      `r = APIRouter()\n${simple("r", "/d")}def make():\n    return FastAPI()\ndef create_app(debug: bool = False) -> FastAPI:\n    app = make()\n    app.include_router(r, prefix="/v1")\n    return app\n`,
    ),
    app: "main:create_app()",
    endpoints: ["GET /v1/d"],
  },
  {
    name: "an application factory that hands itself to a function",
    files: main(
      `r = APIRouter()\n${simple("r", "/d")}def register(app: FastAPI, prefix: str = "/api/v1"):\n    app.include_router(r, prefix=prefix)\ndef create_app():\n    app = FastAPI()\n    register(app)\n    return app\napp = create_app()\n`,
    ),
    endpoints: ["GET /api/v1/d"],
  },
  {
    name: "a subclass of APIRouter that adds to its prefix",
    files: main(
      `class V1(APIRouter):\n    def __init__(self, *args, prefix="", **others):\n        super().__init__(*args, prefix="/v1" + prefix, **others)\nr = V1(prefix="/z")\n${simple("r", "/q")}app = FastAPI()\napp.include_router(r)\n`,
    ),
    endpoints: ["GET /v1/z/q"],
  },
  {
    name: "names under other names, and all names of a module",
    files: {
      "routes/__init__.py": "",
      "routes/u.py": `from fastapi import APIRouter as Routes\nusers = Routes(prefix="/u")\n${simple("users", "")}`,
      "main.py": "from routes.u import *\nimport fastapi\napp = fastapi.FastAPI()\napp.include_router(users)\n",
    },
    endpoints: ["GET /u"],
  },
  {
    name: "a module imported by a name that is known",
    files: {
      "mods/a.py": `from fastapi import APIRouter\nrouter = APIRouter()\n${simple("router", "/m")}`,
      "main.py": `import importlib\n${head}app = FastAPI()\nfor name in ["a"]:\n    module = importlib.import_module(f"mods.{name}")\n    app.include_router(module.router, prefix="/i")\n`,
    },
    endpoints: ["GET /i/m"],
  },
  {
    name: "a router made in a function, with its routes",
    files: main(
      'def build():\n    r = APIRouter(prefix="/n")\n    @r.get("/k")\n    async def k(): ...\n    return r\napp = FastAPI()\napp.include_router(build())\n',
    ),
    endpoints: ["GET /n/k"],
  },
  {
    name: "a factory of CRUD routers",
    files: main(
      'def crud(name: str):\n    r = APIRouter(prefix=f"/{name}")\n    @r.get("/")\n    def every(): ...\n    @r.post("/", status_code=201)\n    def add(): ...\n    return r\napp = FastAPI()\nfor name in ["cats", "dogs"]:\n    app.include_router(crud(name), prefix="/api/v1")\n',
    ),
    endpoints: ["GET /api/v1/cats/", "POST /api/v1/cats/", "GET /api/v1/dogs/", "POST /api/v1/dogs/"],
  },
  {
    name: "a class that registers its methods",
    files: main(
      'class Things:\n    def __init__(self, name: str):\n        self.router = APIRouter(prefix=f"/{name}")\n        self.router.add_api_route("/", self.every, methods=["GET"])\n        self.router.add_api_route("/{id}", self.remove, methods=["DELETE"])\n    def every(self): ...\n    def remove(self, id: int): ...\napp = FastAPI()\napp.include_router(Things("things").router)\n',
    ),
    endpoints: ["GET /things/", "DELETE /things/{id}"],
  },
  {
    name: "a class-based view whose class demands a token",
    files: main(
      `from fastapi_utils.cbv import cbv\n${bearer}r = APIRouter()\n@cbv(r)\nclass View:\n    token: str = Depends(oauth)\n    @r.get("/c")\n    def c(self): ...\napp = FastAPI()\napp.include_router(r)\n`,
    ),
    endpoints: ["GET /c bearer"],
    unrunnable: true,
  },
  {
    name: "a mounted application, whose dependencies are its own",
    files: main(
      `${bearer}sub = FastAPI()\n${simple("sub", "/s")}app = FastAPI(dependencies=[Depends(oauth)])\n${simple("app", "/t")}app.mount("/sub", sub)\n`,
    ),
    endpoints: ["GET /sub/s", "GET /t bearer"],
  },
  {
    name: "a decorator that is called like a function",
    files: main('app = FastAPI()\ndef f(): ...\napp.get("/f")(f)\n'),
    endpoints: ["GET /f"],
  },
  {
    name: "the default of an environment variable, said to be assumed",
    files: main(
      `import os\nr = APIRouter()\n${simple("r", "/e")}app = FastAPI()\napp.include_router(r, prefix=os.getenv("A_PREFIX", "/api/v1"))\n`,
    ),
    endpoints: ["GET /api/v1/e"],
    unknown: /assumes that the environment variable A_PREFIX is not set/,
  },
  {
    name: "an environment variable without a default, said to be unknown",
    files: main(
      `import os\nr = APIRouter()\n${simple("r", "/e")}app = FastAPI()\napp.include_router(r, prefix=os.environ["A_PREFIX"])\n`,
    ),
    endpoints: ["GET {?app.include_router(r, prefix=os.environ[}/e"],
    unknown: /only known at run time/,
    unrunnable: true,
  },
  {
    name: "a method by getattr",
    files: main('app = FastAPI()\nverb = "post"\n@getattr(app, verb)("/g")\ndef g(): ...\n'),
    endpoints: ["POST /g"],
  },
  {
    name: "no route in comments and texts",
    files: main(
      'app = FastAPI()\n# @app.get("/dead")\n# def d(): ...\nexample = """\n@app.get("/text")\ndef d(): ...\n"""\n',
    ),
    endpoints: [],
  },
  {
    name: "a router that nobody includes, said to be served nowhere",
    files: main(`r = APIRouter()\n${simple("r", "/x")}app = FastAPI()\n`),
    endpoints: [],
    unknown: /no application includes the router r, so its 1 routes/,
  },
  {
    name: "plugins that are looked for at run time, said to be unknown",
    files: {
      "main.py": `import pkgutil, importlib\n${head}import mods\napp = FastAPI()\nfor found in pkgutil.iter_modules(mods.__path__):\n    module = importlib.import_module("mods." + found.name)\n    app.include_router(module.router)\n`,
      "mods/__init__.py": "",
      "mods/a.py": `from fastapi import APIRouter\nrouter = APIRouter()\n${simple("router", "/p")}`,
    },
    endpoints: [],
    unknown: /imported by a name that is only known at run time/,
    unrunnable: true,
  },
  {
    name: "constants of a package by relative imports",
    files: {
      "app/const.py": 'API = "/api"\nV1 = API + "/v1"\n',
      "app/api/__init__.py":
        'from fastapi import APIRouter\nfrom ..const import V1\nfrom .users import router as users\napi = APIRouter(prefix=V1)\napi.include_router(users, prefix="/users")\n',
      "app/api/users.py": `from fastapi import APIRouter\nrouter = APIRouter()\n${simple("router", "/{id}")}`,
      "app/__init__.py": "",
      "main.py": `${head}from app.api import api\napp = FastAPI()\napp.include_router(api)\n`,
    },
    endpoints: ["GET /api/v1/users/{id}"],
  },
  {
    name: "a prefix after or",
    files: main(
      `NOTHING = None\nr = APIRouter(prefix=NOTHING or "/k")\n${simple("r", "/")}app = FastAPI()\napp.include_router(r)\n`,
    ),
    endpoints: ["GET /k/"],
  },
  {
    name: "map with a lambda",
    files: main(
      `r = APIRouter()\n${simple("r", "/l")}app = FastAPI()\nlist(map(lambda x: app.include_router(x, prefix="/z"), [r]))\n`,
    ),
    endpoints: ["GET /z/l"],
  },
  {
    name: "a router four levels deep",
    files: main(
      `a = APIRouter(prefix="/a"); b = APIRouter(prefix="/b"); c = APIRouter(prefix="/c")\n${simple("c", "/d")}b.include_router(c, prefix="/x")\na.include_router(b)\napp = FastAPI()\napp.include_router(a, prefix="/api")\n`,
    ),
    endpoints: ["GET /api/a/b/x/c/d"],
  },
  {
    name: "a route that is added after its router was included, said to depend on FastAPI's version",
    files: main(
      `r = APIRouter(prefix="/r")\n${simple("r", "/a")}app = FastAPI()\napp.include_router(r)\n@r.get("/late")\ndef late(): ...\n`,
    ),
    endpoints: ["GET /r/a", "GET /r/late"],
    unknown: /GET \/r\/late is added to a router that was included before: FastAPI serves it from 0\.137 on/,
  },
  {
    name: "one router included under two prefixes",
    files: main(
      `r = APIRouter()\n${simple("r", "/a")}app = FastAPI()\napp.include_router(r, prefix="/v1")\napp.include_router(r, prefix="/v2")\n`,
    ),
    endpoints: ["GET /v1/a", "GET /v2/a"],
  },
  {
    name: "a WebSocket by decorator and by call",
    files: main(
      'from fastapi import WebSocket\napp = FastAPI()\n@app.websocket("/ws/{id}")\nasync def one(socket: WebSocket): ...\nasync def two(socket: WebSocket): ...\napp.add_api_websocket_route("/two", two)\n',
    ),
    endpoints: ["WEBSOCKET /ws/{id}", "WEBSOCKET /two"],
  },
  {
    name: "api_route with several methods, and with none",
    files: main(
      'app = FastAPI()\n@app.api_route("/a", methods=["PUT", "PATCH"])\ndef a(): ...\n@app.api_route("/b")\ndef b(): ...\n',
    ),
    endpoints: ["PUT /a", "PATCH /a", "GET /b"],
  },
  {
    name: "two decorators on one function",
    files: main('app = FastAPI()\n@app.get("/a")\n@app.post("/b")\ndef a(): ...\n'),
    endpoints: ["GET /a", "POST /b"],
  },
  {
    name: "routes hidden from the schema",
    files: main(
      `app = FastAPI()\n@app.get("/a", include_in_schema=False)\ndef a(): ...\nr = APIRouter(include_in_schema=False)\n${simple("r", "/b")}app.include_router(r)\ns = APIRouter()\n${simple("s", "/c")}app.include_router(s, include_in_schema=False)\n`,
    ),
    endpoints: ["GET /a hidden", "GET /b hidden", "GET /c hidden"],
  },
  {
    name: "a plain route of Starlette, which no schema shows",
    files: main(
      'from starlette.responses import PlainTextResponse\nasync def plain(request):\n    return PlainTextResponse("")\napp = FastAPI()\napp.add_route("/plain", plain, methods=["POST"])\n',
    ),
    endpoints: ["POST /plain hidden"],
  },
  {
    name: "an alias with Annotated that demands a token",
    files: main(
      `from typing import Annotated\n${bearer}def user(token: Annotated[str, Depends(oauth)]): ...\nUser = Annotated[dict, Depends(user)]\napp = FastAPI()\n@app.get("/me")\ndef me(one: User): ...\n@app.get("/open")\ndef open_(): ...\n`,
    ),
    endpoints: ["GET /me bearer", "GET /open"],
  },
  {
    name: "Annotated inside a parameter's own annotation, optional, and in quotes",
    files: main(
      `from typing import Annotated, Optional\n${bearer}app = FastAPI()\n@app.get("/a")\ndef a(token: Annotated[Optional[str], Depends(oauth)] = None): ...\n@app.get("/b")\ndef b(token: "Annotated[str, Depends(oauth)]"): ...\n`,
    ),
    endpoints: ["GET /a bearer", "GET /b unknown"],
  },
  {
    name: "dependencies of the router, of its inclusion, of the route and of the application",
    files: main(
      `${bearer}guard = [Depends(oauth)]\na = APIRouter(dependencies=guard)\n${simple("a", "/a")}b = APIRouter()\n${simple("b", "/b")}app = FastAPI()\napp.include_router(a)\napp.include_router(b, dependencies=guard)\n@app.get("/c", dependencies=[Security(oauth, scopes=["c"])])\ndef c(): ...\n${simple("app", "/open")}`,
    ),
    endpoints: ["GET /a bearer", "GET /b bearer", "GET /c bearer", "GET /open"],
  },
  {
    name: "a class as a dependency, and an instance that is called",
    files: main(
      `${bearer}class Needs:\n    def __init__(self, token: str = Depends(oauth)): ...\nclass Role:\n    def __init__(self, name: str): self.name = name\n    def __call__(self, token: str = Depends(oauth)): ...\napp = FastAPI()\n@app.get("/a")\ndef a(needs: Needs = Depends()): ...\n@app.get("/b")\ndef b(role=Depends(Role("admin"))): ...\n`,
    ),
    endpoints: ["GET /a bearer", "GET /b bearer"],
  },
  {
    name: "a factory of dependencies",
    files: main(
      `${bearer}def requires(role: str):\n    def check(token: str = Depends(oauth)): ...\n    return check\napp = FastAPI()\n@app.get("/a", dependencies=[Depends(requires("admin"))])\ndef a(): ...\n`,
    ),
    endpoints: ["GET /a bearer"],
  },
  {
    name: "a subclass of a security scheme, an API key, basic authentication",
    files: main(
      `from fastapi.security import APIKeyHeader, HTTPBasic, HTTPBearer\nclass JWTBearer(HTTPBearer):\n    def __init__(self, auto_error: bool = True):\n        super().__init__(auto_error=auto_error)\nkey = APIKeyHeader(name="X-Key")\nbasic = HTTPBasic()\napp = FastAPI()\n@app.get("/a", dependencies=[Depends(JWTBearer())])\ndef a(): ...\n@app.get("/b")\ndef b(k: str = Depends(key)): ...\n@app.get("/c")\ndef c(k=Depends(basic)): ...\n`,
    ),
    endpoints: ["GET /a bearer", "GET /b api-key", "GET /c basic"],
  },
  {
    name: "a login form, which is no scheme",
    files: main(
      'from fastapi.security import OAuth2PasswordRequestForm\napp = FastAPI()\n@app.post("/token")\ndef token(form: OAuth2PasswordRequestForm = Depends()): ...\n',
    ),
    endpoints: ["POST /token"],
    unrunnable: true,
  },
  {
    name: "routes under a condition",
    files: main('DEBUG = True\napp = FastAPI()\nif DEBUG:\n    @app.get("/debug")\n    def debug(): ...\n'),
    endpoints: ["GET /debug"],
  },
  {
    name: "a route that try guards",
    files: main('app = FastAPI()\ntry:\n    @app.get("/a")\n    def a(): ...\nexcept ImportError:\n    pass\n'),
    endpoints: ["GET /a"],
  },
  {
    name: "a subclass of FastAPI that includes its routers itself",
    files: main(
      `r = APIRouter()\n${simple("r", "/a")}class Service(FastAPI):\n    def __init__(self, **others):\n        super().__init__(**others)\n        self.include_router(r, prefix="/v1")\napp = Service(title="x")\n`,
    ),
    endpoints: ["GET /v1/a"],
  },
  {
    name: "routers collected in a list and a dictionary of a package",
    files: {
      "api/__init__.py":
        'from . import a, b\nrouters = [(a.router, "a"), (b.router, "b")]\nby_name = {name: router for router, name in routers}\n',
      "api/a.py": `from fastapi import APIRouter\nrouter = APIRouter()\n${simple("router", "/x")}`,
      "api/b.py": `from fastapi import APIRouter\nrouter = APIRouter()\n${simple("router", "/y")}`,
      "main.py": `${head}from api import by_name\napp = FastAPI()\nfor name, router in by_name.items():\n    app.include_router(router, prefix="/" + name)\n`,
    },
    endpoints: ["GET /a/x", "GET /b/y"],
  },
  {
    name: "keyword arguments that are spread",
    files: main(
      `options = {"prefix": "/v1", "tags": ["x"]}\nr = APIRouter(**options)\n@r.get(**{"path": "/a"})\ndef a(): ...\napp = FastAPI()\napp.include_router(router=r, **{"prefix": "/api"})\n`,
    ),
    endpoints: ["GET /api/v1/a"],
  },
  {
    name: "texts put together in other ways",
    files: main(
      'BASE = "/".join(["", "api", "v1"])\napp = FastAPI()\n@app.get("%s/a" % BASE)\ndef a(): ...\n@app.get("{}/b".format(BASE))\ndef b(): ...\n@app.get(BASE + "/" + "C".lower())\ndef c(): ...\n@app.get("/api"\n  "/d")\ndef d(): ...\n',
    ),
    endpoints: ["GET /api/v1/a", "GET /api/v1/b", "GET /api/v1/c", "GET /api/d"],
  },
  {
    name: "an enum in a path",
    files: main(
      'from enum import Enum\nclass Part(str, Enum):\n    USERS = "users"\napp = FastAPI()\n@app.get(f"/{Part.USERS.value}")\ndef users(): ...\n@app.get("/x/" + Part.USERS.value)\ndef more(): ...\n',
    ),
    endpoints: ["GET /users", "GET /x/users"],
  },
  {
    name: "routes given to the application when it is made",
    files: main(
      'from fastapi.routing import APIRoute\ndef a(): ...\napp = FastAPI(routes=[APIRoute("/a", a, methods=["POST"])])\n',
    ),
    endpoints: ["POST /a"],
  },
  {
    name: "a router's routes taken over by hand, said to be unknown",
    files: main(
      `r = APIRouter()\n${simple("r", "/a")}app = FastAPI()\nfor route in r.routes:\n    app.router.routes.append(route)\n`,
    ),
    endpoints: [],
    unknown: /no application includes the router r/,
    unrunnable: true,
  },
  {
    name: "routes on the application's own router",
    files: main(
      `app = FastAPI()\n@app.router.get("/a")\ndef a(): ...\nr = APIRouter()\n${simple("r", "/b")}app.router.include_router(r, prefix="/v1")\n`,
    ),
    endpoints: ["GET /a", "GET /v1/b"],
  },
  {
    name: "a decorator of the repository around the route's, and one that makes it",
    files: main(
      'from functools import wraps\napp = FastAPI()\ndef logged(f):\n    @wraps(f)\n    def inner(*args, **others): return f(*args, **others)\n    return inner\ndef read(path):\n    return app.get("/api" + path)\n@app.get("/a")\n@logged\ndef a(): ...\n@read("/b")\ndef b(): ...\n',
    ),
    endpoints: ["GET /a", "GET /api/b"],
  },
  {
    name: "either of two routers, said to be decided at run time",
    files: main(
      `from elsewhere import safe\na = APIRouter(prefix="/a")\nb = APIRouter(prefix="/b")\n${simple("a", "/x")}${simple("b", "/y")}chosen = a\nif safe:\n    chosen = b\napp = FastAPI()\napp.include_router(chosen)\n`,
    ),
    endpoints: ["GET /a/x", "GET /b/y"],
    unknown: /which of 2 routers is included is only known at run time/,
    unrunnable: true,
  },
  {
    name: "a router that a package makes, said to be lost where it is included",
    files: main(
      'from some_package import make_router\napp = FastAPI()\napp.include_router(make_router(), prefix="/x")\n',
    ),
    endpoints: [],
    unknown: /a router that can't be found is included/,
    unrunnable: true,
  },
];
