/** A run goes on from another one's transcript: on which files, and what its agent is told of it. */
import { renderAnswers } from "../domain/answered.ts";
import { type Limits, storedLimits } from "../domain/budget.ts";
import type { Changeset } from "../domain/changeset.ts";
import type { RunEvent } from "../domain/event.ts";
import type { ToolResult, UserMessage } from "../domain/message.ts";
import type { RepositoryRef } from "../domain/repository.ts";
import type { Clock, Workspace } from "../ports.ts";
import type { Source } from "./asked.ts";
import type { Gathered, StartedAt } from "./gather.ts";
import type { ResumeState } from "./resume.ts";

type GoOnDeps = { readonly workspace: Pick<Workspace, "readFile">; readonly clock: Clock };

/** Where the other one's work lies, and what of its knowledge still holds. */
type Ground = {
  readonly stands: Extract<RunEvent, { type: "continues" }>["stands"];
  /** To be put into the worktree. */
  readonly changeset: Changeset;
  /** For the agent. */
  readonly note: string;
};

/** Where it is to go on, if nobody has pushed since. */
export const groundOf = ({ record, state }: Source): StartedAt => ({
  commit: state.commit,
  base: state.base,
  left: { head: record.outcome?.pull?.headSha ?? state.parent },
});

/** The events that stand between the two transcripts. @param limits of the run that goes on */
export const goOn = async (
  deps: GoOnDeps,
  source: Source,
  gathered: Pick<Gathered, "commit" | "parent" | "base">,
  run: { readonly repository: RepositoryRef; readonly by: string; readonly limits: Limits },
): Promise<readonly RunEvent[]> => {
  const { state, record, said, answers } = source;
  const { commit, parent, base } = gathered;
  const at = deps.clock().toISOString();
  const ground = await groundFor(deps, source, commit, run.repository);
  const text = [
    answers
      ? `${run.by} answers the questions that the run ended with: go on.`
      : `${run.by} asks to go on where the run ended (${reasonOf(source)}).`,
    `There is a new budget of ${run.limits.toolCalls} tool calls.`,
    ground.note,
    ...(state.judged ? ["Hand in a report anew when you are done: the one before does not count any more."] : []),
    ...(said === "" ? [] : [`What is said with it: ${JSON.stringify(said).replaceAll("<", "\\u003c")}`]),
    ...(answers ? [renderAnswers(answers.answered, answers.open)] : []),
  ].join(" ");
  return [
    { type: "checkpoint", at, changeset: ground.changeset, refused: [] },
    {
      ...{ type: "continues", at, run: record.id, commit, base, said },
      ...(parent === commit ? {} : { parent }),
      ...(answers ? { answered: answers.answered, open: answers.open } : {}),
      ...{ stands: ground.stands, limits: storedLimits(run.limits) },
      message: messageOf(state, text),
    },
  ];
};

const reasonOf = ({ record: { outcome } }: Source): string =>
  outcome?.blockers[0] ?? outcome?.status ?? "no reason is known";

/** Calls without a result are answered, so that the conversation can go on; results come before text. */
const messageOf = ({ unanswered }: ResumeState, text: string): UserMessage => ({
  role: "user",
  content: [
    ...(unanswered?.message.content ?? [])
      .filter((block) => block.type === "tool_use")
      .map(
        ({ id }): ToolResult => ({
          ...{ type: "tool_result", tool_use_id: id, is_error: true },
          content:
            "Its end was not awaited, for the run ended before. Look at what is there, then call it again if it is needed.",
        }),
      ),
    { type: "text", text },
  ],
});

const readAgain = "Read a file again before you edit it, and run again what you want to rely on.";

const groundFor = async (
  { workspace }: GoOnDeps,
  { record: { outcome }, state }: Source,
  commit: string,
  repository: RepositoryRef,
): Promise<Ground> => {
  if (commit === state.commit) return { stands: true, changeset: state.changeset, note: "The files are as they were." };
  if (outcome?.pull)
    return {
      stands: false,
      changeset: [],
      note: `The branch has moved since, or its pull request is closed: the worktree holds what is there now, which may differ from what you left. ${readAgain}`,
    };
  const text = (at: string, path: string) => workspace.readFile(repository, at, path);
  const kept: Changeset[number][] = [];
  const lost: string[] = [];
  for (const change of state.changeset) {
    const before = await text(state.parent ?? state.commit, change.path);
    if ((await text(commit, change.path)) === before) kept.push(change);
    else lost.push(`/repo/${change.path}`);
  }
  const note =
    lost.length === 0
      ? "Your files were put on what others committed since."
      : `Others committed since; where they changed the same files theirs stand, and your changes are gone: ${lost.join(", ")}.`;
  return { stands: false, changeset: kept, note: `${note} ${readAgain}` };
};
