/** How the people of a repository write models, sessions and file names, read from what they wrote. Never asks, never guesses: undefined where it is not there. */
import { mostOf } from "./features.ts";
import type { Columns, Guard, IdConvention, Import, Place, Session } from "./layout.ts";
import { dirname, type Modules, moduleOf, resolveModule, stem } from "./modules.ts";
import { plural, singular, snake } from "./names.ts";
import { assignmentsOf, blankOpaque, classesOf, importsOf, type PyClass, type PyField } from "./python.ts";

export type Sources = { readonly modules: Modules; readonly files: ReadonlyMap<string, string> };

/** Where a name in a file comes from: its import made absolute, or the file itself. */
const symbolIn = (sources: Sources, path: string, name: string): Import => {
  for (const imported of importsOf(sources.files.get(path) ?? "")) {
    const hit = imported.names.find(({ as }) => as === name);
    if (!hit) continue;
    const file = resolveModule(sources.modules, imported.module, path);
    // A package that names its own modules is imported while they are: what it only passes on comes from where it is.
    if (file?.endsWith("/__init__.py") && path.startsWith(`${dirname(file)}/`) && file !== path) {
      const origin = symbolIn(sources, file, hit.name);
      if (hit.name === name && origin.module !== moduleOf(sources.modules, file)) return origin;
    }
    return {
      name: hit.name,
      module: file && imported.module.startsWith(".") ? moduleOf(sources.modules, file) : imported.module,
    };
  }
  return { name, module: moduleOf(sources.modules, path) };
};

/** A class by the name that a file knows it under, wherever it is written among what was read. */
const classIn = (sources: Sources, path: string, name: string): { path: string; found: PyClass } | undefined => {
  const here = classesOf(sources.files.get(path) ?? "").find((one) => one.name === name);
  if (here) return { path, found: here };
  for (const imported of importsOf(sources.files.get(path) ?? "")) {
    if (!imported.names.some(({ as }) => as === name)) continue;
    const file = resolveModule(sources.modules, imported.module, path);
    if (file && file !== path) return classIn(sources, file, name);
  }
  return undefined;
};

export type Table = { readonly path: string; readonly found: PyClass; readonly table: string };

export const tablesOf = (files: ReadonlyMap<string, string>): Table[] =>
  [...files].flatMap(([path, text]) =>
    classesOf(text).flatMap((found) => {
      const table = /["'](\w+)["']/.exec(
        found.fields.find((field) => field.name === "__tablename__")?.value ?? "",
      )?.[1];
      return table === undefined ? [] : [{ path, found, table }];
    }),
  );

/** The class that inherits from `DeclarativeBase`. */
export const baseOf = (sources: Sources): (Import & { readonly path: string; readonly found: PyClass }) | undefined => {
  for (const [path, text] of sources.files)
    for (const found of classesOf(text))
      if (found.bases.some((base) => /^(orm\.)?DeclarativeBase$/.test(base)))
        return { name: found.name, module: moduleOf(sources.modules, path), path, found };
  return undefined;
};

/** Base class or model that makes dataclasses of its tables (`MappedAsDataclass`): their columns are written otherwise. */
export const dataclassIn = (sources: Sources): string | undefined =>
  [...sources.files].find(([, text]) =>
    classesOf(text).some((one) => one.bases.some((base) => /^(orm\.)?MappedAsDataclass$/.test(base))),
  )?.[0];

const idType = (sources: Sources, path: string, field: PyField): IdConvention["type"] | undefined => {
  const inner = /^(?:\w+\.)?Mapped\[(.*)\]$/s.exec(field.annotation)?.[1]?.trim() ?? "";
  const read = (text: string): IdConvention["type"] | undefined =>
    /^int\b/.test(text)
      ? "int"
      : /^str\b/.test(text)
        ? "str"
        : /^(uuid\.)?(UUID|uuid_pkg\.UUID)\b/.test(text)
          ? "uuid"
          : undefined;
  const imported = importsOf(sources.files.get(path) ?? "")
    .flatMap((one) => one.names)
    .find((one) => one.as === inner);
  const direct = read(inner) ?? read(imported?.name ?? "");
  if (direct) return direct;
  for (const text of [sources.files.get(path) ?? "", ...sources.files.values()]) {
    const alias = assignmentsOf(text).find((one) => one.name === inner);
    const type = read(/^(?:\w+\.)?Annotated\[\s*([\s\S]*)$/.exec(alias?.value ?? "")?.[1] ?? "");
    if (type) return type;
  }
  return undefined;
};

const builtins = new Set(
  "Mapped mapped_column lambda str int float bool None True False list dict tuple set len bytes".split(" "),
);

/** Names that a line needs, with where they come from. `x.y` needs `x`. */
const needsOf = (sources: Sources, path: string, source: string): Import[] => {
  const code = blankOpaque(source.slice(source.search(/[:=]/)));
  const names = [...code.matchAll(/(?<![\w.])([A-Za-z_]\w*)\b(?!\s*=[^=])/g)].map((match) => match[1] ?? "");
  const text = sources.files.get(path) ?? "";
  return [...new Set(names)]
    .filter((name) => !builtins.has(name))
    .map((name) => {
      const plainImport = importsOf(text).find((one) => one.names.length === 0 && one.module.split(".")[0] === name);
      if (plainImport) return { name: "", module: plainImport.module };
      const renamed = new RegExp(`^import[ \\t]+([\\w.]+[ \\t]+as[ \\t]+${name})[ \\t]*$`, "m").exec(text)?.[1];
      if (renamed) return { name: "", module: renamed };
      const symbol = symbolIn(sources, path, name);
      return symbol.name === name ? symbol : { ...symbol, name: `${symbol.name} as ${name}` };
    });
};

type Inherited = { readonly path: string; readonly field: PyField; readonly own: boolean };

const fieldOf = (sources: Sources, table: Table, name: string): Inherited | undefined => {
  const own = table.found.fields.find((field) => field.name === name);
  if (own) return { path: table.path, field: own, own: true };
  const visit = (path: string, one: PyClass, depth: number): Inherited | undefined => {
    for (const base of one.bases) {
      const up = classIn(sources, path, base);
      if (!up || depth > 5) continue;
      const field = up.found.fields.find((candidate) => candidate.name === name);
      if (field) return { path: up.path, field, own: false };
      const further = visit(up.path, up.found, depth + 1);
      if (further) return further;
    }
    return undefined;
  };
  return visit(table.path, table.found, 0);
};

/** A mixin whose every column says that a row counts as deleted. */
const marksDeleted = (sources: Sources, path: string, name: string): boolean => {
  const columns = (classIn(sources, path, name)?.found.fields ?? []).filter((field) =>
    /Mapped\[|Column\(/.test(field.source),
  );
  return columns.length > 0 && columns.every((field) => /delet/i.test(field.name));
};

/** `default=datetime.now(…)` is the moment when the module was imported: what was meant is a function. */
const eachTime = (line: string): string =>
  line.replace(/\b(default|onupdate)=((?:\w+\.)*(?:now|utcnow|today)\()/g, "$1=lambda: $2");

/** How tables are written, after the model that most others are like (or the Base class alone). */
export const columnsOf = (sources: Sources, sample: Table | undefined): Columns | undefined => {
  const base = baseOf(sources);
  if (!base) return undefined;
  if (!sample) {
    const id = base.found.fields.find((field) => field.name === "id");
    const type = id ? idType(sources, base.path, id) : undefined;
    if (id && !type) return undefined;
    return {
      bases: [{ name: base.name, module: base.module }],
      id: type ? { type } : { type: "uuid", line: "id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)" },
      stamps: [],
      imports: type
        ? []
        : [
            { name: "UUID", module: "uuid" },
            { name: "uuid4", module: "uuid" },
          ],
    };
  }
  const id = fieldOf(sources, sample, "id");
  const type = id ? idType(sources, id.path, id.field) : undefined;
  if (!id || !type) return undefined;
  const stamps = ["created_at", "updated_at"].flatMap((name) => {
    const stamp = fieldOf(sources, sample, name);
    return stamp ? [{ name, stamp }] : [];
  });
  const own = [id, ...stamps.map(({ stamp }) => stamp)].filter((one) => one.own);
  const named = sample.found.bases.filter((name) => /^\w+$/.test(name));
  const softly = named.filter((name) => marksDeleted(sources, sample.path, name));
  return {
    bases: named.filter((name) => !softly.includes(name)).map((name) => symbolIn(sources, sample.path, name)),
    ...(softly.length > 0 ? { leftOut: { mixins: softly, by: sample.found.name } } : {}),
    id: id.own ? { type, line: id.field.source } : { type },
    stamps: stamps.map(({ name, stamp }) => (stamp.own ? { name, line: eachTime(stamp.field.source) } : { name })),
    imports: own.flatMap((one) => needsOf(sources, one.path, one.field.source)),
  };
};

/**
 * `SessionDep = Annotated[AsyncSession, Depends(get_db)]`, or the generator alone; in the form that `samples` use, or single
 * `lines` of files that were not read.
 */
export const sessionOf = (
  sources: Sources,
  samples: readonly string[],
  lines: readonly string[] = [],
): Session | undefined => {
  const aliases: { alias: Import; dependency: Import }[] = [];
  const generators: Import[] = [];
  for (const [path, text] of sources.files) {
    const module = moduleOf(sources.modules, path);
    for (const match of text.matchAll(
      /^(?:type\s+)?(\w+)(?:\s*:[^=\n]+)?\s*=\s*Annotated\[\s*AsyncSession\s*,\s*Depends\(\s*(\w+)\s*[,)]/gm,
    ))
      aliases.push({ alias: { name: match[1] ?? "", module }, dependency: symbolIn(sources, path, match[2] ?? "") });
    for (const match of text.matchAll(/^async def (\w+)\([^)]*\)\s*->\s*[\w.]+\[\s*AsyncSession\b/gm))
      generators.push({ name: match[1] ?? "", module });
  }
  const uses = samples.map((path) => sources.files.get(path) ?? "");
  for (const { alias, dependency } of aliases) {
    const used = uses.map((text) => new RegExp(`(\\w+)\\s*:\\s*${alias.name}\\b`).exec(text)?.[1]).find(Boolean);
    if (used) return { dependency, parameter: used, form: { kind: "alias", alias } };
  }
  for (const path of samples) {
    const text = sources.files.get(path) ?? "";
    const inline = /(\w+)\s*:\s*Annotated\[\s*AsyncSession\s*,\s*Depends\(\s*(\w+)\s*[,)]/.exec(text);
    if (inline)
      return {
        dependency: symbolIn(sources, path, inline[2] ?? ""),
        parameter: inline[1] ?? "",
        form: { kind: "annotated" },
      };
    const given = /(\w+)\s*:\s*AsyncSession\s*=\s*Depends\(\s*(\w+)\s*[,)]/.exec(text);
    if (given)
      return {
        dependency: symbolIn(sources, path, given[2] ?? ""),
        parameter: given[1] ?? "",
        form: { kind: "default" },
      };
  }
  for (const line of lines) {
    const given = /(\w+)\s*:\s*AsyncSession\s*=\s*Depends\(\s*(\w+)\s*[,)]/.exec(line);
    const dependency = generators.find(({ name }) => name === given?.[2]);
    if (given && dependency) return { dependency, parameter: given[1] ?? "", form: { kind: "default" } };
  }
  const [alias] = aliases;
  if (alias) return { dependency: alias.dependency, parameter: "session", form: { kind: "alias", alias: alias.alias } };
  const [generator] = generators;
  return generator ? { dependency: generator, parameter: "session", form: { kind: "annotated" } } : undefined;
};

/** A dependency that says who is calling, as the neighbours' routes use it. */
export const guardOf = (sources: Sources, samples: readonly string[]): Guard | undefined => {
  for (const path of samples) {
    const text = sources.files.get(path) ?? "";
    const call =
      /Depends\(\s*(?:(\w+)\.)?((?:get_)?current_\w*(?:user|account|member)\w*|require_\w*(?:user|auth|login)\w*|\w*is_authenticated\w*)\s*\)/.exec(
        text,
      );
    const [, module, name = ""] = call ?? [];
    if (call && module === undefined) return { ...symbolIn(sources, path, name), kind: "dependency" };
    if (module !== undefined) {
      const from = symbolIn(sources, path, module);
      return { name, module: `${from.module}.${from.name}`, kind: "dependency" };
    }
    const alias = /\w+\s*:\s*(Current\w*User\w*)\b/.exec(text)?.[1];
    if (alias) {
      const from = symbolIn(sources, path, alias);
      const [where, written] = [...sources.files].find(([one]) => moduleOf(sources.modules, one) === from.module) ?? [];
      const behind = assignmentsOf(written ?? "").find((one) => one.name === from.name)?.value;
      const dependency = /\bDepends\(\s*(\w+)\s*[,)]/.exec(behind ?? "")?.[1];
      return {
        ...from,
        kind: "alias",
        ...(where !== undefined && dependency ? { dependency: symbolIn(sources, where, dependency) } : {}),
      };
    }
  }
  return undefined;
};

/**
 * Where files of a kind go, from those that are there: their folder, and whether `invoice`, `invoices` or
 * `invoice_service` is how they are named.
 */
export const placeOf = (
  paths: readonly string[],
  fallback: { folder: string; suffix: string; plural: boolean },
  single: readonly string[],
): Place => {
  const named = paths.filter((path) => stem(path) !== "__init__" && !/^(base|deps|common|mixins)$/.test(stem(path)));
  const file = named.find(
    (path) => single.includes(stem(path)) && !named.some((other) => dirname(other) !== dirname(path)),
  );
  if (file && named.filter((path) => !single.includes(stem(path))).length === 0) return { kind: "file", path: file };
  if (named.length === 0) return { kind: "folder", ...fallback };
  const folder = mostOf(named.map(dirname)) ?? fallback.folder;
  const stems = named.filter((path) => dirname(path) === folder).map(stem);
  const suffixes = ["_service", "_services", "_model", "_schema", "_schemas", "_router", "_routes", "_repository"];
  const suffix = suffixes.find((end) => stems.filter((name) => name.endsWith(end)).length * 2 > stems.length) ?? "";
  const bare = stems.map((name) => snake(suffix && name.endsWith(suffix) ? name.slice(0, -suffix.length) : name));
  const ones = bare.filter((name) => name === singular(name) && name !== plural(name)).length;
  const many = bare.filter((name) => name === plural(name) && name !== singular(name)).length;
  return { kind: "folder", folder, suffix, plural: many === ones ? fallback.plural : many > ones };
};
