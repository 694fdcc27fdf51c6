/** Opens folders step by step from one that is ours, following no link: what a process in the sandbox put in a folder cannot lead out of it. */
import { chmodSync, closeSync, constants, mkdirSync, openSync } from "node:fs";

/** Not among Node's constants; the same on x64 and arm64. */
const O_PATH = 0o10000000;

const isLinux = process.platform === "linux";
const flags = constants.O_DIRECTORY | constants.O_NOFOLLOW | (isLinux ? O_PATH : constants.O_RDONLY);

/** A folder that is held open: its path stays right when somebody renames it or puts another thing in its place. */
export type OpenFolder = {
  readonly descriptor: number;
  /** For fs calls on the folder and what lies directly in it. */
  readonly path: string;
  close(): void;
};

const hold = (descriptor: number, path: string): OpenFolder => ({
  descriptor,
  // Elsewhere there is no sandbox either: nothing runs that could swap the path meanwhile but the user's own commands.
  path: isLinux ? `/proc/self/fd/${descriptor}` : path,
  close: () => closeSync(descriptor),
});

/** @param root a folder of ours, never replaced by anybody */
export const openRoot = (root: string): OpenFolder => hold(openSync(root, flags), root);

/**
 * @param make creates the steps that are missing, and is told of each
 * @throws ENOENT, ENOTDIR or ELOOP by the step that is no folder
 */
export const openBelow = (root: OpenFolder, path: string, make?: (created: string) => void): OpenFolder => {
  let folder = hold(openSync(`${root.path}/.`, flags), root.path);
  for (const segment of path === "" ? [] : path.split("/")) {
    const step = `${folder.path}/${segment}`;
    try {
      const next = hold(openStep(step, make), step);
      folder.close();
      folder = next;
    } catch (error) {
      folder.close();
      throw error;
    }
  }
  return folder;
};

const openStep = (step: string, make: ((created: string) => void) | undefined): number => {
  try {
    return openSync(step, flags);
  } catch (error) {
    if (!make || (error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  mkdirSync(step);
  chmodSync(step, 0o755);
  make(step);
  return openSync(step, flags);
};
