/** Examples of schemas and of what a client may send. */
import { app, body, type Examples } from "./example.ts";

export const schemaExamples: Examples = {
  "pydantic-v1": {
    bad: [
      [
        "class Config of settings",
        app(
          "from pydantic_settings import BaseSettings\n\n\nclass Settings(BaseSettings):\n    class Config:\n        env_file = '.env'",
        ),
        /`class Config` is Pydantic v1/,
      ],
      [
        "class Config",
        body("In", "class In(BaseModel):\n    id: int\n\n    class Config:\n        orm_mode = True"),
        /`class Config` is Pydantic v1/,
      ],
      [
        "a validator",
        app(
          "from pydantic import validator\n\n\nclass In(BaseModel):\n    id: int\n\n    @validator('id')\n    def v(cls, x): return x",
        ),
        /validator of Pydantic v1/,
      ],
      ["a method of version 1", app("x = Out.from_orm(None)"), /from_orm\(\) is Pydantic v1: use model_validate/],
      ["the old package inside the new one", app("from pydantic.v1 import BaseModel as Old"), /imports pydantic\.v1/],
    ],
    good: [
      [
        "ConfigDict",
        body(
          "In",
          "from pydantic import ConfigDict\n\n\nclass In(BaseModel):\n    model_config = ConfigDict(from_attributes=True)\n\n    id: int",
        ),
      ],
      [
        "a field validator",
        app(
          "class In(BaseModel):\n    id: int\n\n    @field_validator('id')\n    @classmethod\n    def v(cls, x): return x",
        ),
      ],
      ["another class called Config", app("class Service:\n    class Config:\n        depth = 3")],
      [
        "a method that the project has itself",
        app("class Page:\n    @classmethod\n    def from_orm(cls, row): return cls()\n\n\nx = Page.from_orm(None)"),
      ],
      ["another library's validator", app("from attr import validator\n\n\n@validator\ndef v(x): ...")],
    ],
  },
  "unconstrained-field": {
    bad: [
      [
        "a text of any length",
        body("In", "class In(BaseModel):\n    title: str\n    note: str | None = None"),
        /In: title, note may be of any length/,
      ],
      [
        "a field that says nothing about it",
        body("In", 'class In(BaseModel):\n    title: str = Field(description="x")'),
        /In: title/,
      ],
      [
        "a schema inside a schema",
        body("In", "class Line(BaseModel):\n    text: str\n\n\nclass In(BaseModel):\n    lines: list[Line]"),
        /Line: text/,
      ],
    ],
    good: [
      ["bounds", body("In", "class In(BaseModel):\n    title: str = Field(min_length=1, max_length=80)")],
      ["bounds in the annotation", body("In", "class In(BaseModel):\n    title: Annotated[str, Field(max_length=80)]")],
      [
        "bounds of an alias",
        body("In", "Title = Annotated[str, Field(max_length=80)]\n\n\nclass In(BaseModel):\n    title: Title"),
      ],
      ["a pattern", body("In", 'class In(BaseModel):\n    code: str = Field(pattern=r"^[A-Z]{3}$")')],
      [
        "a validator",
        body(
          "In",
          "class In(BaseModel):\n    title: str\n\n    @field_validator('title')\n    @classmethod\n    def v(cls, x): return x[:80]",
        ),
      ],
      ["a choice", body("In", "from typing import Literal\n\n\nclass In(BaseModel):\n    kind: Literal['a', 'b']")],
      [
        "what is only sent back",
        app(
          'class Shown(BaseModel):\n    title: str\n\n\n@router.get(\'/x\', response_model=Shown)\nasync def read():\n    """x"""',
        ),
      ],
    ],
  },
  "unbounded-password": {
    bad: [
      [
        "no bounds",
        body("UserCreate", "class UserCreate(BaseModel):\n    password: str"),
        /UserCreate\.password has no bounds/,
      ],
      [
        "no upper bound",
        body("UserCreate", "class UserCreate(BaseModel):\n    password: str = Field(min_length=8)"),
        /may be of any length/,
      ],
      [
        "no lower bound",
        body("UserCreate", "class UserCreate(BaseModel):\n    password: SecretStr = Field(max_length=72)"),
        /may be empty/,
      ],
      [
        "six characters",
        body("UserCreate", "class UserCreate(BaseModel):\n    new_password: str = Field(min_length=6, max_length=72)"),
        /may be 6 characters short/,
      ],
      [
        "a book",
        body(
          "UserCreate",
          "class UserCreate(BaseModel):\n    password: str = Field(min_length=8, max_length=1_000_000)",
        ),
        /may be 1000000 characters long/,
      ],
    ],
    good: [
      [
        "bounds",
        body("UserCreate", "class UserCreate(BaseModel):\n    password: str = Field(min_length=8, max_length=128)"),
      ],
      [
        "bounds in the annotation",
        body(
          "UserCreate",
          "class UserCreate(BaseModel):\n    password: Annotated[SecretStr, Field(min_length=8, max_length=72)]",
        ),
      ],
      [
        "a login, where the password is only compared",
        body("LoginRequest", "class LoginRequest(BaseModel):\n    password: str", "/login"),
      ],
      [
        "a validator that decides",
        body(
          "UserCreate",
          "class UserCreate(BaseModel):\n    password: str\n\n    @field_validator('password')\n    @classmethod\n    def v(cls, x): return check(x)",
        ),
      ],
      ["a hash that is read from the database", app("class Row(BaseModel):\n    password: str")],
    ],
  },
  "plain-email": {
    bad: [
      ["a str", body("UserCreate", "class UserCreate(BaseModel):\n    email: str"), /UserCreate\.email takes any text/],
      [
        "a bounded str",
        body("UserCreate", "class UserCreate(BaseModel):\n    email: str | None = Field(None, max_length=254)"),
        /takes any text/,
      ],
    ],
    good: [
      ["EmailStr", body("UserCreate", "class UserCreate(BaseModel):\n    email: EmailStr | None = None")],
      [
        "a pattern, where email-validator is not installed",
        body("UserCreate", 'class UserCreate(BaseModel):\n    email: str = Field(pattern=r"^[^@]+@[^@]+$")'),
      ],
      [
        "a login, which finds it or not",
        body("LoginRequest", "class LoginRequest(BaseModel):\n    email: str", "/login"),
      ],
      [
        "an answer",
        app(
          'class Shown(BaseModel):\n    email: str\n\n\n@router.get(\'/x\', response_model=Shown)\nasync def read():\n    """x"""',
        ),
      ],
    ],
  },
};
