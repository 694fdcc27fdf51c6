/** Which of a repository's modules is the application, and how it is served, where nobody says so. Text only. */
import type { ServerCommand } from "./server.ts";

/** For ripgrep: where an application is made. */
export const applicationPattern = String.raw`^(\w+)\s*(:\s*[\w.]+\s*)?=\s*(\w+\.)?FastAPI\(|^(async )?def (create_app|make_app|get_app|build_app)\(`;

export type Line = { readonly path: string; readonly text: string };

const aside = /(^|\/)(tests?|docs?|examples?|scripts|migrations|alembic|node_modules|\.\w+)\//;

/** @returns the module that serves most likely first: main.py before app.py, near the top before far below */
export const rankApplications = (lines: readonly Line[]): readonly Line[] =>
  lines
    .filter(({ path }) => path.endsWith(".py") && !aside.test(path) && !/(^|\/)(test_\w+|conftest)\.py$/.test(path))
    .sort((a, b) => rank(a) - rank(b) || (a.path < b.path ? -1 : 1));

const rank = ({ path, text }: Line): number => {
  const name = path.split("/").at(-1);
  const named = name === "main.py" ? 0 : name === "app.py" || name === "server.py" ? 1 : 2;
  return named + path.split("/").length * 3 + (/\bdef\b/.test(text) ? 1 : 0);
};

/** Folders from the file's own up to the top, nearest first. */
export const foldersAbove = (path: string): readonly string[] => {
  const parts = path.split("/").slice(0, -1);
  return parts.map((_, index) => parts.slice(0, parts.length - index).join("/")).concat("");
};

/** Where it imports from a folder that it lies in, that folder's own; packages need no `__init__.py`. */
export const packageRoot = (path: string, text: string): string | undefined => {
  const parts = path.split("/").slice(0, -1);
  const at = parts.findIndex(
    (part) => /^[A-Za-z_]\w*$/.test(part) && new RegExp(`^(from|import) ${part}\\b`, "m").test(text),
  );
  return at < 0 ? undefined : parts.slice(0, at).join("/");
};

/**
 * @param found with its import root: the folder that its package is imported from
 * @param port that the requests name @param migrates whether an alembic.ini lies in that folder
 */
export const serverFor = (
  found: Line,
  root: string,
  { port, migrates }: { readonly port: number; readonly migrates: boolean },
): ServerCommand => {
  const path = root === "" ? found.path : found.path.slice(root.length + 1);
  const module = path.replace(/(\/__init__)?\.py$/, "").replaceAll("/", ".");
  const factory = /\bdef (\w+)\(/.exec(found.text)?.[1];
  const variable = factory ?? /^(\w+)/.exec(found.text)?.[1] ?? "app";
  const steps = [
    ...(root === "" ? [] : [`cd '/repo/${root.replaceAll("'", "'\\''")}'`]),
    ...(migrates ? ["python3 -m alembic upgrade head"] : []),
    `exec python3 -m uvicorn ${module}:${variable}${factory === undefined ? "" : " --factory"} --port ${port}`,
  ];
  return { command: steps.join(" && "), port, module: found.path.replace(/\.py$/, "") };
};
