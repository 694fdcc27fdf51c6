/** ROOF: `architect check`, which holds what a branch changed against its base, the house standards and a report. Runs no model and nothing of the repository. */
import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { type AnalysisOptions, createAnalysis } from "./analysis/analysis.ts";
import { renderChecked } from "./app/check-page.ts";
import type { CheckOptions } from "./app/command-line.ts";
import { loadLibrary } from "./app/library.ts";
import type { Screen } from "./app/terminal.ts";
import { ConfigError } from "./domain/errors.ts";
import { parseBody } from "./domain/render-report.ts";
import { type Report, reportSchema } from "./domain/report.ts";
import { configPath, parseRepositoryConfig } from "./domain/repository-config.ts";
import { toSarif } from "./domain/sarif.ts";
import { deviationsOf } from "./domain/standards.ts";
import { changesBetween } from "./run/changes-between.ts";
import { createCheckCode, unknownFactsRule } from "./run/check-code.ts";
import { createInspector } from "./run/inspector.ts";
import { openLocalCommits } from "./workspace/local-commits.ts";
import type { Reader } from "./workspace/reader.ts";
import { askTogether } from "./workspace/together.ts";

/** @returns the exit code @throws ConfigError where there is no repository, commit or report */
export const checkLocal = async (
  options: CheckOptions,
  screen: Screen,
  version: string,
  cache: AnalysisOptions,
): Promise<number> => {
  const report = options.report === undefined ? undefined : readReport(options.report);
  const { reader, commitOf } = await openLocalCommits(options.folder);
  const [head, other] = [await commitOf("HEAD"), await commitOf(options.base)];
  const base = await reader.mergeBase(other, head);
  if (base === undefined)
    throw new ConfigError(
      `check: ${options.base} and HEAD have no common commit here; a shallow clone needs more history`,
    );
  const standards = await standardsAt(reader, base);
  const analysis = createAnalysis(cache);
  const inspector = createInspector({ reader, analysis }, { base, commit: base }, standards);
  const textAt = askTogether((commit: string) => commit, reader.readFiles);
  const checkCode = createCheckCode(inspector, async (path) => (await textAt(base, path)).texts.get(path));
  const checked = await checkCode(report, await changesBetween(reader, base, head));
  await analysis.close();
  const { findings } = checked;
  if (options.sarif !== undefined)
    writeFileSync(resolve(options.sarif), `${JSON.stringify(toSarif(findings, version), null, 2)}\n`);
  const found = { ...checked, deviations: deviationsOf(standards) };
  process.stdout.write(
    options.json
      ? `${JSON.stringify({ base, head, ...found })}\n`
      : `${renderChecked(found, { columns: screen.columns(), colours: screen.colours })}\n`,
  );
  return findings.some(({ severity, rule }) => severity === "error" || rule === unknownFactsRule) ? 1 : 0;
};

/** Of the base: what a change says of itself does not count yet. */
const standardsAt = async (reader: Reader, base: string) => {
  const { definitions } = await loadLibrary(fileURLToPath(new URL("../agents", import.meta.url)));
  const { texts } = await reader.readFiles(base, [configPath]);
  const config = parseRepositoryConfig(texts.get(configPath), [...definitions.keys()]);
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
