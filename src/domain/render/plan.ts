/** A plan as people read, answer and approve it in its comment. Knows text only. */
import { answerExample } from "../answered.ts";
import { type Limits, workName } from "../budget.ts";
import { isFolder, type PlanContent, plannedPath, type StoredPlan, shownHash } from "../plan.ts";
import { clip, code, count, inline, item, money, prose, table } from "./safe.ts";
import { numberedQuestions } from "./sections.ts";

/** By this hidden line the plan of a thread is found again: a newer one takes its place. */
export const planMarker = "<!-- architect:plan -->";

export type PlanView = {
  readonly stored: Pick<StoredPlan, "hash" | "plan" | "for">;
  /** That an implementing run starts for their part. */
  readonly agents: readonly string[];
  /** Of the run that would carry it out. */
  readonly limits: Pick<Limits, "toolCalls" | "usd">;
  readonly branch: string;
  /** What the agent was told three times and left standing, each a sentence. */
  readonly doubts: readonly string[];
};

/** GitHub's limit of a comment, with room for what redaction puts in. */
const room = 60_000;
/** Characters of each text, tried in this order until the comment fits. */
const lengths = [2_000, 600, 200, 60] as const;

export const renderPlan = (view: PlanView): string => {
  const texts = lengths.map((text) => sections(view, text).join("\n\n"));
  return texts.find((text) => text.length <= room) ?? clip(texts.at(-1) ?? "", room);
};

const sections = (view: PlanView, text: number): readonly string[] => {
  const { for: made, plan } = view.stored;
  const request = made.request.trim().split("\n")[0] || made.title;
  return [
    `**Plan ${code(shownHash(view.stored), 64)}** for: ${inline(request, Math.min(text, 300))}`,
    prose(plan.summary, text),
    ...doubtsOf(view, text),
    ...stepsOf(view, text),
    ...filesOf(view, text),
    ...contractOf(view, text),
    ...(plan.questions.length === 0
      ? []
      : [questionsHead(plan), numberedQuestions(plan.questions, { text, items: plan.questions.length })]),
    ...(plan.risks.length === 0 ? [] : ["**Risks**", plan.risks.map((risk) => item(risk, text)).join("\n")]),
    ...(plan.steps.length === 0 ? [] : [estimateOf(view)]),
    "---",
    howToGoOn(view),
  ];
};

const doubtsOf = ({ doubts }: PlanView, text: number): readonly string[] =>
  doubts.length === 0
    ? []
    : [
        [
          "> [!WARNING]",
          "> The checks found this wrong with the plan, and its agent left it so:",
          ...doubts.map((doubt) => `> - ${inline(doubt, text)}`),
        ].join("\n"),
      ];

/** The first option of each is what the steps go by. */
const questionsHead = ({ steps }: PlanContent): string =>
  steps.length === 0
    ? "**Questions**, without whose answers nothing can be planned"
    : "**Questions** (the steps above take the first option of each)";

const stepsOf = ({ stored: { plan } }: PlanView, text: number): readonly string[] =>
  plan.steps.length === 0
    ? []
    : [
        "**Steps**",
        plan.steps
          .map(({ title, detail, files }, index) => {
            const where = files.length === 0 ? "" : `\n   ${files.map((file) => shownPath(file, 200)).join(", ")}`;
            return `${item(detail, text, `${index + 1}. **${inline(title.replace(/[.:]+$/, ""), 200)}.**`)}${where}`;
          })
          .join("\n"),
      ];

const shownPath = (file: string, max: number): string => code(`${plannedPath(file)}${isFolder(file) ? "…" : ""}`, max);

const whoDoes = ({ agents }: PlanView, handoff: string | null): string =>
  handoff === null
    ? "this App"
    : agents.includes(handoff)
      ? `this App's ${handoff}`
      : `left to ${inline(handoff, 100)}`;

const filesOf = (view: PlanView, text: number): readonly string[] => {
  const { plan } = view.stored;
  return plan.files.length === 0
    ? []
    : [
        "**Files**",
        table(
          ["File", "Change", "By", "Why"],
          plan.files.map(({ file, change, handoff, why }) => [
            shownPath(file, 300),
            change,
            whoDoes(view, handoff),
            inline(why, Math.min(text, 300)),
          ]),
        ),
      ];
};

const contractOf = ({ stored: { plan } }: PlanView, text: number): readonly string[] =>
  plan.contract.length === 0
    ? []
    : [
        "**API contract**",
        table(
          ["Operation", "Change", "Authentication", "Rate limit", "Request", "Response"],
          plan.contract.map(({ operation, change, auth, rate_limit, request, response }) => [
            code(operation, 300),
            change,
            inline(auth, Math.min(text, 100)),
            rate_limit === null ? "none" : inline(rate_limit, 60),
            request === null ? "none" : inline(request, Math.min(text, 300)),
            inline(response, Math.min(text, 300)),
          ]),
        ),
      ];

const estimateOf = ({ stored: { plan }, limits }: PlanView): string => {
  const money_ = limits.usd > 0 ? ` and ${money(limits.usd)}` : "";
  return `**Estimate:** the work of ${workName[plan.work]}, at most ${count(limits.toolCalls)} tool calls${money_}.`;
};

const howToGoOn = ({ stored, branch }: PlanView): string => {
  const { questions } = stored.plan;
  const approve = `\`/architect approve ${shownHash(stored)}\``;
  const next =
    questions.length === 0
      ? `To have it carried out, comment ${approve}. The approval is void once this thread's title or text is edited, a newer plan is made, or one of these files changes on ${code(branch, 255)}.`
      : `To answer, comment \`${answerExample(questions)}\`, with the letters that you choose or a colon and your words: a new plan comes of it, which can be approved.`;
  return `${next} For another plan, comment \`/architect plan …\`.`;
};
