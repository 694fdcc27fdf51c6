/** From a labelled issue to the answered review, through everything: Probot, queue, walls, loop, GitHub's API, git. */
import { Octokit } from "@octokit/rest";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseBody } from "../src/domain/render-report.ts";
import { statusMarker } from "../src/domain/render-status.ts";
import { type App, startApp } from "../src/serve.ts";
import { pythonOrSkip } from "./support/python.ts";
import { fixture, type Scene, startScene } from "./support/scene.ts";

const at = { owner: "acme", repo: "shop" };
const python = pythonOrSkip();
/** Without Python nothing can be tried, so that the parts of others stay open. */
const status = python ? "DONE" : "DONE_WITH_CONCERNS";
const migration = "backend/alembic/versions/0002_create_users.py";
const tests = "backend/tests/test_registration.py";

let scene: Scene;
let app: App;
let github: Octokit;

const settled = async () => {
  await scene.emulator.idle();
  await app.queue.idle();
  await scene.emulator.idle();
};
const statusesOf = async (issue_number: number) => {
  const { data } = await github.rest.issues.listComments({ ...at, issue_number });
  return data.filter(({ body }) => body?.includes(statusMarker));
};
const text = async (path: string, ref: string) => {
  const { data } = await github.rest.repos.getContent({ ...at, path, ref });
  return "content" in data ? Buffer.from(data.content, "base64").toString("utf8") : "";
};

beforeAll(async () => {
  scene = await startScene({
    repository: { files: fixture("shop") },
    env: { ARCHITECT_PUBLIC_URL: "https://architect.example.com" },
  });
  app = await startApp(scene.config, () => {});
  scene.emulator.setWebhookUrl(`${app.url}/api/github/webhooks`);
  github = new Octokit({ baseUrl: scene.emulator.api, auth: "maintainer-token" });
});

afterAll(async () => {
  await app?.close();
  await scene?.close();
});

describe("a labelled issue", () => {
  let issue: number;
  let pull: Awaited<ReturnType<typeof github.rest.pulls.get>>["data"];
  let files: string[];

  beforeAll(async () => {
    const created = await github.rest.issues.create({ ...at, title: "Create user registration endpoint" });
    issue = created.data.number;
    await github.rest.issues.addLabels({ ...at, issue_number: issue, labels: ["architect"] });
    await settled();
    const { data: pulls } = await github.rest.pulls.list({ ...at, state: "open" });
    pull = (await github.rest.pulls.get({ ...at, pull_number: pulls[0]?.number ?? 0 })).data;
    files = (await github.rest.pulls.listFiles({ ...at, pull_number: pull.number })).data.map(
      ({ filename }) => filename,
    );
  });

  test("gets 👀 from the App", async () => {
    const { data } = await github.rest.issues.get({ ...at, issue_number: issue });
    expect(data.reactions?.eyes).toBe(1);
  });

  test("has exactly one status comment, which names the outcome and the pull request", async () => {
    const statuses = await statusesOf(issue);
    expect(statuses).toHaveLength(1);
    expect(statuses[0]?.user?.login).toBe("backend-architect[bot]");
    expect(statuses[0]?.body).toContain(`**${status}.**`);
    expect(statuses[0]?.body).toContain(`#${pull.number}`);
    expect(statuses[0]?.body).toMatch(/tool calls/);
  });

  test("leads from its status comment to a page of the run, which whoever has the link can open", async () => {
    const [comment] = await statusesOf(issue);
    const [, path = ""] =
      /\[Run page\]\(https:\/\/architect\.example\.com(\/runs\/\S+)\)/.exec(comment?.body ?? "") ?? [];
    const page = await fetch(`${app.url}${path}`);
    expect(page.status).toBe(200);
    const html = await page.text();
    expect(html).toContain(`<title>${status} · Create user registration endpoint · acme/shop</title>`);
    expect(html).toContain(`href="${scene.emulator.url}/acme/shop/pull/${pull.number}"`);
    expect((await fetch(`${app.url}${path.slice(0, -1)}`)).status).toBe(404);
  });

  test("leads to a pull request on the issue's branch that closes it where nothing is left open, and is a draft otherwise", () => {
    expect(pull).toMatchObject({ draft: !python, state: "open", title: "Create user registration endpoint" });
    expect(pull.head.ref).toBe(`architect/issue-${issue}-create-user-registration-endpoint`);
    expect(pull.body?.match(/^(Closes|Refs) #\d+$/gm)).toEqual([`${python ? "Closes" : "Refs"} #${issue}`]);
  });

  test("changes files of the boundaries and the memory, and nothing else", () => {
    expect(files).toContain("backend/app/services/user_service.py");
    const others = files.filter(
      (path) => !/^(backend\/app\/(api|services|models|schemas|core)\/|\.claude\/context\/)/.test(path),
    );
    expect(others).toEqual(python ? [migration, tests] : []);
  });

  test.skipIf(!python)("holds the migration and the tests that subagents wrote and the App ran", async () => {
    expect(await text(migration, pull.head.ref)).toMatch(/op\.create_table\(\s+"users"/);
    expect(await text(tests, pull.head.ref)).toMatch(/assert answer\.status_code == 429/);
    expect(pull.body).toContain("**database-engineer: DONE.**");
    expect(pull.body).toContain("**test-generator: DONE.**");
    expect(pull.body).toMatch(/# Run the whole suite .*` \| exit code 0 \| .* \| passes \|/);
    expect(pull.body).toMatch(/# Apply the migration.*` \| exit code 0 \| .* \| \*\*stale\*\*: /);
    expect(pull.body).toMatch(/alembic upgrade head && python -m uvicorn .*` \| listens \|/);
    const answers = [...(pull.body ?? "").matchAll(/`POST \/api\/v1\/auth\/register` \| (HTTP \d+) \|/g)];
    expect(answers.map(([, status]) => status)).toEqual(["HTTP 201", "HTTP 409", "HTTP 422"]);
  });

  test("is published as two commits that GitHub signed: the work, then the memory", async () => {
    const { data: commits } = await github.rest.pulls.listCommits({ ...at, pull_number: pull.number });
    expect(commits.map(({ commit }) => commit.verification?.verified)).toEqual([true, true]);
    expect(pull.body).toContain("Signed and verified by GitHub: ");
    expect(commits.map(({ commit }) => /^Co-authored-by: maintainer <\d+\+maintainer@/m.test(commit.message))).toEqual([
      true,
      true,
    ]);
    const { data: memory } = await github.rest.repos.getCommit({ ...at, ref: commits[1]?.sha ?? "" });
    expect(memory.files?.map(({ filename }) => filename)).toEqual([
      ".claude/context/knowledge/decisions/active.json",
      ".claude/context/session/state.json",
    ]);
  });

  test("carries the report in its body, with evidence of commands that really ran", async () => {
    expect(parseBody(pull.body ?? "")).toMatchObject({
      status,
      endpoints_created: [{ method: "POST", path: "/api/v1/auth/register", auth: "none" }],
      models_created: [{ name: "User", table: "users" }],
    });
    const [run] = await app.store.runsOf(
      { id: pull.base.repo.id, owner: "acme", name: "shop", installationId: 0, defaultBranch: "main" },
      issue,
    );
    const events = await app.store.events(run?.id ?? "");
    const evidence = events.flatMap((event) => (event.type === "evidence" ? [event.evidence] : []));
    expect(evidence.length).toBeGreaterThan(0);
    expect(evidence.map(({ exitCode }) => exitCode)).toEqual(evidence.map(() => 0));
  });

  test("has one check run on its head, which says of each claim whether the code shows it", async () => {
    const { data } = await github.rest.checks.listForRef({
      ...at,
      ref: pull.head.sha,
      check_name: "architect / report",
    });
    expect(data.check_runs).toMatchObject([
      { status: "completed", conclusion: python ? "success" : "neutral", external_id: `pull-${pull.number}` },
    ]);
    expect(data.check_runs[0]?.output.title).toMatch(new RegExp(`^${status}: \\d+ of \\d+ claims confirmed`));
    if (python)
      expect(data.check_runs[0]?.output.summary).toMatch(
        /POST \/api\/v1\/auth\/register` \| confirmed(?: \(run time\))? \| `/,
      );
  });

  test("leaves its decisions in the memory files of the branch", async () => {
    const { decisions } = JSON.parse(await text(".claude/context/knowledge/decisions/active.json", pull.head.ref));
    expect(decisions.filter(({ issue: from }: { issue?: number }) => from === issue).length).toBeGreaterThan(0);
    const state = JSON.parse(await text(".claude/context/session/state.json", pull.head.ref));
    expect(state.tasks_completed.filter(({ issue: of }: { issue?: number }) => of === issue)).toHaveLength(1);
  });

  test("is not run again when GitHub delivers the label once more", async () => {
    const delivery = scene.emulator.deliveries.find(({ event, action }) => event === "issues" && action === "labeled");
    await scene.emulator.redeliver(delivery?.guid ?? "");
    await settled();
    const { data: pulls } = await github.rest.pulls.list({ ...at, state: "all" });
    expect(pulls).toHaveLength(1);
    expect(await statusesOf(issue)).toHaveLength(1);
  });

  describe("and a review of its pull request", () => {
    const docstring = '"""What the users endpoints take and answer, as people read it."""';
    let before: string;
    beforeAll(async () => {
      before = pull.head.sha;
      const schema = files.find((path) => /schemas\/.*user/.test(path)) ?? "";
      const lines = (await text(schema, pull.head.ref)).split("\n");
      await github.rest.pulls.createReview({
        ...at,
        pull_number: pull.number,
        event: "COMMENT",
        comments: [
          {
            path: schema,
            line: lines.findIndex((line) => /^\s+password:/.test(line)) + 1,
            side: "RIGHT",
            body: "`password` should be at least 12 characters.",
          },
          { path: schema, line: 1, side: "RIGHT", body: "Could this be rewritten around events?" },
          { path: schema, line: 1, side: "RIGHT", body: `\`\`\`suggestion\n${docstring}\n\`\`\`` },
        ],
      });
      await settled();
    });

    test("gets one push on top of the former head", async () => {
      const { data: commits } = await github.rest.pulls.listCommits({ ...at, pull_number: pull.number });
      const added = commits.slice(commits.findIndex(({ sha }) => sha === before) + 1);
      expect(added.map(({ commit }) => commit.message.split("\n")[0])).toEqual([
        expect.stringContaining("answer the review"),
        expect.stringContaining("Record decisions"),
      ]);
    });

    test.skipIf(!python)("leaves nothing open: the tests were written and run anew", async () => {
      const { data } = await github.rest.pulls.get({ ...at, pull_number: pull.number });
      expect(parseBody(data.body ?? "")).toMatchObject({ status: "DONE", handoffs: [] });
      expect(data.draft).toBe(false);
    });

    test("gets one answer in each thread: what was changed, and what needs a language model", async () => {
      const { data: comments } = await github.rest.pulls.listReviewComments({ ...at, pull_number: pull.number });
      const starts = comments.filter(({ in_reply_to_id }) => in_reply_to_id === undefined);
      const answers = starts.map(({ id }) => comments.filter(({ in_reply_to_id }) => in_reply_to_id === id));
      expect(answers.map((of) => of.length)).toEqual([1, 1, 1]);
      expect(answers[0]?.[0]?.body).toMatch(/\*\*Changed in \[/);
      expect(answers[1]?.[0]?.body).toMatch(/\*\*Not changed\.\*\* .*language model/);
      expect(answers[2]?.[0]?.body).toMatch(/\*\*Changed in \[.*\*\* The suggestion is applied word for word\. /);
    });

    test("has its suggestion applied word for word, and the threads resolved whose lines the commit changes", async () => {
      const schema = files.find((path) => /schemas\/.*user/.test(path)) ?? "";
      expect((await text(schema, pull.head.ref)).split("\n")[0]).toBe(docstring);
      expect(scene.emulator.resolvedThreads(pull.number)).toHaveLength(2);
      const { data } = await github.rest.pulls.get({ ...at, pull_number: pull.number });
      expect(data.body).toMatch(/\) a suggested change \| Changed in \[\w{7}\]\(\S+\) \| resolved \|/);
    });

    test("changes the file that it names, and the tests of it", async () => {
      const schema = files.find((path) => /schemas\/.*user/.test(path)) ?? "";
      expect(await text(schema, pull.head.ref)).toMatch(/password: .*min_length=12/);
      if (python) expect(await text(tests, pull.head.ref)).toContain('{"password": "x" * 11}');
    });
  });

  describe("and a person's push to its branch", () => {
    const route = "backend/app/api/reports.py";
    const code = 'from fastapi import APIRouter\n\nrouter = APIRouter()\nSECRET_KEY = "q8Zr2Lw9xVt4Nb7Kd1Ms6Pf3"\n';
    let sha: string;
    beforeAll(async () => {
      sha = await scene.emulator.as("maintainer").pushFiles(pull.head.ref, { [route]: code }, "Add reports");
      await settled();
    });

    const checks = async () =>
      (await github.rest.checks.listForRef({ ...at, ref: sha, check_name: "architect / report" })).data.check_runs;

    test("gets one check run of its own, which holds the pushed code against the standards and shows what was run on it", async () => {
      const found = await checks();
      expect(found).toMatchObject([{ status: "completed", conclusion: "failure", external_id: `pull-${pull.number}` }]);
      expect(found[0]?.output.summary).toContain("### What was run");
      if (python)
        expect(found[0]?.output.summary).toMatch(/`POST \/api\/v1\/auth\/register` \| HTTP 201 \| .* \| passes \|/);
      expect(found[0]?.output.summary).toMatch(/POST \/api\/v1\/auth\/register` \| confirmed/);
      const { data: notes } = await github.rest.checks.listAnnotations({ ...at, check_run_id: found[0]?.id ?? 0 });
      expect(notes).toContainEqual(
        expect.objectContaining({ path: route, start_line: 4, annotation_level: "failure" }),
      );
    });

    test("starts no run, and is checked once however often it is told of", async () => {
      const pushes = scene.emulator.deliveries.filter(({ action }) => action === "synchronize");
      await scene.emulator.redeliver(pushes.at(-1)?.guid ?? "");
      await settled();
      expect(await checks()).toHaveLength(1);
      expect((await github.rest.pulls.get({ ...at, pull_number: pull.number })).data.head.sha).toBe(sha);
    });
  });

  test("was told in GitHub's own words all along", () => {
    expect(scene.emulator.violations).toEqual([]);
  });
});
