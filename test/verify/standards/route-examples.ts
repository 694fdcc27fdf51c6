/** Examples of how endpoints are declared, kept and broken. */
import { app, type Examples, edited } from "./example.ts";

export const routeExamples: Examples = {
  "unversioned-path": {
    bad: [
      [
        "a resource without a version",
        app(`@router.get("/users")\nasync def read() -> Out:\n    """x"""`, "/api"),
        /GET \/api\/users has no version/,
      ],
      [
        "a version in another place",
        app(`@router.get("/v1/users")\nasync def read() -> Out:\n    """x"""`, ""),
        /begins with \/api\/v\{n\}\//,
      ],
    ],
    good: [
      ["a version", app(`@router.get("/users")\nasync def read() -> Out:\n    """x"""`)],
      ["a later one", app(`@router.get("/users")\nasync def read() -> Out:\n    """x"""`, "/api/v12")],
      ["a probe", app(`@router.get("/healthz")\nasync def read() -> Out:\n    """x"""`, "")],
      [
        "an endpoint that OpenAPI does not show",
        app(`@router.get("/x", include_in_schema=False)\nasync def read() -> Out: ...`, ""),
      ],
      [
        "a page for browsers",
        app(
          `@router.get("/users", response_class=HTMLResponse)\nasync def read(): ...`,
          "",
          "from fastapi.responses import HTMLResponse",
        ),
      ],
      [
        "a path that can't be known",
        edited(app(`@router.get("/users")\nasync def read() -> Out:\n    """x"""`, "/p"), "app/main.py", (text) =>
          text.replace('"/p"', "unknown()"),
        ),
      ],
    ],
  },
  "verb-in-path": {
    bad: [
      ["a verb", app(`@router.post("/users/create")\nasync def add() -> Out:\n    """x"""`), /names an action/],
      [
        "a verb with a noun",
        app(`@router.get("/get-users")\nasync def read() -> Out:\n    """x"""`),
        /names an action/,
      ],
    ],
    good: [
      ["a noun", app(`@router.post("/users")\nasync def add() -> Out:\n    """x"""`)],
      [
        "a noun that begins like a verb",
        app(`@router.get("/settings/addresses/sets/listings")\nasync def read() -> Out:\n    """x"""`),
      ],
      [
        "a parameter with a verb's name",
        app(`@router.get("/users/{get}")\nasync def read(get: int) -> Out:\n    """x"""`),
      ],
      [
        "a dialog of a page",
        app(
          `@router.get("/users/create")\nasync def read(): ...`,
          "/admin",
          "from fastapi.templating import Jinja2Templates",
        ),
      ],
    ],
  },
  "created-without-201": {
    bad: [
      [
        "a POST that creates",
        app(`@router.post("/users")\nasync def create_user() -> Out:\n    """x"""`),
        /answers 200 though create_user/,
      ],
    ],
    good: [
      ["201", app(`@router.post("/users", status_code=201)\nasync def create_user() -> Out:\n    """x"""`)],
      [
        "the name of 201",
        app(
          `@router.post("/users", status_code=status.HTTP_201_CREATED)\nasync def create_user() -> Out:\n    """x"""`,
        ),
      ],
      [
        "accepted, to be made later",
        app(`@router.post("/users", status_code=202)\nasync def create_user() -> Out:\n    """x"""`),
      ],
      [
        "a token, which stays nowhere",
        app(`@router.post("/token")\nasync def create_access_token() -> Out:\n    """x"""`),
      ],
      ["a report", app(`@router.post("/reports")\nasync def create_sales_report() -> Out:\n    """x"""`)],
      [
        "a status that the handler sets",
        app(
          `@router.post("/users")\nasync def create_user() -> Out:\n    """x"""\n    return JSONResponse({}, status_code=201)`,
        ),
      ],
      ["a search", app(`@router.post("/users/search")\nasync def search_users() -> Out:\n    """x"""`)],
    ],
  },
  "untyped-response": {
    bad: [
      ["nothing said", app(`@router.get("/users")\nasync def read():\n    """x"""`), /does not say what it answers/],
      [
        "a dict of anything",
        app(`@router.get("/users")\nasync def read() -> dict[str, Any]:\n    """x"""`),
        /does not say/,
      ],
    ],
    good: [
      [
        "a route that fastapi-users makes",
        edited(
          app(`@router.get("/users")\nasync def read() -> Out:\n    """x"""`),
          "app/main.py",
          (text) =>
            `from fastapi_users import FastAPIUsers\n${text}app.include_router(FastAPIUsers(1, []).get_register_router(1, 2), prefix="/api/v1/auth")\n`,
        ),
      ],
      ["a response model", app(`@router.get("/users", response_model=Out)\nasync def read():\n    """x"""`)],
      [
        "a list as response model",
        app(`@router.get("/users", response_model=list[Out])\nasync def read():\n    """x"""`),
      ],
      ["a return type", app(`@router.get("/users")\nasync def read() -> list[Out]:\n    """x"""`)],
      ["no content", app(`@router.post("/users", status_code=204)\nasync def read():\n    """x"""`)],
      ["a DELETE", app(`@router.delete("/users")\nasync def read():\n    """x"""`)],
      ["a response class", app(`@router.get("/file", response_class=FileResponse)\nasync def read():\n    """x"""`)],
      ["a stream", app(`@router.get("/stream")\nasync def read():\n    """x"""\n    return StreamingResponse(rows())`)],
      [
        "an HTML page",
        app(
          `@router.get("/page")\nasync def read(request):\n    """x"""\n    return templates.TemplateResponse("x.html", {})`,
        ),
      ],
    ],
  },
  "undocumented-endpoint": {
    bad: [["no word", app(`@router.get("/users")\nasync def read() -> Out: ...`), /has no description in OpenAPI/]],
    good: [
      [
        "a route that fastapi-users makes",
        edited(
          app(`@router.get("/users")\nasync def read() -> Out:\n    """x"""`),
          "app/main.py",
          (text) =>
            `from fastapi_users import FastAPIUsers\n${text}app.include_router(FastAPIUsers(1, []).get_register_router(1, 2), prefix="/api/v1/auth")\n`,
        ),
      ],
      ["a docstring", app(`@router.get("/users")\nasync def read() -> Out:\n    """x"""`)],
      ["a summary", app(`@router.get("/users", summary="All users")\nasync def read() -> Out: ...`)],
      ["hidden from OpenAPI", app(`@router.get("/users", include_in_schema=False)\nasync def read() -> Out: ...`)],
    ],
  },
  "untyped-body": {
    bad: [
      ["a dict", app(`@router.post("/users")\nasync def add(body: dict) -> Out:\n    """x"""`), /takes `body: dict`/],
      [
        "a typed dict of anything",
        app(`@router.post("/users")\nasync def add(body: dict[str, Any]) -> Out:\n    """x"""`),
        /takes `body: dict\[str, Any\]`/,
      ],
      [
        "JSON read by hand",
        app(
          `@router.post("/users")\nasync def add(request: Request) -> Out:\n    """x"""\n    return await request.json()`,
        ),
        /reads request\.json\(\)/,
      ],
    ],
    good: [
      ["a schema", app(`@router.post("/users")\nasync def add(body: Out) -> Out:\n    """x"""`)],
      [
        "a dependency that gives a dict",
        app(`@router.post("/users")\nasync def add(user: dict = Depends(current)) -> Out:\n    """x"""`),
      ],
      [
        "a signed webhook, whose bytes are checked first",
        app(
          `@router.post("/hooks/payment")\nasync def add(request: Request) -> Out:\n    """x"""\n    check_signature(await request.body())\n    return await request.json()`,
        ),
      ],
      ["a GET", app(`@router.get("/users")\nasync def read(filters: dict = Depends(f)) -> Out:\n    """x"""`)],
    ],
  },
  "old-openapi": {
    bad: [
      [
        "a version set lower",
        { "app/main.py": 'from fastapi import FastAPI\napp = FastAPI()\napp.openapi_version = "3.0.3"\n' },
        /OpenAPI 3\.0\.3: 3\.1 is what FastAPI itself writes/,
      ],
      [
        "a document made by hand",
        {
          "app/main.py":
            'from fastapi.openapi.utils import get_openapi\nVERSION = "3.0.0"\nget_openapi(title="x", version="1", openapi_version=VERSION, routes=[])\n',
        },
        /OpenAPI 3\.0\.0/,
      ],
      [
        "a pinned FastAPI",
        { "requirements.txt": "uvicorn\nfastapi==0.95.2\n" },
        /holds FastAPI back .* fastapi>=0\.99/,
      ],
      ["an upper bound", { "pyproject.toml": '  "fastapi[all]>=0.68,<0.99",\n' }, /holds FastAPI back/],
      ["Poetry's caret", { "pyproject.toml": 'fastapi = "^0.95.0"\n' }, /holds FastAPI back/],
      [
        "Poetry's table",
        { "pyproject.toml": 'fastapi = {extras = ["all"], version = "~0.98.0"}\n' },
        /holds FastAPI back/,
      ],
    ],
    good: [
      [
        "a newer FastAPI",
        { "requirements.txt": "fastapi>=0.95\nfastapi==0.115.0\nfastapi<1\nfastapi\nfastapi-users==0.5\n" },
      ],
      ["Poetry's caret, newer", { "pyproject.toml": 'fastapi = "^0.115.0"\n' }],
      ["3.1", { "app/main.py": 'from fastapi import FastAPI\napp = FastAPI()\napp.openapi_version = "3.1.0"\n' }],
      ["the API's own version", { "app/main.py": 'from fastapi import FastAPI\napp = FastAPI(version="2.0.0")\n' }],
    ],
  },
};
