/** Follows one thread of the local GitHub: 👀, and every new reading of the status comment. */
import type { Octokit } from "@octokit/rest";
import { statusMarker } from "../../src/domain/render-status.ts";
import type { Narrator } from "./narrate.ts";
import { terminalText } from "./text.ts";

const intervalMs = 100;

export const watchThread = (
  github: Octokit,
  at: { readonly owner: string; readonly repo: string },
  thread: number,
  narrator: Narrator,
  on: { readonly onEyes?: () => void; readonly onStatus?: () => void },
): { stop(): Promise<void> } => {
  const issue_number = thread;
  let eyes = false;
  let shown = "";
  let stopped = false;
  const look = async (): Promise<void> => {
    if (!eyes && on.onEyes) {
      const { data: issue } = await github.rest.issues.get({ ...at, issue_number });
      eyes = (issue.reactions?.eyes ?? 0) > 0;
      if (eyes) {
        on.onEyes();
        narrator.say(`👀 on #${thread}`);
      }
    }
    const { data: comments } = await github.rest.issues.listComments({ ...at, issue_number });
    const status = comments.find(({ body }) => body?.includes(statusMarker))?.body ?? "";
    if (status === shown) return;
    on.onStatus?.();
    narrator.say(`Status comment on #${thread}${shown === "" ? "" : ", edited"}:`);
    narrator.show(newIn(terminalText(shown), terminalText(status)));
    shown = status;
  };
  const following = (async () => {
    while (!stopped) {
      await look();
      await new Promise((resolve) => setTimeout(resolve, intervalMs));
    }
  })();
  return {
    stop: async () => {
      stopped = true;
      await following;
      await look();
    },
  };
};

/** The first reading whole, of the later ones the lines that changed. */
const newIn = (before: string, after: string): string => {
  const known = new Set(before.split("\n"));
  return after
    .split("\n")
    .filter((line) => !known.has(line))
    .join("\n")
    .trim();
};
