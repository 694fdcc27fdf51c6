/** How much of the disk a run may fill. The kernel bounds each file; this bounds their number and their sum. */
import { execFile } from "node:child_process";
import { statfs } from "node:fs/promises";
import { promisify } from "node:util";
import { systemPath } from "./git.ts";

type Room = { readonly bytes: number; readonly files: number };

const roomOfRun: Room = { bytes: 512 * 1024 * 1024, files: 50_000 };
/** What the whole disk may lose before the run's own folder is measured: that takes long, asking the disk 5 µs. */
const bytesBeforeMeasuring = 64 * 1024 * 1024;
const filesBeforeMeasuring = 10_000;

const run = promisify(execFile);

/** What a folder takes of the disk. */
export const sizeOf = async (folder: string): Promise<Room> => ({
  bytes: await measure(["--block-size=1"], folder),
  files: await measure(["--inodes"], folder),
});

/**
 * @param before what it held at the start, which does not count
 * @param room what it may hold besides
 * @returns asks whether the folder holds more than that; cheap to ask often
 */
export const createQuota = (
  folder: string,
  before: Room = { bytes: 0, files: 0 },
  room: Room = roomOfRun,
): (() => Promise<boolean>) => {
  let last: { bytes: number; files: number } | undefined;
  return async () => {
    const disk = await statfs(folder).catch(() => undefined);
    // The run was closed meanwhile.
    if (!disk) return false;
    const { bsize, bfree, ffree } = disk;
    const free = { bytes: bsize * bfree, files: ffree };
    last ??= free;
    if (last.bytes - free.bytes < bytesBeforeMeasuring && last.files - free.files < filesBeforeMeasuring) return false;
    last = free;
    const { bytes, files } = await sizeOf(folder);
    return bytes - before.bytes > room.bytes || files - before.files > room.files;
  };
};

/** A command may be at work in there: what vanishes meanwhile makes `du` complain, and its sum is good all the same. */
const measure = async (options: readonly string[], folder: string): Promise<number> => {
  const { stdout } = await run("du", ["-s", ...options, "--", folder], { env: { PATH: systemPath } }).catch(
    (error: unknown) => error as { stdout?: string },
  );
  return Number.parseInt(stdout ?? "0", 10) || 0;
};
