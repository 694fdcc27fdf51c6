/** `architect check`: what was found, for people on a terminal. Reads nothing and judges nothing. */
import type { ClaimVerdict } from "../domain/claim.ts";
import type { ContractChange } from "../domain/contract.ts";
import type { Finding } from "../domain/finding.ts";
import type { Deviation } from "../domain/standards.ts";
import { createPaint, printableLine, wrap } from "./terminal.ts";

type Page = { readonly columns: number; readonly colours: boolean };

type Checked = {
  readonly claims: readonly ClaimVerdict[];
  readonly contract: readonly ContractChange[];
  readonly findings: readonly Finding[];
  readonly deviations: readonly Deviation[];
};

const severities = ["error", "concern", "note"] as const;

const placeOf = (path: string | undefined, line: number | undefined): string =>
  path === undefined ? "" : ` ${path}${line === undefined ? "" : `:${line}`}`;

export const renderChecked = (
  { claims, contract, findings, deviations }: Checked,
  { columns, colours }: Page,
): string => {
  const paint = createPaint(colours);
  const section = (title: string, lines: readonly string[]): readonly string[] =>
    lines.length === 0
      ? []
      : [paint("bold", title), ...lines.map((line) => wrap(printableLine(line), columns, "  ")), ""];
  const sorted = severities.flatMap((severity) => findings.filter((one) => one.severity === severity));
  const count = (severity: Finding["severity"]): number => findings.filter((one) => one.severity === severity).length;
  return [
    ...section(
      "Findings",
      sorted.map((one) => `${one.severity} ${one.rule}${placeOf(one.path, one.line)} ${one.message}`),
    ),
    ...section(
      "Claims of the report",
      claims.map(
        ({ verdict, claim, reason, where }) =>
          `${verdict} ${claim}${placeOf(where?.file, where?.line)}${reason === "" ? "" : ` ${reason}`}`,
      ),
    ),
    ...section(
      "The API, beside the base",
      contract.map(
        ({ kind, operation, what, breaking }) =>
          `${kind}${breaking.length > 0 ? ", breaking" : ""} ${operation}${what.length === 0 ? "" : `: ${what.join("; ")}`}`,
      ),
    ),
    ...section(
      "House standards that this repository sets otherwise",
      deviations.map(({ rule, setting, reason }) => `${rule}: ${setting}. ${reason}`),
    ),
    `${count("error")} errors, ${count("concern")} concerns, ${count("note")} notes`,
  ].join("\n");
};
