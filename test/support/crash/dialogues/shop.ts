/** The small backend that the dialogues are about, and what the model does to it. */
import type { Report } from "../../../../src/domain/report.ts";
import type { Step } from "../../messages-api.ts";
import { reportWith } from "../../report.ts";
import type { Stage, Talk } from "../dialogue.ts";
import type { EndState, ThreadState } from "../end-state.ts";

export const route = "backend/app/api/clock.py";

export const shop: Readonly<Record<string, string>> = {
  "README.md": "# Shop\n",
  "backend/app/__init__.py": "",
  "backend/app/api/__init__.py": "",
  "backend/app/main.py":
    "from fastapi import FastAPI\n\nfrom app.api.clock import router\n\napp = FastAPI()\napp.include_router(router)\n",
  [route]: "from fastapi import APIRouter\n\nrouter = APIRouter()\n\nHOURS = 24\n",
};

export const call = (name: string, input: unknown): NonNullable<Step["tools"]>[number] => ({ name, input });

export const says = (...tools: NonNullable<Step["tools"]>): Step => ({ tools });

export const write = (path: string, content: string): Step =>
  says(call("Write", { file_path: `/repo/${path}`, content }));

export const edit = (path: string, from: string, to: string): Step =>
  says(call("Edit", { file_path: `/repo/${path}`, old_string: from, new_string: to }));

/** At the file that there is. */
export const look = says(call("Read", { file_path: `/repo/${route}` }));

/** Claims nothing that would have to be shown. */
const reportOf = (change: Partial<Report> = {}): Report =>
  reportWith({
    status: "DONE_WITH_CONCERNS",
    feature: "clock",
    summary: "The clock knows its minutes.",
    ...{ endpoints_created: [], models_created: [], middleware_added: [], security_measures: [], test_commands: [] },
    documentation: { openapi_updated: false, postman_collection: null },
    decisions: [
      {
        title: "Count minutes in the clock itself",
        rationale: "Nothing else needs them.",
        ...{ category: "architecture", impact: "low", alternatives: [] },
      },
    ],
    concerns: ["Nobody has asked for seconds."],
    ...change,
  });

export const submit = (change: Partial<Report> = {}): Step => says(call("SubmitReport", reportOf(change)));

/** Review comments as the agent is told of them. */
export const commentsIn = ({ body }: Talk): readonly number[] =>
  [...JSON.stringify(body.messages[0]).matchAll(/\\"id\\":(\d{5,})/g)].map(([, id]) => Number(id));

/** Turns by their number, for conversations that go one way. */
export const inTurn =
  (...steps: readonly Step[]) =>
  ({ kind, turn }: Talk): Step => {
    const step = steps[turn - 1];
    if (!step) throw new Error(`nobody wrote turn ${turn} of ${kind}`);
    return step;
  };

export const minutes = "backend/app/api/minutes.py";
export const branch = "architect/issue-1-add-minutes-to-the-clock";

const addMinutes = inTurn(
  write(minutes, "MINUTES = 60\n"),
  says(call("Bash", { command: `cat ${minutes}` })),
  submit(),
);

/** Changes what the first comment of a review asks for, declines the second and asks about the third. */
export const makeSum = (talk: Talk): Step => {
  if (talk.turn === 1) return says(call("Read", { file_path: `/repo/${minutes}` }));
  if (talk.turn === 2) return edit(minutes, "60", "59 + 1");
  const answers = [
    { outcome: "changed" as const, answer: "It is a sum now." },
    { outcome: "declined" as const, answer: "A minute has no name." },
    { outcome: "question" as const, answer: "Which seconds?" },
  ];
  const threads = commentsIn(talk)
    .slice(0, answers.length)
    .map((id, nth) => ({ ...(answers[nth] as (typeof answers)[number]), comment_id: id }));
  return submit({ summary: "The minutes are a sum.", decisions: [], threads });
};

/** A request makes the minutes, what follows makes them a sum. */
export const model = (talk: Talk): Step => (talk.kind === "follow-up" ? makeSum(talk) : addMinutes(talk));

/** Issue #1, asked for by its label. */
export const label = async ({ as, settled }: Stage): Promise<void> => {
  const { number } = await as("maintainer").createIssue({ title: "Add minutes to the clock" });
  await as("maintainer").label(number, "architect");
  await settled();
};

/** A comment of a person that the App is asked something by. */
export const command =
  (text: string, thread = 1, by = "maintainer") =>
  async ({ as, settled }: Stage): Promise<void> => {
    await as(by).comment(thread, `/architect ${text}`);
    await settled();
  };

/** Issue #1, of which the App knows nothing yet. */
export const file = async ({ as }: Stage): Promise<void> => {
  await as("maintainer").createIssue({ title: "Add minutes to the clock" });
};

/** Who said what on a thread, the App's hidden marks left out. */
export const saidOn = (end: EndState, number: number): readonly string[] =>
  (end.threads.find((thread) => thread.number === number)?.comments ?? []).map(
    ({ by, body }) => `${by}: ${body.replace(/<!--.*?-->/gs, "").trim()}`,
  );

export const pullIn = (end: EndState, number = 2): NonNullable<ThreadState["pull"]> => {
  const pull = end.threads.find((thread) => thread.number === number)?.pull;
  if (!pull) throw new Error(`#${number} is no pull request`);
  return pull;
};

/** Subjects of a branch's commits, oldest first. */
export const subjectsOf = (end: EndState, branch: string): readonly string[] =>
  [...(end.branches[branch] ?? "").matchAll(/^commit by .*\n(.+)$/gm)].map(([, subject = ""]) => subject);
