/** A run's code and its report held against each other and against the house standards, at the door and once more when the run is over. */
import type { Changeset } from "../domain/changeset.ts";
import type { Facts } from "../domain/facts.ts";
import type { Finding } from "../domain/finding.ts";
import type { Report } from "../domain/report.ts";
import type { Inspection } from "../ports.ts";
import { type CodeChecked, checkCode } from "../verify/check-code.ts";
import { byRunTime } from "../verify/runtime/compare.ts";
import { type CrossCheck, noCrossCheck } from "./cross-check.ts";
import type { Inspector } from "./inspector.ts";

export type CheckCode = (
  report: Report | undefined,
  changeset: Changeset,
) => Promise<
  CodeChecked & {
    /** Of the work; undefined where they are not known. */
    readonly head?: Facts;
  }
>;

const nothing: CodeChecked = { claims: [], contract: [], findings: [] };

/** @param base text of a file at the commit that the run started from @param crossCheck of the facts with the application itself */
export const createCheckCode =
  (
    inspector: Inspector | undefined,
    base: (path: string) => Promise<string | undefined>,
    crossCheck: CrossCheck = noCrossCheck,
  ): CheckCode =>
  async (report, changeset) => {
    if (!inspector) return nothing;
    const [before, now] = [await inspector.base(), await inspector.head(changeset)];
    if (!before.ok || !now.ok) return { ...nothing, findings: [before, now].flatMap(unknownFacts).slice(0, 1) };
    const postman = report?.documentation.postman_collection ?? null;
    const change = changeset.find(({ path }) => path === postman);
    const isThere = change ? change.kind !== "deleted" : postman !== null && (await base(postman)) !== undefined;
    const texts = new Map(await Promise.all(changeset.map(async ({ path }) => [path, await base(path)] as const)));
    const checked = checkCode(
      {
        base: before.facts,
        head: now.facts,
        breaches: now.breaches,
        changeset,
        added: await inspector.added(changeset),
        before: (path) => texts.get(path),
      },
      report,
      isThere,
    );
    if (!report) return { ...checked, head: now.facts };
    const { findings, agreed } = await crossCheck(report, changeset, { base: before.facts, head: now.facts });
    return {
      ...checked,
      head: now.facts,
      claims: byRunTime(checked.claims, agreed),
      findings: [...checked.findings, ...findings],
    };
  };

/** Nothing could be checked. */
export const unknownFactsRule = "facts-unknown";

const unknownFacts = (inspection: Inspection): Finding[] =>
  inspection.ok
    ? []
    : [
        {
          rule: unknownFactsRule,
          severity: "concern",
          message: `nothing was held against the code. ${inspection.reason}`,
        },
      ];
