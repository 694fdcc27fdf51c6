/** What a set-up depends on, and the name that its result is kept by. Pure but for the interpreter's version. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { promisify } from "node:util";
import { RefusedError } from "../domain/errors.ts";
import { type Entry, isFile } from "./listing.ts";

/** Raised when what a set-up makes, or how, is another thing than before. */
const format = 1;

/** By their names, in any folder down to the fourth. */
const usual =
  /^(requirements.*\.(txt|in)|constraints.*\.txt|pyproject\.toml|setup\.(py|cfg)|pipfile(\.lock)?|(poetry|uv|pdm)\.lock|pylock(\..*)?\.toml|environment\.ya?ml|\.python-version|package(-lock)?\.json|npm-shrinkwrap\.json|pnpm-lock\.yaml|yarn\.lock)$/i;
/** `requirements/dev.txt`, and what is not the repository's own. */
const requirementsFolder = /(^|\/)requirements\/[^/]+\.(txt|in)$/i;
const foreign = /(^|\/)(node_modules|site-packages|\.?venv)\//;
const maxDepth = 4;

type Wanted = { readonly commands: readonly string[]; readonly files?: readonly string[] | undefined };

/** @throws RefusedError where a file is named that the commit does not have */
export const setupFiles = (entries: readonly Entry[], { commands, files }: Wanted): readonly Entry[] => {
  const all = entries.filter(isFile);
  if (files !== undefined) return files.flatMap((path) => requireAt(all, path));
  const words = new Set(
    commands.flatMap((command) => command.split(/[\s;&|<>()'"=]+/)).map((word) => word.replace(/^\.\//, "")),
  );
  return all.filter(({ path }) => {
    if (words.has(path)) return true;
    const segments = path.split("/");
    if (segments.length > maxDepth || foreign.test(path)) return false;
    return usual.test(segments.at(-1) ?? "") || requirementsFolder.test(path);
  });
};

const requireAt = (all: readonly Entry[], path: string): readonly Entry[] => {
  const found = all.filter((entry) => entry.path === path || entry.path.startsWith(`${path}/`));
  if (found.length > 0) return found;
  throw new RefusedError(
    `\`setup.files\` names \`${path}\`, which the base branch does not have. Name files and folders of the repository that the set-up depends on.`,
  );
};

/** Equal for equal causes. @param causes besides: whatever else the result depends on */
export const setupKey = (wanted: Wanted, files: readonly Entry[], causes: object): string => {
  const contents = files.map(({ path, mode, sha }) => [path, mode, sha]).sort();
  return createHash("sha256")
    .update(JSON.stringify([format, wanted.commands, contents, causes]))
    .digest("hex")
    .slice(0, 32);
};

const places = ["/usr/local/bin/python3", "/usr/bin/python3", "/bin/python3"];

/** Of the Python that comes first on the sandbox's PATH. @param toolchain the operator's virtual environment */
export const interpreterVersion = async (toolchain: string | undefined): Promise<string> => {
  const own = toolchain === undefined ? [] : [`${toolchain}/bin/python3`];
  const python = [...own, ...places].find((path) => existsSync(path));
  if (python === undefined) return "none";
  const { stdout } = await promisify(execFile)(python, ["-I", "-VV"], { env: {} });
  return stdout.trim();
};
