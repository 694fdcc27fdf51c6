/** The operations that routes serve, by their whole paths, as far as the files that were read show how routers are mounted. Pure. */
import type { GrepLine } from "./calls.ts";
import type { Modules } from "./modules.ts";
import { assignmentsOf } from "./python.ts";
import { fullPrefix, inclusionsOf } from "./routing.ts";

export type Served = {
  readonly method: string;
  readonly path: string;
  /** Whether `path` begins at the root: where its router is mounted was read. */
  readonly whole: boolean;
  readonly handler: string;
  readonly at: { readonly path: string; readonly line: number };
};

export const decorators = "@\\w+\\.(get|post|put|patch|delete|head|options)\\(";

const decorator = /^\s*@(\w+)\.(\w+)\(\s*(?:path\s*=\s*)?["']([^"']*)["']/;
const handlerOf = (lines: readonly string[]): string =>
  lines.map((line) => /^\s*(?:async\s+)?def (\w+)/.exec(line)?.[1]).find((one) => one !== undefined) ?? "";

/** @param found lines that hold a decorator of a route */
export const servedBy = (
  sources: { readonly modules: Modules; readonly files: ReadonlyMap<string, string> },
  found: readonly GrepLine[],
): readonly Served[] => {
  const all = inclusionsOf(sources);
  return found.flatMap(({ path, line, text }): Served[] => {
    const lines = sources.files.get(path)?.split("\n") ?? [text];
    const from = sources.files.has(path) ? lines.slice(line - 1) : lines;
    const [, variable = "", method = "", rest] = decorator.exec(from.slice(0, 4).join("\n")) ?? [];
    if (rest === undefined) return [];
    const made = assignmentsOf(sources.files.get(path) ?? "", true).find((one) => one.name === variable)?.value;
    const prefix = /\bFastAPI\s*\(/.test(made ?? "") ? "" : fullPrefix(sources, all, { path, variable });
    return [
      {
        method: method.toUpperCase(),
        path: `${prefix ?? ""}${rest}`,
        whole: prefix !== undefined,
        handler: handlerOf(from.slice(1, 40)),
        at: { path, line },
      },
    ];
  });
};

/** Whatever a path's parameters are called. */
export const samePath = (a: string, b: string): boolean => plain(a) === plain(b);

const plain = (path: string): string => path.replace(/\{[^}]*\}/g, "{}").replace(/\/$/, "");
