/** Collections as people keep them, brought up to what the code serves. */
import { describe, expect, it } from "vitest";
import type { Facts } from "../../../src/domain/facts.ts";
import { countKnown, isCollectionPath, type Update, updateCollection } from "../../../src/domain/postman/collection.ts";
import { factsOf } from "../../support/facts.ts";

const application = (routes: string): Record<string, string> => ({
  "main.py": `
from decimal import Decimal
from fastapi import APIRouter, Depends, FastAPI
from fastapi.security import HTTPBearer
from pydantic import BaseModel, EmailStr, Field
bearer = HTTPBearer()
class Line(BaseModel):
    sku: str = Field(min_length=8)
    amount: int = Field(ge=2)
class Order(BaseModel):
    number: str = Field(examples=["A-1"])
    customer_email: EmailStr
    price: Decimal
    lines: list[Line]
    note: str | None = None
    express: bool = False
router = APIRouter(prefix="/orders")
${routes}
app = FastAPI()
app.include_router(router, prefix="/api/v1")
`,
});
const list = `@router.get("")\nasync def list_orders(): ...\n`;
const create = `@router.post("")\nasync def create_order(order: Order, user=Depends(bearer)): ...\n`;
const one = `@router.get("/{order_id}")\nasync def get_order(order_id: int, user=Depends(bearer)): ...\n`;

const info = { name: "Shop", schema: "https://schema.getpostman.com/json/collection/v2.1.0/collection.json" };
const request = (method: string, raw: string, more = {}) => ({ name: raw, request: { method, url: { raw }, ...more } });
const spelt = (value: unknown, indent: string | number = 2) => `${JSON.stringify(value, null, indent)}\n`;

const updated = (text: string, head: Facts, touched: readonly string[], removed: readonly string[] = []) => {
  const update = updateCollection(text, { head, touched, removed });
  if (!update.ok) throw new Error(update.reason);
  return { ...update, value: JSON.parse(update.text) };
};

describe("a new operation", () => {
  it("becomes a request in the folder of its neighbours, with credentials and a body from the schemas", async () => {
    const head = await factsOf(application(list + create + one));
    const text = spelt({ info, item: [{ name: "Orders", item: [request("GET", "{{host}}/api/v1/orders")] }] }, "\t");
    const { value, added, text: now } = updated(text, head, ["POST /api/v1/orders"]);
    expect(added).toEqual(["POST /api/v1/orders"]);
    expect(now).toMatch(/^\{\n\t"info"/);
    expect(value.item).toHaveLength(1);
    const [old, made] = value.item[0].item;
    expect(old).toEqual(request("GET", "{{host}}/api/v1/orders"));
    expect(made).toMatchObject({
      name: "create order",
      request: {
        method: "POST",
        auth: { type: "bearer", bearer: [{ key: "token", value: "{{accessToken}}" }] },
        url: { raw: "{{host}}/api/v1/orders", host: ["{{host}}"], path: ["api", "v1", "orders"] },
      },
    });
    expect(JSON.parse(made.request.body.raw)).toEqual({
      number: "A-1",
      customer_email: "user@example.com",
      price: "9.99",
      lines: [{ sku: "skuxxxxx", amount: 2 }],
      note: "note",
      express: false,
    });
    expect(value.variable).toBeUndefined();
  });

  it("that is there already is left as people wrote it, whatever it calls its parameters and where its base has a part of the path", async () => {
    const head = await factsOf(application(list + one));
    const inVariable = {
      info,
      variable: [{ key: "base", value: "http://localhost:8000/api/v1" }],
      item: [request("GET", "{{base}}/orders/:id?expand=1"), request("GET", "{{base}}/orders/")],
    };
    const inEnvironment = {
      info,
      item: [request("GET", "{{api}}/orders"), request("GET", "{{api}}/orders/{{order}}")],
    };
    for (const collection of [inVariable, inEnvironment]) {
      const text = spelt(collection);
      expect(updated(text, head, ["GET /api/v1/orders", "GET /api/v1/orders/{order_id}"])).toMatchObject({
        text,
        added: [],
      });
      expect(countKnown(text, head)).toBe(2);
    }
  });

  it("is addressed as the others are", async () => {
    const head = await factsOf(application(list + one));
    const text = spelt({ info, item: [request("GET", "{{api}}/orders")] });
    expect(updated(text, head, ["GET /api/v1/orders/{order_id}"]).value.item[1].request.url).toEqual({
      raw: "{{api}}/orders/:order_id",
      host: ["{{api}}"],
      path: ["orders", ":order_id"],
      variable: [{ key: "order_id", value: "" }],
    });
  });

  it("gets a variable where an empty collection has none", async () => {
    const head = await factsOf(application(list));
    const { value } = updated(spelt({ info, item: [] }), head, ["GET /api/v1/orders"]);
    expect(value.variable).toEqual([{ key: "baseUrl", value: "http://localhost:8000" }]);
    expect(value.item).toMatchObject([
      { name: "orders", item: [{ request: { url: { raw: "{{baseUrl}}/api/v1/orders" } } }] },
    ]);
  });
});

it("a body gets the fields that it lacks, and keeps those that people wrote", async () => {
  const head = await factsOf(application(create));
  const body = { mode: "raw", raw: '{"number": "mine", "lines": []}' };
  const { value, extended, added } = updated(
    spelt({ info, item: [request("POST", "{{host}}/api/v1/orders", { body })] }),
    head,
    ["POST /api/v1/orders"],
  );
  expect([extended, added]).toEqual([["POST /api/v1/orders"], []]);
  expect(JSON.parse(value.item[0].request.body.raw)).toMatchObject({ number: "mine", lines: [], express: false });
});

it("an operation that is gone takes its request with it, and a folder that it leaves empty", async () => {
  const head = await factsOf(application(list));
  const text = spelt({
    info,
    item: [
      { name: "Old", item: [request("DELETE", "{{host}}/api/v1/orders/:id")] },
      request("GET", "{{host}}/api/v1/orders"),
    ],
  });
  const { value, removed } = updated(text, head, [], ["DELETE /api/v1/orders/{order_id}"]);
  expect(removed).toEqual(["DELETE /api/v1/orders/{order_id}"]);
  expect(value.item).toEqual([request("GET", "{{host}}/api/v1/orders")]);
});

it("is written twice to the same bytes", async () => {
  const head = await factsOf(application(list + create + one));
  const first = updated(spelt({ info, item: [] }), head, ["GET /api/v1/orders", "POST /api/v1/orders"]);
  expect(updated(first.text, head, ["GET /api/v1/orders", "POST /api/v1/orders"]).text).toBe(first.text);
});

it.each([
  ["no JSON", "{", "can't be read: it is not valid JSON (line 1)"],
  ["no collection", "[]", "is no Postman collection of format 2.0 or 2.1"],
  ["the first format", '{"id": "1", "requests": []}', "is no Postman collection of format 2.0 or 2.1"],
])("a file that holds %s is left, with the reason", async (_, text, reason) => {
  const head = await factsOf(application(list));
  expect(updateCollection(text, { head, touched: [], removed: [] })).toEqual({ ok: false, reason } satisfies Update);
});

it("is a file by its name, outside of folders that begin with a dot", () => {
  expect(["docs/api.postman_collection.json", "x.postman_collection.json"].every(isCollectionPath)).toBe(true);
  expect([".github/x.postman_collection.json", "docs/postman.json"].some(isCollectionPath)).toBe(false);
});
