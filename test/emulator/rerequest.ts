/** Somebody clicks "Re-run" on a pull request's page: the App that made the check is told, and what comes of it is its own matter. */
import type { RepositoryName } from "./person.ts";
import { type Account, type CheckSuite, type Repository, roleOf, type World } from "./state.ts";
import { checkRunEvent, checkSuiteEvent } from "./webhooks/events.ts";

/** @property suite all of an App's checks on a commit */
export type Rerequested = { readonly run: number } | { readonly suite: number };

/** The suite is queued anew; its runs stay as they are until their App changes them. */
export async function rerequest(
  world: World,
  { owner, name }: RepositoryName,
  sender: Account,
  what: Rerequested,
): Promise<void> {
  if (!["write", "maintain", "admin"].includes(roleOf(world, sender)))
    throw new Error(`${sender.login} sees no "Re-run": GitHub shows it to those who may write`);
  const repository = world.repositories.get(`${owner}/${name}`.toLowerCase()) as Repository;
  const run = "run" in what ? repository.checkRuns.get(what.run) : undefined;
  const suite = repository.checkSuites.get("suite" in what ? what.suite : (run?.suite ?? 0)) as CheckSuite;
  suite.requeued = true;
  const at = { world, repository, sender };
  if (run) await checkRunEvent(at, run, "rerequested");
  else await checkSuiteEvent(at, suite, "rerequested");
  world.outbox.flush();
}
