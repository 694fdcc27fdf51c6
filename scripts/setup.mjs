// @ts-check
/**
 * Gets a checkout ready: npm packages and Node 24, the sandbox's programs, its Python environment. Runs before
 * node_modules exists and under any Node from 18 on, so it imports nothing but Node's own modules. Says on stderr what it
 * does, and nothing when there is nothing to do. May run twice at once, and be killed anywhere.
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { dataFolder, makeDataFolder } from "./setup/data-folder.mjs";
import { installNode, installNodePackages, nodePackagesReady, nodeReady } from "./setup/node-packages.mjs";
import { installToolchain, toolchainOf, toolchainReady, venvMissing } from "./setup/python-toolchain.mjs";
import { findProgram, run, say } from "./setup/shell.mjs";
import { installPrograms, missingPrograms } from "./setup/system-packages.mjs";

const self = fileURLToPath(import.meta.url);
const root = fileURLToPath(new URL("..", import.meta.url));
const holdingLock = "--holding-the-lock";

/**
 * Starts this set-up again as the only one. The kernel frees the lock when the last process that holds it ends, so one that
 * was killed leaves none behind, and an `npm ci` that outlives its set-up is waited for.
 * @param {string} flock
 * @param {string} lock
 */
const runAlone = (flock, lock) => {
  if (run(flock, ["-n", lock, "true"]).status === 1) say("another set-up is at work; waiting for it …");
  return spawnSync(flock, [lock, process.execPath, self, holdingLock], { stdio: "inherit" }).status ?? 1;
};

/** @returns {number} the exit code: 0 where the checkout can be used, even if not all of it */
const main = () => {
  const folder = dataFolder(process.env, process.getuid?.() === 0);
  const toolchain = toolchainOf(folder);
  const python = Boolean(process.env["ARCHITECT_PYTHON"]) || toolchainReady(toolchain);
  const programs = missingPrograms();
  if (nodePackagesReady(root) && nodeReady(root) && python && programs.length === 0) return 0;

  const unwritable = makeDataFolder(folder);
  if (unwritable) say(unwritable);
  const flock = findProgram("flock");
  if (flock && !unwritable && !process.argv.includes(holdingLock)) return runAlone(flock, join(folder, "setup.lock"));

  const needed = [...programs, ...(!python && venvMissing() ? ["venv"] : [])];
  if (needed.length > 0) installPrograms(needed);
  if (!nodePackagesReady(root) && !installNodePackages(root)) return 1;
  if (!nodeReady(root) && !installNode(root)) return 1;
  if (!python && !unwritable) installToolchain(toolchain);
  return 0;
};

// What is made here is read by the sandbox's own user.
process.umask(0o022);
process.exitCode = main();
