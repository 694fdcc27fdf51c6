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
  "verify/": { own: ["domain/", "verify/"], packages: [] },
  "ports.ts": { own: ["domain/"], packages: [] },
  "github/": { own: ["domain/", "ports.ts", "github/"], packages: [/^@octokit\//, /^zod$/, pure] },
  "model/": { own: ["domain/", "ports.ts", "model/"], packages: [/^@anthropic-ai\/sdk(\/|$)/, /^zod$/, pure] },
  "workspace/": { own: ["domain/", "ports.ts", "workspace/"], packages: [builtIn, /^zod$/] },
  "store/": { own: ["domain/", "ports.ts", "store/"], packages: [builtIn, /^zod$/] },
  "run/": { own: ["domain/", "verify/", "ports.ts", "run/"], packages: [/^zod$/, pure] },
  "app/": { own: ["domain/", "ports.ts", "run/", "app/"], packages: [/^probot$/, /^zod$/, builtIn] },
  "": { own: [""], packages: [builtIn, /^zod$/] },
};
const roof = ["main.ts", "serve.ts", "run-local.ts", "config.ts"];

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

/** Where something thrown is dealt with, and how. Everywhere else it passes through. */
const catches: Readonly<Record<string, string>> = {
  "app/library.ts":
    "a missing folder is an empty one; a broken definition becomes a DefinitionError with file and line",
  "app/webhooks.ts": "an accident in a delivery is logged and answered with 500, so that GitHub shows it",
  "config.ts": "an unreadable key becomes a named problem among the others",
  "domain/memory/json.ts": "broken JSON of a repository is set aside and said",
  "domain/render-report.ts": "a body that people edited may hold no JSON any more",
  "domain/repository-config.ts": "aliases in YAML become a sentence for the maintainers",
  "github/client.ts": "HTTP errors become ConflictError, undefined, or go on with what was being done as the reason",
  "github/commits.ts": "a branch that moved becomes a ConflictError",
  "github/github.ts": "a failed look-up of ourselves is not kept; a token's revocation may fail, it expires",
  "github/pulls.ts": "GitHub's 422s become what they mean",
  "github/token.ts": "revoking a token is a courtesy: it expires within the hour",
  "model/anthropic.ts": "a failed attempt becomes a value: it is tried again, or thrown on with what was lost",
  "model/blueprint/brief.ts": "a brief that holds no JSON becomes an error that says so",
  "run/call-tool.ts": "a tool that fails answers the model with a sentence",
  "run/loop.ts": "an aborted or refused turn becomes a LoopEnd",
  "run/progress.ts": "a status comment that can't be written is logged, and the run goes on",
  "run/publish.ts": "a branch that moved is tried once more on its new head",
  "store/database.ts": "a transaction is rolled back, and the reason thrown on",
  "store/queue.ts": "a handler that fails puts its job back",
  "workspace/local-github.ts": "git's refusals become what they mean",
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

  it("has a roof of four files", () => {
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

  it(`has no file of more than ${maxLines} lines`, () => {
    const long = files.map((file) => [file.path, file.text.split("\n").length] as const);
    expect(long.filter(([, lines]) => lines > maxLines)).toEqual([]);
  });

  it("opens every file with a sentence about it", () => {
    const silent = files.filter((file) => !/^(#!.*\n)?(\/\/ @ts-check\n)?\/\*\*/.test(file.text));
    expect(silent.map((file) => file.path)).toEqual([]);
  });

  it("reads the environment in config.ts alone", () => {
    const readers = files.filter((file) => /process\.env|\benv\s*\}\s*=\s*process\b/.test(codeOf(file.text)));
    expect(readers.map((file) => file.path)).toEqual(["config.ts"]);
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
