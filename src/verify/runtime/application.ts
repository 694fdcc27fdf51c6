/** The application that a server's command serves, the program that imports it, and what the program said. Text only. */
export type Application = {
  /** It is imported from there; empty for the repository's own folder. */
  readonly folder: string;
  readonly module: string;
  readonly variable: string;
  /** The variable makes the application when it is called. */
  readonly factory: boolean;
};

/** @param command as a person or the App wrote it @returns undefined where it names no module */
export const applicationIn = (command: string): Application | undefined => {
  const server = /\b(?:uvicorn|gunicorn|hypercorn|granian)\b(.*)$/s.exec(command);
  const [, module, variable, called] =
    /(?:^|\s)["']?([A-Za-z_][\w.]*):([A-Za-z_]\w*)(\(\))?["']?(?=\s|$)/.exec(server?.[1] ?? "") ?? [];
  if (!server || module === undefined || variable === undefined) return undefined;
  const before = command.slice(0, server.index);
  const folders = [...before.matchAll(/\bcd\s+("[^"]*"|'(?:[^']|'\\'')*'|[^\s;&|]+)/g)].map(([, to = ""]) => plain(to));
  const inside = /--(?:app-dir|chdir)[ =]("[^"]*"|'[^']*'|\S+)/.exec(server[1] ?? "")?.[1];
  const folder = [...folders, ...(inside === undefined ? [] : [plain(inside)])].reduce(
    (from, to) => (to.startsWith("/") || from === "" ? to : `${from}/${to}`),
    "",
  );
  const factory = called !== undefined || /\s--factory\b/.test(server[1] ?? "");
  return { folder: folder.replace(/^\/repo(\/|$)/, "").replace(/^\.$/, ""), module, variable, factory };
};

const plain = (word: string): string =>
  /^["']/.test(word) ? word.slice(1, -1).replaceAll("'\\''", "'") : word.replace(/\/$/, "");

const marker = "architect-openapi ";

/**
 * Says on one line what the document shows, and nothing of what the application prints. Applications that are mounted
 * have documents of their own.
 */
const program = `
import importlib, json, os, sys
out = os.dup(1)
null = os.open(os.devnull, os.O_WRONLY)
os.dup2(null, 1)
os.dup2(null, 2)

def operations(app, before, found):
    document = app.openapi()
    general = document.get("security") or []
    for path, item in (document.get("paths") or {}).items():
        for method, operation in item.items():
            if method in ("get", "put", "post", "delete", "options", "head", "patch", "trace"):
                security = operation.get("security", general)
                found.append([method.upper(), before + path, bool(security) and {} not in security])
    for route in app.routes:
        mounted = getattr(route, "app", None)
        if mounted is not app and callable(getattr(mounted, "openapi", None)):
            operations(mounted, before + route.path, found)
    return found

try:
    module, variable, factory = sys.argv[1:4]
    sys.path.insert(0, os.getcwd())
    app = getattr(importlib.import_module(module), variable)
    if factory == "factory":
        app = app()
    if not callable(getattr(app, "openapi", None)):
        raise TypeError(f"{module}:{variable} is no FastAPI application")
    answer = {"operations": operations(app, "", [])[:3000]}
except ModuleNotFoundError as error:
    answer = {"missing": error.name or str(error)}
except BaseException as error:
    answer = {"error": f"{type(error).__name__}: {error}"[:400]}
with os.fdopen(out, "w") as stream:
    stream.write("\\n${marker}" + json.dumps(answer) + "\\n")
os._exit(0)
`;

const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** For bash in the repository's folder. */
export const importCommand = ({ folder, module, variable, factory }: Application): string =>
  [
    ...(folder === "" ? [] : [`cd ${quote(folder)}`]),
    `exec python3 -c ${quote(program)} ${module} ${variable} ${factory ? "factory" : "application"}`,
  ].join(" && ");

export type Operation = {
  readonly method: string;
  readonly path: string;
  /** It can't be called by just anybody. */
  readonly secured: boolean;
};

export type Imported =
  | { readonly ok: true; readonly operations: readonly Operation[] }
  /** @property reason ends a sentence */
  | { readonly ok: false; readonly reason: string };

/** @param ended why the App ended it, if it did */
export const readImported = (result: {
  readonly output: string;
  readonly exitCode: number;
  readonly ended?: string | undefined;
}): Imported => {
  const line = result.output.split("\n").findLast((one) => one.startsWith(marker));
  if (line === undefined) return { ok: false, reason: withoutAnswer(result) };
  const { operations, missing, error } = objectOf(line.slice(marker.length));
  if (typeof missing === "string") return { ok: false, reason: `package ${missing.slice(0, 100)} is missing` };
  if (typeof error === "string") return { ok: false, reason: error.replace(/\s+/g, " ").slice(0, 400) };
  const read = Array.isArray(operations) ? operations.map(operationOf) : [undefined];
  return read.every((one) => one !== undefined)
    ? { ok: true, operations: read }
    : { ok: false, reason: "what it answered is no list of operations" };
};

const operationOf = (value: unknown): Operation | undefined => {
  const [method, path, secured] = Array.isArray(value) ? (value as readonly unknown[]) : [];
  return typeof method === "string" && typeof path === "string" && typeof secured === "boolean"
    ? { method: method.slice(0, 10), path: path.slice(0, 2_000), secured }
    : undefined;
};

const withoutAnswer = ({ output, exitCode, ended }: Parameters<typeof readImported>[0]): string => {
  if (ended !== undefined) return `the App ended it: ${ended}`;
  const last = output.split("\n").findLast((one) => one.trim() !== "");
  return `it ended with exit code ${exitCode}${last === undefined ? "" : `: ${last.trim().slice(0, 300)}`}`;
};

/** The application's code runs in the same process, and may have written anything. */
const objectOf = (text: string): Readonly<Record<string, unknown>> => {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
};
