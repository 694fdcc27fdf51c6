/** What the default branch and the owner set for a run, and whether it may begin by that. Reads the mirror and the owner's defaults. */
import type { Library } from "../domain/definition.ts";
import { code } from "../domain/render/safe.ts";
import { fullName, type Person } from "../domain/repository.ts";
import { configPath, isLabelOf, readRepositoryConfig } from "../domain/repository-config.ts";
import { type Who, whyNotBy } from "../domain/repository-rules.ts";
import type { RepositoryConfig } from "../domain/repository-schema.ts";
import type { GitHubSession, RunRecord, Workspace } from "../ports.ts";
import { type NotReady, notReady } from "./not-ready.ts";
import type { Settings } from "./settings.ts";

export type ConfiguredDeps = {
  readonly workspace: Pick<Workspace, "readFiles">;
  readonly library: Library;
  /** Of the repository's owner; there are no defaults where left out. */
  readonly settings?: Pick<Settings, "names" | "defaults"> | undefined;
};

export type Configured = {
  readonly kind: "configured";
  readonly config: RepositoryConfig;
  /** Those who asked and whom it hears. */
  readonly askers: readonly Person[];
  /** What people must know of it, each a sentence. */
  readonly notices: readonly string[];
};

/** @param asking those who asked and may write @param tip of the default branch */
export const readConfigured = async (
  { workspace, library, settings }: ConfiguredDeps,
  run: RunRecord,
  known: {
    readonly session: Pick<GitHubSession, "permissionOf">;
    readonly askers: readonly Person[];
    readonly tip: string;
  },
): Promise<Configured | NotReady> => {
  const { trigger } = run.job;
  const { repository } = trigger;
  const { tip } = known;
  const [files, defaults] = await Promise.all([
    workspace.readFiles(repository, tip, [configPath]),
    settings?.defaults(repository),
  ]);
  const read = readRepositoryConfig(
    { text: files.texts.get(configPath), tooLarge: files.tooLarge.length > 0 },
    defaults?.file,
    settings?.names ?? { agents: [...library.definitions.keys()] },
  );
  if (trigger.kind === "label" && trigger.label && !isLabelOf(read, trigger.label))
    return notReady(`the label ${code(trigger.label.name, 50)} starts nothing in ${fullName(repository)}`, true);
  if (!read.ok) return notReady(read.problem);
  const heard = await heardOf(known, read.config.who);
  if ("barred" in heard) return notReady(`Nothing was started: ${heard.barred}.`);
  const { askers } = heard;
  return {
    kind: "configured",
    config: read.config,
    askers,
    notices: defaults?.notice === undefined ? [] : [defaults.notice],
  };
};

/** Of those who may write, by the repository's own rule. */
const heardOf = async (
  { session, askers }: { readonly session: Pick<GitHubSession, "permissionOf">; readonly askers: readonly Person[] },
  who: Who | undefined,
): Promise<{ readonly askers: readonly Person[] } | { readonly barred: string }> => {
  if (!who) return { askers };
  const barred = await Promise.all(
    askers.map(async (person) => whyNotBy(who, person, await session.permissionOf(person))),
  );
  const heard = askers.filter((_, at) => barred[at] === undefined);
  return heard.length > 0 ? { askers: heard } : { barred: barred[0] ?? "nobody asked" };
};
