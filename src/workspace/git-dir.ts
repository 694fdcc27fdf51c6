/** The git folder that commands inside the walls read: HEAD, one branch, an index, and the way to the base branch's objects. Nothing of the mirror is in it. */
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { renderIndex } from "./index-file.ts";
import type { Entry } from "./listing.ts";

export type GitDirRequest = {
  /** Must not exist. */
  readonly target: string;
  readonly base: string;
  readonly baseBranch: string;
  /** Where the processes that read it find the objects of the base branch. */
  readonly objects: string;
  /** Of a store whose history was cut off: where. */
  readonly shallow?: string;
};

/** The time and size of a file say whether it is the index's: the rest of its data differs from tree to tree. */
const config = `[core]
\trepositoryformatversion = 0
\tbare = false
\tfilemode = true
\tautocrlf = false
\tcheckStat = minimal
\ttrustctime = false
\tlogAllRefUpdates = false
[gc]
\tauto = 0
[maintenance]
\tauto = false
`;

/** Stands over every .gitattributes of the repository: files here are the very bytes of their blobs. */
const attributes = "* !text !crlf !eol !filter !ident !working-tree-encoding\n";

/** @param entries of the base commit, folders included @param worktree of the commit that is materialised */
export const writeGitDir = (request: GitDirRequest, entries: readonly Entry[], worktree: readonly Entry[]): void => {
  const lying = new Map(worktree.map(({ path, mode, sha }) => [path, `${mode} ${sha}`]));
  const files: Readonly<Record<string, string | Buffer>> = {
    HEAD: `${request.base}\n`,
    config,
    "info/attributes": attributes,
    [`refs/heads/${request.baseBranch}`]: `${request.base}\n`,
    "objects/info/alternates": `${request.objects}\n`,
    ...(request.shallow === undefined ? {} : { shallow: request.shallow }),
    index: renderIndex(entries, ({ path, mode, sha }) => lying.get(path) === `${mode} ${sha}`),
  };
  for (const [name, content] of Object.entries(files)) put(request.target, name.split("/"), content);
};

/** Readable for the sandbox's user whatever the umask is. */
const put = (folder: string, [name = "", ...below]: readonly string[], content: string | Buffer): void => {
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o755);
  const path = join(folder, name);
  if (below.length > 0) {
    put(path, below, content);
  } else {
    writeFileSync(path, content, { flag: "wx" });
    chmodSync(path, 0o644);
  }
};
