/** Don'ts that are no paths: what a changed file newly uses or is that is another agent's work, whatever wrote it. */
import type { Finding } from "../domain/finding.ts";
import { isWithin } from "../domain/policy.ts";
import { parametersOf, type StandardsConfig } from "../domain/standards.ts";
import { foreignHostIn, isModuleOf, isPackageOf, ownerOfModule, ownerOfPackage } from "./foreign-imports.ts";
import { importsIn } from "./python-imports.ts";

type File = { readonly path: string; readonly text: string };

/** A use, the same one wherever in the file it stands. */
type Use = { readonly key: string; readonly line: number; readonly finding: Omit<Finding, "path" | "line"> };

/**
 * @param base text of the file at the commit that the run started from; undefined for a new one
 * @param setting where the agent for migrations was at work, they alone may stand; what the repository keeps otherwise
 */
export const checkForeign = (
  file: File,
  base: string | undefined,
  {
    migrationFolders,
    standards,
  }: { readonly migrationFolders: readonly string[]; readonly standards: StandardsConfig },
): readonly Finding[] => {
  const imports = parametersOf("forbidden-import", standards);
  const migrates = parametersOf("foreign-migration", standards) && !isWithin(file.path, migrationFolders);
  const uses = (text: string): readonly Use[] => [
    ...(imports ? librariesIn({ ...file, text }, imports.allowed) : []),
    ...(migrates ? migrationUses({ ...file, text }) : []),
  ];
  const known = new Set(base === undefined ? [] : uses(base).map(({ key }) => key));
  const fresh = new Map(
    uses(file.text)
      .filter(({ key }) => !known.has(key))
      .toReversed()
      .map((use) => [use.key, use]),
  );
  return [...fresh.values()]
    .map(({ finding, line }) => ({ ...finding, path: file.path, line }))
    .toSorted((a, b) => a.line - b.line);
};

/** @param allowed modules that the repository lets everybody use, and with them what their owner's work is */
const librariesIn = ({ path, text }: File, allowed: readonly string[]): readonly Use[] => [
  ...(/\.pyi?$/.test(path) ? [...importUses(text, allowed), ...callUses(text, allowed)] : []),
  ...(requirementFile.test(path) ? requirementUses(text, allowed) : []),
];

const error = (rule: string, message: string): Use["finding"] => ({ rule, severity: "error", message });

const handOver = (owner: string): string => `that is ${owner}'s work; take it out and list it under handoffs`;

// --------------------------------------------------------------------------------- models, workflows, embeddings in code

const embeds = /\bembeddings\s*\.\s*create\s*\(|\.a?embed_(documents|query)\s*\(/;

const importUses = (text: string, allowed: readonly string[]): readonly Use[] =>
  importsIn(text).flatMap(({ module, line }): Use[] => {
    if (module === undefined) return [{ key: "computed import", line, finding: computed }];
    const owner = ownerOfModule(module);
    if (owner === undefined || isModuleOf(module, allowed)) return [];
    const [library = ""] = module.split(".");
    return [{ key: library, line, finding: error("forbidden-import", `imports ${module}: ${handOver(owner)}`) }];
  });

const callUses = (text: string, allowed: readonly string[]): readonly Use[] => {
  const owners = new Set(allowed.map(ownerOfModule));
  return text.split("\n").flatMap((content, index): Use[] => {
    const line = index + 1;
    if (/^\s*#/.test(content)) return [];
    const service = foreignHostIn(content);
    if (service && !owners.has(service.owner))
      return [
        {
          key: service.host,
          line,
          finding: error("forbidden-call", `calls ${service.host}: ${handOver(service.owner)}`),
        },
      ];
    if (!embeds.test(content) || owners.has("data-pipeline-engineer")) return [];
    const message = `makes embeddings: ${handOver("data-pipeline-engineer")}`;
    return [{ key: "embeddings", line, finding: error("forbidden-call", message) }];
  });
};

/** Code that loads what its settings name is sound, and can't be told from code that hides what it loads. */
const computed: Use["finding"] = {
  rule: "computed-import",
  severity: "concern",
  message: "imports a module whose name it computes: a person must see which ones that can be",
};

// --------------------------------------------------------------------------------------------------------- requirements

const requirementFile =
  /(^|\/)((requirements|constraints)[\w.-]*\.(txt|in)|requirements\/[\w.-]+\.(txt|in)|pyproject\.toml|setup\.(py|cfg)|pipfile|environment\.ya?ml)$/i;

const requirementUses = (text: string, allowed: readonly string[]): readonly Use[] =>
  text.split("\n").flatMap((content, index) =>
    requirementsIn(content).flatMap((name): Use[] => {
      const owner = ownerOfPackage(name);
      if (owner === undefined || isPackageOf(name, allowed)) return [];
      const finding = error("forbidden-requirement", `requires ${name}: ${handOver(owner)}`);
      return [{ key: `package ${name}`, line: index + 1, finding }];
    }),
  );

const requirement = /^([A-Za-z0-9][\w.-]*)(?:\s*\[[^\]]*\])?\s*(?:[<>=!~;@(].*)?$/;

/** `openai>=1`, `- openai`, `openai = "^1"`, and each string of a list. */
const requirementsIn = (line: string): readonly string[] => {
  const code = line.replace(/(^|\s)#.*$/, "").trim();
  const quoted = [...code.matchAll(/"([^"]*)"|'([^']*)'/g)].map((found) => found[1] ?? found[2] ?? "");
  const candidates = [code.replace(/^-\s+/, ""), ...quoted];
  return candidates.flatMap((one) => requirement.exec(one.trim())?.[1] ?? []);
};

// ----------------------------------------------------------------------------------------------------------- migrations

const migrationPlace = /(^|\/)(alembic|migrations)\/|(^|\/)alembic\.ini$/i;
const revision = /^(down_revision|revision)\b[^=\n]*=/m;
/** What runs migrations or looks at them, as tests do, writes none. */
const harmless = /^alembic\.(command|config|script|runtime|util)(\.|$)/;

const isTest = (path: string): boolean => /(^|\/)(tests?\/|conftest\.py$|test_[^/]*\.py$)/.test(path);

const migrationUses = ({ path, text }: File): readonly Use[] => {
  const finding = error(
    "foreign-migration",
    "is part of a migration: those are database-engineer's work; take it out and give it to that agent",
  );
  if (!isTest(path) && migrationPlace.test(path)) return [{ key: "migration", line: 1, finding }];
  if (!/\.pyi?$/.test(path)) return [];
  const [upgrade] = /^(async )?def upgrade\b/m.test(text) ? (revision.exec(text) ?? []) : [];
  if (upgrade !== undefined) return [{ key: "migration", line: lineOf(text, upgrade), finding }];
  return importsIn(text).flatMap(({ module, line }): Use[] => {
    if (module === undefined || !/^alembic(\.|$)/.test(module)) return [];
    if (isTest(path) && harmless.test(module)) return [];
    const message = `imports ${module}: ${handOver("database-engineer")}`;
    return [{ key: module, line, finding: error("foreign-migration", message) }];
  });
};

const lineOf = (text: string, part: string): number => text.slice(0, text.indexOf(part)).split("\n").length;
