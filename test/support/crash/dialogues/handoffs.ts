/** Dialogues about what the App leaves to others, filed as issues where the repository wishes so. */
import { expect } from "vitest";
import type { Report } from "../../../../src/domain/report.ts";
import type { Dialogue, Talk } from "../dialogue.ts";
import type { EndState, ThreadState } from "../end-state.ts";
import { edit, inTurn, label, minutes, saidOn, says, shop, submit, write } from "./shop.ts";

const form = { to: "frontend-ui-developer", task: "Show the minutes in the clock's form. Two digits." };
const words = { to: "llm-integrator", task: "Say the time in words." };

const handingOff = (handoffs: Report["handoffs"]) => ({ handoffs, concerns: [] });
const read = says({ name: "Read", input: { file_path: `/repo/${minutes}` } });

const model = (talk: Talk) =>
  talk.kind === "follow-up"
    ? inTurn(
        read,
        edit(minutes, "60", "59 + 1"),
        submit({ ...handingOff([{ ...form, task: "Show the minutes as a sum." }]), decisions: [] }),
      )(talk)
    : inTurn(
        write(minutes, "MINUTES = 60\n"),
        says({ name: "Bash", input: { command: `cat ${minutes}` } }),
        submit(handingOff([form, words, { to: "maintainer", task: "Add a line to main.py." }])),
      )(talk);

const issue = (end: EndState, number: number): ThreadState => {
  const thread = end.threads.find((one) => one.number === number);
  if (!thread) throw new Error(`there is no #${number}`);
  return thread;
};

const files = {
  ...shop,
  ".github/architect.yml": "handoffs:\n  file: true\n  labels:\n    frontend-ui-developer: ui\n",
};

export const handoffDialogues: readonly Dialogue[] = [
  {
    name: "what is left to others becomes an issue for each, with its label, linked from the pull request",
    files,
    sample: { when: "after", write: "POST issues", nth: 1 },
    open: () => ({
      model,
      steps: [label],
      holds: (end) => {
        expect(end.threads.map(({ title, labels }) => [title, labels])).toEqual([
          ["Add minutes to the clock", ["architect"]],
          ["Add minutes to the clock", []],
          ["frontend-ui-developer: Show the minutes in the clock's form", ["ui"]],
          ["llm-integrator: Say the time in words", ["llm-integrator"]],
        ]);
        const filed = "Filed as issues: #3 (frontend-ui-developer), #4 (llm-integrator).";
        expect(issue(end, 2).body).toContain(`### Hand-offs\n\n${filed} <!-- architect:handoffs -->\n`);
        expect(saidOn(end, 1).at(-1)).toContain(filed);
        expect(issue(end, 3).body).toContain("Pull request #2, made for #1, leaves this to **frontend-ui-developer**");
      },
    }),
  },
  {
    name: "a further run edits the issues of the one before, and says which are no longer handed off",
    files,
    sample: { when: "after", write: "PATCH issues/3", nth: 1 },
    open: () => ({
      model,
      setUp: label,
      steps: [
        async ({ as, settled }) => {
          await as("maintainer").comment(2, "/architect design make it a sum");
          await settled();
        },
      ],
      holds: (end) => {
        expect(end.threads).toHaveLength(4);
        expect(issue(end, 3).body).toContain("Show the minutes as a sum.");
        expect(issue(end, 4).body).toContain("Pull request #2 does not hand this off any more");
        expect(issue(end, 2).body).toContain("Filed as an issue: #3 (frontend-ui-developer).");
      },
    }),
  },
];
