/** The whole App against the local GitHub, with a model that writes the module that it is asked for and reports it: for what happens between branches. */
import { Octokit } from "@octokit/rest";
import type { Report } from "../../src/domain/report.ts";
import { type App, type Machine, startApp } from "../../src/serve.ts";
import type { PullView } from "../emulator/readers.ts";
import { type MessagesApi, type Script, startMessagesApi } from "./messages-api.ts";
import { reportWith } from "./report.ts";
import { fixture, type Scene, startScene } from "./scene.ts";

export type ModuleScene = {
  readonly scene: Scene;
  readonly app: App;
  readonly api: MessagesApi;
  /** Called before the model answers for the last time in a run: while the work is done and nothing is published. */
  beforeReport: (module: string) => Promise<void>;
  /** Of the reports from now on. */
  testCommands: readonly string[];
  /** What else they say otherwise. */
  report: Partial<Report>;
  /** Until nothing is under way any more. */
  settled(): Promise<void>;
  /** An issue whose run writes `modulePath(name)`. @returns its number */
  ask(name: string): Promise<number>;
  /** The newest pull request of an issue. */
  pullOf(issue: number): Promise<PullView>;
  /** Drafts are made ready before. @returns the merge commit */
  merge(pull: number, method?: "merge" | "squash"): Promise<string>;
  parentsOf(commit: string): Promise<string[]>;
  /** The status comment of a thread. */
  status(thread: number): string;
  close(): Promise<void>;
};

const at = { owner: "acme", repo: "shop" };
export const modulePath = (name: string): string => `backend/app/services/${name}.py`;
export const moduleText = (name: string, more = ""): string =>
  `"""What the shop knows of ${name}."""\n\nNAME = "${name}"\n${more}`;

const ready = `mutation ($id: ID!) { markPullRequestReadyForReview(input: { pullRequestId: $id }) { clientMutationId } }`;

/** "Write the module orders": also as the request of a command. */
const askedFor = (messages: readonly unknown[]): string => {
  const said = [...JSON.stringify(messages).matchAll(/Write the module (\w+)/g)].at(-1)?.[1];
  return said ?? "nothing";
};

export const startModuleScene = async (
  env: Readonly<Record<string, string>> = {},
  machine?: Machine,
): Promise<ModuleScene> => {
  const script: Script = async (body) => {
    const name = askedFor(body.messages);
    const last = JSON.stringify(body.messages.at(-1));
    if (!last.includes("tool_result"))
      return {
        tools: [{ name: "Write", input: { file_path: `/repo/${modulePath(name)}`, content: moduleText(name) } }],
      };
    await own.beforeReport(name);
    return { tools: [{ name: "SubmitReport", input: { ...reportOf(name, own.testCommands), ...own.report } }] };
  };
  const api = await startMessagesApi(script);
  const scene = await startScene({
    repository: { files: fixture("shop") },
    env: { ARCHITECT_MODEL: "claude-opus-5-5", ANTHROPIC_API_KEY: api.apiKey, ANTHROPIC_BASE_URL: api.url, ...env },
  });
  const app = await startApp(scene.config, () => {}, machine);
  scene.emulator.setWebhookUrl(`${app.url}/api/github/webhooks`);
  const github = new Octokit({ baseUrl: scene.emulator.api, auth: "maintainer-token" });
  const maintainer = scene.emulator.as("maintainer");
  const own: ModuleScene = {
    ...{ scene, app, api },
    beforeReport: async () => {},
    testCommands: [],
    report: {},
    settled: async () => {
      const { deliveries } = scene.emulator;
      // What the App pushes is told to it, too.
      for (let seen = -1; seen !== deliveries.length; ) {
        seen = deliveries.length;
        await scene.emulator.idle();
        await app.queue.idle();
        await scene.emulator.idle();
      }
    },
    ask: async (name) => {
      const { number } = await maintainer.createIssue({ title: `Write the module ${name}` });
      await maintainer.label(number, "architect");
      return number;
    },
    pullOf: async (issue) => {
      const pulls = await scene.emulator.pulls();
      const found = pulls.filter(({ head }) => head.ref.startsWith(`architect/issue-${issue}-`)).at(-1);
      if (!found) throw new Error(`issue ${issue} has no pull request: ${own.status(issue)}`);
      return found;
    },
    merge: async (number, method = "merge") => {
      const { node_id: id, draft } = await scene.emulator.pull(number);
      if (draft) await github.graphql(ready, { id });
      const { sha } = await maintainer.merge(number, method);
      await own.settled();
      return sha;
    },
    parentsOf: async (commit_sha) =>
      (await github.rest.git.getCommit({ ...at, commit_sha })).data.parents.map(({ sha }) => sha),
    status: (thread) => {
      const found = scene.emulator.comments(thread).filter(({ body }) => body.includes("<!-- architect:status -->"));
      return found.map(({ body }) => body).join("\n\n=====\n\n");
    },
    close: async () => {
      await app.close();
      await scene.close();
      await api.close();
    },
  };
  return own;
};

const reportOf = (name: string, testCommands: readonly string[]) =>
  reportWith({
    status: "DONE_WITH_CONCERNS",
    feature: `${name}-module`,
    summary: `Adds the module ${name}.`,
    endpoints_created: [],
    models_created: [],
    middleware_added: [],
    security_measures: [],
    test_commands: [...testCommands],
    documentation: { openapi_updated: false, postman_collection: null },
    decisions: [
      {
        title: `Keep ${name} in a module of its own`,
        rationale: `Nothing else knows ${name}.`,
        category: "architecture",
        impact: "low",
        alternatives: [],
      },
    ],
    concerns: ["Nothing was run."],
  });
