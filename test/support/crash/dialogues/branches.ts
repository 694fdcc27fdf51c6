/** Dialogues of several pull requests of the App: what a merge does to the others, and a change that is several itself. */
import { expect } from "vitest";
import type { Dialogue, Play, Stage, Talk } from "../dialogue.ts";
import type { EndState } from "../end-state.ts";
import {
  branch,
  call,
  model as clock,
  command,
  inTurn,
  label,
  pullIn,
  route,
  saidOn,
  says,
  shop,
  subjectsOf,
  submit,
} from "./shop.ts";

const memoryFiles = [".claude/context/knowledge/decisions/active.json", ".claude/context/session/state.json"];

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

const push =
  (to: string, path: string) =>
  ({ as }: Stage): Promise<string> =>
    as("maintainer").pushFiles(to, { [path]: "HOURS = 25\n" }, "Meanwhile");

/** People act while a turn is thought: after what the run writes, before it is handed in. */
const meanwhile = (
  turn: string,
  begin: (stage: Stage) => Promise<unknown>,
  act: (stage: Stage) => Promise<unknown>,
): Pick<Play, "model" | "steps"> => {
  const done = Promise.withResolvers<void>();
  return {
    model: async (talk) => {
      if (`${talk.kind} ${talk.turn}` === turn) await done.promise;
      return clock(talk);
    },
    steps: [
      async (stage) => {
        await begin(stage);
        await stage.asked(turn);
      },
      async (stage) => {
        await act(stage);
        await stage.emulator.idle();
        done.resolve();
        await stage.settled();
      },
    ],
  };
};

const askFor = async ({ as }: Stage): Promise<void> => {
  const { number } = await as("maintainer").createIssue({ title: "Add minutes to the clock" });
  await as("maintainer").label(number, "architect");
};

const followUp = ({ as }: Stage): Promise<unknown> => as("maintainer").comment(2, "/architect design make it a sum");

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
    name: "a base that moves while a run is at work is merged into what it pushes",
    files: shop,
    sample: { when: "after", write: "POST git/commits", nth: 3 },
    open: () => ({
      ...meanwhile("design 3", askFor, push("main", "backend/app/api/hours.py")),
      holds: (end) => {
        expect(subjectsOf(end, branch).at(-1)).toBe(`Merge main into ${branch}`);
        expect(end.threads[1]?.body).toContain("`main` has moved on");
      },
    }),
  },
  {
    name: "a base that moved before a run is merged first",
    files: shop,
    sample: { when: "after", write: "POST git/commits", nth: 1 },
    open: () => ({
      model: clock,
      setUp: async (stage) => {
        await label(stage);
        await push("main", "backend/app/api/hours.py")(stage);
        await stage.settled();
      },
      steps: [command("design make it a sum", 2)],
      holds: (end) => {
        const subjects = subjectsOf(end, branch);
        expect(subjects).toContain(`Merge main into ${branch}`);
        expect(subjects.at(-1)).toMatch(/^Record decisions/);
      },
    }),
  },
  {
    name: "a run whose branch somebody pushed to keeps its work as a patch",
    files: shop,
    sample: { when: "after", write: "POST issues/2/comments", nth: 2 },
    open: () => ({
      ...meanwhile("follow-up 3", followUp, push(branch, route)),
      setUp: label,
      holds: (end) => {
        expect(subjectsOf(end, branch).at(-1)).toBe("Meanwhile");
        expect(saidOn(end, 2).filter((text) => text.includes("**Not pushed.**"))).toHaveLength(1);
      },
    }),
  },
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
    name: "after a push to the base the App's pull request has it merged in",
    files: shop,
    sample: { when: "after", write: "POST git/commits", nth: 1 },
    open: () => ({
      model,
      setUp: two,
      steps: [
        async ({ as, emulator, settled }) => {
          const { head } = await emulator.pull(2);
          const memory = await Promise.all(
            memoryFiles.map(async (path) => [path, await emulator.file(head.sha, path)]),
          );
          await as("maintainer").pushFiles("main", Object.fromEntries(memory), "Merge it on a laptop");
          await settled();
        },
      ],
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
      setUp: two,
      steps: [
        async ({ as, settled }) => {
          await as("maintainer").pushFiles("main", { [moduleOf(3)]: "PART = 0\n" }, "Write it ourselves");
          await settled();
        },
        merge(2),
      ],
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
