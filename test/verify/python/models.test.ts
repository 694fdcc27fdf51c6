/** Tables as facts: of every style, with inherited columns and names that classes make. */
import { describe, expect, it } from "vitest";
import { factsOf } from "../../support/facts.ts";

const shown = async (files: Readonly<Record<string, string>>): Promise<readonly string[]> =>
  (await factsOf(files)).models.map(
    ({ name, table, style, fields, relations }) =>
      `${name} ${table} ${style} ${fields.map((one) => one.name)}${relations.length > 0 ? ` + ${relations.map((one) => one.name)}` : ""}`,
  );

const modern = `from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, declared_attr
class Base(DeclarativeBase): ...
`;

const cases: readonly (readonly [string, string, readonly string[]])[] = [
  [
    "a base of a package that is not here, and a mixin that is no table",
    `from shared.database import Base
from sqlalchemy.orm import Mapped, mapped_column
class Named:
    __tablename__ = "named"
    id: Mapped[int] = mapped_column(primary_key=True)
class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
`,
    ["Order orders sqlalchemy-2 id"],
  ],
  [
    "fastapi-users",
    `from fastapi_users_db_sqlalchemy import SQLAlchemyBaseUserTableUUID
from sqlalchemy.orm import DeclarativeBase
class Base(DeclarativeBase): ...
class User(SQLAlchemyBaseUserTableUUID, Base): ...
`,
    ["User user sqlalchemy-2 "],
  ],
  [
    "SQLAlchemy 2 with relations",
    `${modern}class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str]
    posts: Mapped[list["Post"]] = relationship(back_populates="author")
    def name(self): return self.email
    LIMIT = 5
`,
    ["User users sqlalchemy-2 id,email + posts"],
  ],
  [
    "SQLAlchemy 1",
    `from sqlalchemy import Column, Integer, String
from sqlalchemy.ext.declarative import declarative_base
from sqlalchemy.orm import relationship
Base = declarative_base()
class Item(Base):
    __tablename__ = "items"
    id = Column(Integer, primary_key=True)
    name = Column("title", String)
    owner = relationship("User")
`,
    ["Item items sqlalchemy-1 id,name + owner"],
  ],
  [
    "SQLModel, without what is no table",
    `from sqlmodel import Field, Relationship, SQLModel
class HeroBase(SQLModel):
    name: str = Field(index=True)
class Hero(HeroBase, table=True):
    id: int | None = Field(default=None, primary_key=True)
    team: "Team" = Relationship(back_populates="heroes")
class Team(SQLModel, table=True):
    __tablename__ = "all_teams"
    id: int = Field(primary_key=True)
`,
    ["Hero hero sqlmodel id,name + team", "Team all_teams sqlmodel id"],
  ],
  [
    "SQLAlchemy Core",
    `from sqlalchemy import Column, Integer, MetaData, Table
metadata = MetaData()
links = Table("links", metadata, Column("a", Integer), Column("b", Integer))
`,
    ["links links core-table a,b"],
  ],
  [
    "mixins, abstract bases and inheritance",
    `${modern}class Dated:
    created: Mapped[str] = mapped_column()
class Model(Base):
    __abstract__ = True
    id: Mapped[int] = mapped_column(primary_key=True)
class Order(Dated, Model):
    __tablename__ = "orders"
    total: Mapped[int]
`,
    ["Order orders sqlalchemy-2 total,created,id"],
  ],
  [
    "names that the base makes of the class's",
    `${modern}import re
class Model(Base):
    __abstract__ = True
    @declared_attr.directive
    def __tablename__(cls) -> str:
        return re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()
class Plain(Base):
    __abstract__ = True
    @declared_attr
    def __tablename__(cls) -> str:
        return cls.__name__.lower() + "s"
    id: Mapped[int] = mapped_column(primary_key=True)
class Line(Plain): ...
`,
    ["Line lines sqlalchemy-2 id"],
  ],
  [
    "a base that has columns and names tables, and is none",
    `${modern}class Named(DeclarativeBase):
    @declared_attr.directive
    def __tablename__(cls) -> str:
        return cls.__name__.lower()
    id: Mapped[int] = mapped_column(primary_key=True)
class Order(Named):
    total: Mapped[int]
`,
    ["Order order sqlalchemy-2 total,id"],
  ],
  [
    "a name that a compiled pattern makes of the class's",
    `${modern}import re
words = re.compile(r"(?<!^)(?=[A-Z])")
class Model(Base):
    __abstract__ = True
    @declared_attr.directive
    def __tablename__(cls) -> str:
        return words.sub("_", cls.__name__).lower()
class OrderLine(Model):
    id: Mapped[int] = mapped_column(primary_key=True)
`,
    ["OrderLine order_line sqlalchemy-2 id"],
  ],
  [
    "a prefix that a base gives to the tables of all classes below it",
    `${modern}class Model(Base):
    __abstract__ = True
    def __init_subclass__(cls, **given):
        cls.__tablename__ = f"shop_{cls.__tablename__}"
        super().__init_subclass__(**given)
class Order(Model):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
`,
    ["Order shop_orders sqlalchemy-2 id"],
  ],
  [
    "SQLAlchemy's names by other names, and columns that a function makes",
    `import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped as Typed, mapped_column as typed, relationship as to
class Base(DeclarativeBase): ...
def key():
    return sa.Column(sa.Integer, primary_key=True)
class Order(Base):
    __tablename__ = "orders"
    id: Typed[int] = typed(primary_key=True)
    total: Typed[int]
    owner: Typed["User"] = to()
class Old(Base):
    __tablename__ = "old"
    id = key()
    order = to("Order")
`,
    ["Order orders sqlalchemy-2 id,total + owner", "Old old sqlalchemy-1 id + order"],
  ],
  [
    "a composite value, whose columns stand in it",
    `${modern}from sqlalchemy.orm import composite
class Place(Base):
    __tablename__ = "places"
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[tuple] = composite(mapped_column("lat"), mapped_column("lng"))
`,
    ["Place places sqlalchemy-2 id,lat,lng"],
  ],
  [
    "columns that a method declares",
    `${modern}class Owned:
    @declared_attr
    def owner_id(cls) -> Mapped[int]:
        return mapped_column()
class Thing(Owned, Base):
    __tablename__ = "things"
    id: Mapped[int] = mapped_column(primary_key=True)
`,
    ["Thing things sqlalchemy-2 id,owner_id"],
  ],
  [
    "a class that looks like a table and is none",
    `class Thing:
    __tablename__ = "things"
    id = 5
`,
    [],
  ],
  [
    "dataclass tables of a base in another module",
    `from sqlalchemy.orm import DeclarativeBase, Mapped, MappedAsDataclass, mapped_column
class Base(MappedAsDataclass, DeclarativeBase): ...
class A(Base):
    __tablename__ = "a"
    id: Mapped[int] = mapped_column(init=False, primary_key=True)
    note: Mapped[str | None] = mapped_column(default=None)
`,
    ["A a sqlalchemy-2 id,note"],
  ],
];

describe("models", () => {
  it.each(cases)("of %s", async (_, text, models) => {
    expect(await shown({ "models.py": text })).toEqual(models);
  });

  it("are found across modules that import each other", async () => {
    const files = {
      "db/__init__.py": "",
      "db/base.py":
        "from sqlalchemy.orm import DeclarativeBase\nclass Base(DeclarativeBase): ...\nfrom db.user import User\n",
      "db/user.py": `from sqlalchemy.orm import Mapped, mapped_column\nfrom db.base import Base\nclass User(Base):\n    __tablename__ = "users"\n    id: Mapped[int] = mapped_column(primary_key=True)\n`,
    };
    expect(await shown(files)).toEqual(["User users sqlalchemy-2 id"]);
  });

  it("of mappers that are not read say so", async () => {
    const text = `import ormar
class Order(ormar.Model):
    id: int = ormar.Integer(primary_key=True)
`;
    const { models, unknown } = await factsOf({ "models.py": text });
    expect(models).toEqual([]);
    expect(unknown).toEqual([
      { file: "models.py", line: 2, about: "Order is stored by ormar, whose tables are not read" },
    ]);
  });

  it("whose name depends on a variable that is not set say so", async () => {
    const text = `${modern}import os
TEST = os.environ.get("TEST") == "1"
class Thing(Base):
    __tablename__ = "test_things" if TEST else "things"
    id: Mapped[int] = mapped_column(primary_key=True)
`;
    const { models, unknown } = await factsOf({ "models.py": text });
    expect(models.map(({ table }) => table)).toEqual(["things"]);
    expect(unknown.map(({ about }) => about)).toEqual([
      "the table things assumes that the environment variable TEST is not set",
    ]);
  });

  it("whose name is only known at run time say so", async () => {
    const text = `${modern}from names import table_of
class Model(Base):
    __abstract__ = True
    @declared_attr.directive
    def __tablename__(cls) -> str:
        return table_of(cls)
class Thing(Model):
    id: Mapped[int] = mapped_column(primary_key=True)
`;
    const { models, unknown } = await factsOf({ "models.py": text });
    expect(models.map(({ table }) => table)).toEqual(["{?Thing.__tablename__}"]);
    expect(unknown).toEqual([
      { file: "models.py", line: 9, about: "the table of Thing is named by code that can't be followed" },
    ]);
  });
});
