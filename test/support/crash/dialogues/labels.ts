/** Dialogues about labels: by whom they are put on an issue, and how often. */
import { expect } from "vitest";
import type { Dialogue, Stage } from "../dialogue.ts";
import { file, label, model, saidOn, shop } from "./shop.ts";

const put =
  (by: string, name: string) =>
  async ({ as, settled }: Stage): Promise<void> => {
    await as(by).label(1, name);
    await settled();
    await as("maintainer").unlabel(1, name);
  };

/** May put labels on issues, and nothing more. */
const triages = async ({ emulator }: Stage): Promise<void> => emulator.setPermission("stranger", "triage");

const inOrder = async (stage: Stage, ...steps: readonly ((stage: Stage) => Promise<void>)[]): Promise<void> => {
  for (const step of steps) await step(stage);
};

const configured = (text: string) => ({ ...shop, ".github/architect.yml": text });

const countsByWhose = (name: string, files: Dialogue["files"]): Dialogue => ({
  name: `the label \`${name}\` of people without write access and of a bot is nothing, a maintainer's is a run`,
  files,
  users: { "helper[bot]": { token: "helper-token", permission: "triage", type: "Bot" } },
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
    open: () => ({
      model,
      setUp: (stage) => inOrder(stage, file, put("maintainer", "design")),
      steps: [put("maintainer", "design"), put("maintainer", "design")],
      holds: (end) => {
        expect(saidOn(end, 1)).toEqual([expect.stringMatching(/: \*\*BLOCKED\..*one run of this issue began today/s)]);
        expect(end.threads).toHaveLength(2);
      },
    }),
  },
  {
    name: "a label that the configuration does not hear from this person is refused with the reason",
    files: configured("who: { permission: admin }\n"),
    sample: { when: "before", write: "POST issues/1/comments", nth: 1 },
    open: () => ({
      model,
      steps: [label],
      holds: (end) => {
        expect(saidOn(end, 1)).toEqual([expect.stringContaining("`who.permission` asks for `admin`")]);
        expect(end.threads).toHaveLength(1);
      },
    }),
  },
];
