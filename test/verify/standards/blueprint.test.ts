/** What the offline model writes is held to the same standards as anybody's code. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Boundary } from "../../../src/domain/policy.ts";
import { onChangedLines } from "../../../src/verify/changed-lines.ts";
import { changesetOf, committed, drive, openWorkbench, type Workbench } from "../../support/blueprint-driver.ts";
import { inspect } from "./support.ts";

const pythonOf = ({ root }: Workbench): Record<string, string> =>
  Object.fromEntries(
    readdirSync(root, { recursive: true, encoding: "utf8" })
      .filter((path) => path.endsWith(".py"))
      .map((path) => [path, readFileSync(join(root, path), "utf8")]),
  );

const everyType =
  "CRUD for shipments (code: str unique max 20, note: text?, weight: float > 0, pieces: int >= 1 <= 99, price: Decimal(10,2) >= 0 default 0, fragile: bool default false, sent_on: date?, arrives_at: datetime, tracking: UUID indexed, contact: EmailStr, state: packed|sent|lost default packed)";

const only = (folder: string): { boundary: Boundary } => ({ boundary: { allowed: [folder], forbidden: [] } });

describe("what the blueprint writes", () => {
  test.each([
    ["shop", "Create user registration endpoint", {}],
    ["shop", "Create user registration, login and refresh endpoints", {}],
    ["shop", everyType, {}],
    ["shop", 'GET /api/v1/version returns {version: str = "1.0.0"}', {}],
    ["shop", "GET /api/v1/health/ready returns {status: str}", {}],
    ["unwired", "Create user registration endpoint", {}],
    ["unwired", "CRUD for invoices (number: str unique, amount: Decimal, paid: bool)", {}],
    ["single-file", "CRUD for invoices (number: str unique, amount: Decimal, paid: bool)", only("backend/app")],
    ["src-package", "Create user registration endpoint", only("src/fleet")],
    ["root-package", "CRUD for invoices (number: str unique, amount: Decimal, paid: bool)", only("tracker")],
  ])("in %s for %s breaks no standard", async (fixture, request, options) => {
    using bench = await openWorkbench(fixture);
    await drive(bench, request, "", options);
    const changeset = await changesetOf(bench);
    expect(changeset.length).toBeGreaterThan(0);
    const before = new Map<string, string | undefined>();
    for (const { path } of changeset) before.set(path, await committed(bench, path));
    const found = onChangedLines(await inspect(pythonOf(bench)), changeset, (path) => before.get(path));
    expect(
      found
        .filter(({ severity }) => severity !== "note")
        .map(({ rule, path, line, message }) => `${path}:${line} ${rule}: ${message}`),
    ).toEqual([]);
  });
});
