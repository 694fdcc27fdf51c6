// @ts-check
/** How the set-up starts programs and speaks to people. */
import { spawnSync } from "node:child_process";
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";

/** @param {string} sentence */
export const say = (sentence) => {
  process.stderr.write(`setup: ${sentence}\n`);
};

/**
 * @param {string} name
 * @param {string | undefined} path folders to look in, as in the environment's PATH
 * @returns {string | undefined} where it is
 */
export const findProgram = (name, path = process.env["PATH"]) =>
  (path ?? "")
    .split(delimiter)
    .filter((folder) => folder !== "")
    .map((folder) => join(folder, name))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return statSync(file).isFile();
      } catch {
        return false; // not here: the next folder is looked at
      }
    });

/**
 * Runs a program to its end, silently.
 * @param {string} program
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv }} [options]
 * @returns {{ ok: boolean, status: number | null, output: string }} how it ended and what it printed
 */
export const run = (program, args, options = {}) => {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    ...options,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    maxBuffer: 64 * 1024 * 1024,
  });
  return { ok: status === 0, status, output: error ? error.message : `${stdout}${stderr}` };
};

/**
 * The line of a program's output that says best why it failed.
 * @param {string} output
 */
export const reasonIn = (output) => {
  const lines = output.split("\n").flatMap((line) => line.trim() || []);
  return (
    lines.findLast((line) => /error|fail|denied|unable|not found/i.test(line)) ?? lines.at(-1) ?? "it said nothing"
  );
};

/**
 * @param {number} since milliseconds, of `Date.now`
 */
export const secondsSince = (since) => `${((Date.now() - since) / 1000).toFixed(0)} s`;
