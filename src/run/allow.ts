/** `/architect allow`: from now on one head of somebody's pull request may be run. Runs nothing itself. */
import { allowanceStands, decideAllowance, notOnAnIssue } from "../domain/allowance.ts";
import type { CommandTrigger } from "../domain/trigger.ts";
import type { GitHub, GitHubSession, Permission, Store } from "../ports.ts";
import { isOwnPull } from "./own-pull.ts";
import { mayAllow } from "./rights.ts";

export type AllowDeps = { readonly github: GitHub; readonly store: Store; readonly sandboxed: boolean };

/** May be repeated: a head that is allowed already stays so. @returns what people are told */
export const allow = async (
  { github, store, sandboxed }: AllowDeps,
  session: GitHubSession,
  { repository, thread, sender, command }: CommandTrigger,
  permission: Permission,
): Promise<string> => {
  if (command.verb !== "allow") throw new Error(`${command.verb} allows nothing`);
  if (thread.kind !== "pull") return notOnAnIssue;
  const [pull, reviews, self] = await Promise.all([
    session.fetchPull(thread.number),
    session.fetchOwnReviews(thread.number),
    github.whoami(),
  ]);
  const decided = decideAllowance({
    ...{ named: command.head, pull, sandboxed, ours: isOwnPull(pull, self), may: mayAllow(permission) },
    reviewed: reviews.at(-1)?.commit,
  });
  if (decided.ok) await store.allowHead(repository, thread.number, decided.head, sender);
  return decided.text;
};

/** For whoever asks how things stand; undefined where nobody allowed anything. */
export const standsAllowed = async (
  store: Store,
  session: GitHubSession,
  { repository, thread }: CommandTrigger,
): Promise<string | undefined> => {
  if (thread.kind !== "pull") return undefined;
  const allowed = await store.allowedHead(repository, thread.number);
  return allowed === undefined ? undefined : allowanceStands(allowed, (await session.fetchPull(thread.number)).headSha);
};
