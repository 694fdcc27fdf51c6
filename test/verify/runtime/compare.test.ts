/** Facts beside what the application says of itself: each disagreement with both sides, and what is none. */
import { describe, expect, it } from "vitest";
import type { Operation } from "../../../src/verify/runtime/application.ts";
import { byRunTime, compareRuntime, sinceBase } from "../../../src/verify/runtime/compare.ts";
import { factsOf } from "../../support/facts.ts";

const source = `
from fastapi import Depends, FastAPI
from fastapi.security import HTTPBearer
from app.config import settings
app = FastAPI()
@app.get("/items/{item_id}")
async def read_item(item_id: int): ...
@app.post("/items", dependencies=[Depends(HTTPBearer())])
async def create_item(): ...
@app.get("/hidden", include_in_schema=False)
async def hidden(): ...
if settings.DEBUG:
    @app.get("/debug")
    async def debug(): ...
`;
const read: Operation = { method: "GET", path: "/items/{id}", secured: false };
const create: Operation = { method: "POST", path: "/items", secured: true };
const facts = await factsOf({ "app/main.py": source });
const messages = (operations: readonly Operation[], others = false) =>
  compareRuntime(facts, operations, others).findings.map(({ message }) => message);

describe("the code beside the application", () => {
  it("agrees whatever parameters are called; what is hidden or conditional may be missing", () => {
    expect(compareRuntime(facts, [read, create], false)).toEqual({
      agreed: new Set(["GET /items/{}", "POST /items"]),
      findings: [],
    });
  });

  it("tells a route that only the code has, with its line, unless another application may have it", () => {
    expect(compareRuntime(facts, [read], false).findings).toEqual([
      {
        rule: "runtime-disagrees",
        severity: "concern",
        message: "POST /items: the code declares it, and the application does not have it once it is imported",
        path: "app/main.py",
        line: 8,
      },
    ]);
    expect(messages([read], true)).toEqual([]);
  });

  it("tells a route that only the application has", () => {
    expect(messages([read, create, { method: "DELETE", path: "/items/{id}", secured: false }])).toEqual([
      "DELETE /items/{id}: the application has it once it is imported, and reading the code does not show it",
    ]);
  });

  it("tells other security, with both sides", () => {
    expect(
      messages([
        { ...read, secured: true },
        { ...create, secured: false },
      ]),
    ).toEqual([
      "GET /items/{item_id}: the code shows auth as none, and the application's own document asks for credentials",
      "POST /items: the code shows auth as bearer, and the application's own document asks for none",
    ]);
  });

  it("says what was so before, and blames the change for the rest", () => {
    const before = compareRuntime(facts, [create], false).findings;
    const now = compareRuntime(facts, [], false).findings;
    expect(sinceBase(now, before).map(({ severity, message }) => `${severity} ${message.split(":")[0]}`)).toEqual([
      "concern POST /items",
      "note GET /items/{item_id}",
    ]);
    expect(sinceBase(now, undefined)).toEqual(now);
  });

  it("confirms a claim by both only where both agree", () => {
    const claim = { kind: "endpoint", claim: "GET /items/{n}", verdict: "confirmed", reason: "" } as const;
    const agreed = new Set(["GET /items/{}"]);
    expect(byRunTime([claim], agreed)).toEqual([{ ...claim, by: "run time" }]);
    const others = [
      { ...claim, claim: "POST /items" },
      { ...claim, verdict: "unprovable" as const },
    ];
    expect(byRunTime(others, agreed)).toEqual(others);
  });
});
