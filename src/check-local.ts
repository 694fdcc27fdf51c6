/** ROOF: `architect check`, which holds what a branch changed against its base, the house standards and a report. Runs no model and nothing of the repository. */
import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { createAnalysis } from "./analysis/analysis.ts";
import { renderChecked } from "./app/check-page.ts";
import type { CheckOptions } from "./app/command-line.ts";
import { loadLibrary } from "./app/library.ts";
import type { Screen } from "./app/terminal.ts";
import { bytesOf } from "./domain/changeset.ts";
import { ConfigError } from "./domain/errors.ts";
import type { Finding } from "./domain/finding.ts";
import { parseBody } from "./domain/render-report.ts";
import { type Report, reportSchema } from "./domain/report.ts";
import { configPath, parseRepositoryConfig } from "./domain/repository-config.ts";
import { toSarif } from "./domain/sarif.ts";
import { deviationsOf } from "./domain/standards.ts";
import { checkCode } from "./verify/check-code.ts";
import { checkForeign } from "./verify/check-foreign.ts";
import { isManifest } from "./verify/standards/openapi.ts";
import { type Comparison, openComparison } from "./workspace/comparison.ts";

const isSource = (path: string): boolean => path.endsWith(".py") || isManifest(path);

/** @returns the exit code @throws ConfigError where there is no repository, commit or report */
export const checkLocal = async (options: CheckOptions, screen: Screen, version: string): Promise<number> => {
  const report = options.report === undefined ? undefined : readReport(options.report);
  const comparison = await openComparison(options.folder, options.base);
  const standards = await standardsAt(comparison);
  const analysis = createAnalysis();
  const before = await analysis.inspect(comparison.sources("base", isSource), comparison.read, standards);
  const now = await analysis.inspect(comparison.sources("head", isSource), comparison.read, standards);
  await analysis.close();
  if (!before.ok || !now.ok) {
    console.error(`architect: ${[before, now].flatMap((one) => (one.ok ? [] : [one.reason]))[0]}`);
    return 1;
  }
  const texts = new Map(
    await Promise.all(comparison.changeset.map(async ({ path }) => [path, await comparison.before(path)] as const)),
  );
  const there = new Set(comparison.sources("head", () => true).map(({ path }) => path));
  const checked = checkCode(
    {
      base: before.facts,
      head: now.facts,
      breaches: now.breaches,
      changeset: comparison.changeset,
      added: comparison.changeset.flatMap(({ path, kind }) => (kind === "added" ? [path] : [])),
      before: (path) => texts.get(path),
    },
    report,
    there.has(report?.documentation.postman_collection ?? ""),
  );
  const foreign = comparison.changeset.flatMap((change): readonly Finding[] =>
    change.kind === "deleted" || !isSource(change.path)
      ? []
      : checkForeign({ path: change.path, text: bytesOf(change).toString("utf8") }, texts.get(change.path), {
          migrationFolders: [""],
          standards,
        }),
  );
  const found = { ...checked, findings: [...checked.findings, ...foreign], deviations: deviationsOf(standards) };
  if (options.sarif !== undefined)
    writeFileSync(resolve(options.sarif), `${JSON.stringify(toSarif(found.findings, version), null, 2)}\n`);
  const { base, head } = comparison;
  process.stdout.write(
    options.json
      ? `${JSON.stringify({ base, head, ...found })}\n`
      : `${renderChecked(found, { columns: screen.columns(), colours: screen.colours })}\n`,
  );
  return found.findings.some(({ severity }) => severity === "error") ? 1 : 0;
};

/** Of the base: what a change says of itself does not count yet. */
const standardsAt = async (comparison: Comparison) => {
  const { definitions } = await loadLibrary(fileURLToPath(new URL("../agents", import.meta.url)));
  const config = parseRepositoryConfig(await comparison.before(configPath), [...definitions.keys()]);
  if (!config.ok) throw new ConfigError(`check: ${config.problem}`);
  return config.config.standards ?? {};
};

/** JSON, or a pull request's description that carries it. */
const readReport = (file: string): Report => {
  const text = readText(file);
  if (!text.trimStart().startsWith("{")) {
    const carried = parseBody(text);
    if (carried) return carried;
    throw new ConfigError(`check: ${file} is neither JSON nor a description that carries a report`);
  }
  const read = reportSchema.safeParse(parseJson(text, file));
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw new ConfigError(`check: ${file} is no report: at \`${issue?.path.join(".")}\`: ${issue?.message}`);
};

const readText = (file: string): string => {
  try {
    return readFileSync(resolve(file), "utf8");
  } catch (error) {
    throw new ConfigError(`check: ${file} can't be read`, { cause: error });
  }
};

const parseJson = (text: string, file: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ConfigError(`check: ${file} is no JSON: ${(error as Error).message}`, { cause: error });
  }
};
