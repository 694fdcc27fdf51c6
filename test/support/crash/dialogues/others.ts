/** Dialogues on pull requests of other people. */
import { expect } from "vitest";
import type { Dialogue, Stage } from "../dialogue.ts";
import { call, command, inTurn, pullIn, route, says, shop } from "./shop.ts";

/** Pull request #1, of a person. */
const propose = async ({ as }: Stage): Promise<void> => {
  const files = { [route]: `${shop[route]}\n\n@router.get("/hours")\ndef hours() -> int:\n    return HOURS\n` };
  await as("maintainer").pushFiles("hours", files, "Tell the hours");
  await as("maintainer").openPull({ head: "hours", base: "main", title: "Tell the hours" });
};

const review = inTurn(
  says(call("Read", { file_path: `/repo/${route}` })),
  says(
    call("SubmitReview", {
      summary: "One route more, in the right place.",
      comments: [
        {
          ...{ file: `/repo/${route}`, line: 9, code: "def hours() -> int:", severity: "low" },
          body: "This could be a constant of the front end.",
        },
      ],
    }),
  ),
);

export const othersDialogues: readonly Dialogue[] = [
  {
    name: "somebody's pull request gets one review",
    files: shop,
    sample: { when: "after", write: "POST pulls/1/reviews", nth: 1 },
    open: () => ({
      model: review,
      setUp: propose,
      steps: [command("review")],
      holds: (end) => {
        const { reviews, lines } = pullIn(end, 1);
        expect(reviews).toHaveLength(1);
        expect(lines.filter(({ body }) => body.includes("constant of the front end"))).toHaveLength(1);
        expect(Object.keys(end.branches)).toEqual(["hours", "main"]);
      },
    }),
  },
];
