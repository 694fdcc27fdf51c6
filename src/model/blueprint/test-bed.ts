/** How a repository tests its API, read from its own tests: the client's fixture, where tests lie, how they are run. Pure. */
import type { Import } from "./layout.ts";
import { dirname, join } from "./modules.ts";
import { blankOpaque, importsOf } from "./python.ts";

export type TestBed = {
  /** Folder that new tests go to. */
  readonly folder: string;
  /** Folder that pytest is called in. */
  readonly root: string;
  readonly client: {
    readonly fixture: string;
    readonly type: Import;
    readonly asynchronous: boolean;
    /** Where the fixture stands in a module of tests and not in a conftest: its text and imports, to be repeated. */
    readonly copy: { readonly code: string; readonly imports: readonly Import[] } | undefined;
  };
  /** Whose dependency the fixture replaces on an application that can be imported. */
  readonly override: { readonly app: Import; readonly dependency: Import } | undefined;
  readonly resetsLimits: boolean;
  /** `asyncio` or `anyio`, where tests carry such a mark. */
  readonly mark: string | undefined;
  readonly firstParty: string;
};

type Fixture = { readonly path: string; readonly name: string; readonly code: string };

const fixturesIn = (path: string, text: string): Fixture[] =>
  [...text.matchAll(/^@pytest(?:_asyncio)?\.fixture[^\n]*\n(?:async )?def (\w+)\([\s\S]*?(?=\n\S|$(?![\s\S]))/gm)].map(
    (match) => ({ path, name: match[1] ?? "", code: match[0].trimEnd() }),
  );

/** Names of a module's imports that a piece of it uses. */
const importsFor = (text: string, code: string): Import[] => {
  const used = (name: string): boolean => new RegExp(`(?<![\\w.])${name}\\b`).test(blankOpaque(code));
  return importsOf(text).flatMap(({ module, names }) =>
    names.length === 0
      ? used(module.split(".")[0] ?? "")
        ? [{ module, name: "" }]
        : []
      : names.flatMap(({ name, as }) => (name === as && used(name) ? [{ module, name }] : [])),
  );
};

const hasPytestOptions = (path: string, text: string): boolean =>
  path.endsWith("pytest.ini") || /^\[tool[:.]pytest(\.ini_options)?\]/m.test(text);

/** @param files tests and settings that were read */
export const testBedOf = (files: ReadonlyMap<string, string>): TestBed | undefined => {
  const tests = [...files].filter(([path]) => path.endsWith(".py") && /(^|\/)(conftest|test_\w+)\.py$/.test(path));
  const fixtures = tests
    .sort(([a], [b]) => Number(b.endsWith("conftest.py")) - Number(a.endsWith("conftest.py")))
    .flatMap(([path, text]) => fixturesIn(path, text));
  const found = fixtures.find(({ name, code }) => /client/.test(name) && /\b(AsyncClient|TestClient)\(/.test(code));
  if (!found) return undefined;
  const text = files.get(found.path) ?? "";
  const imports = importsFor(text, found.code);
  const asynchronous = /\bAsyncClient\(/.test(found.code);
  const type = imports.find(({ name }) => name === (asynchronous ? "AsyncClient" : "TestClient"));
  if (!type) return undefined;
  const [, app = "", dependency = ""] = /\b(\w+)\.dependency_overrides\[(\w+)\]\s*=/.exec(found.code) ?? [];
  const appImport = imports.find(({ name }) => name === app);
  const dependencyImport = imports.find(({ name }) => name === dependency);
  const folder = dirname(found.path);
  const settings = [...files].filter(([path, one]) => !path.endsWith(".py") && hasPytestOptions(path, one));
  const root = settings
    .map(([path]) => dirname(path))
    .filter((one) => one === "" || `${folder}/`.startsWith(`${one}/`))
    .sort((a, b) => b.length - a.length)[0];
  const marks = tests.map(([, one]) => /pytest\.mark\.(asyncio|anyio)\b/.exec(one)?.[1]).find(Boolean);
  return {
    folder,
    root: root ?? dirname(folder),
    client: {
      fixture: found.name,
      type,
      asynchronous,
      copy: found.path.endsWith("conftest.py") ? undefined : { code: found.code, imports },
    },
    override:
      appImport && dependencyImport && !new RegExp(`^\\s+${app} = `, "m").test(found.code)
        ? { app: appImport, dependency: dependencyImport }
        : undefined,
    resetsLimits: /\.reset\(\)/.test(text),
    mark: marks,
    firstParty: (appImport?.module ?? dependencyImport?.module ?? "").split(".")[0] ?? "",
  };
};

export const testPath = (bed: TestBed, name: string): string => join(bed.folder, `test_${name}.py`);
