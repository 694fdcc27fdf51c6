import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { toJob } from "../../src/domain/job.ts";
import type { Person } from "../../src/domain/repository.ts";
import type { ReviewTrigger } from "../../src/domain/trigger.ts";
import { answerClosed } from "../../src/run/closed.ts";
import { openDatabase } from "../../src/store/database.ts";
import { createStore } from "../../src/store/runs.ts";
import { createMemoryGitHub, type MemoryGitHub } from "../support/memory-github.ts";

const repository = { id: 1, owner: "acme", name: "shop", installationId: 7, defaultBranch: "main" };
const maintainer = { login: "maintainer", id: 5, type: "User" as const };
const reviewer = { login: "reviewer", id: 6, type: "User" as const };
const stranger = { login: "stranger", id: 7, type: "User" as const };

const folder = mkdtempSync(join(tmpdir(), "architect-closed-"));
afterAll(() => rmSync(folder, { recursive: true }));

let github: MemoryGitHub;
let log: string[];

const tell = async (id: number, by: Person): Promise<void> => {
  const trigger: ReviewTrigger = {
    ...{ kind: "review", repository, sender: by, thread: { kind: "pull", number: 4 }, closed: "merged" },
    ...{ reviews: [{ id, by, comments: [], loose: false }], branch: "architect/issue-3-clock", title: "Clock" },
  };
  const job = toJob(trigger, { id: randomUUID(), acceptedAt: "2026-11-25T12:00:00Z", issue: 3 });
  const database = openDatabase(join(mkdtempSync(join(folder, "db-")), "architect.db"));
  const store = createStore(database, { clock: () => new Date("2026-11-25T12:00:00Z"), ids: randomUUID });
  await answerClosed({ github, store, log: (line) => void log.push(line) }, job);
};
const said = () => [...github.comments.values()].map(({ body }) => body);

beforeEach(() => {
  github = createMemoryGitHub();
  github.permissions.set(stranger.id, "read");
  log = [];
});

describe("a review of a merged pull request", () => {
  test("is told once where a new one is asked for, however many reviews there are, and each person for themselves", async () => {
    for (const [id, author] of [
      [8, maintainer],
      [9, maintainer],
      [10, reviewer],
    ] as const) {
      github.given.push({ id, state: "commented", body: "Make it 3.", author });
      await tell(id, author);
      await tell(id, author);
    }
    expect(said()).toEqual(
      [5, 6].map((id) =>
        expect.stringMatching(
          new RegExp(`^<!-- architect:closed:${id} -->\\n\\*\\*Not started\\.\\*\\* .*is merged.*on issue #3, with`),
        ),
      ),
    );
  });

  test("that asks nothing, or is by somebody who may not write, is left alone", async () => {
    github.given.push({ id: 8, state: "commented", body: " ", author: maintainer });
    github.given.push({ id: 9, state: "commented", body: "Delete it.", author: stranger });
    await tell(8, maintainer);
    await tell(9, stranger);
    expect(said()).toEqual([]);
    expect(log).toHaveLength(2);
  });
});
