/** ROOF: what every command needs of the environment, with no setting to check: folders, and the terminal. The only reader of process.env. */
import { join, resolve } from "node:path";
import { ConfigError } from "./domain/errors.ts";

export type Env = Readonly<Record<string, string | undefined>>;

/** The environment with settings of the command line over it. */
export const environmentWith = (over: Env): Env => ({ ...process.env, ...over });

/** Where the App keeps its data, also where other settings are wrong or missing. @throws ConfigError where there is no home folder */
export const readDataFolder = (env: Env = process.env, isRoot = runsAsRoot()): string => {
  const given = withoutEmpty(env);
  return given["ARCHITECT_DATA"] === undefined ? defaultDataFolder(given, isRoot) : resolve(given["ARCHITECT_DATA"]);
};

/** Local runs have a data folder of their own, so that they and an App never wait for each other. */
export const localDataFolder = (dataFolder: string): string => join(dataFolder, "local");

/** Runs, transcripts and the queue of a data folder. */
export const databaseFile = (dataFolder: string): string => join(dataFolder, "private/architect.db");

/** Syntax trees that another start need not parse again. */
export const treesFolder = (dataFolder: string): string => join(dataFolder, "private/trees");

/** A terminal that can print and do nothing else. */
export const isDumbTerminal = (env: Env = process.env): boolean => ["", "dumb"].includes(env["TERM"] ?? "");

/** Root's is the system's, everyone else has one of his own. @throws ConfigError where there is no home folder */
export const defaultDataFolder = (env: Env, isRoot: boolean): string => {
  if (isRoot) return "/var/lib/backend-architect";
  const { XDG_DATA_HOME: data, HOME: home } = env;
  // A relative XDG_DATA_HOME is to be ignored: https://specifications.freedesktop.org/basedir-spec/latest/
  if (data?.startsWith("/")) return join(data, "backend-architect");
  if (home?.startsWith("/")) return join(home, ".local/share/backend-architect");
  throw new ConfigError("ARCHITECT_DATA is missing and HOME, too: it must be the folder where the App keeps its data");
};

/** Of the command line, for what can be made again; undefined where there is no place for it. */
export const cacheFolder = (env: Env = process.env, isRoot = runsAsRoot()): string | undefined => {
  const given = env["ARCHITECT_CACHE"];
  if (given) return join(resolve(given), "backend-architect");
  if (isRoot) return "/var/cache/backend-architect";
  const { XDG_CACHE_HOME: cache, HOME: home } = env;
  if (cache?.startsWith("/")) return join(cache, "backend-architect");
  return home?.startsWith("/") ? join(home, ".cache/backend-architect") : undefined;
};

export const runsAsRoot = (): boolean => process.getuid?.() === 0;

/** `PORT=` in an env file means that it is not set. */
export const withoutEmpty = (env: Env): Env =>
  Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ""));
