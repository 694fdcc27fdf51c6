/** Our reading of applications held against what FastAPI itself serves and describes when they run. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { EndpointFact } from "../../../src/domain/facts.ts";
import { factsOf } from "../../support/facts.ts";
import { pythonOrSkip } from "../../support/python.ts";
import { endpointCases } from "./endpoint-cases.ts";
import { flowCases } from "./flow-cases.ts";

const python = pythonOrSkip();

const backends = join(import.meta.dirname, "../../fixtures/backends");

/** Python by path in the folder. */
const filesOf = (folder: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((path) => path.endsWith(".py"))
      .map((path) => [path, readFileSync(join(folder, path), "utf8")]),
  );

const applications = [
  ...[...endpointCases, ...flowCases]
    .filter(({ unrunnable }) => !unrunnable)
    .map(({ name, files, app = "main:app" }) => ({ name, files, root: "", app })),
  { name: "the fixture shop", files: filesOf(join(backends, "shop/backend")), root: "", app: "app.main:app" },
  {
    name: "the fixture root-package",
    files: filesOf(join(backends, "root-package")),
    root: "",
    app: "tracker.app:create_app()",
  },
  {
    name: "the fixture single-file",
    files: filesOf(join(backends, "single-file")),
    root: "backend",
    app: "app.main:app",
  },
  {
    name: "the fixture src-package",
    files: filesOf(join(backends, "src-package")),
    root: "src",
    app: "fleet.main:app",
  },
  { name: "the fixture unwired", files: filesOf(join(backends, "unwired")), root: "backend", app: "app.main:app" },
];

type Served = { readonly routes: readonly string[]; readonly schema: Readonly<Record<string, boolean>> };

let folder: string;
let served: Readonly<Record<string, Served>>;
const folderOf = (at: number, root: string): string => join(folder, String(at), root);

beforeAll(() => {
  if (!python) return;
  folder = mkdtempSync(join(tmpdir(), "served-"));
  for (const [at, { files }] of applications.entries())
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folderOf(at, ""), path)), { recursive: true });
      writeFileSync(join(folderOf(at, ""), path), text);
    }
  const asked = Object.fromEntries(applications.map(({ root, app }, at) => [folderOf(at, root), app]));
  const script = join(import.meta.dirname, "../../support/served.py");
  const { stdout, stderr } = spawnSync(python, ["-B", script], { input: JSON.stringify(asked), encoding: "utf8" });
  expect(stderr).toBe("");
  served = JSON.parse(stdout) as typeof served;
}, 60_000);
afterAll(() => {
  if (python) rmSync(folder, { recursive: true, force: true });
});

const lineOf = ({ method, path }: EndpointFact): string => `${method} ${path}`;
/** A scheme of FastAPI's own is what its description shows. */
const isGuarded = ({ auth }: EndpointFact): boolean => auth.some((one) => !/^(none|heuristic)$/.test(one));

describe.skipIf(!python)("FastAPI serves what is read", () => {
  it.each(applications.map((one, at) => ({ ...one, at })))("of $name", async ({ files, at, root }) => {
    const { routes, schema } = served[folderOf(at, root)] as Served;
    const { endpoints } = await factsOf(files);
    expect(endpoints.map(lineOf).sort()).toEqual(routes);
    const described = endpoints.filter(({ in_schema }) => in_schema);
    expect(Object.fromEntries(described.map((one) => [lineOf(one), isGuarded(one)]))).toEqual(schema);
  });
});
