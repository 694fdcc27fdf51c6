/** The floors of the house, held as tests. ARCHITECTURE.md says why they are as they are. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";
import { describe, expect, it } from "vitest";

const src = join(import.meta.dirname, "../src");

type File = { readonly path: string; readonly text: string; readonly imports: readonly string[] };

/** Without comments. */
const codeOf = (text: string): string => text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|[^:"'`])\/\/.*$/gm, "$1");

const importPattern = /(?:^|;|\n)\s*(?:import|export)\b[^"'`;]*?\bfrom\s*"([^"]+)"|\bimport\s*\(\s*"([^"]+)"/g;

const importsOf = (text: string): string[] =>
  [...codeOf(text).matchAll(importPattern)].map((match) => (match[1] ?? match[2])!);

const files: readonly File[] = readdirSync(src, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && /\.(ts|mjs)$/.test(entry.name))
  .map((entry) => {
    const absolute = join(entry.parentPath, entry.name);
    const text = readFileSync(absolute, "utf8");
    return { path: relative(src, absolute), text, imports: importsOf(text) };
  });

/** Where an import leads, as a path below src; outside of it this starts with "..". */
const targetOf = (file: File, specifier: string): string => normalize(join(dirname(file.path), specifier));
const isOwn = (specifier: string): boolean => specifier.startsWith(".");

const builtIn = /^node:/;
const pure = /^node:(crypto|path|util)$/;

/** A floor's folder or file: what of ours it may import, and what of others. "" is the roof. */
const floors: Readonly<Record<string, { readonly own: readonly string[]; readonly packages: readonly RegExp[] }>> = {
  "domain/": { own: ["domain/"], packages: [/^zod$/, /^yaml$/, /^node:crypto$/] },
  "verify/": { own: ["domain/", "verify/"], packages: [/^web-tree-sitter$/] },
  "analysis/": { own: ["domain/", "ports.ts", "verify/", "analysis/"], packages: [builtIn, /^web-tree-sitter$/] },
  "ports.ts": { own: ["domain/"], packages: [] },
  "github/": { own: ["domain/", "ports.ts", "github/"], packages: [/^@octokit\//, /^zod$/, pure] },
  "model/": { own: ["domain/", "ports.ts", "model/"], packages: [/^@anthropic-ai\/sdk(\/|$)/, /^zod$/, pure] },
  "mcp/": { own: ["domain/", "ports.ts", "mcp/"], packages: [/^@modelcontextprotocol\/client(\/|$)/] },
  "workspace/": { own: ["domain/", "ports.ts", "workspace/"], packages: [builtIn, /^zod$/] },
  "store/": { own: ["domain/", "ports.ts", "store/"], packages: [builtIn, /^zod$/] },
  "run/": { own: ["domain/", "verify/", "ports.ts", "run/"], packages: [/^zod$/, pure] },
  "app/": { own: ["domain/", "ports.ts", "run/", "app/"], packages: [/^probot$/, /^zod$/, builtIn] },
  "": { own: [""], packages: [builtIn, /^zod$/] },
};
const roof = [
  "main.ts",
  "serve.ts",
  ...["check-local.ts", "facts-local.ts", "replay-local.ts", "run-local.ts"],
  ...["config.ts", "environment.ts", "private-key.ts"],
];

const floorOf = (path: string): string => Object.keys(floors).find((name) => path.startsWith(name))!;

const strayImports = (file: File): string[] => {
  const floor = floors[floorOf(file.path)]!;
  return file.imports
    .filter((specifier) =>
      isOwn(specifier)
        ? targetOf(file, specifier).startsWith("..") ||
          !floor.own.some((own) => targetOf(file, specifier).startsWith(own))
        : !floor.packages.some((allowed) => allowed.test(specifier)),
    )
    .map((specifier) => `${file.path} imports ${specifier}`);
};

/** Files on a circle of imports, in order; undefined when there is none. */
const findCycle = (): string[] | undefined => {
  const edges = new Map(
    files.map((file) => [file.path, file.imports.filter(isOwn).map((specifier) => targetOf(file, specifier))]),
  );
  const done = new Set<string>();
  const visit = (path: string, trail: readonly string[]): string[] | undefined => {
    if (trail.includes(path)) return [...trail.slice(trail.indexOf(path)), path];
    if (done.has(path)) return undefined;
    for (const next of edges.get(path) ?? []) {
      const cycle = visit(next, [...trail, path]);
      if (cycle) return cycle;
    }
    done.add(path);
    return undefined;
  };
  for (const path of edges.keys()) {
    const cycle = visit(path, []);
    if (cycle) return cycle;
  }
  return undefined;
};

const maxLines = 320;
const longer: Readonly<Record<string, string>> = {
  "ports.ts": "every contract on one page",
  "workspace/file-process.ts": "is copied into the sandbox as one file, so it can share nothing with others",
};

/** Where something thrown is dealt with, and how. Everywhere else it passes through. */
const catches: Readonly<Record<string, string>> = {
  "analysis/analysis.ts": "a thread that ended becomes a reason why nothing is known",
  "analysis/kept-trees.ts": "what can't be read or written of a cache is parsed again",
  "analysis/pack.ts": "a descriptor is closed and the reason thrown on",
  "app/cache-folder.ts": "where there is no place for a cache there is none",
  "app/library.ts": "a missing folder is an empty one, an unreadable one a ConfigError",
  "app/source-folder.ts": "a folder that can't be opened becomes a ConfigError that names it",
  "app/webhooks.ts": "an accident is logged and answered with 500, so that GitHub shows it; a missing 👀 is logged",
  "check-local.ts": "a report that can't be read becomes a ConfigError that names the file",
  "config.ts": "a file that can't be read becomes a named problem among the others",
  "mcp/connection.ts":
    "a server that can't be reached or fails becomes the reason; closing one that is gone is what was wanted",
  "domain/repository-skills.ts": "a repository's text that breaks the parser becomes a sentence for its people",
  "domain/memory/json.ts": "broken JSON of a repository becomes a problem that is said",
  "domain/render-report.ts": "a body that people edited may hold no JSON any more",
  "domain/render/stack.ts": "a body that people edited may hold no JSON any more",
  "domain/repository-config.ts": "aliases in YAML become a sentence for the maintainers",
  "github/client.ts": "HTTP errors get a name; a write whose answer was lost is looked for before it is tried again",
  "github/comments.ts": "a thread that takes no comment of ours becomes an answer",
  "github/commits.ts":
    "a branch that moved becomes a ConflictError, one that rules forbid a sentence for the repository's people",
  "github/github.ts":
    "a failed look-up of ourselves is not kept; a token that is not known everywhere yet is tried again",
  "github/images.ts": "an image that can't be had is left out, with the reason",
  "github/issues.ts": "an issue or a label that GitHub refuses is told, with the reason",
  "github/job-logs.ts": "a log that can't be had is told to be missing, with the reason",
  "github/own-reviews.ts": "lines that GitHub takes for none of the diff become an answer",
  "github/pulls.ts":
    "a pull request that is there already is taken; where drafts can't be had an ordinary one is opened",
  "github/reviews.ts": "what GitHub does not let the App do is told",
  "github/token.ts": "a token that can't be revoked is logged: it expires within the hour",
  "model/anthropic.ts": "a broken answer becomes a value that says whether it may be asked for again",
  "model/capabilities.ts": "a models endpoint that is not there, refuses or can't be reached becomes what that means",
  "model/client.ts": "a package that is not installed becomes a ConfigError that names it",
  "model/blueprint/brief.ts": "a brief that holds no JSON becomes a reason",
  "private-key.ts": "an unreadable key becomes a named problem among the others",
  "run/call-tool.ts": "a ToolError answers the model with its sentence",
  "run/merge-in.ts": "a branch that somebody moved first, or that rules forbid, is left as it is until the next merge",
  "run/converse.ts": "a model that is overloaded before it began to think is stood in for",
  "run/outcome-of.ts": "a repository that cannot be worked in ends the run with its sentence",
  "run/hold-on-base.ts": "a base that cannot be set up is merged without anything being run on it, which is said",
  "run/newest.ts": "where the queue can't be looked at now it is with its next move",
  "run/prove.ts": "a commit that cannot be set up is checked without anything being run on it, which is said",
  "run/recheck.ts": "a check that a newer one ended gives way to it",
  "run/loop.ts": "a turn that we aborted is no accident",
  "run/board.ts": "where the queue can't be shown now it is with its next move",
  "run/desk.ts": "a status comment that can't be written is logged, and the run goes on",
  "run/remarks.ts": "a comment whose author can't be looked up now waits for the next turn; a missing 👀 is logged",
  "run/settings.ts": "defaults that can't be read now are stood in for by those of last time, which is said",
  "run/publish.ts": "a branch that moved becomes an outcome that says so",
  "store/archive.ts": "what was opened is closed; a file in use or of another kind becomes a ConfigError",
  "store/database.ts": "a unit of work is rolled back and its caller told; a file in use becomes a ConfigError",
  "store/holder.ts": "a process that ended or that we may not look at is none that can be named",
  "store/queue.ts": "a handler that fails puts its job back; a write that fails is tried until the queue closes",
  "verify/python/imports.ts": "a file nested too deep becomes something that is not known",
  "workspace/bare.ts": "a group of processes that is gone already is what was wanted",
  "workspace/collect.ts": "what a run left unreadable is refused, with the reason for the pull request",
  "workspace/command.ts": "where there is no group to kill, the process is",
  "workspace/egress.ts": "a name that can't be looked up has no address",
  "workspace/file-client.ts": "an answer that is no JSON ends the process that gave it",
  "workspace/file-process.ts": "a call that fails is answered with a sentence for the model",
  "workspace/folder-walk.ts": "descriptors are closed, and the reason thrown on",
  "workspace/history.ts": "a folder that is not there yet holds nothing",
  "workspace/layout.ts": "a file that can't be linked is copied",
  "workspace/local-github.ts": "git's refusals become what they mean",
  "workspace/lock.ts": "whoever waits for a turn does not mind how the one before ended",
  "workspace/materialise.ts":
    "a file that can't be linked from the last tree is written; a child is ended, and the reason thrown on",
  "workspace/mirror.ts": "the reason is thrown on with the repository that could not be fetched",
  "workspace/owner.ts": "a process that cannot be asked is there, or is not",
  "workspace/prepare-thread.ts": "what a thread could not build is its answer",
  "workspace/quota.ts": "what vanishes under `du` makes it complain, and its sum is good all the same",
  "workspace/remote.ts": "a folder that is not there yet holds nothing",
  "workspace/request-process.ts": "a request that can't be made is answered with why; a group that is gone was ended",
  "workspace/self-test.ts": "a canary that could not even start is a sandbox that does not hold, with the reason",
  "workspace/setups.ts": "a result without its mark is none, and made again",
  "workspace/trees.ts": "a tree without its mark is no tree, and made again",
  "workspace/trial.ts": "what a server's caller left unsaid, since it was ended with it, is said in its place",
  "workspace/workspace.ts": "a failed start is not kept; a run that can't be opened leaves nothing open",
  "workspace/worktree.ts": "descriptors are closed and the reason thrown on; a mount that is gone becomes a ToolError",
  "verify/runtime/application.ts": "what a repository's code wrote in place of an answer may be no JSON, which is said",
};

describe("the house", () => {
  it("is read by this test", () => {
    expect(
      importsOf(
        'import type { A } from "./a.ts";\nexport {\n  b,\n} from "b";\nawait import("./c.ts"); // from "d"\nconst e = "import", f = "g";',
      ),
    ).toEqual(["./a.ts", "b", "./c.ts"]);
    expect(files.length).toBeGreaterThan(50);
    expect(files.filter((file) => file.imports.length > 0).length).toBeGreaterThan(40);
  });

  it("has floors that import only what is below them, and their own packages", () => {
    expect(files.flatMap(strayImports)).toEqual([]);
  });

  it("has a roof of few files", () => {
    expect(
      files
        .map((file) => file.path)
        .filter((path) => floorOf(path) === "")
        .sort(),
    ).toEqual(roof.toSorted());
  });

  it("has no circle of imports, types included", () => {
    expect(findCycle()).toBeUndefined();
  });

  it(`has no file of more than ${maxLines} lines but those that must be`, () => {
    const long = files.map((file) => [file.path, file.text.split("\n").length] as const);
    const tooLong = long.filter(([, lines]) => lines > maxLines);
    expect(tooLong.filter(([path]) => longer[path] === undefined)).toEqual([]);
    expect(Object.keys(longer).filter((path) => !tooLong.some(([other]) => other === path))).toEqual([]);
  });

  it("opens every file with a sentence about it", () => {
    const silent = files.filter((file) => !/^(#!.*\n)?(\/\/ @ts-check\n)?\/\*\*/.test(file.text));
    expect(silent.map((file) => file.path)).toEqual([]);
  });

  it("reads the environment in environment.ts alone", () => {
    const readers = files.filter((file) => /process\.env|\benv\s*\}\s*=\s*process\b/.test(codeOf(file.text)));
    expect(readers.map((file) => file.path)).toEqual(["environment.ts"]);
  });

  it("catches only where something is done about it", () => {
    const found = files.filter((file) => /\bcatch\b\s*[({]/.test(codeOf(file.text))).map((file) => file.path);
    expect(found.sort()).toEqual(Object.keys(catches).sort());
  });

  it("never catches and says nothing", () => {
    const silent = files.filter((file) => /catch\s*(\([^)]*\))?\s*\{\s*\}/.test(codeOf(file.text)));
    expect(silent.map((file) => file.path)).toEqual([]);
  });

  it("has no barrels and no drawers", () => {
    const names = files
      .map((file) => file.path)
      .filter((path) => /(^|\/)(index\.\w+|utils?|helpers?|common)(\/|\.|$)/.test(path));
    expect(names).toEqual([]);
  });

  it("has no any, no enum, no default export", () => {
    const odd = /(:|<|as)\s*any\b|^\s*(export\s+)?(const\s+)?enum\s|^export default\b/m;
    expect(files.filter((file) => odd.test(codeOf(file.text))).map((file) => file.path)).toEqual([]);
  });

  it("starts no shell of the host", () => {
    const shells = /shell:\s*true|\bexec(Sync)?\b[^"']*from "node:child_process"/;
    expect(files.filter((file) => shells.test(codeOf(file.text))).map((file) => file.path)).toEqual([]);
  });

  it("knows nothing of the tests and of what their backends are about", () => {
    const fixtures = /test\/(fixtures|support|emulator)|fixtures\/|\bshop\b|\bclinic\b|\bfleet\b|OrmBase/i;
    const found = files.flatMap((file) =>
      codeOf(file.text)
        .split("\n")
        .filter((line) => fixtures.test(line))
        .map((line) => `${file.path}: ${line.trim()}`),
    );
    expect(found).toEqual([]);
  });
});
