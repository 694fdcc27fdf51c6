#!/usr/bin/env node
/** ROOF: reads the command line and starts what it names. */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { readConfig } from "./config.ts";
import { ConfigError, DefinitionError } from "./domain/errors.ts";
import { runLocal } from "./run-local.ts";
import { startApp } from "./serve.ts";

const usage = `Backend Architect: a team's backend architect on GitHub issues and pull requests.

Usage
  architect start                         serve the GitHub App (settings come from the environment: see README.md)
  architect run [--repo DIR] REQUEST      design in a local git repository: the result is a branch of it, nothing is pushed
  architect --help | --version

Options of run
  --repo DIR     the repository (default: this folder); its checked-out branch is the base
  --model NAME   blueprint (default without ANTHROPIC_API_KEY; needs no key and no network), or a model id
  --json         print the outcome as one JSON object and nothing else
`;

const version = (): string =>
  (JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string }).version;

const start = async (): Promise<number> => {
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

/** @returns the exit code */
const main = async (argv: readonly string[]): Promise<number> => {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      help: { type: "boolean", short: "h" },
      version: { type: "boolean", short: "v" },
      repo: { type: "string", default: "." },
      model: { type: "string" },
      json: { type: "boolean", default: false },
    },
  });
  const [command, ...rest] = positionals;
  if (values.version) console.log(version());
  else if (values.help || command === undefined || command === "help") console.log(usage);
  else if (command === "start" && rest.length === 0) return start();
  else if (command === "run" && rest.length > 0)
    return runLocal({
      folder: values.repo,
      request: rest.join(" "),
      json: values.json,
      model: values.model,
    });
  else {
    console.error(
      command === "run"
        ? "architect run: say what to design, in quotes."
        : `architect: no command "${positionals.join(" ")}".`,
    );
    console.error(`\n${usage}`);
    return 2;
  }
  return 0;
};

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    const expected =
      error instanceof ConfigError ||
      error instanceof DefinitionError ||
      (error instanceof TypeError && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS"));
    console.error(expected ? `architect: ${(error as Error).message}` : error);
    process.exitCode = expected ? 2 : 1;
  },
);
