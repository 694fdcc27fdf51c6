#!/usr/bin/env node
/** ROOF: reads the command line and starts what it names; loads what runs agents only where agents run. */
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { type FactsOptions, parseCommandLine, type ReplayOptions } from "./app/command-line.ts";
import { renderRun, renderRuns, runAsJson, runsAsJson, type StoredRun } from "./app/replay.ts";
import { openScreen } from "./app/terminal.ts";
import { databaseFile, isDumbTerminal, localDataFolder, readConfig, readDataFolder } from "./config.ts";
import { ConfigError, DefinitionError } from "./domain/errors.ts";
import { transcriptOf } from "./run/transcript.ts";
import { type Archive, openArchive } from "./store/archive.ts";

const version = (): string =>
  (JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string }).version;

const start = async (): Promise<number> => {
  const { startApp } = await import("./serve.ts");
  const app = await startApp(readConfig());
  console.log(
    `Listening on ${app.url} (webhooks: ${app.url}/api/github/webhooks). Ctrl-C stops; work in hand is kept.`,
  );
  await new Promise<void>((resolve) => {
    process.once("SIGINT", resolve);
    process.once("SIGTERM", resolve);
  });
  console.log("Stopping: running work is handed back to the queue.");
  await app.close();
  return 0;
};

/** A list is to be read at a glance. */
const listed = 50;

const replay = async ({ run, data, json }: ReplayOptions): Promise<number> => {
  const folder = data === undefined ? localDataFolder(readDataFolder()) : resolve(data);
  const file = databaseFile(folder);
  if (data !== undefined && !existsSync(file))
    throw new ConfigError(`replay: ${folder} is no data folder of an App: there is no ${file}`);
  const archive = openArchive(file);
  const screen = openScreen(process.stdout, isDumbTerminal());
  const page = { columns: screen.columns(), colours: screen.colours };
  const print = (value: unknown, text: () => string): void =>
    void process.stdout.write(`${json ? JSON.stringify(value) : text()}\n`);
  try {
    if (run !== undefined) {
      const stored = await storedRun(archive, run, file);
      print(runAsJson(stored), () => renderRun(stored, page));
      return 0;
    }
    const runs = archive ? await Promise.all(archive.runs(listed).map((record) => withSpend(archive, record))) : [];
    const none = `No run is stored in ${folder} yet: architect run --task "…" makes the first.`;
    print(runsAsJson(runs), () => (runs.length === 0 ? none : renderRuns(runs, (archive?.count ?? 0) - listed, page)));
    return 0;
  } finally {
    archive?.close();
  }
};

const storedRun = async (archive: Archive | undefined, name: string, file: string): Promise<StoredRun> => {
  const [record, ...more] = archive?.find(name) ?? [];
  if (!archive || !record)
    throw new ConfigError(`replay: there is no run ${name} in ${file}; architect replay lists them`);
  if (more.length > 0)
    throw new ConfigError(
      `replay: ${more.length + 1} runs begin with ${name}; give more characters of the one you mean`,
    );
  return { record, events: await transcriptOf((id) => archive.events(id), record.id) };
};

/** What an ended run has spent stands in its outcome. */
const withSpend = async (archive: Archive, record: StoredRun["record"]): Promise<StoredRun> => ({
  record,
  events: record.outcome ? [] : await archive.events(record.id),
});

const facts = async ({ folder, json }: FactsOptions): Promise<number> => {
  const { readSourceFolder } = await import("./app/source-folder.ts");
  const { sources, texts, unread } = readSourceFolder(resolve(folder));
  const { createAnalysis } = await import("./analysis/analysis.ts");
  const analysis = createAnalysis();
  const inspection = await analysis.inspect(sources, async () => texts);
  await analysis.close();
  if (!inspection.ok) {
    console.error(`architect: ${inspection.reason}`);
    return 1;
  }
  const found = { ...inspection.facts, unknown: [...inspection.facts.unknown, ...unread] };
  const { renderFacts } = await import("./app/facts-page.ts");
  const screen = openScreen(process.stdout, isDumbTerminal());
  const page = { columns: screen.columns(), colours: screen.colours };
  process.stdout.write(`${json ? JSON.stringify(found) : renderFacts(found, page)}\n`);
  return 0;
};

/** @returns the exit code */
const main = async (argv: readonly string[]): Promise<number> => {
  const line = parseCommandLine(argv, version());
  if (line.command === "start") return start();
  if (line.command === "run") return (await import("./run-local.ts")).runLocal(line);
  if (line.command === "replay") return replay(line);
  if (line.command === "facts") return facts(line);
  if (line.command === "check") {
    const { checkLocal } = await import("./check-local.ts");
    return checkLocal(line, openScreen(process.stdout, isDumbTerminal()), version());
  }
  console.log(line.text);
  return 0;
};

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    const expected = error instanceof ConfigError || error instanceof DefinitionError;
    console.error(expected ? `architect: ${error.message}` : error);
    process.exitCode = expected ? 2 : 1;
  },
);
