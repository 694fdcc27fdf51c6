/** The App from its start to its sudden end: in this process, from its own parts, or in one of its own. */
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { createAnalysis } from "../../../src/analysis/analysis.ts";
import type { Analysis, SandboxHealth } from "../../../src/ports.ts";
import { type Machine, startApp } from "../../../src/serve.ts";
import { type Database, openDatabase } from "../../../src/store/database.ts";
import { createWorkspace } from "../../../src/workspace/workspace.ts";
import { type Scene, serve } from "../scene.ts";
import type { Gate } from "./gate.ts";

export type Life = {
  readonly url: string;
  /** Nothing waits or runs. */
  idle(): Promise<void>;
  /** No word to anybody, nothing put away. */
  kill(): Promise<void>;
  close(): Promise<void>;
};

/** What costs time to make and remembers nothing of a run: lives of one process share it. */
export type Shared = {
  readonly analysis: Analysis;
  /** Of the data folder: scripts whose types were stripped, each by a process. */
  readonly scripts: Map<string, Buffer>;
  health?: Promise<SandboxHealth>;
};

export const createShared = (): Shared => ({ analysis: createAnalysis(), scripts: new Map() });

const toolchainOf = ({ config }: Scene): string => join(config.dataFolder, "shared/toolchain");

const lendScripts = async (scene: Scene, { scripts }: Shared): Promise<void> => {
  await mkdir(toolchainOf(scene), { recursive: true });
  for (const [name, bytes] of scripts) await writeFile(join(toolchainOf(scene), name), bytes);
};

const keepScripts = async (scene: Scene, { scripts }: Shared): Promise<void> => {
  for (const name of await readdir(toolchainOf(scene)))
    if (name.endsWith(".mjs") && !scripts.has(name)) scripts.set(name, await readFile(join(toolchainOf(scene), name)));
};

/** What is asked after the end is never answered, as nobody is there who could hear it. */
type Cut = { isOver: boolean };
const never = (): Promise<never> => new Promise(() => undefined);

const until =
  <A extends unknown[], T>(cut: Cut, call: (...args: A) => Promise<T>, running = new Set<Promise<unknown>>()) =>
  async (...args: A): Promise<T> => {
    if (cut.isOver) return never();
    const answer = call(...args);
    running.add(answer);
    try {
      const value = await answer;
      return cut.isOver ? await never() : value;
    } catch (error) {
      if (cut.isOver) return never();
      throw error;
    } finally {
      running.delete(answer);
    }
  };

/**
 * In this process. Memory, timers and waiting promises can't be taken from the App that ends; so all that it could still
 * do with them is: its database, its door, its workspace, and GitHub through the gate. Its commands are ended as the end
 * of a process would; that its folders are put away by it, too, is where this is milder than a SIGKILL.
 */
export const startLife = async (scene: Scene, gate: Gate, shared: Shared): Promise<Life> => {
  const cut: Cut = { isOver: false };
  const calls = new Set<Promise<unknown>>();
  let database: Database | undefined;
  let server: Server | undefined;
  let workspace: ReturnType<typeof createWorkspace> | undefined;
  const machine: Machine = {
    openDatabase: (file, migrations) => {
      const opened = openDatabase(file, migrations);
      database = opened;
      return {
        query: until(cut, opened.query) as Database["query"],
        transaction: until(cut, opened.transaction) as Database["transaction"],
        close: opened.close,
      };
    },
    createWorkspace: (options) => {
      const opened = createWorkspace(options);
      workspace = opened;
      const methods = Object.entries(opened).map(([name, method]) => [
        name,
        until(cut, method as (...args: unknown[]) => Promise<unknown>, calls),
      ]);
      const checkSandbox = () => {
        shared.health ??= opened.checkSandbox();
        return shared.health;
      };
      return { ...(Object.fromEntries(methods) as typeof opened), checkSandbox };
    },
    createAnalysis: () => ({ ...shared.analysis, close: async () => undefined }),
    createServer: ((...args: Parameters<typeof createServer>) => {
      server = createServer(...args);
      return server;
    }) as typeof createServer,
    // Only the first and the last word: how many lie between is a matter of time.
    statusIntervalMs: 3_600_000,
    retry: { failures: 3, crashes: 10, delayMs: () => 0 },
  };
  await lendScripts(scene, shared);
  const app = await startApp({ ...scene.config, apiUrl: gate.api }, () => undefined, machine);
  await keepScripts(scene, shared);
  return {
    url: app.url,
    idle: app.idle,
    kill: async () => {
      cut.isOver = true;
      server?.close();
      server?.closeAllConnections();
      await database?.close();
      await Promise.allSettled([...calls]);
      await workspace?.close();
    },
    close: app.close,
  };
};

/** In a process of its own, as an operator starts it. */
export const startServedLife = async (scene: Scene, gate: Gate): Promise<Life> => {
  const served = await serve({ ...scene, env: { ...scene.env, GITHUB_API_URL: gate.api } });
  let isOver = false;
  const isIdle = async (): Promise<boolean> => {
    try {
      const reply = await fetch(`${served.url}/healthz`);
      const { jobs } = (await reply.json()) as { jobs: { waiting: number; active: number } };
      return jobs.waiting + jobs.active + gate.tokens() === 0;
    } catch (error) {
      if (isOver) return never();
      throw error;
    }
  };
  const end = (): Promise<void> => {
    isOver = true;
    return served.kill();
  };
  return {
    url: served.url,
    idle: async () => {
      while (!(await isIdle())) await wait(20);
    },
    kill: end,
    close: end,
  };
};
