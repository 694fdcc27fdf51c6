/** The Python of a plain folder, for the analysis: links are not followed, and what is not read is said. Knows no git. */
import { type Dirent, lstatSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { blobSha } from "../domain/changeset.ts";
import { ConfigError } from "../domain/errors.ts";
import type { UnknownFact } from "../domain/facts.ts";
import type { SourceFile } from "../ports.ts";

export type SourceFolder = {
  readonly sources: readonly SourceFile[];
  /** By blob id. */
  readonly texts: ReadonlyMap<string, string>;
  /** Files that are there and were not read, each with the reason. */
  readonly unread: readonly UnknownFact[];
};

const mostFiles = 20_000;
const mostBytes = 1_000_000;

/** Of environments and tools, not of the project. */
const foreignFolder = /^(\..*|node_modules|__pycache__|site-packages|venv)$/;

/** @throws ConfigError where there is no folder, no Python in it, or more of it than can be read */
export const readSourceFolder = (folder: string): SourceFolder => {
  const stats = statSync(folder, { throwIfNoEntry: false });
  if (!stats) throw new ConfigError(`facts: there is no ${folder}; name the folder of a Python project`);
  if (!stats.isDirectory()) throw new ConfigError(`facts: ${folder} is a file; name the folder of a Python project`);
  const sources: SourceFile[] = [];
  const texts = new Map<string, string>();
  const unread: UnknownFact[] = [];
  for (const path of pythonFiles(folder)) {
    const file = lstatSync(join(folder, path));
    const reason = file.isSymbolicLink()
      ? "is a link, and links are not followed"
      : file.size > mostBytes
        ? `has ${(file.size / 1e6).toFixed(1)} MB, and files of more than ${mostBytes / 1e6} MB are not read`
        : undefined;
    if (reason !== undefined) {
      unread.push({ file: path, line: 1, about: reason });
      continue;
    }
    if (sources.length === mostFiles)
      throw new ConfigError(`facts: ${folder} has more than ${mostFiles} Python files; name the folder of one project`);
    const bytes = readFileSync(join(folder, path));
    const sha = blobSha(bytes);
    sources.push({ path, sha });
    texts.set(sha, bytes.toString("utf8"));
  }
  if (sources.length === 0)
    throw new ConfigError(
      `facts: there is no Python in ${folder}; name the folder of a Python project (environments, node_modules and folders whose names begin with a dot are passed over)`,
    );
  return { sources, texts, unread };
};

/** In the order of their names. */
function* pythonFiles(root: string, folder = ""): Generator<string> {
  const entries = entriesOf(join(root, folder));
  if (entries.some(({ name }) => name === "pyvenv.cfg")) return;
  for (const entry of entries.sort((one, other) => (one.name < other.name ? -1 : 1))) {
    const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) {
      if (!foreignFolder.test(entry.name)) yield* pythonFiles(root, path);
    } else if (entry.name.endsWith(".py") && (entry.isFile() || entry.isSymbolicLink())) yield path;
  }
}

const entriesOf = (folder: string): Dirent[] => {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    throw new ConfigError(`facts: ${folder} can't be read: ${error instanceof Error ? error.message : error}`);
  }
};
