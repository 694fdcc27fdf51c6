import { beforeEach, expect, test } from "vitest";
import { type Job, toJob } from "../../src/domain/job.ts";
import type { LabelTrigger } from "../../src/domain/trigger.ts";
import { createSettings } from "../../src/run/settings.ts";
import { weighLabel } from "../../src/run/weigh-label.ts";
import { createMemoryGitHub, type MemoryGitHub } from "../support/memory-github.ts";

const trigger: LabelTrigger = {
  kind: "label",
  repository: { id: 1, owner: "acme", name: "shop", installationId: 7, defaultBranch: "main" },
  sender: { login: "maintainer", id: 5, type: "User" },
  thread: { kind: "issue", number: 3 },
  title: "Create users",
  body: "",
  label: { name: "Design", usual: false },
};
const job = toJob(trigger, { id: "d-1", acceptedAt: "2026-11-25T12:00:00Z", issue: 3 });

let github: MemoryGitHub;
let accepted: Job[];

const weigh = (): Promise<void> =>
  weighLabel(
    {
      github,
      settings: createSettings({ github, clock: () => new Date(), names: { agents: [] }, log: () => {} }),
      queue: {
        accept: async (one) => {
          accepted.push(one);
          return "accepted";
        },
      },
      log: () => {},
    },
    job,
  );

beforeEach(() => {
  github = createMemoryGitHub();
  accepted = [];
});

test("the label that the repository chose becomes a run of the issue, and gets 👀", async () => {
  github.onDefault.set(".github/architect.yml", "label: design\n");
  await weigh();
  expect(accepted).toEqual([
    {
      id: "d-1.run",
      key: "acme/shop#3",
      acceptedAt: "2026-11-25T12:00:00Z",
      trigger: { ...trigger, label: { name: "Design", usual: false, chosen: true } },
    },
  ]);
  expect(github.eyes).toEqual([{ on: "issue", number: 3 }]);
});

test("any other label is nothing, and nobody's permission is asked for", async () => {
  await weigh();
  expect(accepted).toEqual([]);
  expect(github.writes).toEqual([]);
  expect(github.open_).toBe(0);
});

test("the chosen label of somebody without write access is nothing", async () => {
  github.onDefault.set(".github/architect.yml", "label: design\n");
  github.permission = "triage";
  await weigh();
  expect(accepted).toEqual([]);
  expect(github.eyes).toEqual([]);
  expect(github.open_).toBe(0);
});
