/** What counts in a repository by its own file and its owner's defaults, read from GitHub and kept for a bounded time. Decides nothing by it. */

import type { RepositoryRef } from "../domain/repository.ts";
import {
  type ConfigNames,
  type ConfigText,
  configPath,
  defaultsPaths,
  defaultsRepository,
  type ReadConfig,
  readRepositoryConfig,
} from "../domain/repository-config.ts";
import type { Clock, GitHub } from "../ports.ts";

export type Defaults = {
  /** Undefined where the owner has none. */
  readonly file?: ConfigText | undefined;
  /** What people must know of them, as a sentence. */
  readonly notice?: string;
};

export type Settings = {
  readonly names: ConfigNames;
  /** Of the repository's owner. @throws where they cannot be read and were not within the hour */
  defaults(repository: RepositoryRef): Promise<Defaults>;
  /** As the default branch says it, a minute ago at most: for what is decided before there is a run. */
  of(repository: RepositoryRef): Promise<ReadConfig>;
};

/** Defaults change seldom, and a run asks for them. */
const defaultsFreshMs = 5 * 60_000;
/** While they cannot be read, those of last time count for so long; without any nothing runs, for they may say who may start runs. */
const defaultsLastMs = 60 * 60_000;
const ownFreshMs = 60_000;
/** Of each kind, the newest. */
const maxKept = 2_000;

type Kept<T> = { readonly at: number; readonly value: T };

export const createSettings = (deps: {
  readonly github: GitHub;
  readonly clock: Clock;
  readonly names: ConfigNames;
  readonly log: (line: string) => void;
}): Settings => {
  const { github, names, log } = deps;
  const now = () => deps.clock().getTime();
  const shared = new Map<string, Kept<ConfigText | undefined>>();
  const own = new Map<number, Kept<ConfigText>>();

  const defaults = async (repository: RepositoryRef): Promise<Defaults> => {
    const place = `${repository.owner}/${defaultsRepository}`;
    const key = `${repository.installationId} ${place}`;
    const known = shared.get(key);
    if (known && now() - known.at < defaultsFreshMs) return { file: known.value };
    try {
      const found = await github.fetchShared(repository, defaultsRepository, defaultsPaths);
      const file = found && { ...found, name: `${place}: ${found.path}` };
      keep(shared, key, { at: now(), value: file });
      return { file };
    } catch (error) {
      if (!known || now() - known.at >= defaultsLastMs) throw error;
      log(`the defaults of ${place} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
      const since = new Date(known.at).toISOString().slice(0, 16).replace("T", " ");
      return { file: known.value, notice: `\`${place}\` cannot be read now, so its defaults of ${since} UTC count.` };
    }
  };

  const ownOf = async (repository: RepositoryRef): Promise<ConfigText> => {
    const known = own.get(repository.id);
    if (known && now() - known.at < ownFreshMs) return known.value;
    const session = await github.open(repository, "read");
    try {
      const value = (await session.fetchFile(configPath)) ?? {};
      keep(own, repository.id, { at: now(), value });
      return value;
    } finally {
      await session.close();
    }
  };

  return {
    names,
    defaults,
    of: async (repository) => {
      const [here, { file }] = await Promise.all([ownOf(repository), defaults(repository)]);
      return readRepositoryConfig(here, file, names);
    },
  };
};

const keep = <K, T>(kept: Map<K, Kept<T>>, key: K, value: Kept<T>): void => {
  kept.delete(key);
  kept.set(key, value);
  const [oldest] = kept.keys();
  if (kept.size > maxKept && oldest !== undefined) kept.delete(oldest);
};
