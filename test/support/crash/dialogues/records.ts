/** Dialogues of designs that stand for themselves. */
import { expect } from "vitest";
import { soundPaper } from "../../paper.ts";
import type { Dialogue } from "../dialogue.ts";
import { call, inTurn, look, says, shop } from "./shop.ts";

/** Nothing in it is in the code yet. */
const paper = {
  ...soundPaper,
  services: soundPaper.services.map((service) => ({ ...service, exists: false })),
  contracts: soundPaper.contracts.filter(({ exists }) => !exists),
};

export const recordDialogues: readonly Dialogue[] = [
  {
    name: "decisions and contracts alone are a pull request of records",
    files: shop,
    sample: { when: "after", write: "POST git/refs", nth: 1 },
    open: () => ({
      model: inTurn(look, says(call("SubmitPaper", paper))),
      steps: [
        async ({ as, settled }) => {
          const title = "Design service boundaries between orders and payments";
          const { number } = await as("maintainer").createIssue({ title });
          await as("maintainer").label(number, "architect");
          await settled();
        },
      ],
      holds: (end) => {
        expect(end.threads).toHaveLength(2);
        expect(Object.values(end.branches).join()).toContain("docs/adr/");
      },
    }),
  },
];
