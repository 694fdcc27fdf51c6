/** Dialogues of several pull requests of the App: what a merge does to the others, and a change that is several itself. */
import { expect } from "vitest";
import type { Dialogue, Stage, Talk } from "../dialogue.ts";
import type { EndState } from "../end-state.ts";
import { call, inTurn, pullIn, saidOn, says, shop, subjectsOf, submit } from "./shop.ts";

const moduleOf = (issue: number): string => `backend/app/services/part_${issue}.py`;

/** Each issue gets a module of its own, and a decision about it. */
const model = (talk: Talk) =>
  inTurn(
    says(call("Write", { file_path: `/repo/${moduleOf(talk.issue)}`, content: `PART = ${talk.issue}\n` })),
    submit({
      feature: `part-${talk.issue}`,
      decisions: [
        {
          title: `Keep part ${talk.issue} in a module of its own`,
          ...{ rationale: "Nothing else knows it.", category: "architecture", impact: "low", alternatives: [] },
        },
      ],
    }),
  )(talk);

const ask = async ({ as, settled }: Stage, title: string): Promise<void> => {
  const { number } = await as("maintainer").createIssue({ title });
  await as("maintainer").label(number, "architect");
  await settled();
};

/** Issue #1 with pull request #2, issue #3 with pull request #4. */
const two = async (stage: Stage): Promise<void> => {
  await ask(stage, "Write part one");
  await ask(stage, "Write part three");
};

const merge =
  (pull: number) =>
  async ({ as, emulator, settled }: Stage): Promise<void> => {
    const { node_id: id } = await emulator.pull(pull);
    const query = `mutation ($id: ID!) { markPullRequestReadyForReview(input: { pullRequestId: $id }) { clientMutationId } }`;
    await as("maintainer").request("POST", "/graphql", { query, variables: { id } });
    await as("maintainer").merge(pull);
    await settled();
  };

const branchOf = (end: EndState, pull: number): string => pullIn(end, pull).head;

const lines = (head: string, count: number): string =>
  head + Array.from({ length: count }, (_, line) => `x${line} = ${line}\n`).join("");

/** Too large for one pull request. */
const large = inTurn(
  says(
    ...Object.entries({
      "backend/app/models/minute.py": lines("Minute = object\n", 48),
      "backend/app/services/minutes.py": lines("from app.models.minute import Minute\n", 45),
      "backend/app/api/minutes.py": lines("from app.services.minutes import x1\n", 40),
    }).map(([path, content]) => call("Write", { file_path: `/repo/${path}`, content })),
  ),
  submit(),
);

export const branchDialogues: readonly Dialogue[] = [
  {
    name: "after a merge the App's other pull request has the base merged in",
    files: shop,
    sample: { when: "after", write: "POST git/commits", nth: 1 },
    open: () => ({
      model,
      setUp: two,
      steps: [merge(2)],
      holds: (end) => {
        expect(subjectsOf(end, branchOf(end, 4)).at(-1)).toMatch(/^Merge main into architect/);
        expect(saidOn(end, 4)).toEqual([]);
      },
    }),
  },
  {
    name: "a merge that conflicts with other work of the App is said once",
    files: shop,
    sample: { when: "after", write: "POST issues/4/comments", nth: 1 },
    open: () => ({
      model,
      setUp: async (stage) => {
        await two(stage);
        await stage.as("maintainer").pushFiles("main", { [moduleOf(3)]: "PART = 0\n" }, "Write it ourselves");
      },
      steps: [merge(2)],
      holds: (end) => {
        expect(saidOn(end, 4)).toEqual([expect.stringContaining("conflict")]);
      },
    }),
  },
  {
    name: "a change beyond the size of a pull request is a stack of them",
    files: { ...shop, ".github/architect.yml": "size:\n  lines: 50\n" },
    sample: { when: "after", write: "POST pulls", nth: 2 },
    open: () => ({
      model: large,
      steps: [(stage) => ask(stage, "Add minutes to the clock")],
      holds: (end) => {
        expect(end.threads.map(({ kind }) => kind)).toEqual(["issue", "pull", "pull", "pull"]);
        expect([2, 3, 4].map((pull) => pullIn(end, pull).base)).toEqual(["main", branchOf(end, 2), branchOf(end, 3)]);
      },
    }),
  },
];
