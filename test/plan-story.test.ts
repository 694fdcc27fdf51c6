/** Runs that write no code on GitHub, through everything, with the offline model: questions, and a plan that is answered, approved, carried out, and held against its pull request. */
import { Octokit } from "@octokit/rest";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { planMarker } from "../src/domain/render/plan.ts";
import { statusMarker } from "../src/domain/render-status.ts";
import { type App, startApp } from "../src/serve.ts";
import { fixture, type Scene, startScene } from "./support/scene.ts";

const at = { owner: "acme", repo: "shop" };
const route = "backend/app/api/v1/routes/health.py";

let scene: Scene;
let app: App;
let github: Octokit;
let issue_number: number;

const say = async (command: string, on = issue_number): Promise<void> => {
  await github.rest.issues.createComment({ ...at, issue_number: on, body: `/architect ${command}` });
  await scene.emulator.idle();
  await app.queue.idle();
  await scene.emulator.idle();
};
const ours = async (marker: string, on = issue_number) => {
  const { data } = await github.rest.issues.listComments({ ...at, issue_number: on, per_page: 100 });
  return data.filter(({ body, user }) => user?.type === "Bot" && body?.includes(marker));
};
const status = async () => (await ours(statusMarker))[0]?.body ?? "";
const planText = async () => (await ours(planMarker))[0]?.body ?? "";
const hashIn = (plan: string) => /\*\*Plan `([0-9a-f]{12})`\*\*/.exec(plan)?.[1] ?? "";
const pulls = async () => (await github.rest.pulls.list({ ...at, state: "all" })).data;

beforeAll(async () => {
  scene = await startScene({
    repository: { files: fixture("shop") },
    others: [{ owner: "stranger", name: "shop", forkOf: "acme/shop" }],
  });
  app = await startApp(scene.config, () => {});
  scene.emulator.setWebhookUrl(`${app.url}/api/github/webhooks`);
  github = new Octokit({ baseUrl: scene.emulator.api, auth: "maintainer-token" });
  const { data } = await github.rest.issues.create({ ...at, title: "Is it ready?", body: "Nobody knows." });
  issue_number = data.number;
});

afterAll(async () => {
  expect(scene.emulator.violations).toEqual([]);
  await app?.close();
  await scene?.close();
});

describe("a plan on an issue", () => {
  test("can be asked about first: the offline model answers from the code, with links to the lines", async () => {
    await say("ask which endpoints are there?");
    const [answer] = await ours("architect:asked:");
    expect(answer?.body).toContain("There are 4 operations:");
    expect(answer?.body).toMatch(
      /- `POST \/api\/v1\/products`: `create_product` \[`backend\/app\/api\/v1\/routes\/products\.py:27`\]\(\S+#L27\)/,
    );
    await say("ask what is served at GET /api/v1/orders?");
    expect((await ours("architect:asked:"))[1]?.body).toContain("I found no operation at `GET /api/v1/orders`");
  });

  test("asks where it cannot be made, and cannot be approved like that", async () => {
    await say("plan something for health");
    const plan = await planText();
    expect(plan).toContain("**Questions**, without whose answers nothing can be planned");
    expect(plan).toContain("comment `/architect answer 1a`");
    await say(`approve ${hashIn(plan)}`);
    expect(await status()).toContain("question 1 of the plan is not answered");
    expect(await pulls()).toEqual([]);
  });

  test("is made of the answers in the same comment, under another hash", async () => {
    const before = hashIn(await planText());
    await say("answer 1: GET /api/v1/health/ready returns {status: str}");
    const plan = await planText();
    expect(await ours(planMarker)).toHaveLength(1);
    expect(hashIn(plan)).not.toBe(before);
    expect(plan).toContain(`| \`${route}\` | modify | this App | the routes |`);
    expect(plan).toContain("| `backend/tests/…` | create | this App's test-generator |");
    expect(plan).toContain("| `GET /api/v1/health/ready` | new | none | none | none | 200, {status: str}; 503 |");
    expect(plan).toContain(`comment \`/architect approve ${hashIn(plan)}\``);
  });

  test("that people edit is not what would be carried out, and the approval says so", async () => {
    const [comment] = await ours(planMarker);
    const edit = (body: string) => github.rest.issues.updateComment({ ...at, comment_id: comment?.id ?? 0, body });
    await edit((comment?.body ?? "").replace("asks the database", "asks nobody"));
    await say(`approve ${hashIn(comment?.body ?? "")}`);
    expect(await status()).toContain("was edited, so it no longer says what would be carried out");
    await edit(comment?.body ?? "");
    expect(await pulls()).toEqual([]);
  });

  test("is carried out once it is approved, and the pull request says where the work differs from it", async () => {
    const hash = hashIn(await planText());
    const tests = ["conftest", "test_health", "test_products"].map((name) => [`backend/tests/${name}.py`, null]);
    await scene.emulator.as("maintainer").pushFiles("main", Object.fromEntries(tests), "Drop the tests");
    await say(`approve ${hash}`);
    const [pull] = await pulls();
    expect(pull?.body).toContain(`This carries out the plan \`${hash}\`, with these differences:`);
    expect(pull?.body).toContain("- In the plan, and untouched: `backend/tests/`");
    expect(pull?.body).not.toContain("Planned operations in which the code shows no difference");
    expect(await status()).toContain(`It carries out the plan \`${hash}\`.`);
    const { data: files } = await github.rest.pulls.listFiles({ ...at, pull_number: pull?.number ?? 0 });
    expect(files.map(({ filename }) => filename)).toContain(route);
  });

  test("is not carried out twice", async () => {
    await say(`approve ${hashIn(await planText())}`);
    expect(await status()).toMatch(/was carried out already, in `#\d+`/);
    expect(await pulls()).toHaveLength(1);
  });
});

describe("a pull request of somebody without write access, from a fork", () => {
  const products = "backend/app/api/v1/routes/products.py";
  const added = '\n\n@router.delete("/{product_id}")\nasync def drop_product(product_id: int) -> None:\n    pass\n';
  let number: number;

  beforeAll(async () => {
    const stranger = scene.emulator.as("stranger");
    const { data } = await github.rest.repos.getContent({ ...at, path: products });
    const text = "content" in data ? Buffer.from(data.content, "base64").toString() : "";
    await stranger
      .at({ owner: "stranger", name: "shop" })
      .pushFiles("drop", { [products]: text + added }, "Drop products");
    ({ number } = await stranger.openPull({ head: "stranger:drop", base: "main", title: "Drop products" }));
  });

  test("can be asked about: what is said is true of its head", async () => {
    await say("ask which endpoints drop products?", number);
    const [answer] = await ours("architect:asked:", number);
    expect(answer?.body).toContain("- `DELETE /api/v1/products/{product_id}`: `drop_product`");
  });

  test("is not planned on, and the status says where that can be done", async () => {
    await say("plan drop it", number);
    expect((await ours(statusMarker, number))[0]?.body).toContain("this pull request is somebody else's");
    expect(await ours(planMarker, number)).toEqual([]);
  });
});
