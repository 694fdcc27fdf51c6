/** Dialogues about labels: by whom they are put on an issue, and how often. */
import { expect } from "vitest";
import type { Dialogue, Stage } from "../dialogue.ts";
import { file, look, model, saidOn, shop, submit } from "./shop.ts";

const put =
  (by: string, name: string) =>
  async ({ as, settled }: Stage): Promise<void> => {
    await as(by).label(1, name);
    await settled();
    await as("maintainer").unlabel(1, name);
  };

/** Each time for something else: twice the same within a second is one delivery. */
const putAnew = (by: string, name: string) => {
  let asked = 0;
  return async (stage: Stage): Promise<void> => {
    asked += 1;
    await stage.as("maintainer").updateIssue(1, { body: `Take ${asked}.` });
    await put(by, name)(stage);
  };
};

/** May put labels on issues, and nothing more. */
const triages = async ({ emulator }: Stage): Promise<void> => emulator.setPermission("stranger", "triage");

const inOrder = async (stage: Stage, ...steps: readonly ((stage: Stage) => Promise<void>)[]): Promise<void> => {
  for (const step of steps) await step(stage);
};

const configured = (text: string) => ({ ...shop, ".github/architect.yml": text });

const helper = { "helper[bot]": { token: "helper-token", permission: "triage", type: "Bot" } } as const;

const countsByWhose = (name: string, files: Dialogue["files"]): Dialogue => ({
  name: `the label \`${name}\` of people without write access and of a bot is nothing, a maintainer's is a run`,
  files,
  users: helper,
  sample: { when: "before", write: "POST issues/1/reactions", nth: 1 },
  open: () => ({
    model,
    setUp: (stage) => inOrder(stage, file, triages),
    steps: [put("stranger", name), put("helper[bot]", name), put("maintainer", name), put("stranger", name)],
    holds: (end) => {
      expect(saidOn(end, 1)).toEqual([expect.stringMatching(/: \*\*DONE_WITH_CONCERNS\./)]);
      expect(end.threads).toHaveLength(2);
      expect(end.threads[0]?.reactions).toEqual(["eyes by backend-architect[bot]"]);
    },
  }),
});

export const labelDialogues: readonly Dialogue[] = [
  countsByWhose("architect", shop),
  countsByWhose("design", configured("label: design\n")),
  {
    name: "a label beyond what may begin in a day is refused once, with the reason",
    files: configured("label: design\nruns: { issue: 1 }\n"),
    sample: { when: "before", write: "PATCH issues/comments/:id", nth: 1 },
    open: () => {
      const again = putAnew("maintainer", "design");
      return {
        model,
        setUp: (stage) => inOrder(stage, file, again),
        steps: [again, again],
        holds: (end) => {
          expect(saidOn(end, 1)).toEqual([
            expect.stringMatching(/: \*\*Not started:\*\* one run of this issue began today/),
          ]);
          expect(end.threads).toHaveLength(2);
        },
      };
    },
  },
  {
    name: "a bot that is listed has its labels heard three times in a row, and is told once that it is no more",
    files: shop,
    env: { ARCHITECT_BOTS: "helper[bot]=1003" },
    users: helper,
    sample: { when: "before", write: "PATCH issues/comments/:id", nth: 1 },
    open: () => {
      const byBot = putAnew("helper[bot]", "architect");
      return {
        model: ({ turn }) =>
          turn === 1 ? look : submit({ status: "BLOCKED", decisions: [], blockers: ["No way on."] }),
        setUp: (stage) => inOrder(stage, file, byBot, byBot, byBot),
        steps: [byBot, byBot],
        holds: (end) => {
          expect(saidOn(end, 1)).toEqual([expect.stringContaining("bots asked for 3 runs in a row here")]);
          expect(end.store.runs).toHaveLength(5);
        },
      };
    },
  },
  {
    name: "a label that the configuration does not hear from this person is refused with the reason",
    files: shop,
    sample: { when: "after", write: "PATCH issues/comments/:id", nth: 1 },
    open: () => ({
      model,
      setUp: async (stage) => {
        await inOrder(stage, file, put("maintainer", "architect"));
        const admins = { ".github/architect.yml": "who: { permission: admin }\n" };
        await stage.as("maintainer").pushFiles("main", admins, "Hear admins alone");
      },
      steps: [put("maintainer", "architect")],
      holds: (end) => {
        expect(saidOn(end, 1)).toEqual([
          expect.stringMatching(/: \*\*Not started:\*\* .*`who\.permission` asks for `admin`/),
        ]);
        expect(end.threads).toHaveLength(2);
      },
    }),
  },
];
