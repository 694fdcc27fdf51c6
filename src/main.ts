#!/usr/bin/env node
/** ROOF: reads the command line and starts what it names; loads nothing that the command does not need. */
import { readFileSync } from "node:fs";
import { enableCompileCache } from "node:module";
import { join } from "node:path";
import type { AnalysisOptions } from "./analysis/analysis.ts";
import { openCacheFolder } from "./app/cache-folder.ts";
import { parseCommandLine } from "./app/command-line.ts";
import { ConfigError, DefinitionError } from "./domain/errors.ts";
import { cacheFolder, isDumbTerminal } from "./environment.ts";

const version = (): string =>
  (JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string }).version;

const start = async (): Promise<number> => {
  const { startApp } = await import("./serve.ts");
  const { readConfig } = await import("./config.ts");
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

/** What an earlier command left to begin faster with. Node's own compiled code is part of it. */
const openCache = (): Pick<AnalysisOptions, "trees" | "code"> => {
  const folder = openCacheFolder(cacheFolder());
  if (folder === undefined) return {};
  const cache = { trees: join(folder, "trees"), code: join(folder, "code") };
  enableCompileCache(cache.code);
  return cache;
};

/** @returns the exit code */
const main = async (argv: readonly string[]): Promise<number> => {
  const line = parseCommandLine(argv, version());
  if (line.command === "start") return start();
  if (line.command === "show") {
    console.log(line.text);
    return 0;
  }
  const cache = openCache();
  if (line.command === "run") return (await import("./run-local.ts")).runLocal(line);
  const { openScreen } = await import("./app/terminal.ts");
  const screen = openScreen(process.stdout, isDumbTerminal());
  if (line.command === "replay") return (await import("./replay-local.ts")).replayLocal(line, screen);
  if (line.command === "facts") return (await import("./facts-local.ts")).factsLocal(line, screen, cache);
  return (await import("./check-local.ts")).checkLocal(line, screen, version(), cache);
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
