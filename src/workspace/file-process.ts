/**
 * Reads, writes and searches files inside the walls of one agent, told so by JSON lines on stdin, answering by JSON lines
 * on stdout. Runs alone in the sandbox: it imports nothing of ours. What it cannot do the kernel refuses; it explains.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import { createInterface } from "node:readline";

type Answer = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly said: string };

/** A sentence for the model. */
class Said extends Error {}

const maxFileBytes = 1024 * 1024;
const root = process.argv[2] ?? "/repo";
const { O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_TRUNC, O_WRONLY } = fs.constants;

const shaOf = (bytes: Uint8Array): string =>
  createHash("sha1").update(`blob ${bytes.byteLength}\0`).update(bytes).digest("hex");

const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;

const named = (path: string): string => `/repo/${path}`;

// ------------------------------------------------------------------------------------------------------- read and write

/** The folder that a path lies in, which must be reached by no link: one in a writable folder could lead anywhere inside. */
const requirePlainFolder = (path: string): void => {
  const folder = path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : "";
  const wanted = folder === "" ? fs.realpathSync(root) : `${fs.realpathSync(root)}/${folder}`;
  if (fs.realpathSync(wanted) !== wanted)
    throw new Said(`${named(path)} is reached by a symbolic link. Use the path of the file itself.`);
};

const read = ({ path }: { path: string }): unknown => {
  let descriptor: number;
  try {
    requirePlainFolder(path);
    descriptor = fs.openSync(`${root}/${path}`, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(codeOf(error) ?? "")) return undefined;
    throw asSaid(error, path);
  }
  try {
    const bytes = readOpen(descriptor, path);
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    if (bytes.includes(0)) throw new Said(`${named(path)} is a binary file. Use Bash to look at it.`);
    return { text, sha: shaOf(bytes) };
  } catch (error) {
    if (error instanceof TypeError) throw new Said(`${named(path)} is not UTF-8 text. Use Bash to look at it.`);
    throw error;
  } finally {
    fs.closeSync(descriptor);
  }
};

const readOpen = (descriptor: number, path: string): Buffer => {
  const stat = fs.fstatSync(descriptor);
  if (stat.isDirectory()) throw new Said(`${named(path)} is a folder. List its files with Glob.`);
  if (!stat.isFile()) throw new Said(`${named(path)} is no regular file.`);
  if (stat.size > maxFileBytes)
    throw new Said(
      `${named(path)} has ${stat.size} bytes; files over 1 MiB are not read. Search it with Grep, or look at parts of it in Bash with sed -n.`,
    );
  const bytes = Buffer.alloc(stat.size);
  let filled = 0;
  while (filled < stat.size) {
    const count = fs.readSync(descriptor, bytes, filled, stat.size - filled, filled);
    if (count === 0) break;
    filled += count;
  }
  return bytes.subarray(0, filled);
};

const currentSha = (path: string): string | undefined => {
  let descriptor: number;
  try {
    descriptor = fs.openSync(`${root}/${path}`, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
  try {
    return shaOf(readOpen(descriptor, path));
  } finally {
    fs.closeSync(descriptor);
  }
};

const write = ({ path, text, expected }: { path: string; text: string; expected: string | null }): unknown => {
  const bytes = Buffer.from(text, "utf8");
  if (bytes.byteLength > maxFileBytes)
    throw new Said(`A file may have 1 MiB at most; this text has ${bytes.byteLength} bytes.`);
  try {
    if (expected === null)
      fs.mkdirSync(`${root}/${path}`.slice(0, `${root}/${path}`.lastIndexOf("/")), { recursive: true });
    requirePlainFolder(path);
    const current = currentSha(path);
    if (expected === null && current !== undefined)
      throw new Said(`${named(path)} exists by now. Read it, then change it with Edit.`);
    if (expected !== null && current === undefined) throw new Said(`${named(path)} does not exist any more.`);
    if (expected !== null && current !== expected)
      throw new Said(`${named(path)} has changed since you read it. Read it again before you change it.`);
    const flags = O_WRONLY | O_NOFOLLOW | O_NONBLOCK | (expected === null ? O_CREAT | O_EXCL : O_TRUNC);
    const descriptor = fs.openSync(`${root}/${path}`, flags, 0o644);
    try {
      for (let done = 0; done < bytes.byteLength; ) done += fs.writeSync(descriptor, bytes, done);
    } finally {
      fs.closeSync(descriptor);
    }
    return shaOf(bytes);
  } catch (error) {
    throw asSaid(error, path);
  }
};

const sentences: Readonly<Record<string, string>> = {
  EROFS: "is read-only for you",
  EACCES: "may not be opened: its permissions do not allow it",
  EPERM: "may not be changed",
  ELOOP: "is a symbolic link. Use the path of the file itself",
  EISDIR: "is a folder",
  ENOTDIR: "lies below something that is no folder",
  EEXIST: "lies below something that is no folder",
  ENOENT: "lies in a folder that does not exist",
  ENXIO: "is no regular file",
  ENAMETOOLONG: "has a name that is too long",
  ENOSPC: "could not be written: the disk is full",
  EDQUOT: "could not be written: the disk is full",
};

const asSaid = (error: unknown, path: string): unknown => {
  const sentence = sentences[codeOf(error) ?? ""];
  return sentence === undefined ? error : new Said(`${named(path)} ${sentence}.`);
};

// ----------------------------------------------------------------------------------------------------------------- glob

const maxVisited = 400_000;

/** `**` any folders, `*` and `?` within a name, `[…]`, `{a,b}`; dots are no special case. */
const toRegExp = (pattern: string): RegExp => {
  let source = "";
  let depth = 0;
  for (let at = 0; at < pattern.length; at += 1) {
    const rest = pattern.slice(at);
    const char = pattern.charAt(at);
    const set = /^\[([!^]?)(\]?[^\]/]*)\]/.exec(rest);
    if (rest.startsWith("**/") && (at === 0 || pattern[at - 1] === "/")) {
      source += "(?:[^/]+/)*";
      at += 2;
    } else if (rest === "**" && (at === 0 || pattern[at - 1] === "/")) {
      source += ".*";
      at += 1;
    } else if (char === "*") source += "[^/]*";
    else if (char === "?") source += "[^/]";
    else if (set) {
      source += `[${set[1] ? "^/" : ""}${set[2]?.replace(/[\\\]^[]/g, "\\$&")}]`;
      at += set[0].length - 1;
    } else if (char === "{" && rest.includes("}")) {
      depth += 1;
      source += "(?:";
    } else if (char === "," && depth > 0) source += "|";
    else if (char === "}" && depth > 0) {
      depth -= 1;
      source += ")";
    } else source += char.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
  }
  try {
    return new RegExp(`^${source}$`, "su");
  } catch {
    throw new Said(`${JSON.stringify(pattern)} is no pattern: close every [ and {.`);
  }
};

/** The folders that a pattern names before its first wildcard need no search beside them. */
const fixedFolder = (pattern: string): string => {
  const segments = pattern.split("/").slice(0, -1);
  const wild = segments.findIndex((segment) => /[*?[{]/.test(segment));
  return (wild === -1 ? segments : segments.slice(0, wild)).join("/");
};

const join = (...parts: readonly string[]): string => parts.filter((part) => part !== "").join("/");

const glob = ({ pattern, folder, limit }: { pattern: string; folder: string; limit: number }): unknown => {
  const matches = toRegExp(pattern);
  const start = join(folder, fixedFolder(pattern));
  if (folder !== "" && !isFolder(folder))
    throw new Said(`${named(folder)} is no folder. Find it with a pattern from /repo.`);
  const maxDepth = pattern.includes("**") ? Number.POSITIVE_INFINITY : pattern.split("/").length;
  const found: { path: string; time: number }[] = [];
  const waiting = isFolder(start) ? [start] : [];
  const prefix = folder === "" ? 0 : folder.length + 1;
  for (let visited = 0; waiting.length > 0; ) {
    const current = waiting.pop() ?? "";
    for (const entry of readFolder(current)) {
      visited += 1;
      if (visited > maxVisited) throw new Said("There are too many files to go through. Give a path to search in.");
      const path = join(current, entry.name);
      const inside = path.slice(prefix);
      if (entry.isDirectory()) {
        if (inside.split("/").length < maxDepth) waiting.push(path);
      } else if (entry.isFile() && matches.test(inside)) found.push({ path, time: timeOf(path) });
    }
  }
  found.sort((a, b) => b.time - a.time || (a.path < b.path ? -1 : 1));
  return { paths: found.slice(0, limit).map(({ path }) => path), total: found.length };
};

const isFolder = (path: string): boolean =>
  fs.lstatSync(path === "" ? root : `${root}/${path}`, { throwIfNoEntry: false })?.isDirectory() ?? false;

/** A folder that a command made unreadable, or that is gone by now, has nothing to show. */
const readFolder = (path: string): fs.Dirent[] => {
  try {
    return fs.readdirSync(join(root, path), { withFileTypes: true });
  } catch {
    return [];
  }
};

const timeOf = (path: string): number => fs.lstatSync(`${root}/${path}`, { throwIfNoEntry: false })?.mtimeMs ?? 0;

// ----------------------------------------------------------------------------------------------------------------- grep

type GrepRequest = {
  readonly pattern: string;
  readonly path?: string;
  readonly glob?: string;
  readonly type?: string;
  readonly mode: "content" | "files_with_matches" | "count";
  readonly before?: number;
  readonly after?: number;
  readonly lineNumbers?: boolean;
  readonly ignoreCase?: boolean;
  readonly multiline?: boolean;
};

const maxGrepBytes = 2 * 1024 * 1024;
const grepTimeoutMs = 20_000;

const grepArgs = (request: GrepRequest): string[] => [
  ...["--no-config", "--no-follow", "--no-require-git", "--hidden", "--glob=!.git", "--color=never", "--no-heading"],
  ...["--with-filename", "--max-columns=2000", "--max-columns-preview", "--threads=2"],
  ...(request.ignoreCase ? ["--ignore-case"] : []),
  ...(request.multiline ? ["--multiline", "--multiline-dotall"] : []),
  ...(request.glob === undefined ? [] : [`--glob=${request.glob}`]),
  ...(request.type === undefined ? [] : [`--type=${request.type}`]),
  ...modeArgs(request),
  ...["-e", request.pattern, "--", request.path === undefined ? "." : `./${request.path}`],
];

const modeArgs = ({ mode, before, after, lineNumbers }: GrepRequest): string[] => {
  if (mode === "files_with_matches") return ["--files-with-matches"];
  if (mode === "count") return ["--count-matches"];
  return [
    // One thread, but what is cut off is the end and not whatever came late.
    "--sort=path",
    lineNumbers === false ? "--no-line-number" : "--line-number",
    ...(before === undefined ? [] : [`--before-context=${before}`]),
    ...(after === undefined ? [] : [`--after-context=${after}`]),
  ];
};

const grep = (request: GrepRequest): Promise<unknown> =>
  new Promise((resolve, reject) => {
    if (request.path !== undefined) requireSearchable(request.path);
    const child = spawn("rg", grepArgs(request), { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
    const chunks: Buffer[] = [];
    let bytes = 0;
    let stderr = "";
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      child.kill("SIGKILL");
    }, grepTimeoutMs);
    child.stdout.on("data", (chunk: Buffer) => {
      if (bytes <= maxGrepBytes) chunks.push(chunk);
      bytes += chunk.byteLength;
      if (bytes > maxGrepBytes) child.kill("SIGKILL");
    });
    child.stderr.on("data", (chunk: Buffer) => {
      stderr = `${stderr}${chunk.toString("utf8")}`.slice(0, 2_000);
    });
    child.on("error", reject);
    child.on("close", (code) => {
      clearTimeout(timer);
      if (late) reject(new Said("The search took longer than 20 s. Narrow it with path, glob or type."));
      else if (code === 2 && bytes === 0) reject(new Said(`ripgrep: ${stderr.trim()}`));
      else resolve(linesOf(Buffer.concat(chunks), bytes > maxGrepBytes, request.mode));
    });
  });

const requireSearchable = (path: string): void => {
  try {
    requirePlainFolder(`${path}/.`);
  } catch (error) {
    if (codeOf(error) === "ENOENT") throw new Said(`${named(path)} does not exist. Find the right path with Glob.`);
    throw asSaid(error, path);
  }
};

const linesOf = (bytes: Buffer, isCut: boolean, mode: GrepRequest["mode"]): string[] => {
  const lines = bytes.subarray(0, maxGrepBytes).toString("utf8").split("\n");
  // Behind the last newline stands nothing, or half a line.
  lines.pop();
  const shown = lines.map((line) => line.replace(/^\.\//, "").replace(/\r$/, ""));
  if (mode !== "content") shown.sort();
  return isCut ? [...shown, "[more than 2 MiB matched; the rest is left out: narrow the search]"] : shown;
};

// ------------------------------------------------------------------------------------------------------------- the line

const operations: Readonly<Record<string, (input: never) => unknown>> = { read, write, glob, grep };

const answer = async (line: string): Promise<void> => {
  const { id, name, input } = JSON.parse(line) as { id: number; name: string; input: unknown };
  let said: Answer;
  try {
    const operation = operations[name] as ((input: unknown) => unknown) | undefined;
    if (!operation) throw new Error(`there is no operation ${name}`);
    said = { ok: true, value: (await operation(input)) ?? null };
  } catch (error) {
    if (!(error instanceof Said)) throw error;
    said = { ok: false, said: error.message };
  }
  process.stdout.write(`${JSON.stringify({ id, ...said })}\n`);
};

createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY }).on("line", (line) => void answer(line));
