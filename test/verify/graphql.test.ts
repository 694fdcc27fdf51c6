/** A GraphQL schema before and after: claims of its fields and types, and what its clients need to know. */
import { describe, expect, it } from "vitest";
import type { Report } from "../../src/domain/report.ts";
import { checkGraphql, unreportedGraphql } from "../../src/verify/claims/graphql.ts";
import { compareContracts } from "../../src/verify/contract.ts";
import { factsOf } from "../support/facts.ts";

const schema = (fields: string, types = ""): Record<string, string> => ({
  "main.py": `
import strawberry
from enum import Enum
from fastapi import FastAPI
from strawberry.fastapi import GraphQLRouter
${types}
@strawberry.type
class Query:
${fields}
schema = strawberry.Schema(query=Query)
app = FastAPI()
app.include_router(GraphQLRouter(schema), prefix="/graphql")
`,
});

const book = "    @strawberry.field\n    def book(self, number: int, first: int = 10) -> Book: ...\n";
const types = `
@strawberry.interface
class Node:
    id: strawberry.ID
@strawberry.type
class Book(Node):
    title: str
    page_count: int = 0
    @strawberry.field
    def reviews(self, last: int = 5) -> list[str]: ...
@strawberry.input
class NewBook:
    title: str
    note: str | None = None
@strawberry.enum
class Size(Enum):
    SMALL = "s"
    LARGE = "l"
class Plain:
    hidden: int
`;

it("types, interfaces, inputs and enums are facts, inherited fields and arguments included", async () => {
  const { graphql } = await factsOf(schema(book, types));
  expect(graphql.map(({ kind, name, fields }) => `${kind} ${name} ${fields.join(", ")}`)).toEqual([
    "query book ",
    "interface Node id: strawberry.ID",
    "type Book id: strawberry.ID, reviews(last: int = 5): list[str], title: str, pageCount: int = 0",
    "input NewBook title: str, note: str | None = None",
    "enum Size SMALL, LARGE",
  ]);
});

const told = async (
  claims: Report["graphql_created"],
  before: Record<string, string>,
  after: Record<string, string>,
) => {
  const [base, head] = [await factsOf(before), await factsOf(after)];
  return [...checkGraphql(claims, base, head), ...unreportedGraphql(claims, base, head)].map(
    ({ kind, claim, verdict, reason }) => [kind, verdict, claim, reason].filter((part) => part !== "").join(": "),
  );
};

describe("a claim of a GraphQL field", () => {
  const before = schema("    @strawberry.field\n    def old(self) -> int: ...\n");
  const after = schema(`    @strawberry.field\n    def old(self) -> int: ...\n${book}`, types);

  it("is confirmed where the schema has it, as is one of a type", async () => {
    const claims = [
      { kind: "query", name: "book" },
      { kind: "input", name: "NewBook" },
    ] as const;
    expect(await told([...claims], before, after)).toEqual([
      "graphql: confirmed: query book",
      "graphql: confirmed: input NewBook",
    ]);
  });

  it("is contradicted where it was there before, where there is none, and where it is of another kind", async () => {
    const claims = [
      { kind: "query", name: "old" },
      { kind: "mutation", name: "book" },
      { kind: "query", name: "nothing" },
    ] as const;
    expect(await told([...claims, { kind: "query", name: "book" }], before, after)).toEqual([
      "graphql: contradicted: query old: it was there before, and is as it was",
      "graphql: contradicted: mutation book: the GraphQL schema has no such field or type; near to it: query book, type Book",
      "graphql: contradicted: query nothing: the GraphQL schema has no such field or type",
      "graphql: confirmed: query book",
    ]);
  });

  it("is not provable where a part of the schema is only known at run time", async () => {
    const hidden = { "main.py": `${after["main.py"]}other = strawberry.Schema(query=load())\n` };
    expect(
      await told(
        [
          { kind: "query", name: "book" },
          { kind: "query", name: "far" },
        ],
        before,
        hidden,
      ),
    ).toEqual([
      "graphql: confirmed: query book",
      "graphql: unprovable: query far: a part of the GraphQL schema is only known at run time, and this may be in it",
    ]);
  });

  it("that is missing for a new operation is told; the types that come with it need none", async () => {
    expect(await told([], before, after)).toEqual([
      "unreported: contradicted: query book: the schema has this new field, and the report does not name it in graphql_created",
    ]);
  });
});

describe("a client of the schema", () => {
  const changes = async (fields: string, of: string) => {
    const [base, head] = [await factsOf(schema(book, types)), await factsOf(schema(fields, of))];
    return compareContracts(base, head)
      .filter(({ operation }) => !/graphql$/.test(operation))
      .map(({ operation, what, breaking }) => ({ operation, what, breaking }));
  };

  it.each([
    ["an argument that must be given", "first: int = 10", "first: int = 10, by: str", "argument `by: str` is new"],
    ["a default that is gone", "first: int = 10", "first: int", "argument `first: int = 10` is now `first: int`"],
    ["an argument that is gone", ", first: int = 10", "", "argument `first` is gone"],
    ["another type of what is returned", "-> Book:", "-> int:", "returns int, was Book"],
  ])("is broken by %s", async (_, from, to, what) => {
    expect(await changes(book.replace(from, to), types)).toEqual([
      { operation: "query book", what: [what], breaking: [what] },
    ]);
  });

  it.each([
    [
      "an argument with a default",
      "first: int = 10",
      "first: int = 10, by: str = ''",
      "argument `by: str = ''` is new",
    ],
    ["another default", "first: int = 10", "first: int = 20", "argument `first: int = 10` is now `first: int = 20`"],
  ])("is not broken by %s", async (_, from, to, what) => {
    expect(await changes(book.replace(from, to), types)).toEqual([
      { operation: "query book", what: [what], breaking: [] },
    ]);
  });

  it("is broken by a field of a type that is gone and by one of an input that must be given, and by no new field of a type", async () => {
    const other = types
      .replace("    page_count: int = 0\n", "    subtitle: str = ''\n")
      .replace("    note: str | None = None\n", "    note: str | None = None\n    isbn: str\n")
      .replace('    LARGE = "l"\n', "");
    expect(await changes(book, other)).toEqual([
      {
        operation: "type Book",
        what: ["field `pageCount` is gone", "field `subtitle: str = ''` is new"],
        breaking: ["field `pageCount` is gone"],
      },
      { operation: "input NewBook", what: ["field `isbn: str` is new"], breaking: ["field `isbn: str` is new"] },
      { operation: "enum Size", what: ["value `LARGE` is gone"], breaking: ["value `LARGE` is gone"] },
    ]);
  });
});
