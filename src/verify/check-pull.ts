/** What somebody's pull request does to the API, the database and the house standards, and on which line of its diff each of it can be said. Pure: no report, no claim. */
import type { ContractChange } from "../domain/contract.ts";
import type { Facts } from "../domain/facts.ts";
import type { ShownLines } from "../domain/patch.ts";
import { type ReviewFinding, type Spot, withKeys } from "../domain/pull-review.ts";
import type { Breach, Span } from "../domain/standards.ts";
import { onChangedLines } from "./changed-lines.ts";
import type { CodeChange } from "./check-code.ts";
import { compareContracts, contractFindings } from "./contract.ts";
import { checkMigrations } from "./migrations.ts";

/** @property before its name in the base, where it was renamed */
export type ShownFile = { readonly path: string; readonly before?: string | undefined; readonly shown: ShownLines };

export type PullChecked = {
  readonly findings: readonly ReviewFinding[];
  readonly contract: readonly ContractChange[];
};

export const checkPull = (change: CodeChange, files: readonly ShownFile[]): PullChecked => {
  const { base, head, changeset } = change;
  const contract = compareContracts(base, head);
  const shown = createSpots(files);
  const breaks = contractFindings(contract).map((finding, index) => {
    if (finding.path !== undefined) return finding;
    const { operation = "" } = contract.filter(({ breaking }) => breaking.length > 0)[index] ?? {};
    const place = placeOf(base, operation);
    return place ? { ...finding, path: place.file, line: place.line, gone: true as const } : finding;
  });
  const migrations = checkMigrations(changeset, { ...change, handoffs: undefined });
  const breaches = onChangedLines(change.breaches, changeset, change.before);
  return {
    contract,
    findings: withKeys([
      ...[...breaks, ...migrations].map((finding) => withSpot(finding, shown)),
      ...breaches.map(({ spans, ...finding }) => withSpot(finding, shown, spans)),
    ]),
  };
};

/** Where an operation that is gone was declared. */
const placeOf = ({ endpoints }: Facts, operation: string) =>
  endpoints.find(({ method, path }) => `${method} ${path}` === operation);

type Spots = {
  at(path: string, line: number, gone: boolean): Spot | undefined;
  /** The first line of it that the diff shows. */
  within(span: Span): Spot | undefined;
};

const createSpots = (files: readonly ShownFile[]): Spots => {
  const now = new Map(files.map((file) => [file.path, file]));
  const before = new Map(files.map((file) => [file.before ?? file.path, file]));
  const at: Spots["at"] = (path, line, gone) => {
    const side = gone ? "LEFT" : "RIGHT";
    const file = (gone ? before : now).get(path);
    return file?.shown[side].has(line) ? { path: file.path, line, side } : undefined;
  };
  return {
    at,
    within: ({ file, from, to }) => {
      const line = [...(now.get(file)?.shown.RIGHT ?? [])].find((one) => one >= from && one <= to);
      return line === undefined ? undefined : { path: file, line, side: "RIGHT" };
    },
  };
};

const withSpot = (
  finding: Omit<ReviewFinding, "key" | "spot">,
  spots: Spots,
  spans: Breach["spans"] = [],
): Omit<ReviewFinding, "key"> => {
  const { path, line, gone = false } = finding;
  const spot =
    (path !== undefined && line !== undefined ? spots.at(path, line, gone) : undefined) ??
    spans.map((span) => spots.within(span)).find((one) => one !== undefined);
  return spot ? { ...finding, spot } : finding;
};
