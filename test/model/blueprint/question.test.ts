import { describe, expect, test } from "vitest";
import { parseQuestion, speaksOf } from "../../../src/model/blueprint/question.ts";
import { samePath, servedBy } from "../../../src/model/blueprint/served.ts";

const read = (title: string) => parseQuestion({ title, body: "" });

describe("a question", () => {
  test.each([
    ["what handles POST /api/v1/orders?", { operations: [{ method: "POST", path: "/api/v1/orders" }], names: [] }],
    ["who calls /orders/{id}.", { operations: [{ method: undefined, path: "/orders/{id}" }] }],
    ["where is `settings` used?", { names: ["settings"], operations: [] }],
    ["what do OrderService and create_order do?", { names: ["OrderService", "create_order"] }],
    ["which endpoints deal with invoices?", { words: ["deal", "invoices"], asksFor: { operations: true } }],
    ["which columns has the table?", { asksFor: { tables: true, operations: false, reasons: false } }],
    ["why is it cached?", { words: ["cached"], asksFor: { reasons: true } }],
    ["is app/main.py and/or https://example.com/a read?", { operations: [], names: [] }],
  ])("%s names what it names", (text, named) => {
    expect(read(text)).toMatchObject(named);
  });

  test("is read in time that grows with its length, up to a bound", () => {
    const question = read("/a".repeat(100_000));
    expect(question.operations).toHaveLength(1);
    expect(question.operations[0]?.path.length).toBeLessThanOrEqual(4_000);
  });

  test("speaks of a thing in its singular and its plural", () => {
    expect(speaksOf("/api/v1/categories", ["category"])).toBe(true);
    expect(speaksOf("class Order", ["orders"])).toBe(true);
    expect(speaksOf("class Order", ["invoice"])).toBe(false);
  });
});

describe("an operation", () => {
  const files = new Map([
    [
      "app/main.py",
      'from fastapi import FastAPI\nfrom app.orders import router\n\napp = FastAPI()\napp.include_router(router, prefix="/api/v1")\n\n\n@app.get("/health")\ndef health() -> None: ...\n',
    ],
    [
      "app/orders.py",
      'from fastapi import APIRouter\n\nrouter = APIRouter(prefix="/orders")\nlost = APIRouter()\n\n\n@router.post(\n    "/{order_id}",\n)\nasync def change_order(order_id: int) -> None: ...\n\n\n@lost.get("/lost")\ndef get_lost() -> None: ...\n',
    ],
  ]);
  const sources = { modules: { importRoot: "", paths: new Set(files.keys()) }, files };
  const lines = [...files].flatMap(([path, text]) =>
    text.split("\n").flatMap((line, at) => (/^@/.test(line) ? [{ path, line: at + 1, text: line }] : [])),
  );

  test("has its whole path where its router is mounted, and is told apart where it is not", () => {
    expect(servedBy(sources, lines).map(({ method, path, whole, handler }) => [method, path, whole, handler])).toEqual([
      ["GET", "/health", true, "health"],
      ["POST", "/api/v1/orders/{order_id}", true, "change_order"],
      ["GET", "/lost", false, "get_lost"],
    ]);
  });

  test("is the same whatever its parameters are called", () => {
    expect(samePath("/orders/{id}/", "/orders/{order_id}")).toBe(true);
    expect(samePath("/orders/{id}", "/orders")).toBe(false);
  });
});
