/** A folder for what can be made again: its owner's alone, or none. What is read from one is believed, compiled code above all. */
import { lstatSync, mkdirSync } from "node:fs";

/** @returns undefined where it can't be made, or others could write in it @param mine the user's number */
export const openCacheFolder = (folder: string | undefined, mine = process.getuid?.()): string | undefined => {
  if (folder === undefined) return undefined;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch {
    // A read-only home, a full disk: whoever asks does without.
    return undefined;
  }
  const stats = lstatSync(folder);
  const isMine = mine === undefined || (stats.uid === mine && (stats.mode & 0o077) === 0);
  return stats.isDirectory() && isMine ? folder : undefined;
};
