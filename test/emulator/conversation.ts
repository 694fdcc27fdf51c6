/** What people do to a whole conversation: they lock it, delete it, or move it to another repository. GitHub has pages and GraphQL for it; here it is done at once. */
import { issueBody } from "./bodies/issues.ts";
import { repositoryBody } from "./bodies/repository.ts";
import { fullName, type Issue, isPull, nextNumber, type Repository } from "./state.ts";
import { type Happening, threadEvent } from "./webhooks/events.ts";

const threadIn = ({ repository }: Happening, number: number): Issue => {
  const issue = repository.issues.get(number);
  if (issue === undefined) throw new Error(`${fullName(repository)} has no #${number}`);
  return issue;
};

export async function setLocked(at: Happening, number: number, locked: boolean): Promise<void> {
  const issue = threadIn(at, number);
  issue.locked = locked;
  await threadEvent(at, issue, locked ? "locked" : "unlocked");
}

const takeAway = ({ repository }: Happening, number: number, goneTo: string | undefined): void => {
  repository.issues.delete(number);
  repository.gone.set(number, goneTo);
  for (const { id, thread } of [...repository.comments.values()]) if (thread === number) repository.comments.delete(id);
};

/** Comments go with it. */
export async function deleteIssue(at: Happening, number: number): Promise<void> {
  const issue = threadIn(at, number);
  if (isPull(issue)) throw new Error(`#${number} is a pull request, which nobody can delete`);
  takeAway(at, number, undefined);
  await threadEvent(at, issue, "deleted");
}

/** @returns its number there */
export async function transferIssue(at: Happening, number: number, to: Repository): Promise<number> {
  const { world, repository } = at;
  const issue = threadIn(at, number);
  if (isPull(issue)) throw new Error(`#${number} is a pull request, which nobody can transfer`);
  const moved: Issue = { ...issue, id: world.nextId(), number: nextNumber(to) };
  to.issues.set(moved.number, moved);
  for (const comment of [...repository.comments.values()].filter(({ thread }) => thread === number)) {
    const id = world.nextId();
    to.comments.set(id, { ...comment, id, thread: moved.number });
  }
  takeAway(at, number, `${world.api}/repositories/${to.id}/issues/${moved.number}`);
  const changes = { new_issue: issueBody(world, to, moved), new_repository: repositoryBody(world, to) };
  await threadEvent(at, issue, "transferred", { changes });
  return moved.number;
}
