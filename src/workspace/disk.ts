/** Folders and files as this room makes and removes them: with the modes it says whatever the umask is, and never half. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { chmod, chown, mkdir, rename, writeFile } from "node:fs/promises";
import { systemPath } from "./git.ts";
import { temporaryName } from "./owner.ts";

export type Owner = { readonly uid: number; readonly gid: number };

/** @param owner that it is given to, by root */
export const makeFolder = async (folder: string, mode: number, owner?: Owner): Promise<void> => {
  await mkdir(folder, { recursive: true });
  if (owner) await chown(folder, owner.uid, owner.gid);
  await chmod(folder, mode);
};

/** In place of whatever is there: the name is given when the file is whole. */
export const putFile = async (path: string, content: string | Uint8Array, mode: number): Promise<void> => {
  const unfinished = temporaryName(path);
  await writeFile(unfinished, content);
  await chmod(unfinished, mode);
  await rename(unfinished, path);
};

const endOf = async (command: string, args: readonly string[]): Promise<number> => {
  const child = spawn(command, args, { env: { PATH: systemPath }, cwd: "/", stdio: "ignore" });
  const [code] = (await once(child, "close")) as [number | null];
  return code ?? 1;
};

/** After this, a power failure does not empty files in it. */
export const flushFolder = async (folder: string): Promise<void> => {
  const code = await endOf("sync", ["--file-system", "--", folder]);
  if (code !== 0) throw new Error(`${folder} could not be written to the disk: sync ended with ${code}`);
};

/**
 * With the system's own tool, since a command may have left folders nested by the thousand, at which `fs.rm` gives up,
 * or taken the owner's rights from some.
 */
export const removeFolder = async (folder: string): Promise<void> => {
  if (!existsSync(folder)) return;
  if ((await endOf("rm", ["-rf", "--", folder])) === 0) return;
  await endOf("chmod", ["-R", "u+rwX", "--", folder]);
  const code = await endOf("rm", ["-rf", "--", folder]);
  if (code !== 0) throw new Error(`${folder} could not be removed: rm ended with ${code}`);
};
