/** The sign where a run was asked for that it has come to its end. Knows nothing of what came of it but whether people must act. */
import type { Outcome } from "../domain/outcome.ts";
import type { Trigger } from "../domain/trigger.ts";
import type { GitHub, Reaction, ReactionTarget } from "../ports.ts";

type Deps = { readonly github: GitHub; readonly log: (line: string) => void };

/** 🚀 or 😕 beside the 👀 on the command, or on the issue that was labelled; a failure costs the sign only. */
export const sign = async (deps: Deps, trigger: Trigger, outcome: Outcome): Promise<void> => {
  const target = targetOf(trigger);
  const reaction = reactionFor(outcome);
  if (!target || !reaction) return;
  try {
    const session = await deps.github.open(trigger.repository, "acknowledge");
    try {
      await session.react(target, reaction);
    } finally {
      await session.close();
    }
  } catch (error) {
    deps.log(`no sign on #${trigger.thread.number}: ${String(error)}`);
  }
};

const targetOf = (trigger: Trigger): ReactionTarget | undefined => {
  if (trigger.kind === "command") return { on: "issue-comment", commentId: trigger.commentId };
  return trigger.kind === "label" ? { on: "issue", number: trigger.thread.number } : undefined;
};

/** Of a stop the status comment tells; whoever stopped it knows. */
const reactionFor = ({ kind, status, cutShort }: Outcome): Reaction | undefined => {
  if (cutShort === "stopped") return undefined;
  const isDone = status === undefined || status === "DONE" || status === "DONE_WITH_CONCERNS";
  return (kind === "published" || kind === "answered") && isDone ? "rocket" : "confused";
};
