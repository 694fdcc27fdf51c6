/** The files that a run changed, as values: what is committed is exactly this and nothing that happens to lie on a disk. */
import { createHash } from "node:crypto";

export type FileMode = "100644" | "100755";

/** `content` is base64, so that any bytes survive a store and an API as they are. */
export type FileChange =
  | { readonly path: string; readonly kind: "added" | "modified"; readonly mode: FileMode; readonly content: string }
  | { readonly path: string; readonly kind: "deleted" };

/** Sorted by path; each path once. */
export type Changeset = readonly FileChange[];

/** Something in a writable folder that cannot be committed (a symlink, a socket, an odd name …), with the reason. */
export type Refusal = { readonly path: string; readonly reason: string };

/** Git's object id of a file's bytes. */
export const blobSha = (bytes: Uint8Array): string =>
  createHash("sha1").update(`blob ${bytes.byteLength}\0`).update(bytes).digest("hex");

export const bytesOf = (change: FileChange): Buffer =>
  change.kind === "deleted" ? Buffer.alloc(0) : Buffer.from(change.content, "base64");

/** One hash for a whole changeset: evidence is fresh while this stays the same. */
export const treeHash = (changeset: Changeset): string => {
  const hash = createHash("sha256");
  for (const change of changeset)
    hash.update(
      `${change.kind}\0${change.path}\0${change.kind === "deleted" ? "" : change.mode + blobSha(bytesOf(change))}\0`,
    );
  return hash.digest("hex").slice(0, 16);
};
