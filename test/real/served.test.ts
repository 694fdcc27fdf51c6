/** What the offline model writes for ten requests, installed by pip, served by uvicorn and driven over HTTP as a client would. */
import { afterAll, describe, expect, it } from "vitest";
import type { Report } from "../../src/domain/report.ts";
import { type DriveOptions, drive, openWorkbench, type Workbench } from "../support/blueprint-driver.ts";
import { pythonOrSkip } from "../support/python.ts";
import {
  type Answer,
  type Backend,
  canInstall,
  type Environment,
  openEnvironment,
  percentile,
  type Service,
  serveBackend,
} from "./service.ts";

const toolchain = pythonOrSkip();
/** One for each backend: what another one needs is not there. */
const environments = new Map<string, Environment>();
const reachable = toolchain !== undefined && (await canInstall());
afterAll(() => {
  for (const environment of environments.values()) environment[Symbol.dispose]();
});

type Layout = Omit<Backend, "root"> & { readonly fixture: string; readonly options: DriveOptions };

const shop: Layout = {
  fixture: "shop",
  project: "backend",
  app: "app.main:app",
  prefix: "SHOP_",
  tables: ["-m", "alembic", "upgrade", "head"],
  options: {
    agents: {
      "database-engineer": { allowed: ["backend/alembic"], forbidden: [] },
      "test-generator": { allowed: ["backend/tests"], forbidden: [] },
    },
  },
};

const fleet: Layout = {
  fixture: "src-package",
  project: ".",
  app: "fleet.main:app",
  prefix: "FLEET_",
  options: { boundary: { allowed: ["src/fleet"], forbidden: [] } },
};

const createAll = `
import asyncio
import app.main
from app.core.database import engine
from app.models import Base

async def main():
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)

asyncio.run(main())
`;

const library: Layout = {
  fixture: "unwired",
  project: "backend",
  app: "app.main:app",
  prefix: "",
  tables: ["-c", createAll],
  options: {},
};

type Served = { readonly report: Report; readonly service: Service; readonly bench: Workbench };

const served = async (layout: Layout, request: string, use: (served: Served) => Promise<void>): Promise<void> => {
  const { fixture, options, ...backend } = layout;
  const environment = environments.get(fixture) ?? (await openEnvironment());
  environments.set(fixture, environment);
  using bench = await openWorkbench(fixture);
  const { report } = await drive(bench, request, "", { python: toolchain, ...options });
  expect(report.questions).toEqual([]);
  await using real = await serveBackend(environment, { ...backend, root: bench.root });
  const service = timed(real);
  const { body } = await service.call("GET", "/openapi.json");
  const paths = (body as { paths: Record<string, Record<string, unknown>> }).paths;
  for (const { method, path } of report.endpoints_created)
    expect(Object.keys(paths[path] ?? {}), `${method} ${path}`).toContain(method.toLowerCase());
  await use({ report, service, bench });
  await service.tell(request);
  expect(service.log()).not.toContain("Traceback");
};

/** RFC 9457: type, title and status, under its own media type. */
const expectProblem = (answer: Answer, status: number): void => {
  expect([answer.status, answer.type]).toEqual([status, "application/problem+json"]);
  expect(answer.body).toMatchObject({ title: expect.any(String), status });
};

/** The specification's bounds of the 95th percentile: of what reads and writes rows, and of what hashes and signs. */
const boundOf = (path: string): number => (path.includes("/auth/") ? 500 : 200);
/** Machines differ, and this one may have much else to do: beyond so many times the bound it is the code. */
const patience = 10;
const timings: string[] = [];
afterAll(() => console.log(["95th percentiles of what was answered with success, ms:", ...timings].join("\n")));

/** The same service; `tell` measures each route that it answered with success, and the last list that was read 50 times more. */
const timed = (service: Service): Service & { tell(request: string): Promise<void> } => {
  const byRoute = new Map<string, Answer[]>();
  let read: string | undefined;
  const call: Service["call"] = async (method, path, ...rest) => {
    const answer = await service.call(method, path, ...rest);
    if (answer.status >= 400) return answer;
    const route = `${method} ${path.replace(/\?.*/, "").replace(/[0-9a-f-]{36}|\/\d+$/g, "{id}")}`;
    byRoute.set(route, [...(byRoute.get(route) ?? []), answer]);
    if (method === "GET" && path.startsWith("/api/") && !route.endsWith("{id}")) read = path;
    return answer;
  };
  return {
    ...service,
    call,
    tell: async (request) => {
      for (let at = 0; read !== undefined && at < 50; at++) await call("GET", read);
      for (const [route, answers] of byRoute) {
        if (!route.includes("/api/")) continue;
        const [p95, bound] = [percentile(answers, 0.95), boundOf(route)];
        timings.push(
          `  ${p95.toFixed(1).padStart(7)} of ${bound}  ${route} (${answers.length}; ${request.slice(0, 50)})`,
        );
        expect(p95, `${route}, 95th percentile in ms`).toBeLessThan(patience * bound);
      }
    },
  };
};

const person = { email: "someone@example.com", password: "a long password" };

/** Sends the same until the limit answers. @returns how many came before it */
const untilLimited = async (send: () => Promise<Answer>, most: number): Promise<number> => {
  for (let sent = 0; sent <= most; sent++) {
    const answer = await send();
    if (answer.status !== 429) continue;
    expectProblem(answer, 429);
    return sent;
  }
  return Number.POSITIVE_INFINITY;
};

describe.skipIf(!reachable)("a registration, served", () => {
  it("registers, refuses a taken address and a weak password as problems, and limits to 5 a minute", async () => {
    await served(shop, "Create user registration endpoint", async ({ service, report }) => {
      const register = (body: unknown) => service.call("POST", "/api/v1/auth/register", body);
      const made = await register(person);
      expect(made).toMatchObject({ status: 201, body: { email: person.email } });
      expect(JSON.stringify(made.body)).not.toMatch(/password|\$argon2|\$2b/);
      expectProblem(await register(person), 409);
      expectProblem(await register({ ...person, email: "SOMEONE@example.com" }), 409);
      expectProblem(await register({ email: "other@example.com", password: "short" }), 422);
      expectProblem(await register({ email: "no address", password: person.password }), 422);
      // What validation refuses does not count.
      expect(await untilLimited(() => register(person), 5)).toBe(2);
      expect(report.endpoints_created[0]?.rate_limit).toBe("5/min");
    });
  });

  it("holds a limit that the request names", async () => {
    await served(shop, "Create user registration endpoint limited to 3/min", async ({ service }) => {
      expect(await untilLimited(() => service.call("POST", "/api/v1/auth/register", person), 10)).toBe(3);
    });
  });

  it("in a package below src/ answers the same", async () => {
    await served(fleet, "Create user registration endpoint", async ({ service, report }) => {
      const [endpoint] = report.endpoints_created;
      const register = (body: unknown) => service.call("POST", endpoint?.path ?? "", body);
      expect((await register(person)).status).toBe(201);
      expectProblem(await register(person), 409);
      expectProblem(await register({ ...person, password: "x" }), 422);
    });
  });

  it("where no limiter is wired claims no limit, and has none", async () => {
    await served(library, "Create user registration endpoint", async ({ service, report }) => {
      expect(report.endpoints_created[0]?.rate_limit).toBeNull();
      const register = () => service.call("POST", report.endpoints_created[0]?.path ?? "", person);
      expect((await register()).status).toBe(201);
      expect((await register()).status).toBe(409);
      expect(await untilLimited(register, 8)).toBe(Number.POSITIVE_INFINITY);
    });
  });
});

describe.skipIf(!reachable)("login and refresh, served", () => {
  it("give tokens of 15 minutes and 7 days, and take neither for the other", async () => {
    await served(shop, "Create user registration, login and refresh endpoints", async ({ service }) => {
      const auth = (what: string, body: unknown) => service.call("POST", `/api/v1/auth/${what}`, body);
      expect((await auth("register", person)).status).toBe(201);
      expectProblem(await auth("login", { ...person, password: "a wrong password" }), 401);
      expectProblem(await auth("login", { ...person, email: "nobody@example.com" }), 401);
      const login = await auth("login", person);
      expect(login.status).toBe(200);
      const tokens = login.body as { access_token: string; refresh_token: string };
      const lifetime = (token: string): number => {
        const claims = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());
        return claims.exp - claims.iat;
      };
      expect([lifetime(tokens.access_token), lifetime(tokens.refresh_token)]).toEqual([15 * 60, 7 * 86_400]);
      const fresh = await auth("refresh", { refresh_token: tokens.refresh_token });
      expect(fresh).toMatchObject({ status: 200, body: { access_token: expect.any(String) } });
      expectProblem(await auth("refresh", { refresh_token: tokens.access_token }), 401);
      expectProblem(await auth("refresh", { refresh_token: `${tokens.refresh_token}x` }), 401);
      expect(await untilLimited(() => auth("login", person), 12)).toBe(7);
    });
  });
});

type Row = Readonly<Record<string, unknown>> & { readonly id: string };

/** What every resource does: 201 and the row back, pages, a change of one field, 204, then 404. */
const expectResource = async (
  service: Service,
  path: string,
  rows: readonly Readonly<Record<string, unknown>>[],
  change: Readonly<Record<string, unknown>>,
): Promise<void> => {
  const made: Row[] = [];
  for (const row of rows) {
    const answer = await service.call("POST", path, row);
    expect(answer).toMatchObject({ status: 201, body: row });
    made.push(answer.body as Row);
  }
  expect((await pages(service, path, 2)).sort()).toEqual(made.map(({ id }) => id).sort());
  const [first] = made;
  const one = `${path}/${first?.id}`;
  expect(await service.call("GET", one)).toMatchObject({ status: 200, body: first });
  expect(await service.call("PATCH", one, change)).toMatchObject({ status: 200, body: { ...first, ...change } });
  expectProblem(await service.call("POST", path, {}), 422);
  expect((await service.call("DELETE", one)).status).toBe(204);
  expectProblem(await service.call("GET", one), 404);
  expectProblem(await service.call("PATCH", one, change), 404);
};

/** Every id, page by page. */
const pages = async (service: Service, path: string, limit: number): Promise<string[]> => {
  const ids: string[] = [];
  for (let total = 1; ids.length < total; ) {
    const { status, body } = await service.call("GET", `${path}?limit=${limit}&offset=${ids.length}`);
    expect(status).toBe(200);
    const page = body as { items: Row[]; total: number };
    expect(page.items.length).toBe(Math.min(limit, page.total - ids.length));
    ids.push(...page.items.map(({ id }) => id));
    total = page.total;
  }
  return ids;
};

describe.skipIf(!reachable)("a resource, served", () => {
  const invoices = "CRUD for invoices (number: str unique, amount: Decimal, due_date: date, paid: bool)";
  const invoice = (number: number) => ({ number: `R-${number}`, amount: "10.50", due_date: "2027-01-31", paid: false });

  it("creates, pages, changes and deletes rows, and refuses a number that is taken", async () => {
    await served(shop, invoices, async ({ service }) => {
      const path = "/api/v1/invoices";
      await expectResource(service, path, [1, 2, 3, 4, 5].map(invoice), { paid: true });
      expectProblem(await service.call("POST", path, invoice(5)), 409);
    });
  });

  it("of every type takes and gives each as it is, within its bounds", async () => {
    const request =
      "CRUD for shipments (code: str unique max 20, note: text?, weight: float > 0, pieces: int >= 1 <= 99, price: Decimal(10,2) >= 0 default 0, fragile: bool default false, kind: parcel|letter default parcel, shipped_at: datetime?)";
    await served(shop, request, async ({ service }) => {
      const path = "/api/v1/shipments";
      const row = {
        code: "S-1",
        note: "top floor",
        weight: 2.5,
        pieces: 3,
        price: "9.90",
        fragile: true,
        kind: "letter",
      };
      await expectResource(service, path, [row, { ...row, code: "S-2" }, { ...row, code: "S-3" }], { pieces: 4 });
      const [least] = [{ code: "S-9", weight: 1, pieces: 1 }];
      const made = await service.call("POST", path, least);
      expect(made).toMatchObject({ status: 201, body: { note: null, fragile: false, kind: "parcel" } });
      for (const wrong of [
        { weight: 0 },
        { pieces: 100 },
        { kind: "crate" },
        { code: "x".repeat(21) },
        { price: "-1" },
      ])
        expectProblem(await service.call("POST", path, { ...row, code: "S-8", ...wrong }), 422);
    });
  });

  it("that refers to another refuses a row that is not there", async () => {
    await served(shop, "CRUD for reviews (product_id: ref products, stars: int >= 1 <= 5)", async ({ service }) => {
      const product = await service.call("POST", "/api/v1/products", { name: "Lamp", sku: "L-1", price_cents: 500 });
      expect(product.status, JSON.stringify(product.body)).toBe(201);
      const { id } = product.body as Row;
      const rows = [5, 4, 3].map((stars) => ({ product_id: id, stars }));
      await expectResource(service, "/api/v1/reviews", rows, { stars: 1 });
      const stranger = "00000000-0000-4000-8000-000000000000";
      const refused = await service.call("POST", "/api/v1/reviews", { product_id: stranger, stars: 3 });
      expectProblem(refused, 409);
    });
  });

  it("with words of a closed list and defaults starts as its defaults say", async () => {
    const request = "CRUD for subscription_plans (name: str unique max 40, state: draft|live|retired default draft)";
    await served(shop, request, async ({ service, report }) => {
      const path = report.endpoints_created[0]?.path ?? "";
      const rows = ["draft", "live", "retired"].map((state) => ({ name: `Plan ${state}`, state }));
      await expectResource(service, path, rows, { state: "retired" });
      expect(await service.call("POST", path, { name: "Basic" })).toMatchObject({ body: { state: "draft" } });
      expectProblem(await service.call("POST", path, { name: "Odd", state: "gone" }), 422);
    });
  });
});

describe.skipIf(!reachable)("a single endpoint, served", () => {
  it("is ready while its database answers", async () => {
    await served(shop, "GET /api/v1/health/ready returns {status: str}", async ({ service }) => {
      expect(await service.call("GET", "/api/v1/health/ready")).toMatchObject({
        status: 200,
        body: expect.any(Object),
      });
    });
  });
});
