/** Whether a request was edited since the signed delivery that began the run: what stood in that counts, and people are told. */
import type { Trigger } from "../domain/trigger.ts";
import type { GitHubSession } from "../ports.ts";

const ofOne = (text: string): string => text.replaceAll("\r\n", "\n").trimEnd();

/** Where an issue's own text is the request; a pull request's is ours to edit. */
const isAsked = (trigger: Trigger): trigger is Extract<Trigger, { readonly body: string }> =>
  trigger.thread.kind === "issue" &&
  (trigger.kind === "label" ||
    (trigger.kind === "command" && "request" in trigger.command && trigger.command.request.trim() === ""));

/** @returns a sentence; nothing where it reads as it did, or is gone */
export const editedSince = async (
  session: Pick<GitHubSession, "fetchText">,
  trigger: Trigger,
): Promise<string | undefined> => {
  if (!isAsked(trigger)) return undefined;
  const now = await session.fetchText(trigger.thread.number);
  if (!now || (ofOne(now.title) === ofOne(trigger.title) && ofOne(now.body) === ofOne(trigger.body))) return undefined;
  return `The issue was edited since this was asked for: its text of that moment counts, and the edit does not. Comment \`/architect design\` to have the new text worked on.`;
};
