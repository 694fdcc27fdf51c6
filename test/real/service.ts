/** A backend as its operator runs it: installed by pip into an environment of its own, migrated, served by uvicorn, spoken to over HTTP. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

export type Environment = { readonly python: string; [Symbol.dispose](): void };

/** What builds packages; everything else is what the backend's own project file asks for. */
const builders = ["setuptools", "wheel", "hatchling", "editables"];

/** Whether a package index answers; where none does, the reason is printed. */
export const canInstall = async (): Promise<boolean> => {
  const folder = mkdtempSync(join(tmpdir(), "real-index-"));
  try {
    await run("python3", [
      "-m",
      "pip",
      "download",
      "--quiet",
      "--no-deps",
      "--dest",
      folder,
      "--retries",
      "1",
      "wheel",
    ]);
    return true;
  } catch (error) {
    console.warn(`Skipped: packages can't be installed here. ${(error as Error).message.slice(0, 400)}`);
    return false;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

export const openEnvironment = async (): Promise<Environment> => {
  const folder = mkdtempSync(join(tmpdir(), "real-environment-"));
  const python = join(folder, "bin/python");
  await run("python3", ["-m", "venv", folder]);
  await pip(python, builders);
  return { python, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
};

const pip = (python: string, args: readonly string[], cwd?: string) =>
  run(python, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", ...args], {
    ...(cwd ? { cwd } : {}),
    maxBuffer: 1 << 24,
  });

export type Backend = {
  /** The repository's working tree. */
  readonly root: string;
  /** Folder of the project file, below `root`. */
  readonly project: string;
  /** `module:variable`. */
  readonly app: string;
  /** Prefix of the environment variables that its settings are read from. */
  readonly prefix: string;
  /** Arguments of Python that make the tables; none where the application does so when it starts. */
  readonly tables?: readonly string[];
};

export type Answer = { readonly status: number; readonly type: string; readonly body: unknown; readonly ms: number };

export type Service = {
  /** @param body sent as JSON @param token sent as a bearer token */
  call(method: string, path: string, body?: unknown, token?: string): Promise<Answer>;
  log(): string;
  [Symbol.asyncDispose](): Promise<void>;
};

/** Installs, migrates and starts it. @throws with what pip, Alembic or uvicorn said */
export const serveBackend = async (environment: Environment, backend: Backend): Promise<Service> => {
  const folder = join(backend.root, backend.project);
  await pip(environment.python, ["--no-build-isolation", "."], folder);
  const data = mkdtempSync(join(tmpdir(), "real-data-"));
  const env = {
    PATH: `${join(environment.python, "..")}:/usr/bin:/bin`,
    LANG: "C.UTF-8",
    PYTHONDONTWRITEBYTECODE: "1",
    [`${backend.prefix}DATABASE_URL`]: `sqlite+aiosqlite:///${data}/data.db`,
    JWT_SECRET: "a secret of thirty-two characters and more",
  };
  if (backend.tables) await run(environment.python, backend.tables, { env, cwd: folder });
  // From an empty folder, so that what was installed is what is served.
  const child = spawn(environment.python, ["-m", "uvicorn", backend.app, "--port", "0", "--no-access-log"], {
    cwd: data,
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const { url, log } = await listening(child);
  return {
    call: (method, path, body, token) => call(`${url}${path}`, method, body, token),
    log,
    [Symbol.asyncDispose]: async () => {
      const ended = new Promise((resolve) => child.once("exit", resolve));
      if (child.exitCode === null && child.kill()) await ended;
      rmSync(data, { recursive: true, force: true });
    },
  };
};

const listening = (child: ChildProcess): Promise<{ readonly url: string; readonly log: () => string }> =>
  new Promise((resolve, reject) => {
    let said = "";
    const hear = (chunk: Buffer) => {
      said += chunk.toString();
      const url = /running on (http:\S+)/.exec(said)?.[1];
      if (url) resolve({ url, log: () => said });
    };
    child.stdout?.on("data", hear);
    child.stderr?.on("data", hear);
    child.once("exit", (code) => reject(new Error(`uvicorn ended with ${code}: ${said}`)));
  });

const call = async (url: string, method: string, body: unknown, token: string | undefined): Promise<Answer> => {
  const started = performance.now();
  const response = await fetch(url, {
    method,
    headers: {
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...(token ? { authorization: `Bearer ${token}` } : {}),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const type = (response.headers.get("content-type") ?? "").split(";")[0] ?? "";
  const ms = performance.now() - started;
  return { status: response.status, type, body: text !== "" && type.includes("json") ? JSON.parse(text) : text, ms };
};

/** The time in ms that `share` of the answers took at most. */
export const percentile = (answers: readonly Answer[], share: number): number => {
  const sorted = answers.map(({ ms }) => ms).sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? 0;
};
