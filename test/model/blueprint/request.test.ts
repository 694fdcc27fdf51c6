/** The grammar of requests, as a table of what people write. */
import { describe, expect, it } from "vitest";
import type { Field } from "../../../src/model/blueprint/fields.ts";
import { parseRequest, ratesIn, type Wish } from "../../../src/model/blueprint/request.ts";

const wishOf = (title: string, body = ""): Wish => {
  const parsed = parseRequest({ title, body });
  if (!parsed.ok) throw new Error(parsed.unclear.map((one) => one.question).join("\n"));
  return parsed.value.wish;
};

const questionsOf = (title: string, body = ""): string[] => {
  const parsed = parseRequest({ title, body });
  return parsed.ok ? [] : parsed.unclear.map((one) => one.question);
};

const fieldsOf = (list: string): readonly Field[] => {
  const wish = wishOf(`CRUD for things (${list})`);
  return wish.kind === "crud" ? wish.fields : [];
};

const plain = { optional: false, unique: false, index: false };

describe("a request for authentication", () => {
  it.each([
    "Create user registration endpoint",
    "Add a sign-up endpoint for users",
    "User registration",
    "Register users with e-mail and password",
  ])("%s is registration", (title) => {
    expect(wishOf(title)).toEqual({ kind: "auth", parts: ["register"], rates: {} });
  });

  it("carries the limit that the body names", () => {
    const wish = wishOf(
      "Create user registration endpoint",
      "POST /api/v1/auth/register, at most 3 requests per minute.",
    );
    expect(wish).toMatchObject({ kind: "auth", rates: { register: { count: 3, period: "minute" } } });
  });

  it("asks for login where refresh needs one", () => {
    expect(wishOf("Login and refresh endpoints")).toMatchObject({ parts: ["login", "refresh"] });
  });

  it("is no registration of devices, events or newsletters", () => {
    expect(questionsOf("Create user registration endpoint for webhook devices")).toHaveLength(1);
    expect(questionsOf("Register a webhook")).toHaveLength(1);
  });
});

describe("a request for a resource", () => {
  it("reads the fields of the title", () => {
    expect(wishOf("CRUD for invoices (number: str unique, amount: Decimal, due_date: date, paid: bool)")).toEqual({
      kind: "crud",
      resource: "invoices",
      fields: [
        { name: "number", type: { kind: "str" }, ...plain, unique: true },
        { name: "amount", type: { kind: "decimal", digits: 12, places: 2 }, ...plain },
        { name: "due_date", type: { kind: "date" }, ...plain },
        { name: "paid", type: { kind: "bool" }, ...plain },
      ],
    });
  });

  it.each([
    ["Add CRUD endpoints for line items", "- sku: str unique\n- amount: int >= 1\n", "line_items"],
    ["CRUD API for the order", "Fields:\n* sku: str, unique, max 20\n* amount: int, >= 1", "order"],
    ["invoice CRUD", "```\nsku: str(20) unique\namount: int min 1\n```", "invoice"],
    ["Please implement it", "CRUD for parcels with fields: sku: str unique, amount: int >= 1", "parcels"],
  ])("%s", (title, body, resource) => {
    const wish = wishOf(title, body);
    expect(wish).toMatchObject({ kind: "crud", resource });
    expect(wish.kind === "crud" && wish.fields.map((field) => field.name)).toEqual(["sku", "amount"]);
    expect(wish.kind === "crud" && wish.fields[0]?.unique).toBe(true);
    expect(wish.kind === "crud" && wish.fields[1]?.min).toEqual({ value: "1", exclusive: false });
  });

  it("keeps its limit apart from its fields", () => {
    expect(wishOf("CRUD for parcels (sku: str)", "Limit it to 20/min.")).toMatchObject({
      rate: { count: 20, period: "minute" },
      fields: [{ name: "sku" }],
    });
  });

  it("says which sentences it did not read", () => {
    const parsed = parseRequest({
      title: "CRUD for parcels (sku: str)",
      body: "Send a letter to the sender whenever a parcel is lost.",
    });
    expect(parsed.ok && parsed.value.unread).toEqual(["Send a letter to the sender whenever a parcel is lost."]);
  });

  it.each([
    ["Thanks in advance!", false],
    ["We are a small bakery in a big town.", false],
    ["That is generous for a public endpoint.", false],
    ["Please archive parcels of last year.", true],
    ["Lost parcels are refunded automatically.", true],
    ["Only admins see them.", true],
    ["See `docs/parcels.md` for the colours.", true],
    ["Compatible with version 2 of the app.", true],
    ["Is that possible?", true],
  ])("names what could ask for something and leaves conversation alone: %s", (sentence, named) => {
    const parsed = parseRequest({ title: "CRUD for parcels (sku: str)", body: sentence });
    expect(parsed.ok && parsed.value.unread).toEqual(named ? [sentence] : []);
  });
});

describe("a field", () => {
  it.each<[string, Partial<Field>]>([
    ["a: text?", { type: { kind: "text" }, optional: true }],
    ["a?: int", { type: { kind: "int" }, optional: true }],
    ["a: str | None", { type: { kind: "str" }, optional: true }],
    ["a: str(32)", { max: { value: "32", exclusive: false } }],
    ["a: str max length 32", { max: { value: "32", exclusive: false } }],
    [
      "a: Decimal(10, 3) > 0",
      { type: { kind: "decimal", digits: 10, places: 3 }, min: { value: "0", exclusive: true } },
    ],
    ["a: float between", {}],
    ["a: datetime indexed", { type: { kind: "datetime" }, index: true }],
    ["a: UUID", { type: { kind: "uuid" } }],
    ["a: EmailStr unique", { type: { kind: "email" }, unique: true }],
    [
      "a: draft|sent|paid default draft",
      { type: { kind: "enum", values: ["draft", "sent", "paid"] }, fallback: "draft" },
    ],
    ["a: enum(new, old)", { type: { kind: "enum", values: ["new", "old"] } }],
    ["a_id: ref customers", { type: { kind: "ref", table: "customers" } }],
    ["a_id: fk customers optional", { type: { kind: "ref", table: "customers" }, optional: true }],
    ["a: bool = false", { type: { kind: "bool" }, fallback: "false" }],
    ["a: int >= 1 <= 10", { min: { value: "1", exclusive: false }, max: { value: "10", exclusive: false } }],
  ])("%s", (text, expected) => {
    if (Object.keys(expected).length === 0) expect(questionsOf(`CRUD for things (${text})`)[0]).toContain("between");
    else expect(fieldsOf(text)[0]).toMatchObject(expected);
  });

  it.each([
    ["amount: money", "do not know the type `money`"],
    ["class: str", "a word of Python's own"],
    ["metadata: str", "SQLAlchemy keeps this name"],
    ["date: date", "name of a type"],
    ["id: int", "repository's own conventions"],
    ["a: str, a: int", "named twice"],
    ["a: date max 3", "text (its length) and numbers only"],
    ["a: int default x", "a whole number"],
    ["a: int >= 5 <= 2", "greater than its maximum"],
    ["just words", "no field of the form"],
    ["Naïve: str", "no field of the form"],
  ])("%s is asked about", (text, part) => {
    expect(questionsOf(`CRUD for things (${text})`).join("\n")).toContain(part);
  });
});

describe("a request for one endpoint", () => {
  it("has a method, a path and what it returns", () => {
    expect(wishOf("GET /api/v1/health/ready returns {status: str}")).toEqual({
      kind: "endpoint",
      method: "GET",
      path: "/api/v1/health/ready",
      returns: [{ name: "status", type: { kind: "str" }, ...plain }],
    });
  });

  it.each([
    ["GET /health returns {status: str}", "versioned paths"],
    ["GET /api/v1/things/{id} returns {name: str}", "plain segments"],
    ["POST /api/v1/things returns {name: str}", "part of a resource"],
    ["GET /api/v1/things", "What does it return"],
  ])("%s is asked about", (title, part) => {
    expect(questionsOf(title).join("\n")).toContain(part);
  });
});

describe("anything else", () => {
  it.each([
    ["Erstelle einen Endpunkt für die Benutzerregistrierung", ""],
    ["ユーザー登録のエンドポイントを作成してください", ""],
    ["Make the app faster", "It is slow."],
    ["", ""],
    ["CRUD", ""],
  ])("%s is answered with forms that work", (title, body) => {
    const parsed = parseRequest({ title, body });
    expect(parsed.ok).toBe(false);
    expect(!parsed.ok && parsed.unclear.length).toBe(1);
    expect(!parsed.ok && parsed.unclear[0]?.options.length).toBeGreaterThan(0);
  });

  it("names the language as the reason where it is one", () => {
    expect(questionsOf("Создайте конечную точку регистрации")[0]).toContain("another language");
  });

  it("is read in bounded time, at 60 kB and of any shape", () => {
    const started = performance.now();
    for (const part of ["(", "a: ", "CRUD for ", "GET /", "rename `a` to ", "1/min ", "|x", "é"])
      expect(parseRequest({ title: part.repeat(40), body: part.repeat(60_000 / part.length) })).toHaveProperty("ok");
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});

describe("a rate", () => {
  it.each([
    ["5/min", 5, "minute"],
    ["10 requests per hour", 10, "hour"],
    ["3 times a minute", 3, "minute"],
    ["100/second", 100, "second"],
  ])("%s", (text, count, period) => {
    expect(ratesIn(text)[0]?.rate).toEqual({ count, period });
  });

  it("is none without a number and a period", () => {
    expect(ratesIn("5 dollars, 10 minutes, 0/min")).toEqual([]);
  });
});
