/** How the blueprint reads backends that are laid out in other ways: what it follows there, and what it asks. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Boundary } from "../../../src/domain/policy.ts";
import { diffOf, drive, openWorkbenchOf } from "../../support/blueprint-driver.ts";
import { pythonOrSkip } from "../../support/python.ts";

const python = pythonOrSkip();

const invoices = "CRUD for invoices (number: str unique, amount: Decimal, paid: bool)";
const version = 'GET /api/v1/version returns {version: str = "1.0.0"}';
const below = (...allowed: string[]): Boundary => ({ allowed, forbidden: [] });
const nowhere = below("docs");

const database = `
from collections.abc import AsyncIterator

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase

engine = create_async_engine("sqlite+aiosqlite://")
sessions = async_sessionmaker(engine, expire_on_commit=False)


class Base(DeclarativeBase):
    pass


async def get_session() -> AsyncIterator[AsyncSession]:
    async with sessions() as session:
        yield session
`.trimStart();

const model = (base: string, name: string, table: string, more = ""): string =>
  `
from sqlalchemy.orm import Mapped, mapped_column

${base}


class ${name}(Base):
    __tablename__ = "${table}"

    id: Mapped[int] = mapped_column(primary_key=True)
    label: Mapped[str]
${more}`.trimStart();

const routes = (session: string, prefix = ""): string =>
  `
from typing import Annotated

from fastapi import APIRouter, Depends
from sqlalchemy.ext.asyncio import AsyncSession

${session}

router = APIRouter(${prefix})


@router.get("")
async def list_all(session: Annotated[AsyncSession, Depends(get_session)]) -> list[str]:
    return []
`.trimStart();

const mainOf = (imports: string, includes: string): string =>
  `from fastapi import FastAPI\n\n${imports}\n\napp = FastAPI()\n${includes}\n`;

const tried = (driven: Awaited<ReturnType<typeof drive>>): string =>
  driven.calls
    .filter((call) => call.name === "Bash")
    .map((call) => call.result)
    .join("\n");

const questionOf = (driven: Awaited<ReturnType<typeof drive>>): string => {
  expect(driven.report.status).toBe("NEEDS_CONTEXT");
  return driven.report.questions.map((one) => [one.question, ...one.options].join("\n")).join("\n");
};

/** A folder for each entity: \`depot/crates/{views,models,schemas}.py\`. */
const byEntity = {
  "pyproject.toml": '[project]\nname = "depot"\ndependencies = ["fastapi", "sqlalchemy", "aiosqlite"]\n',
  "depot/__init__.py": "",
  "depot/db.py": database,
  "depot/crates/models.py": model("from depot.db import Base", "Crate", "crates"),
  "depot/crates/schemas.py":
    "from pydantic import BaseModel\n\n\nclass CrateResponse(BaseModel):\n    id: int\n    label: str\n",
  "depot/crates/views.py": routes("from depot.db import get_session"),
  "depot/probes/views.py": "from fastapi import APIRouter\n\nrouter = APIRouter()\n",
  "depot/main.py": mainOf(
    "from depot.crates.views import router as crates_router\nfrom depot.probes.views import router as probes_router",
    'app.include_router(crates_router, prefix="/crates", tags=["crates"])\napp.include_router(probes_router, prefix="/probes", tags=["probes"])',
  ),
};

describe("a backend with a folder for each entity", () => {
  it.skipIf(!python)("gets one for the new entity, with files called as their neighbours are", async () => {
    using bench = await openWorkbenchOf(byEntity);
    const driven = await drive(bench, invoices, "", { boundary: below("depot"), python });
    const diff = await diffOf(bench);
    for (const file of ["models", "schemas", "views", "service"])
      expect(diff).toContain(`+++ b/depot/invoices/${file}.py`);
    expect(diff).toContain("+from depot.invoices.views import router as invoices_router");
    expect(diff).not.toMatch(/\+\+\+ b\/depot\/(crates|probes)\//);
    expect(tried(driven)).toContain("ok   POST /api/v1/invoices 201");
    expect(tried(driven)).not.toContain("FAIL");
  });

  it("needs the folder that all of them stand in", async () => {
    using bench = await openWorkbenchOf({
      ...byEntity,
      "depot/main.py": mainOf("from depot.api import api", "app.include_router(api)"),
      "depot/api/__init__.py": `from fastapi import APIRouter\n\nfrom depot.crates.views import router as crates_router\n\napi = APIRouter(prefix="/api/v1")\napi.include_router(crates_router, prefix="/crates")\n`,
    });
    const question = questionOf(await drive(bench, version, "", { boundary: nowhere }));
    expect(question).toContain("    allowed:\n      - depot\n");
  });

  it("names a router that is imported as a module after its folder", async () => {
    using bench = await openWorkbenchOf({
      ...byEntity,
      "depot/main.py": mainOf(
        "from depot.crates import views as crates_views",
        'app.include_router(crates_views.router, prefix="/api/v1/crates")',
      ),
    });
    await drive(bench, version, "", { boundary: below("depot") });
    expect(await readFile(join(bench.root, "depot/main.py"), "utf8")).toContain(
      'from depot.version import views as version_views\n\napp = FastAPI()\napp.include_router(crates_views.router, prefix="/api/v1/crates")\napp.include_router(version_views.router, prefix="/api/v1/version")',
    );
  });
});

describe("the router's registration", () => {
  const withCondition = (last: string) => ({
    "shop/__init__.py": "",
    "shop/routes/__init__.py": "",
    "shop/routes/items.py": 'from fastapi import APIRouter\n\nrouter = APIRouter(prefix="/items")\n',
    "shop/routes/debug.py": 'from fastapi import APIRouter\n\nrouter = APIRouter(prefix="/debug")\n',
    "shop/main.py": mainOf(
      "from shop.routes import debug, items",
      `app.include_router(items.router, prefix="/api/v1")\n${last}`,
    ),
  });

  it("follows no neighbour that is included under a condition", async () => {
    const last = 'if app.debug:\n    app.include_router(debug.router, prefix="/api/v1")\n';
    using bench = await openWorkbenchOf(withCondition(last));
    await drive(bench, version, "", { boundary: below("shop") });
    expect(await readFile(join(bench.root, "shop/main.py"), "utf8")).toContain(
      'app.include_router(items.router, prefix="/api/v1")\napp.include_router(version.router, prefix="/api/v1")\nif app.debug:',
    );
  });

  it("imports the module from where it was written, whatever the last neighbour's folder is", async () => {
    using bench = await openWorkbenchOf({
      ...withCondition(""),
      "shop/admin/__init__.py": "",
      "shop/admin/panel.py": "from fastapi import APIRouter\n\nrouter = APIRouter()\n",
      "shop/main.py": mainOf(
        "from shop.admin.panel import router as panel_router\nfrom shop.routes.debug import router as debug_router\nfrom shop.routes.items import router as items_router",
        ["items", "debug", "panel"].map((one) => `app.include_router(${one}_router, prefix="/${one}")`).join("\n"),
      ),
    });
    await drive(bench, version, "", { boundary: below("shop") });
    const diff = await diffOf(bench);
    expect(diff).toContain("+++ b/shop/routes/version.py");
    expect(diff).toContain("+from shop.routes.version import router as version_router");
  });

  it("calls its router by the general word where its neighbours' are called after themselves", async () => {
    using bench = await openWorkbenchOf({
      ...withCondition(""),
      "shop/routes/items.py": "from fastapi import APIRouter\n\nitems_router = APIRouter()\n",
      "shop/main.py": mainOf(
        "from shop.routes.items import items_router",
        'app.include_router(items_router, prefix="/api/v1/items")',
      ),
    });
    await drive(bench, version, "", { boundary: below("shop") });
    const diff = await diffOf(bench);
    expect(diff).toContain("+router = APIRouter(");
    expect(diff).toContain("+from shop.routes.version import router as version_router");
  });

  it("reads a prefix that a settings file holds which nothing else led to", async () => {
    using bench = await openWorkbenchOf({
      ...withCondition(""),
      "shop/conf/__init__.py": "",
      "shop/conf/web.py": 'class Web:\n    url_prefix: str = "/api/v1"\n\n\nweb = Web()\n',
      "shop/main.py": mainOf(
        "from shop.conf.web import web\nfrom shop.routes import items",
        "app.include_router(items.router, prefix=web.url_prefix)",
      ),
    });
    const driven = await drive(bench, version, "", { boundary: below("shop") });
    expect(driven.report.endpoints_created).toMatchObject([{ path: "/api/v1/version" }]);
    expect(await diffOf(bench)).toContain("+app.include_router(version.router, prefix=web.url_prefix)");
  });

  it("is asked for where the application includes what it is given as a parameter", async () => {
    using bench = await openWorkbenchOf({
      "shop/__init__.py": "",
      "shop/factory.py":
        "from fastapi import APIRouter, FastAPI\n\n\ndef create(router: APIRouter) -> FastAPI:\n    app = FastAPI()\n    app.include_router(router)\n    return app\n",
    });
    const question = questionOf(await drive(bench, version, "", { boundary: below("shop") }));
    expect(question).toContain("shop/factory.py");
  });

  it("takes the router nearest to the application, and asks where several are", async () => {
    const aggregate = (name: string) => ({
      [`shop/${name}/__init__.py`]: `from fastapi import APIRouter\n\nfrom shop.${name}.http import router as inner\n\nrouter = APIRouter()\nrouter.include_router(inner, prefix="/api/v1/${name}")\n`,
      [`shop/${name}/http.py`]: "from fastapi import APIRouter\n\nrouter = APIRouter()\n",
    });
    using bench = await openWorkbenchOf({
      "shop/__init__.py": "",
      ...aggregate("goods"),
      ...aggregate("buyers"),
      "shop/main.py": mainOf(
        "from shop.buyers import router as buyers\nfrom shop.goods import router as goods",
        "app.include_router(goods)\napp.include_router(buyers)",
      ),
    });
    const question = questionOf(await drive(bench, version, "", { boundary: below("shop") }));
    expect(question).toContain("shop/goods/__init__.py: router (it includes /api/v1/goods)");
    expect(question).toContain("shop/buyers/__init__.py: router (it includes /api/v1/buyers)");
  });
});

describe("what is looked through", () => {
  it("leaves out an application that a docstring or a comment makes", async () => {
    using bench = await openWorkbenchOf({
      "shop/__init__.py": "",
      "shop/cache.py":
        'def cached() -> None:\n    """Use it so:\n\n    app = FastAPI()\n    """\n    # app = FastAPI()\n',
      "shop/items.py": "from fastapi import APIRouter\n\nrouter = APIRouter()\n",
      "shop/main.py": mainOf("from shop import items", 'app.include_router(items.router, prefix="/api/v1/items")'),
    });
    const driven = await drive(bench, version, "", { boundary: below("shop") });
    expect(driven.report.endpoints_created).toMatchObject([{ path: "/api/v1/version" }]);
  });

  it.skipIf(!python)("is the package that the application's file says it is part of", async () => {
    using bench = await openWorkbenchOf({
      "src/__init__.py": "",
      "src/core/__init__.py": "",
      "src/core/database.py": database,
      "src/web/__init__.py": "",
      "src/web/app.py": mainOf(
        "from src.core.database import engine\nfrom src.routes import crates",
        'app.state.engine = engine\napp.include_router(crates.router, prefix="/api/v1")',
      ),
      "src/models/crate.py": model("from src.core.database import Base", "Crate", "crates"),
      "src/routes/__init__.py": "",
      "src/routes/crates.py": routes("from src.core.database import get_session", 'prefix="/crates"'),
    });
    const driven = await drive(bench, invoices, "", { boundary: below("src"), python });
    expect(tried(driven)).toContain("ok   POST /api/v1/invoices 201");
    const diff = await diffOf(bench);
    for (const path of ["src/models/invoice.py", "src/routes/invoices.py", "src/core/setup.py"])
      expect(diff).toContain(`+++ b/${path}`);
  });

  it.skipIf(!python)("takes in packages beside it that it imports from", async () => {
    using bench = await openWorkbenchOf({
      "storage/__init__.py": "",
      "storage/database.py": database,
      "web/__init__.py": "",
      "web/main.py": mainOf(
        "from storage.database import engine\nfrom web.routes import crates",
        'app.state.engine = engine\napp.include_router(crates.router, prefix="/api/v1")',
      ),
      "web/models/crate.py": model("from storage.database import Base", "Crate", "crates"),
      "web/routes/__init__.py": "",
      "web/routes/crates.py": routes("from storage.database import get_session", 'prefix="/crates"'),
    });
    const driven = await drive(bench, invoices, "", { boundary: below("web"), python });
    expect(tried(driven)).toContain("ok   POST /api/v1/invoices 201");
  });
});

describe("models", () => {
  const layered = (more: Readonly<Record<string, string>>) => ({
    "shop/__init__.py": "",
    "shop/database.py": database,
    "shop/routes/__init__.py": "",
    "shop/routes/crates.py": routes("from shop.database import get_session", 'prefix="/crates"'),
    "shop/main.py": mainOf("from shop.routes import crates", 'app.include_router(crates.router, prefix="/api/v1")'),
    ...more,
  });

  it.skipIf(!python)("take the Base class from where it is made, not from the package that imports them", async () => {
    using bench = await openWorkbenchOf(
      layered({
        "shop/models/__init__.py": "# the models need it\nfrom shop.database import Base\n\nfrom .zone import Zone\n",
        "shop/models/zone.py": model("from . import Base", "Zone", "zones"),
      }),
    );
    const driven = await drive(bench, invoices, "", { boundary: below("shop"), python });
    expect(tried(driven)).toContain("ok   POST /api/v1/invoices 201");
    expect(await readFile(join(bench.root, "shop/models/__init__.py"), "utf8")).toBe(
      "# the models need it\nfrom shop.database import Base\n\nfrom .invoice import Invoice\nfrom .zone import Zone\n",
    );
  });

  it("take the time of each row where their neighbours took that of the import", async () => {
    const stamp =
      "    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=datetime.now(UTC))\n";
    using bench = await openWorkbenchOf(
      layered({
        "shop/models/__init__.py": "",
        "shop/models/crate.py": `from datetime import UTC, datetime\n\nfrom sqlalchemy import DateTime\n${model("from shop.database import Base", "Crate", "crates", stamp)}`,
      }),
    );
    await drive(bench, invoices, "", { boundary: below("shop") });
    expect(await readFile(join(bench.root, "shop/models/invoice.py"), "utf8")).toContain(
      "default=lambda: datetime.now(UTC)",
    );
  });

  it("go without a mixin that marks rows as deleted, and say so", async () => {
    using bench = await openWorkbenchOf(
      layered({
        "shop/mixins.py":
          'from datetime import datetime\n\nfrom sqlalchemy.orm import Mapped, mapped_column\n\n\nclass KeyMixin:\n    """Brings a key.\n\n    id: text is what it is not\n    """\n\n    id: Mapped[int] = mapped_column(primary_key=True)\n\n\nclass RemovableMixin:\n    deleted_at: Mapped[datetime | None]\n',
        "shop/models/__init__.py": "",
        "shop/models/crate.py":
          'from sqlalchemy.orm import Mapped\n\nfrom shop.database import Base\nfrom shop.mixins import KeyMixin, RemovableMixin\n\n\nclass Crate(KeyMixin, RemovableMixin, Base):\n    __tablename__ = "crates"\n\n    label: Mapped[str]\n',
      }),
    );
    const { report } = await drive(bench, invoices, "", { boundary: below("shop") });
    expect(await readFile(join(bench.root, "shop/models/invoice.py"), "utf8")).toContain(
      "class Invoice(KeyMixin, Base):",
    );
    expect(report.concerns).toContain("Crate has RemovableMixin, Invoice has not: DELETE removes its rows for good.");
  });

  it.skipIf(!python)("keep the names that their neighbours import types by", async () => {
    using bench = await openWorkbenchOf(
      layered({
        "shop/models/__init__.py": "",
        "shop/models/crate.py":
          'from uuid import UUID as Key, uuid4 as new_key\n\nfrom sqlalchemy.orm import Mapped, mapped_column\n\nfrom shop.database import Base as Table\n\n\nclass Crate(Table):\n    __tablename__ = "crates"\n\n    id: Mapped[Key] = mapped_column(primary_key=True, default=new_key)\n',
      }),
    );
    const driven = await drive(bench, invoices, "", { boundary: below("shop"), python });
    expect(tried(driven)).toContain("ok   POST /api/v1/invoices 201");
    const text = await readFile(join(bench.root, "shop/models/invoice.py"), "utf8");
    expect(text).toContain("from uuid import UUID as Key, uuid4 as new_key");
    expect(text).toContain("class Invoice(Base):");
  });

  it.skipIf(!python).each([
    ["shop/models/crate.py", "shop/models/invoice.py"],
    ["shop/models.py", "shop/models.py"],
  ])("import a package under the short name that their neighbours in %s give it", async (neighbour, written) => {
    using bench = await openWorkbenchOf(
      layered({
        [neighbour]:
          'import datetime as dt\n\nimport sqlalchemy as sa\nfrom sqlalchemy.orm import Mapped, mapped_column\n\nfrom shop.database import Base\n\n\nclass Crate(Base):\n    __tablename__ = "crates"\n\n    id: Mapped[int] = mapped_column(sa.Integer, primary_key=True)\n    created_at: Mapped[dt.datetime] = mapped_column(sa.DateTime, default=dt.datetime.now)\n',
      }),
    );
    const driven = await drive(bench, invoices, "", { boundary: below("shop"), python });
    expect(tried(driven)).toContain("ok   POST /api/v1/invoices 201");
    const text = await readFile(join(bench.root, written), "utf8");
    expect(text.match(/^import sqlalchemy as sa$/gm)).toHaveLength(1);
    expect(text.match(/^import datetime as dt\n/gm)).toHaveLength(1);
  });

  it("are learnt from a table that a router beside it serves, not from a line that only speaks of tables", async () => {
    using bench = await openWorkbenchOf({
      ...byEntity,
      "depot/base.py": 'def name_of(model: type) -> str:\n    return getattr(model, "__tablename__")\n',
      "depot/crates/models.py": byEntity["depot/crates/models.py"].replace("id: Mapped[int]", "id: Mapped[str]"),
    });
    await drive(bench, invoices, "", { boundary: below("depot") });
    expect(await readFile(join(bench.root, "depot/invoices/models.py"), "utf8")).toContain("id: Mapped[str]");
  });

  it("ask about keys where tables are there, but none that can be read", async () => {
    using bench = await openWorkbenchOf(
      layered({
        "shop/models/crate.py":
          'from sqlalchemy import Column, Integer\n\nfrom shop.database import Base\n\n\nclass Crate(Base):\n    __tablename__ = "crates"\n\n    id = Column(Integer, primary_key=True)\n',
      }),
    );
    expect(questionOf(await drive(bench, invoices, "", { boundary: below("shop") }))).toContain(
      "I cannot read how primary keys are written",
    );
  });

  it.each([
    [
      "dataclasses",
      {
        "shop/database.py": database
          .replace("import DeclarativeBase", "import DeclarativeBase, MappedAsDataclass")
          .replace("class Base(DeclarativeBase)", "class Base(MappedAsDataclass, DeclarativeBase)"),
        "shop/models/crate.py": model("from shop.database import Base", "Crate", "crates"),
      },
      "shop/database.py are dataclasses (`MappedAsDataclass`)",
    ],
    [
      "a session that is a method's",
      {
        "shop/models/crate.py": model("from shop.database import Base", "Crate", "crates"),
        "shop/database.py": `${database.slice(0, database.indexOf("async def"))}class Database:\n    async def session(self) -> AsyncIterator[AsyncSession]:\n        async with sessions() as session:\n            yield session\n\n\ndatabase = Database()\n`,
        "shop/routes/crates.py":
          'from fastapi import APIRouter, Depends\nfrom shop.database import database\nfrom sqlalchemy.ext.asyncio import AsyncSession\n\nrouter = APIRouter(prefix="/crates")\n\n\n@router.get("")\nasync def list_all(session: AsyncSession = Depends(database.session)) -> list[str]:\n    return []\n',
      },
      "take their session from `Depends(database.session)`",
    ],
    [
      "keys that are not typed",
      { "shop/database.py": database.replace("    pass", "    id: Any") },
      "shop/database.py has `id: Any`",
    ],
    [
      "a Base class that a decorator makes",
      {
        "shop/database.py": database
          .replace("class Base(DeclarativeBase):\n    pass", "@as_declarative()\nclass Base:\n    pass")
          .replace("import DeclarativeBase", "import as_declarative"),
      },
      "uses `as_declarative()`",
    ],
    [
      "another way to keep data",
      { "shop/database.py": "import asyncpg\n\n\nasync def get_session():\n    return await asyncpg.connect()\n" },
      "`shop/database.py` line 1 uses `asyncpg`",
    ],
    [
      "schemas of Pydantic 1, by an import",
      { "shop/database.py": `from pydantic import BaseModel, BaseSettings\n${database}` },
      "shop/database.py asks for Pydantic 1",
    ],
    [
      "schemas of Pydantic 1, by a pinned version",
      { "requirements.txt": "fastapi==0.95.0\npydantic[email]==1.10.7\n" },
      "requirements.txt asks for Pydantic 1 (`pydantic[email]==1.10.7`)",
    ],
    [
      "no database at all",
      { "shop/database.py": "def get_session() -> None: ...\n" },
      "no class that inherits from `DeclarativeBase` in shop/.",
    ],
  ])("of another kind are named in the question: %s", async (_, files, says) => {
    using bench = await openWorkbenchOf(layered(files));
    expect(questionOf(await drive(bench, invoices, "", { boundary: below("shop") }))).toContain(says);
  });
});

describe("an application in the repository's root", () => {
  it("is not offered lines of configuration that would not allow its file", async () => {
    using bench = await openWorkbenchOf({
      "routes/__init__.py": "",
      "routes/items.py": "from fastapi import APIRouter\n\nrouter = APIRouter()\n",
      "main.py": mainOf("from routes import items", 'app.include_router(items.router, prefix="/api/v1/items")'),
    });
    const question = questionOf(await drive(bench, version, "", { boundary: nowhere }));
    expect(question).toContain("main.py stands in the repository's root, which cannot be allowed");
    expect(question).not.toContain("boundaries:");
  });
});

describe("what stands round the routes", () => {
  const shop = {
    "shop/__init__.py": "",
    "shop/database.py": database,
    "shop/access.py": 'async def get_current_user() -> str:\n    return "someone"\n',
    "shop/models/__init__.py": "",
    "shop/models/crate.py": model("from shop.database import Base", "Crate", "crates"),
    "shop/routes/__init__.py": "",
    "shop/routes/crates.py": routes(
      "from shop import access\nfrom shop.database import get_session",
      'prefix="/crates"',
    ).replace("list_all(", "list_all(user: Annotated[str, Depends(access.get_current_user)], "),
    "shop/main.py": mainOf("from shop.routes import crates", 'app.include_router(crates.router, prefix="/api/v1")'),
  };

  it("demands the current user where the neighbours take it from a module by name", async () => {
    using bench = await openWorkbenchOf(shop);
    const driven = await drive(bench, invoices, "", { boundary: below("shop") });
    expect(driven.report.endpoints_created[0]?.auth).toBe("bearer");
    expect(await readFile(join(bench.root, "shop/routes/invoices.py"), "utf8")).toContain(
      "from shop.access import get_current_user",
    );
  });

  it("demands what the neighbours demand of every caller", async () => {
    using bench = await openWorkbenchOf({
      ...shop,
      "shop/access.py": "async def check_is_authenticated() -> None: ...\n",
      "shop/routes/crates.py": routes(
        "from shop.access import check_is_authenticated\nfrom shop.database import get_session",
        'prefix="/crates", dependencies=[Depends(check_is_authenticated)]',
      ),
    });
    await drive(bench, invoices, "", { boundary: below("shop") });
    expect(await readFile(join(bench.root, "shop/routes/invoices.py"), "utf8")).toContain(
      "Depends(check_is_authenticated)",
    );
  });

  it("says that errors of routes which were there change with it, and who else handles them", async () => {
    using bench = await openWorkbenchOf(shop);
    const { report } = await drive(bench, invoices, "", { boundary: below("shop") });
    expect(report.concerns.join("\n")).toContain("those of the routes that were there, too");
    using other = await openWorkbenchOf({
      ...shop,
      "shop/main.py": `${shop["shop/main.py"]}\n\n@app.exception_handler(HTTPException)\nasync def plain(request, error): ...\n`,
    });
    const second = await drive(other, invoices, "", { boundary: below("shop") });
    expect(second.report.concerns.join("\n")).toContain("shop/main.py adds handlers of its own");
  });
});

describe("a version without /api before it", () => {
  it("is followed, and a path with it is asked about in words that are understood", async () => {
    const files = {
      "shop/__init__.py": "",
      "shop/routes/__init__.py": "",
      "shop/routes/items.py": "from fastapi import APIRouter\n\nrouter = APIRouter()\n",
      "shop/main.py": mainOf("from shop.routes import items", 'app.include_router(items.router, prefix="/v1")'),
    };
    using bench = await openWorkbenchOf(files);
    const asked = await drive(bench, version, "", { boundary: below("shop") });
    const path = asked.report.questions[0]?.options[0] ?? "";
    expect(path).toBe("/v1/version");
    const driven = await drive(bench, version.replace("/api/v1/version", path), "", { boundary: below("shop") });
    expect(driven.report.endpoints_created).toMatchObject([{ path: "/v1/version" }]);
  });
});
