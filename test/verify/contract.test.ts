/** Two states of an application beside each other: what its clients need to know. */
import { describe, expect, it } from "vitest";
import { compareContracts, contractFindings } from "../../src/verify/contract.ts";
import { factsOf } from "../support/facts.ts";

const application = (routes: string, schemas = ""): Record<string, string> => ({
  "main.py": `
from fastapi import FastAPI, Depends
from fastapi.security import HTTPBearer
from pydantic import BaseModel, Field
app = FastAPI()
bearer = HTTPBearer()
${schemas}
${routes}
`,
});

const schemas = `
class Order(BaseModel):
    number: str
    note: str | None = None
class OrderResponse(BaseModel):
    id: int
    number: str
`;
const post = `
@app.post("/orders", response_model=OrderResponse, status_code=201)
async def create(order: Order): ...
`;

const compare = async (before: [string, string?], after: [string, string?]) =>
  compareContracts(await factsOf(application(...before)), await factsOf(application(...after))).map(
    ({ kind, operation, what, breaking }) => ({ kind, operation, what, breaking }),
  );

describe("the API beside its base", () => {
  it("is the same where nothing that clients see changed", async () => {
    expect(await compare([post, schemas], [post.replace("async def create", "async def make"), schemas])).toEqual([]);
  });

  it("has operations that came and went, and leaves out what the document hides", async () => {
    const hidden = '@app.get("/internal", include_in_schema=False)\nasync def internal(): ...\n';
    const get = '@app.get("/orders")\nasync def orders(): ...\n';
    expect(await compare([post, schemas], [get + hidden, schemas])).toEqual([
      { kind: "added", operation: "GET /orders", what: [], breaking: [] },
      { kind: "removed", operation: "POST /orders", what: ["it is gone"], breaking: ["it is gone"] },
    ]);
  });

  it.each([
    [
      "a field that has to be sent",
      post,
      schemas.replace("note: str | None = None", "note: str | None = None\n    sum: int"),
      ["body: `sum` is new and required"],
    ],
    [
      "a field that may no longer be left out",
      post,
      schemas.replace("note: str | None = None", "note: str | None"),
      ["body: the rules of `note` changed, and it is required now"],
    ],
    [
      "a field of another type",
      post,
      schemas.replace("class Order(BaseModel):\n    number: str", "class Order(BaseModel):\n    number: int"),
      ["body: `number` is int, was str"],
    ],
    ["a field that no longer comes back", post, schemas.replace("    id: int\n", ""), ["response: `id` is gone"]],
    ["another status", post.replace("201", "200"), schemas, ["status code 201 → 200"]],
    [
      "authentication that is new",
      post.replace("order: Order", "order: Order, who=Depends(bearer)"),
      schemas,
      ["authentication none → bearer"],
    ],
  ])("breaks clients by %s", async (_, route, after, breaking) => {
    expect(await compare([post, schemas], [route, after])).toEqual([
      { kind: "changed", operation: "POST /orders", what: breaking, breaking },
    ]);
  });

  it.each([
    [
      "a field that may be sent",
      schemas.replace("note: str | None = None", "note: str | None = None\n    sum: int = 0"),
      ["body: `sum` is new"],
    ],
    [
      "a field that comes back besides",
      schemas.replace("    id: int\n", "    id: int\n    sum: int\n"),
      ["response: `sum` is new"],
    ],
    [
      "a field with Field and a default",
      schemas.replace("note: str | None = None", "note: str | None = None\n    sum: int = Field(default=0, ge=0)"),
      ["body: `sum` is new"],
    ],
  ])("breaks nobody by %s", async (_, after, what) => {
    expect(await compare([post, schemas], [post, after])).toEqual([
      { kind: "changed", operation: "POST /orders", what, breaking: [] },
    ]);
  });

  it("counts a field whose Field has no default as required", async () => {
    const after = schemas.replace("note: str | None = None", "note: str | None = None\n    sum: int = Field(ge=0)");
    expect((await compare([post, schemas], [post, after]))[0]?.breaking).toEqual(["body: `sum` is new and required"]);
  });

  it("tells what breaks as a concern at its place", async () => {
    const base = await factsOf(application(post, schemas));
    const head = await factsOf(application(post.replace("201", "200"), schemas));
    expect(contractFindings(compareContracts(base, head))).toEqual([
      {
        rule: "breaking-change",
        severity: "concern",
        message: "POST /orders breaks clients that worked before: status code 201 → 200",
        path: "main.py",
        line: 16,
      },
    ]);
  });
});
