/** Examples of models, sessions and SQL. */
import { app, type Examples, type Files } from "./example.ts";

const model = (fields: string, imports = ""): Files => ({
  "app/models.py": `from sqlalchemy import Column, ForeignKey, ForeignKeyConstraint, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
${imports}

class Base(DeclarativeBase):
    pass


class Item(Base):
    __tablename__ = "items"

    ${fields.replaceAll("\n", "\n    ")}
`,
});
const service = (code: string, path = "app/services/report.py"): Files => ({
  [path]: `import sqlalchemy\nfrom sqlalchemy import text\n\n\nasync def run(self, db, name, day):\n    ${code.replaceAll("\n", "\n    ")}\n`,
});
const route = (code: string, path = "/users"): Files =>
  app(
    `@router.get("${path}")\nasync def read(db: Session) -> Out:\n    """x"""\n    ${code.replaceAll("\n", "\n    ")}`,
  );

export const databaseExamples: Examples = {
  "legacy-column": {
    bad: [
      [
        "Column()",
        model("id = Column(Integer, primary_key=True)\nname = Column(String(80))"),
        /Item: id, name in SQLAlchemy 1 style/,
      ],
    ],
    good: [
      [
        "Mapped",
        model("id: Mapped[int] = mapped_column(primary_key=True)\nname: Mapped[str] = mapped_column(String(80))"),
      ],
      [
        "a relationship",
        model("id: Mapped[int] = mapped_column(primary_key=True)\nparent: Mapped['Item'] = relationship()"),
      ],
    ],
  },
  "sync-database": {
    bad: [
      [
        "an engine",
        { "app/db.py": "from sqlalchemy import create_engine\nengine = create_engine('x')\n" },
        /create_engine\(\) is synchronous/,
      ],
      [
        "a session factory",
        { "app/db.py": "from sqlalchemy.orm import sessionmaker\nmake = sessionmaker()\n" },
        /sessionmaker\(\) is synchronous/,
      ],
      [
        "SQLModel's engine",
        { "app/db.py": "import sqlmodel\nengine = sqlmodel.create_engine('x')\n" },
        /create_engine\(\)/,
      ],
    ],
    good: [
      [
        "asynchronous ones",
        {
          "app/db.py":
            "from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine\nmake = async_sessionmaker(create_async_engine('x'))\n",
        },
      ],
      [
        "the old factory of asynchronous sessions",
        {
          "app/db.py":
            "from sqlalchemy.ext.asyncio import AsyncSession\nfrom sqlalchemy.orm import sessionmaker\nmake = sessionmaker(class_=AsyncSession)\n",
        },
      ],
      ["a migration", { "alembic/env.py": "from sqlalchemy import create_engine\nengine = create_engine('x')\n" }],
      [
        "a tool that is started by hand",
        { "scripts/backup.py": "from sqlalchemy import create_engine\nengine = create_engine('x')\n" },
      ],
      ["a worker", { "app/worker.py": "from sqlalchemy import create_engine\nengine = create_engine('x')\n" }],
      [
        "a function of the same name",
        { "app/db.py": "from app.search import create_engine\nengine = create_engine('x')\n" },
      ],
      ["an import alone", { "app/db.py": "from sqlalchemy import create_engine\n" }],
    ],
  },
  "legacy-query": {
    bad: [
      ["session.query()", service("return db.query(User).all()"), /session\.query\(\) is SQLAlchemy 1 style/],
      ["on the service's session", service("return self.session.query(User).first()"), /SQLAlchemy 1 style/],
    ],
    good: [
      ["select()", service("return await db.execute(select(User))")],
      ["another database's query", service("return await db.query('from bucket')")],
      ["no SQLAlchemy at all", { "app/x.py": "def run(db):\n    return db.query(User)\n" }],
    ],
  },
  "unindexed-foreign-key": {
    bad: [
      [
        "a foreign key",
        model(
          'id: Mapped[int] = mapped_column(primary_key=True)\norg_id: Mapped[int] = mapped_column(ForeignKey("orgs.id"))',
        ),
        /Item\.org_id is a foreign key without an index/,
      ],
      [
        "an index of another column",
        model(
          '__table_args__ = (Index("ix", "name"),)\nid: Mapped[int] = mapped_column(primary_key=True)\nname: Mapped[str]= mapped_column(String(80))\norg_id: Mapped[int] = mapped_column(ForeignKey("orgs.id"))',
        ),
        /Item\.org_id/,
      ],
    ],
    good: [
      [
        "index=True",
        model(
          'id: Mapped[int] = mapped_column(primary_key=True)\norg_id: Mapped[int] = mapped_column(ForeignKey("orgs.id"), index=True)',
        ),
      ],
      [
        "unique",
        model(
          'id: Mapped[int] = mapped_column(primary_key=True)\norg_id: Mapped[int] = mapped_column(ForeignKey("orgs.id"), unique=True)',
        ),
      ],
      [
        "a part of the primary key",
        model('org_id: Mapped[int] = mapped_column(ForeignKey("orgs.id"), primary_key=True)'),
      ],
      [
        "an index of the table",
        model(
          '__table_args__ = (Index("ix", "org_id", "id"),)\nid: Mapped[int] = mapped_column(primary_key=True)\norg_id: Mapped[int] = mapped_column(ForeignKey("orgs.id"))',
        ),
      ],
      [
        "a unique constraint of the table",
        model(
          '__table_args__ = (UniqueConstraint("org_id", "id"),)\nid: Mapped[int] = mapped_column(primary_key=True)\norg_id: Mapped[int] = mapped_column(ForeignKey("orgs.id"))',
        ),
      ],
    ],
  },
  "sql-by-string": {
    bad: [
      [
        "an f-string",
        service("await db.execute(text(f\"SELECT * FROM users WHERE name = '{name}'\"))"),
        /puts SQL together from text/,
      ],
      [
        "a sum",
        service('await db.execute(text("SELECT * FROM users WHERE name = \'" + name + "\'"))'),
        /puts SQL together/,
      ],
      ["a percent sign", service('await db.execute("DELETE FROM users WHERE name = %s" % name)'), /puts SQL together/],
      [
        "format()",
        service('await db.execute(text("SELECT * FROM users WHERE name = {}".format(name)))'),
        /puts SQL together/,
      ],
      [
        "a variable of the same function",
        service('query = f"SELECT * FROM users WHERE name = {name}"\nawait db.execute(text(query))'),
        /puts SQL together/,
      ],
    ],
    good: [
      ["bound parameters", service('await db.execute(text("SELECT * FROM users WHERE name = :name"), {"name": name})')],
      ["a constant", service('TABLE = "users"\nawait db.execute(text(f"SELECT * FROM {TABLE}"))')],
      ["a table's own name", service('await db.execute(text(f"SELECT * FROM {User.__tablename__}"))')],
      ["a number", service('await db.execute(text(f"SET statement_timeout = {int(day)}"))')],
      ["a migration", service('await db.execute(text(f"DROP TABLE {name}"))', "alembic/versions/1.py")],
      ["migrations in one file", service('await db.execute(text(f"DROP TABLE {name}"))', "app/core/migrations.py")],
      ["a session's setting", service("await db.execute(text(f\"SET LOCAL TIME ZONE '{name}'\"))")],
      ["text that is no SQL", service('await runner.execute(f"Selected {name}")')],
    ],
  },
  "database-in-route": {
    bad: [
      ["a query", route("return await db.execute(select(User))"), /GET \/api\/v1\/users works on the database itself/],
    ],
    good: [
      ["a service", route("return await UserService(db).page()")],
      ["a probe that asks the database", route('await db.execute(text("SELECT 1"))')],
      ["a probe by its path", route("await db.execute(ping)", "/healthz")],
      ["a function inside that is handed on", route("async def work():\n    await db.execute(q)\nreturn queue(work)")],
    ],
  },
  "session-not-injected": {
    bad: [
      [
        "a session of one's own",
        route("async with SessionLocal() as own:\n    return await UserService(own).page()"),
        /opens its session itself/,
      ],
    ],
    good: [
      [
        "Depends",
        app(
          '@router.get("/users")\nasync def read(db: AsyncSession = Depends(get_db)) -> Out:\n    """x"""\n    return await UserService(db).page()',
        ),
      ],
    ],
  },
};
