/** ROOF: `architect facts`: what the Python of a folder shows. Runs nothing, and loads what it needs while its thread starts. */
import { resolve } from "node:path";
import { type AnalysisOptions, createAnalysis } from "./analysis/analysis.ts";
import type { FactsOptions } from "./app/command-line.ts";
import type { Screen } from "./app/terminal.ts";

/** @returns the exit code @throws ConfigError where there is no folder or no Python in it */
export const factsLocal = async (
  { folder, json }: FactsOptions,
  screen: Screen,
  cache: AnalysisOptions,
): Promise<number> => {
  const analysis = createAnalysis({ ...cache, early: true });
  try {
    const { readSourceFolder } = await import("./app/source-folder.ts");
    const { sources, texts, unread } = readSourceFolder(resolve(folder));
    const inspection = await analysis.inspect(sources, async () => texts);
    if (!inspection.ok) {
      console.error(`architect: ${inspection.reason}`);
      return 1;
    }
    const found = { ...inspection.facts, unknown: [...inspection.facts.unknown, ...unread] };
    const page = { columns: screen.columns(), colours: screen.colours };
    screen.write(`${json ? JSON.stringify(found) : (await import("./app/facts-page.ts")).renderFacts(found, page)}\n`);
    return 0;
  } finally {
    await analysis.close();
  }
};
