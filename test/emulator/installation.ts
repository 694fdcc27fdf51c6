/** What happens to the App's installation: an owner suspends it, removes it, or takes a repository out of it. */
import { installedRepositories } from "./access.ts";
import { type Account, type Installation, timestamp, type World } from "./state.ts";
import { type InstallationAction, installationEvent, installationRepositoriesEvent } from "./webhooks/events.ts";

const STATES: Readonly<Record<InstallationAction, Installation["state"]>> = {
  created: "active",
  unsuspend: "active",
  suspend: "suspended",
  deleted: "deleted",
};

/** Takes effect before the App hears of it: its tokens are refused from now on (or taken again). */
export function changeInstallation(world: World, by: Account, action: InstallationAction): void {
  const repositories = installedRepositories(world);
  world.installation.state = STATES[action];
  world.installation.suspended = action === "suspend" ? { at: timestamp(world), by } : undefined;
  installationEvent(world, by, action, action === "created" ? installedRepositories(world) : repositories);
}

/** @param name `owner/name` */
export function removeRepository(world: World, by: Account, name: string): void {
  const repository = world.repositories.get(name.toLowerCase());
  if (repository === undefined || !world.installation.repositories.delete(name.toLowerCase())) {
    throw new Error(`the App is not installed on ${name}`);
  }
  installationRepositoriesEvent(world, by, repository);
}
