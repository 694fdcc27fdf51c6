/** What the standards look at: one file at a time as names, calls, assignments and functions, and what the whole project says. */
import type { EndpointFact, Facts, FieldFact, ModelFact, SchemaFact } from "../../domain/facts.ts";
import type { Span } from "../../domain/standards.ts";
import { children, field, type Node, nodesOf, type Tree } from "../python/node.ts";
import { type Assignment, dottedOf, type FileNames, type Import, namesOf } from "./names.ts";
import { spanOf } from "./place.ts";

/** A file that says which packages are installed: `requirements.txt`, `pyproject.toml`. */
export type Manifest = { readonly path: string; readonly text: string };

/** @property files syntax trees by repository path */
export type ProjectFiles = { readonly files: ReadonlyMap<string, Tree>; readonly manifests: readonly Manifest[] };

/** A Python file of the project. */
export type Source = { readonly path: string; readonly tree: Tree };

export type Call = {
  readonly node: Node;
  /** Dotted, its first part as it was imported: `sqlalchemy.create_engine`, `self.db.query`, `?.all` behind another call. */
  readonly name: string;
  readonly args: readonly Node[];
  readonly keywords: ReadonlyMap<string, Node>;
};

export type Endpoint = EndpointFact & {
  /** Undefined where it stands in another file. */
  readonly handlerNode: Node | undefined;
  /** The call that registers it: its arguments are the declaration. */
  readonly declaration: Node | undefined;
  /** Declaration, decorators and signature. */
  readonly spans: readonly Span[];
};

export type CodeFile = FileNames & {
  readonly text: string;
  readonly imports: readonly Import[];
  readonly calls: readonly Call[];
  readonly assignments: readonly Assignment[];
  readonly functions: readonly Node[];
  readonly classes: readonly Node[];
  /** Attributes that are not called: `default=datetime.utcnow`. */
  readonly attributes: readonly Node[];
  readonly endpoints: readonly Endpoint[];
  readonly models: readonly ModelFact[];
  /** Fields that stand in this file, of schemas that a body is read into. */
  readonly inputs: readonly Input[];
};

export type Input = { readonly schema: SchemaFact; readonly field: FieldFact };

export type Code = {
  readonly facts: Facts;
  readonly sources: readonly Source[];
  /** Whether a file of the project, scripts and migrations left out, says all of it. */
  mentions(...patterns: readonly RegExp[]): boolean;
  /** Path of a module's file, if it is the project's own. */
  fileOf(module: string): string | undefined;
  /** Where the routers of a file are made, and included: what stands there is a part of their paths. */
  mountsOf(path: string): readonly Span[];
  /** The value that a module gives to a name, with the file in which it does. */
  definitionOf(dotted: string): { readonly file: FileNames; readonly value: Node } | undefined;
};

const testPath = /(^|\/)(tests?|testing|e2e|fixtures)\/|(^|\/)(tests?|test_[^/]*|[^/]*_tests?|conftest)\.py$/;

const isTest = (path: string): boolean => testPath.test(path);

/** Scripts that somebody starts by hand, and migrations: no code of the running service. */
export const isOperations = (path: string): boolean =>
  /(^|\/)(scripts?|tools|bin|cli|alembic|migrations?|revisions|versions|seeds?|examples?|benchmarks?|docs)\//.test(
    path,
  ) || /(^|\/)(env|manage|cli|seed[^/]*|setup|initial_data|prestart|noxfile|migrations?)\.py$/.test(path);

const moduleOf = (path: string): string => path.replace(/(\/__init__)?\.py$/, "").replaceAll("/", ".");

/** @property of the file whose router is made or included there */
type Mount = { readonly span: Span; readonly of: string };

const mountsIn = (
  { path, tree }: Source,
  names: ReadonlyMap<string, string>,
  fileOf: (module: string) => string | undefined,
): readonly Mount[] => {
  const found: Mount[] = [];
  if (!/\b(include_router|APIRouter)\(/.test(tree.text)) return found;
  for (const node of nodesOf(tree, ["call"])) {
    const name = dottedOf(field(node, "function"), names);
    const span = spanOf({ path }, node);
    if (/(^|\.)APIRouter$/.test(name)) found.push({ span, of: path });
    if (!/\.include_router$/.test(name)) continue;
    const [router] = children(field(node, "arguments") ?? node);
    const dotted = dottedOf(router, names);
    const of = fileOf(dotted) ?? fileOf(dotted.slice(0, Math.max(0, dotted.lastIndexOf("."))));
    if (of !== undefined) found.push({ span, of });
  }
  return found;
};

/** Through routers that include routers. */
const reaching = (path: string, mounts: readonly Mount[]): readonly Span[] => {
  const open = [path];
  const seen = new Set(open);
  const spans: Span[] = [];
  for (let next = open.pop(); next !== undefined; next = open.pop())
    for (const { span, of } of mounts) {
      if (of !== next) continue;
      spans.push(span);
      if (!seen.has(span.file)) open.push(span.file);
      seen.add(span.file);
    }
  return spans;
};

const depthOf = (path: string): number => path.split("/").length;

/** Tests are no part of it. */
export const codeOf = (files: ReadonlyMap<string, Tree>, facts: Facts): Code => {
  const sources = [...files].flatMap(([path, tree]): Source[] => (isTest(path) ? [] : [{ path, tree }]));
  const service = sources.filter(({ path }) => !isOperations(path));
  const byModule = new Map<string, Source>();
  // Of modules that one name could mean, it is the one that is nearest to the root.
  for (const source of [...sources].sort((one, other) => depthOf(other.path) - depthOf(one.path))) {
    const parts = moduleOf(source.path).split(".");
    for (let from = parts.length - 1; from >= 0; from -= 1) byModule.set(parts.slice(from).join("."), source);
  }
  const said = new Map<string, boolean>();
  const read = new Map<string, FileNames>();
  const readNames = (source: Source): FileNames => {
    const known = read.get(source.path) ?? namesOf(source.path, source.tree);
    read.set(source.path, known);
    return known;
  };
  const fileOf = (module: string): string | undefined => byModule.get(module)?.path;
  let mounts: readonly Mount[] | undefined;
  return {
    facts,
    sources,
    mentions(...patterns) {
      const key = patterns.join(" ");
      const known = said.get(key) ?? service.some(({ tree }) => patterns.every((one) => one.test(tree.text)));
      said.set(key, known);
      return known;
    },
    fileOf,
    mountsOf(path) {
      mounts ??= service.flatMap((source) => mountsIn(source, readNames(source).names, fileOf));
      return reaching(path, mounts);
    },
    definitionOf(dotted) {
      const at = dotted.lastIndexOf(".");
      const source = byModule.get(dotted.slice(0, at));
      if (at < 0 || !source) return undefined;
      const file = readNames(source);
      const name = dotted.slice(at + 1);
      const value = file.values.get(name);
      return value && { file, value };
    },
  };
};
