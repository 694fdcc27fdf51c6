/** A change beyond the size of a pull request, on a GitHub with real git: opened as a stack, merged part by part. */
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Octokit } from "@octokit/rest";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type App, startApp } from "../src/serve.ts";
import type { PullView } from "./emulator/readers.ts";
import { pythonOrSkip } from "./support/python.ts";
import { fixture, type Scene, startScene } from "./support/scene.ts";

const at = { owner: "acme", repo: "shop" };
const folder = mkdtempSync(join(tmpdir(), "architect-stack-"));
let scene: Scene;
let app: App;
let parts: PullView[];
let issue: number;

const settled = async () => {
  await scene.emulator.idle();
  await app.queue.idle();
  await scene.emulator.idle();
};
const merge = async (number: number, method: "merge" | "squash") => {
  const github = new Octokit({ baseUrl: scene.emulator.api, auth: "maintainer-token" });
  const { node_id: id, draft } = await scene.emulator.pull(number);
  const ready = `mutation ($id: ID!) { markPullRequestReadyForReview(input: { pullRequestId: $id }) { clientMutationId } }`;
  if (draft) await github.graphql(ready, { id });
  await scene.emulator.as("maintainer").merge(number, method);
  await settled();
};
const pathsOf = async (number: number) => {
  const github = new Octokit({ baseUrl: scene.emulator.api, auth: "maintainer-token" });
  const { data } = await github.rest.pulls.listFiles({ ...at, pull_number: number });
  return data.map(({ filename }) => filename);
};

describe.skipIf(!pythonOrSkip())("a stack of pull requests", () => {
  beforeAll(async () => {
    cpSync(fixture("shop"), folder, { recursive: true });
    mkdirSync(join(folder, ".github"), { recursive: true });
    writeFileSync(join(folder, ".github/architect.yml"), "size:\n  lines: 120\n");
    scene = await startScene({ repository: { files: folder } });
    app = await startApp(scene.config, () => {});
    scene.emulator.setWebhookUrl(`${app.url}/api/github/webhooks`);
    const maintainer = scene.emulator.as("maintainer");
    const title = "CRUD for invoices (number: str unique, amount: Decimal)";
    issue = (await maintainer.createIssue({ title })).number;
    await maintainer.label(issue, "architect");
    await settled();
    parts = [...(await scene.emulator.pulls())].sort((a, b) => a.number - b.number);
  }, 60_000);
  afterAll(async () => {
    await app?.close();
    await scene?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test("holds models with their migration, then the service, then routes with tests and the memory", async () => {
    expect(parts.map(({ base }) => base.ref)).toEqual(["main", parts[0]?.head.ref, parts[1]?.head.ref]);
    const paths = await Promise.all(parts.map(({ number }) => pathsOf(number)));
    expect(paths).toEqual([
      expect.arrayContaining(["backend/alembic/versions/0002_create_invoices.py", "backend/app/models/invoice.py"]),
      ["backend/app/schemas/invoice.py", "backend/app/services/invoice_service.py"],
      expect.arrayContaining(["backend/app/api/v1/routes/invoices.py", "backend/tests/test_invoices.py"]),
    ]);
  });

  test("has a check run on each head", () => {
    for (const { head, number } of parts)
      expect(scene.emulator.checkRuns(head.sha)).toMatchObject([{ external_id: `pull-${number}` }]);
  });

  test("moves on to the base branch part by part, whichever way they are merged, and the last one closes the issue", async () => {
    const [first, second, third] = parts.map(({ number }) => number) as [number, number, number];
    await merge(first, "merge");
    expect(await scene.emulator.pull(second)).toMatchObject({ base: { ref: "main" }, mergeable: true, state: "open" });
    expect(await pathsOf(second)).toEqual([
      "backend/app/schemas/invoice.py",
      "backend/app/services/invoice_service.py",
    ]);
    await merge(second, "squash");
    expect(await scene.emulator.pull(third)).toMatchObject({ base: { ref: "main" }, mergeable: true, state: "open" });
    expect(await pathsOf(third)).not.toContain("backend/app/services/invoice_service.py");
    expect(scene.emulator.issue(issue).state).toBe("open");
    await merge(third, "squash");
    expect(await scene.emulator.file("main", "backend/app/api/v1/routes/invoices.py")).toContain("APIRouter");
  }, 60_000);

  test("is told in GitHub's own words all along", () => {
    expect(scene.emulator.violations).toEqual([]);
  });
});
