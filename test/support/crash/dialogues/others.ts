/** Dialogues on pull requests of other people. */
import { expect } from "vitest";
import type { Step } from "../../messages-api.ts";
import type { Dialogue, Stage, Talk } from "../dialogue.ts";
import { call, command, inTurn, look, pullIn, route, saidOn, says, shop } from "./shop.ts";

const hours = { [route]: `${shop[route]}\n\n@router.get("/hours")\ndef hours() -> int:\n    return HOURS\n` };

/** Pull request #1, of a person. */
const propose = async ({ as }: Stage): Promise<void> => {
  await as("maintainer").pushFiles("hours", hours, "Tell the hours");
  await as("maintainer").openPull({ head: "hours", base: "main", title: "Tell the hours" });
};

const fork = { owner: "stranger", name: "shop" };

/** Pull request #1, from a fork. */
const proposeFromOutside = async ({ as }: Stage): Promise<void> => {
  await as("stranger").at(fork).pushFiles("hours", hours, "Tell the hours");
  await as("stranger").openPull({ head: "stranger:hours", base: "main", title: "Tell the hours" });
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

/** With commands where it may run any: then it looks at what they show, and has nothing to say. */
const reviewAnyhow = (talk: Talk): Step =>
  JSON.stringify(talk.body.messages[0]).includes('\\"runnable\\":true')
    ? inTurn(
        says(call("Bash", { command: `grep -n hours ${route}` })),
        says(call("SubmitReview", { summary: "It runs.", comments: [] })),
      )(talk)
    : review(talk);

const become =
  (role: "maintain" | "write") =>
  async ({ emulator }: Stage): Promise<void> =>
    emulator.setPermission("maintainer", role);

const tested = { ...shop, ".github/architect.yml": `test:\n  - grep -c hours ${route}\n` };

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
  {
    name: "a pull request from a fork is reviewed for those who may ask, and nothing of it is run",
    files: tested,
    others: [{ ...fork, forkOf: "acme/shop" }],
    sample: { when: "before", write: "POST pulls/1/reviews", nth: 1 },
    open: () => ({
      model: review,
      setUp: proposeFromOutside,
      steps: [command("review", 1, "stranger"), command("review")],
      holds: (end) => {
        const { reviews } = pullIn(end, 1);
        expect(reviews).toEqual([expect.objectContaining({ body: expect.not.stringContaining("grep -c hours") })]);
        expect(end.store.runs).toHaveLength(2);
      },
    }),
  },
  {
    name: "a maintainer lets one head of a fork be run, and what is pushed after it is not",
    files: tested,
    others: [{ ...fork, forkOf: "acme/shop" }],
    sample: { when: "before", write: "POST issues/1/comments", nth: 3 },
    open: () => ({
      model: reviewAnyhow,
      setUp: proposeFromOutside,
      steps: [
        command("review"),
        command("allow"),
        become("maintain"),
        command("allow", 1, "stranger"),
        command("allow"),
        command("review"),
        async ({ as }) => {
          const more = `${hours[route]}    # Really.\n`;
          await as("stranger")
            .at(fork)
            .pushFiles("hours", { [route]: more }, "Say so");
        },
        command("status"),
        command("review"),
        command("allow"),
      ],
      holds: (end) => {
        const answers = saidOn(end, 1).filter((said) => /allowed|may be run/i.test(said));
        expect(answers).toEqual([
          expect.stringContaining("**Not allowed.** Whether code of a pull request may be run is for people with the"),
          expect.stringContaining("**Allowed: `"),
          expect.stringContaining("Nothing of it may be run: a maintainer allowed `"),
          expect.stringContaining("**Allowed: `"),
        ]);
        const bodies = pullIn(end, 1).reviews.map(({ body }) => body);
        expect(bodies.map((body) => /`grep -c hours [^`]+` passes on this head/.test(body))).toEqual([
          ...[false, true, false],
        ]);
        expect(bodies.map((body) => body.includes("grep -n hours"))).toEqual([false, true, false]);
        expect(bodies[2]).toMatch(
          /Nothing of it was run: a maintainer allowed `[^`]+`, and something was pushed since\./,
        );
      },
    }),
  },
  {
    name: "a question on somebody's pull request is answered from its head",
    files: shop,
    sample: { when: "after", write: "POST issues/1/comments", nth: 2 },
    open: () => ({
      model: inTurn(
        look,
        says(
          call("SubmitAnswer", {
            answer: "It tells them [1].",
            references: [{ file: `/repo/${route}`, line: 9, end_line: null }],
          }),
        ),
      ),
      setUp: propose,
      steps: [command("ask what does it do?")],
      holds: (end) => {
        expect(saidOn(end, 1).filter((said) => said.includes("It tells them"))).toHaveLength(1);
      },
    }),
  },
];
