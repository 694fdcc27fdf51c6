/** What `architect facts` shows on a terminal. */
import { expect, test } from "vitest";
import { renderFacts } from "../../src/app/facts-page.ts";
import type { EndpointFact, Facts } from "../../src/domain/facts.ts";

const endpoint = (more: Partial<EndpointFact>): EndpointFact => ({
  ...{ method: "GET", path: "/api/v1/things", resolved: true, auth: ["none"], rate_limit: null, handler: "things" },
  ...{ async: true, response_model: null, status_code: null, body: [], dependencies: [], condition: null },
  ...{ in_schema: true, documented: true, file: "app/things.py", line: 7 },
  ...more,
});
const nothing: Facts = {
  ...{ endpoints: [], graphql: [], models: [], schemas: [], middleware: [], handlers: [], settings: [] },
  ...{ imports: [], unknown: [] },
};
const facts: Facts = {
  ...nothing,
  endpoints: [
    endpoint({}),
    endpoint({ method: "DELETE", path: `/api/v1/${"long/".repeat(12)}{id}`, auth: ["bearer"], rate_limit: "5/minute" }),
    endpoint({ condition: "settings.DEBUG", file: `backend/${"deep/".repeat(8)}routes.py`, line: 123 }),
  ],
  models: [{ name: "Thing", table: "things", style: "sqlalchemy-2", fields: [], relations: [], file: "m.py", line: 3 }],
  middleware: [{ name: "CORSMiddleware", config: {}, file: "main.py", line: 2 }],
  unknown: [{ file: "main.py", line: 9, about: "a router that can't be found is included: \u001b[31mred\u001b[0m" }],
};

test("fits into 80 columns and keeps the end of each place", () => {
  const page = renderFacts(facts, { columns: 80, colours: false });
  expect(page.split("\n").filter((line) => line.length > 80)).toEqual([]);
  expect(page).toMatchInlineSnapshot(`
    "Endpoints (3)
    GET     /api/v1/things              none    -         app/things.py:7
    DELETE  /api/v1/long/long/long/lo…  bearer  5/minute  app/things.py:7
    GET     /api/v1/things (if settin…  none    -         …p/deep/deep/routes.py:123

    Models (1)
    Thing  things  sqlalchemy-2  0 columns  m.py:3

    0 schemas, 1 middleware (CORSMiddleware), 0 exception handlers, 0 settings, 0
      imports

    Not known (1)
    main.py:9 a router that can't be found is included: red

    All of it: --json"
  `);
});

test("shows paths whole where there is room, and nothing that talks to the terminal", () => {
  const page = renderFacts(facts, { columns: Number.POSITIVE_INFINITY, colours: false });
  expect(page).toContain(`/api/v1/${"long/".repeat(12)}{id}`);
  expect(page).not.toContain("\u001b");
});
