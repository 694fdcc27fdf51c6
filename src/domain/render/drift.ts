/** What a reviewer reads of a plan that was carried out: which one, and where the work came out otherwise. */
import type { Drift } from "../drift.ts";
import { code, count } from "./safe.ts";

export type PlanCarriedOut = {
  /** As people approved it. */
  readonly hash: string;
  readonly drift: Drift;
};

const kinds = { added: "new", changed: "changed", removed: "gone" } as const;

export const planSection = (carried: PlanCarriedOut | undefined, items: number): string | undefined => {
  if (!carried) return undefined;
  const { hash, drift } = carried;
  const lines = [
    ...list(
      "Changed, and not in the plan",
      drift.unplanned.map((path) => code(path, 300)),
      items,
    ),
    ...list(
      "In the plan, and untouched",
      drift.untouched.map((path) => code(path, 300)),
      items,
    ),
    ...list(
      "Planned operations in which the code shows no difference",
      drift.missing.map(({ operation, change }) => `${code(operation, 300)} (${change})`),
      items,
    ),
    ...list(
      "Differences of the API that the plan does not name",
      drift.surplus.map(({ operation, kind }) => `${code(operation, 300)} (${kinds[kind]})`),
      items,
    ),
  ];
  const known = drift.unknown ? " Of its operations nothing could be read from the code." : "";
  const head =
    lines.length === 0
      ? `This carries out the plan ${code(hash, 64)}, and the files${drift.unknown ? "" : " and operations"} are those that it names.${known}`
      : `This carries out the plan ${code(hash, 64)}, with these differences:${known}`;
  return ["### Held against the plan", head, ...(lines.length === 0 ? [] : [lines.join("\n")])].join("\n\n");
};

const list = (what: string, all: readonly string[], items: number): readonly string[] => {
  if (all.length === 0) return [];
  const more = all.length > items ? ` and ${count(all.length - items)} more` : "";
  return [`- ${what}: ${all.slice(0, items).join(", ")}${more}`];
};
