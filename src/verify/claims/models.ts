/** Claims of models against the tables that the code declares, before and after. */
import type { ClaimVerdict } from "../../domain/claim.ts";
import type { Facts, ModelFact } from "../../domain/facts.ts";
import type { Report } from "../../domain/report.ts";

type Claim = Report["models_created"][number];

const fieldsOf = ({ fields, relations }: ModelFact): readonly string[] =>
  [...fields, ...relations].map(({ name }) => name);

const isSame = (a: ModelFact, b: ModelFact): boolean => {
  const shown = ({ table, fields, relations }: ModelFact): string =>
    JSON.stringify([table, ...[...fields, ...relations].map(({ name, type, value }) => [name, type, value])]);
  return shown(a) === shown(b);
};

export const checkModels = (claims: readonly Claim[], base: Facts, head: Facts): readonly ClaimVerdict[] =>
  claims.map((claim) => {
    const found =
      head.models.find(({ name, table }) => name === claim.name && table === claim.table) ??
      head.models.find(({ name }) => name === claim.name);
    const verdict = { kind: "model" as const, claim: `${claim.name} (${claim.table})` };
    const other = head.unknown.find(({ about }) => about.startsWith(`${claim.name} is stored by `));
    if (!found && other)
      return { ...verdict, verdict: "unprovable", reason: other.about, where: { file: other.file, line: other.line } };
    if (!found)
      return { ...verdict, verdict: "contradicted", reason: `the code declares no table by a class ${claim.name}` };
    return { ...verdict, ...checkFound(claim, found, base), where: { file: found.file, line: found.line } };
  });

const checkFound = (claim: Claim, found: ModelFact, base: Facts): Pick<ClaimVerdict, "verdict" | "reason"> => {
  const before = base.models.find(({ name, table }) => name === found.name && table === found.table);
  if (before && isSame(before, found))
    return { verdict: "contradicted", reason: "it was there before, and is as it was" };
  if (found.table.includes("{?"))
    return { verdict: "unprovable", reason: "its table's name is only known at run time" };
  if (found.table !== claim.table)
    return { verdict: "contradicted", reason: `its table is ${found.table} in the code` };
  const there = fieldsOf(found);
  const named = claim.fields.map((field) => field.replace(/[\s:(].*$/s, ""));
  const missing = named.filter((field) => !there.includes(field));
  if (missing.length > 0)
    return {
      verdict: "contradicted",
      reason: `the code has no field ${missing.join(", ")}; it has ${there.join(", ")}`,
    };
  const known = [...named, ...(before?.fields ?? []).map(({ name }) => name)];
  const unnamed = found.fields.map(({ name }) => name).filter((name) => !known.includes(name));
  const notes = [
    ...(unnamed.length > 0 ? [`the code also has the new ${unnamed.join(", ")}`] : []),
    ...(claim.fields.some((field, index) => field.trim() !== named[index])
      ? ["of its fields only the names were compared"]
      : []),
  ];
  return { verdict: "confirmed", reason: notes.join("; ") };
};

export const unreportedModels = (claims: readonly Claim[], base: Facts, head: Facts): readonly ClaimVerdict[] => {
  const known = new Set([...base.models.map(({ table }) => table), ...claims.map(({ table }) => table)]);
  return head.models
    .filter(({ table, name }) => !known.has(table) && !claims.some((claim) => claim.name === name))
    .map(({ name, table, file, line }) => ({
      kind: "unreported",
      claim: `${name} (${table})`,
      verdict: "contradicted",
      reason: "the code declares this new table, and the report does not name it",
      where: { file, line },
    }));
};
