/** A run in a repository that keeps a Postman collection: the App brings it up to the code, in the commit of the work. */
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { createAnalysis } from "../../src/analysis/analysis.ts";
import { toJob } from "../../src/domain/job.ts";
import { createExecute } from "../../src/run/execute.ts";
import { openDatabase } from "../../src/store/database.ts";
import { createStore } from "../../src/store/runs.ts";
import { testDefinition, testLibrary } from "../support/loop.ts";
import { createMemoryGitHub } from "../support/memory-github.ts";
import { createMemoryWorkspace } from "../support/memory-workspace.ts";
import { reportWith } from "../support/report.ts";
import { createScriptedModel, type ScriptedTurn } from "../support/scripted-model.ts";

const folder = mkdtempSync(join(tmpdir(), "architect-collection-"));
const analysis = createAnalysis();
afterAll(async () => {
  await analysis.close();
  rmSync(folder, { recursive: true });
});

const info = { name: "Shop", schema: "https://schema.getpostman.com/json/collection/v2.1.0/collection.json" };
const collection = (...paths: readonly string[]) =>
  JSON.stringify({
    info,
    item: paths.map((path) => ({ name: path, request: { method: "GET", url: { raw: `{{host}}${path}` } } })),
  });

const orders = `from fastapi import APIRouter, Response
router = APIRouter()
@router.get("/api/v1/orders")
async def list_orders(): ...
`;
const created = `@router.post("/api/v1/orders", status_code=201)
async def create_order(): ...
`;
const application = {
  "app/main.py":
    "from fastapi import FastAPI\nfrom app.api.orders import router\napp = FastAPI()\napp.include_router(router)\n",
  "app/api/orders.py": orders,
};

const submitted = {
  ...reportWith({ status: "DONE_WITH_CONCERNS", concerns: ["no data is kept"], handoffs: [], decisions: [] }),
  endpoints_created: [{ method: "POST", path: "/api/v1/orders", auth: "none", rate_limit: null }],
  models_created: [],
  middleware_added: [],
  security_measures: [],
  test_commands: ["curl -X POST http://localhost:8000/api/v1/orders"],
};

/** @returns the pull request that comes of one new route, and the changes of its commit of work */
const pullFor = async (files: Record<string, string>, status: "whole" | "blocked" = "whole") => {
  const github = createMemoryGitHub();
  github.branches.set("main", "b".repeat(40));
  const report = status === "whole" ? submitted : { ...submitted, status: "BLOCKED", blockers: ["no database"] };
  const turns: readonly ScriptedTurn[] = [
    { calls: [{ name: "Read", input: { file_path: "/repo/app/api/orders.py" } }] },
    { calls: [{ name: "Write", input: { file_path: "/repo/app/api/orders.py", content: orders + created } }] },
    { calls: [{ name: "SubmitReport", input: report }] },
  ];
  const execute = createExecute({
    github,
    workspace: createMemoryWorkspace({ ...application, ...files }, github),
    store: createStore(openDatabase(join(folder, `${randomUUID()}.db`)), { clock: () => new Date(), ids: randomUUID }),
    library: testLibrary,
    definition: testDefinition,
    model: createScriptedModel((_, request) => turns[(request.messages.length - 1) / 2] ?? {}),
    analysis,
    clock: () => new Date("2026-11-25T12:00:00Z"),
    caps: { tokens: 1e9, usd: 10 },
    statusIntervalMs: 1e9,
    redact: (text) => ({ text, leaks: 0 }),
    sandboxed: true,
    signOff: false,
    log: () => {},
  });
  const repository = { id: 1, owner: "acme", name: "shop", installationId: 7, defaultBranch: "main" };
  const sender = { login: "maintainer", id: 5, type: "User" };
  const thread = { kind: "issue" as const, number: 3 };
  const trigger = {
    kind: "label" as const,
    repository,
    sender,
    thread,
    title: "Create an endpoint for orders",
    body: "",
  };
  await execute.run(toJob(trigger, { id: "job", acceptedAt: "2026-11-25T12:00:00Z", issue: 3 }), AbortSignal.any([]));
  const work = [...github.commits.values()].find(({ changes }) => changes.some(({ path }) => path.endsWith(".py")));
  return { pull: github.pulls[0], work };
};

const fileIn = (changes: readonly { readonly path: string; readonly content?: string }[] = [], path: string) => {
  const content = changes.find((one) => one.path === path)?.content;
  return content === undefined ? undefined : JSON.parse(Buffer.from(content, "base64").toString());
};

it("has the new request in its collection, which the pull request says", async () => {
  const path = "docs/shop.postman_collection.json";
  const { pull, work } = await pullFor({
    [path]: collection("/api/v1/orders"),
    "other.postman_collection.json": collection("/elsewhere"),
  });
  expect(work?.changes.map((change) => change.path)).toEqual(["app/api/orders.py", path]);
  const { item } = fileIn(work?.changes, path);
  expect(
    item.map(
      (one: { request: { method: string; url: { raw: string } } }) => `${one.request.method} ${one.request.url.raw}`,
    ),
  ).toEqual(["GET {{host}}/api/v1/orders", "POST {{host}}/api/v1/orders"]);
  expect(pull?.body).toContain(`brought the Postman collection \`${path}\` up to the code: requests: 1 added.`);
});

it("leaves a collection that can't be read, and several of which none is of this application, and says so", async () => {
  const broken = await pullFor({ "docs/a.postman_collection.json": "{" });
  expect(broken.work?.changes.map((change) => change.path)).toEqual(["app/api/orders.py"]);
  expect(broken.pull?.body).toContain("`docs/a.postman_collection.json` can't be read");
  const strange = await pullFor({
    "a.postman_collection.json": collection("/elsewhere"),
    "b.postman_collection.json": collection("/somewhere"),
  });
  expect(strange.pull?.body).toContain("There are 2 Postman collections, and none holds a request of this application");
});

it("says nothing of it where there is no collection, and writes none for work that is not done", async () => {
  expect((await pullFor({})).pull?.body).not.toContain("Postman");
  const path = "docs/shop.postman_collection.json";
  const { work } = await pullFor({ [path]: collection("/api/v1/orders") }, "blocked");
  expect(work?.changes.map((change) => change.path)).toEqual(["app/api/orders.py"]);
});
