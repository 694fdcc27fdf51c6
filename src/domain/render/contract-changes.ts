/** The API of the branch beside its base, for reviewers and for those who call it. */
import type { ContractChange } from "../contract.ts";
import { code, inline, table } from "./safe.ts";
import type { Detail } from "./sections.ts";

const words: Readonly<Record<ContractChange["kind"], string>> = {
  added: "new",
  changed: "changed",
  removed: "removed",
};

/** What breaks comes first. */
export const contractSection = (changes: readonly ContractChange[], { text, items }: Detail): string | undefined => {
  if (changes.length === 0) return undefined;
  const breaks = (one: ContractChange): boolean => one.breaking.length > 0;
  const sorted = [...changes.filter(breaks), ...changes.filter((one) => !breaks(one))];
  const rows = sorted
    .slice(0, items)
    .map((one) => [
      code(one.operation, text),
      breaks(one) ? `${words[one.kind]}, **breaking**` : words[one.kind],
      one.what.map((what) => inline(what, text)).join("<br>"),
    ]);
  const more = sorted.length > rows.length ? [`… and ${sorted.length - rows.length} more.`] : [];
  const sum = changes.some(breaks)
    ? "Clients that worked before can fail on what is marked as breaking."
    : "Nothing that clients rely on was taken away.";
  return ["### The API, beside the base branch", sum, table(["Operation", "Change", "What"], rows), ...more].join(
    "\n\n",
  );
};
