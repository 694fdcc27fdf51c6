/** What people, bots and texts might try, as a table: who says what, and what the App makes of it. Played against the whole App. */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { RunRecord } from "../src/ports.ts";
import { type App, startApp } from "../src/serve.ts";
import { alive } from "./support/alive.ts";
import { fixture, type Scene, startScene } from "./support/scene.ts";

type Text = string | { readonly piece: string; readonly times: number };
type Case = {
  readonly name: string;
  readonly by: string;
  readonly says: Text;
  /** On the same issue, by somebody else. */
  readonly before?: { readonly by: string; readonly says: string };
  /** He may write when he says it, and no more when the App looks. */
  readonly removed?: true;
  /** nothing: no word and no sign; sign: 👀 alone; run: a status comment; answer: a comment without a run. */
  readonly hears: "nothing" | "sign" | "run" | "answer";
  readonly shows?: readonly string[];
  /** As people's browsers would make something of it: not in code. */
  readonly showsNot?: readonly string[];
};

const cases = JSON.parse(readFileSync(`${import.meta.dirname}/abuse-cases.json`, "utf8")) as readonly Case[];
const ours = "backend-architect[bot]";
const here = "/repos/acme/shop";
/** What the blueprint asks back about, after a look. */
const title = "Make it better";

let scene: Scene;
let app: App;
let repository: { readonly id: number };

type Comment = { readonly id: number; readonly body: string; readonly user: { readonly login: string } };
const as = (login: string) => scene.emulator.as(login);
const read = async <T>(path: string): Promise<T> => (await as("maintainer").request("GET", `${here}${path}`)) as T;
const textOf = (text: Text): string => (typeof text === "string" ? text : text.piece.repeat(text.times));
const commentsOn = (issue: number) => read<Comment[]>(`/issues/${issue}/comments`);
const wordsOn = async (issue: number) => (await commentsOn(issue)).filter(({ user }) => user.login === ours);
const settled = async () => {
  await scene.emulator.idle();
  await app.idle();
  await scene.emulator.idle();
};
/** Those of the issue that people see something of. */
const runsOn = async (issue: number): Promise<RunRecord[]> => {
  const ref = { owner: "acme", name: "shop", installationId: 100, defaultBranch: "main", ...repository };
  return app.store.runsOf(ref, issue);
};
const url = () => `${app.url}/api/github/webhooks`;

beforeAll(async () => {
  scene = await startScene({
    repository: { files: fixture("shop") },
    users: {
      triager: { token: "triager-token", permission: "triage" },
      leaver: { token: "leaver-token", permission: "write" },
      "helper[bot]": { token: "helper-token", permission: "none", type: "Bot" },
      "other[bot]": { token: "other-token", permission: "none", type: "Bot" },
    },
  });
  repository = await read("");
  const helper = (await as("maintainer").request("GET", "/users/helper%5Bbot%5D")) as { id: number; login: string };
  app = await startApp({ ...scene.config, bots: [{ login: helper.login, id: helper.id }] }, () => {});
  scene.emulator.setWebhookUrl(url());
});

afterAll(async () => {
  await app?.close();
  await scene?.close();
});

/** @returns the comment that was made */
const say = async (issue: number, { by, says, removed }: Case): Promise<{ readonly id: number }> => {
  if (!removed) return as(by).comment(issue, textOf(says));
  scene.emulator.setPermission(by, "write");
  scene.emulator.setWebhookUrl("http://127.0.0.1:9/");
  const comment = await as(by).comment(issue, textOf(says));
  await scene.emulator.idle();
  scene.emulator.setPermission(by, "read");
  scene.emulator.setWebhookUrl(url());
  await scene.emulator.redeliver(scene.emulator.deliveries.at(-1)?.guid ?? "");
  return comment;
};

describe("the App makes the right thing of", () => {
  test.each(cases)("$name", async (one) => {
    const { number } = await as("maintainer").createIssue({ title });
    const forged = one.before && (await as(one.before.by).comment(number, one.before.says));
    await settled();
    const comment = await say(number, one);
    await settled();
    const words = await wordsOn(number);
    const { reactions } = await read<{ reactions: { eyes: number } }>(`/issues/comments/${comment.id}`);
    const begun = (await runsOn(number)).filter(
      ({ outcome }) => outcome?.kind !== "refused" || outcome.status !== undefined,
    );
    if (one.hears === "nothing")
      expect({ words, eyes: reactions.eyes, begun }).toEqual({ words: [], eyes: 0, begun: [] });
    if (one.hears === "sign") expect([words, reactions.eyes, begun]).toEqual([[], 1, []]);
    if (one.hears === "answer") expect([words.length, begun.length]).toEqual([1, 0]);
    if (one.hears === "run") expect([words.length > 0, begun.length]).toEqual([true, 1]);
    const shown = alive(words.map(({ body }) => body).join("\n\n"));
    for (const text of one.shows ?? []) expect(words[0]?.body).toContain(text);
    for (const text of one.showsNot ?? []) expect(shown).not.toContain(text);
    const before = (await commentsOn(number)).find(({ id }) => id === forged?.id);
    if (one.before) expect(before?.body).toBe(one.before.says);
  });
});

test("bots that answer one another end after three runs on an issue, though one of them is listed", async () => {
  const { number } = await as("maintainer").createIssue({ title });
  const before = await Promise.all([commentsOn(number), runsOn(number)]);
  expect(before).toEqual([[], []]);
  for (let turn = 1; turn <= 6; turn += 1) {
    await as("helper[bot]").comment(number, "/architect design");
    await settled();
  }
  const runs = await runsOn(number);
  expect(runs.map(({ outcome }) => outcome?.kind === "refused").reverse()).toEqual([
    false,
    false,
    false,
    true,
    true,
    true,
  ]);
  const words = await wordsOn(number);
  expect(words).toHaveLength(1);
  expect(words[0]?.body).toContain("bots asked for 3 runs in a row here");
});

test("all of it was said in GitHub's own words", () => {
  expect(scene.emulator.violations).toEqual([]);
});
