/** From GitHub's label event to the model's first request, everything in it: webhook, 👀, and a GitHub of the emulator's pace. */
import { setTimeout as wait } from "node:timers/promises";
import { Octokit } from "@octokit/rest";
import { startMessagesApi } from "../support/messages-api.ts";
import { fixture, serve, startScene } from "../support/scene.ts";
import { reportOver } from "./scenario.ts";
import { median } from "./stats.ts";

export type LabelFigures = {
  /** Milliseconds: the first label that the App ever sees, and later ones. */
  readonly first: number;
  readonly later: number;
};

const at = { owner: "acme", repo: "shop" };

export const benchLabel = async (rounds: number): Promise<LabelFigures> => {
  let arrived = Promise.withResolvers<void>();
  const api = await startMessagesApi((body) => {
    if (body.messages.length === 1) arrived.resolve();
    return { tools: [reportOver] };
  });
  const scene = await startScene({
    repository: { files: fixture("shop") },
    env: {
      ...{ ARCHITECT_MODEL: "claude-opus-5-5", ANTHROPIC_API_KEY: api.apiKey, ANTHROPIC_BASE_URL: api.url },
      ARCHITECT_MAX_USD: "1000",
    },
  });
  const served = await serve(scene);
  scene.emulator.setWebhookUrl(`${served.url}/api/github/webhooks`);
  const github = new Octokit({ baseUrl: scene.emulator.api, auth: "maintainer-token" });
  const label = async (): Promise<number> => {
    const { data: issue } = await github.rest.issues.create({ ...at, title: "Add users" });
    arrived = Promise.withResolvers<void>();
    const start = performance.now();
    await github.rest.issues.addLabels({ ...at, issue_number: issue.number, labels: ["architect"] });
    await arrived.promise;
    const ms = performance.now() - start;
    await idle(served.url);
    return ms;
  };
  try {
    const first = await label();
    const later: number[] = [];
    for (let round = 0; round < rounds; round++) later.push(await label());
    return { first, later: median(later) };
  } finally {
    await served.kill();
    await scene.close();
    await api.close();
  }
};

const idle = async (url: string): Promise<void> => {
  for (;;) {
    const { jobs } = (await (await fetch(`${url}/healthz`)).json()) as { jobs: { waiting: number; active: number } };
    if (jobs.waiting + jobs.active === 0) return;
    await wait(50);
  }
};
