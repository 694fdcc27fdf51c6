/** ROOF: `architect replay`: the runs that a data folder holds, or one of them turn by turn. Changes nothing. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { ReplayOptions } from "./app/command-line.ts";
import { renderRun, renderRuns, runAsJson, runsAsJson, type StoredRun } from "./app/replay.ts";
import type { Screen } from "./app/terminal.ts";
import { ConfigError } from "./domain/errors.ts";
import { databaseFile, localDataFolder, readDataFolder } from "./environment.ts";
import { transcriptOf } from "./run/transcript.ts";
import { type Archive, openArchive } from "./store/archive.ts";

/** A list is to be read at a glance. */
const listed = 50;

/** @returns the exit code @throws ConfigError where there is no such folder or run */
export const replayLocal = async ({ run, data, json }: ReplayOptions, screen: Screen): Promise<number> => {
  const folder = data === undefined ? localDataFolder(readDataFolder()) : resolve(data);
  const file = databaseFile(folder);
  if (data !== undefined && !existsSync(file))
    throw new ConfigError(`replay: ${folder} is no data folder of an App: there is no ${file}`);
  const archive = openArchive(file);
  const page = { columns: screen.columns(), colours: screen.colours };
  const print = (value: unknown, text: () => string): void =>
    void screen.write(`${json ? JSON.stringify(value) : text()}\n`);
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
