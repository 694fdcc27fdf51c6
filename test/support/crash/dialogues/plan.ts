/** A plan that is answered, approved and carried out. */
import { expect } from "vitest";
import type { PlanContent } from "../../../../src/domain/plan.ts";
import type { Dialogue, Stage, Talk } from "../dialogue.ts";
import { branch, minutes, model, pullIn, saidOn, says, shop, subjectsOf } from "./shop.ts";

const say =
  (text: string, issue = 1) =>
  async ({ as, settled }: Stage): Promise<void> => {
    await as("maintainer").comment(issue, `/architect ${text}`);
    await settled();
  };

const openIssue = async ({ as }: Stage): Promise<void> => {
  await as("maintainer").createIssue({ title: "Add minutes to the clock" });
};

const plan: PlanContent = {
  summary: "The clock gets minutes.",
  work: "single-endpoint",
  steps: [{ title: "Count minutes", detail: "In a module of their own.", files: [`/repo/${minutes}`] }],
  files: [
    { file: `/repo/${minutes}`, change: "create", why: "the minutes", handoff: null },
    { file: "/repo/backend/app/api/clock.py", change: "modify", why: "uses them", handoff: null },
  ],
  contract: [],
  questions: [],
  risks: [],
};

const makesPlans = (talk: Talk) => {
  if (talk.kind !== "plan") return model(talk);
  const questions = talk.turn === 1 ? [{ question: "How many are an hour?", options: ["60", "100"] }] : [];
  return says({ name: "SubmitPlan", input: { ...plan, questions } });
};

export const planDialogues: readonly Dialogue[] = [
  {
    name: "a plan is answered, approved and carried out",
    files: shop,
    sample: { when: "after", write: "PATCH issues/comments/:id", nth: 4 },
    open: () => ({
      model: makesPlans,
      setUp: openIssue,
      steps: [say("plan"), say("answer 1a"), say("approve")],
      holds: (end) => {
        const plans = saidOn(end, 1).filter((text) => text.includes("**Plan `"));
        expect(plans).toHaveLength(1);
        expect(plans[0]).not.toContain("How many are an hour?");
        expect(subjectsOf(end, branch)).toEqual(["Clock", "Record decisions and work: clock"]);
        const pull = end.threads.find(({ number }) => number === 2);
        expect(pull?.body).toMatch(/This carries out the plan `[^`]+`, with these differences:/);
        expect(pull?.body).toContain("- In the plan, and untouched: `backend/app/api/clock.py`");
        expect(pullIn(end).checks).toHaveLength(1);
      },
    }),
  },
];
