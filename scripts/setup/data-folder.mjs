// @ts-check
/** Where the App keeps its data: the rule of src/config.ts again, for a machine that can't run TypeScript yet. */
import { chmodSync, mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";

/**
 * @param {Readonly<Record<string, string | undefined>>} env
 * @param {boolean} isRoot
 */
export const dataFolder = (env, isRoot) => {
  if (env["ARCHITECT_DATA"]) return resolve(env["ARCHITECT_DATA"]);
  if (isRoot) return "/var/lib/backend-architect";
  // A relative XDG_DATA_HOME is to be ignored: https://specifications.freedesktop.org/basedir-spec/latest/
  if (env["XDG_DATA_HOME"]?.startsWith("/")) return join(env["XDG_DATA_HOME"], "backend-architect");
  return join(env["HOME"]?.startsWith("/") ? env["HOME"] : homedir(), ".local/share/backend-architect");
};

/**
 * The sandbox's user passes through the folder to `shared/` and sees nothing of `private/`.
 * @param {string} folder
 * @returns {string | undefined} a sentence why it can't be made
 */
export const makeDataFolder = (folder) => {
  try {
    for (const [path, mode] of /** @type {const} */ ([
      [folder, 0o711],
      [join(folder, "shared"), 0o755],
      [join(folder, "shared/toolchain"), 0o755],
      [join(folder, "private"), 0o700],
    ])) {
      // An existing folder keeps its mode: it is the operator's.
      if (mkdirSync(path, { recursive: true }) !== undefined) chmodSync(path, mode);
    }
    return undefined;
  } catch (error) {
    const why = /** @type {NodeJS.ErrnoException} */ (error).code;
    return `the data folder ${folder} can't be made (${why}): set ARCHITECT_DATA to a folder of yours.`;
  }
};
