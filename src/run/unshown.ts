/** The end of a run that made nothing but a comment, where GitHub takes none. Knows nothing of what it would have said. */
import type { Outcome } from "../domain/outcome.ts";

export const unshown: Pick<Outcome, "kind" | "status" | "summary"> = {
  ...{ kind: "refused", status: "BLOCKED" },
  summary:
    "It was done and could not be shown: GitHub lets the App write nothing here. Unlock the conversation and ask again.",
};
