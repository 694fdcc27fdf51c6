/** Installation tokens: each for one repository and one phase, renewed before it ends and revoked after use. */
import type { Octokit } from "@octokit/rest";
import { RefusedError } from "../domain/errors.ts";
import { fullName, type RepositoryRef } from "../domain/repository.ts";
import type { Clock, GitHubPhase } from "../ports.ts";
import { doing, statusOf, unless } from "./client.ts";

type Permissions = Readonly<Record<string, "read" | "write">>;

export type TokenPhase = GitHubPhase | "fetch" | "rerun";

/** What a token of each phase may do. Reading metadata, and with it a person's permission, comes with every token. */
const phasePermissions: Readonly<Record<TokenPhase, Permissions>> = {
  read: { contents: "read", issues: "read", pull_requests: "read" },
  acknowledge: { issues: "write", pull_requests: "write" },
  check: { checks: "write", pull_requests: "read" },
  checks: { actions: "read", checks: "read", contents: "read", pull_requests: "read" },
  /** Asked for apart from all others: an owner may have left it out. */
  rerun: { actions: "write" },
  publish: { checks: "write", contents: "write", issues: "write", pull_requests: "write" },
  fetch: { contents: "read" },
};

export type Token = {
  /** The repository as GitHub names it now: a delivery's name may be old, or a lie. */
  readonly owner: string;
  readonly repo: string;
  /** A token that is good for some minutes more. */
  current(): Promise<string>;
  /** Made within the last seconds. */
  isYoung(): boolean;
  revoke(): Promise<void>;
};

/** A token ends after an hour; a long session gets its next one this much earlier. */
const renewBeforeMs = 5 * 60_000;
const youngMs = 5_000;

type Minted = {
  readonly token: string;
  readonly madeAt: number;
  readonly expiresAt: number;
  readonly owner: string;
  readonly repo: string;
};

export type Clients = {
  /** Signs in as the App. */
  readonly app: Octokit;
  /** Signs in as nobody, or as whom a request's own header says. */
  readonly plain: Octokit;
};

export const openToken = async (
  clients: Clients,
  repository: RepositoryRef,
  phase: TokenPhase,
  clock: Clock,
): Promise<Token> => {
  const mint = () => mintFor(clients.app, repository, phase, clock);
  return keep(clients, await mint(), mint, clock);
};

/** To read a repository of the same owner that is known by its name alone. @returns undefined where the App is not installed on it */
export const findToken = async (
  clients: Clients,
  sibling: Pick<RepositoryRef, "installationId" | "owner" | "name">,
  clock: Clock,
): Promise<Token | undefined> => {
  const mint = () => mintByName(clients.app, sibling, clock);
  const minted = await mint();
  return minted && keep(clients, minted, async () => (await mint()) ?? minted, clock);
};

const keep = (clients: Clients, first: Minted, mint: () => Promise<Minted>, clock: Clock): Token => {
  let minted = first;
  let renewal: Promise<void> | undefined;
  const renew = async (): Promise<void> => {
    const old = minted.token;
    minted = await mint();
    await revokeToken(clients.plain, old);
  };
  return {
    owner: minted.owner,
    repo: minted.repo,
    current: async () => {
      if (minted.expiresAt - clock().getTime() < renewBeforeMs) {
        renewal ??= renew().finally(() => {
          renewal = undefined;
        });
        await renewal;
      }
      return minted.token;
    },
    isYoung: () => clock().getTime() - minted.madeAt < youngMs,
    revoke: () => revokeToken(clients.plain, minted.token),
  };
};

/** What a phase can do without, where an owner did not give it. */
const dispensable: Partial<Record<TokenPhase, string>> = { checks: "actions" };

const askFor = async (app: Octokit, repository: RepositoryRef, phase: TokenPhase) => {
  const asked = { installation_id: repository.installationId, repository_ids: [repository.id] };
  const permissions = phasePermissions[phase];
  const { [dispensable[phase] ?? ""]: spare, ...fewer } = permissions;
  const whole = () => app.rest.apps.createInstallationAccessToken({ ...asked, permissions });
  if (spare === undefined) return whole();
  return (await unless([422], whole)) ?? app.rest.apps.createInstallationAccessToken({ ...asked, permissions: fewer });
};

const mintFor = (app: Octokit, repository: RepositoryRef, phase: TokenPhase, clock: Clock): Promise<Minted> =>
  doing(`asking for a token of repository ${repository.id} to ${phase}`, async () => {
    const answer = await unless([404], () => askFor(app, repository, phase)).catch((error: unknown) => {
      if (statusOf(error) === 403 && /suspended/i.test(String(error)))
        throw new RefusedError(`the App's installation on ${fullName(repository)} is suspended`);
      throw error;
    });
    if (!answer) throw new RefusedError(`the App is not installed on ${fullName(repository)} any more`);
    const { data } = answer;
    const [named] = data.repositories ?? [];
    if (data.repositories && (data.repositories.length !== 1 || named?.id !== repository.id)) throw otherRepositories();
    return mintedOf(
      data,
      { owner: named?.owner.login ?? repository.owner, repo: named?.name ?? repository.name },
      clock,
    );
  });

const mintByName = (
  app: Octokit,
  { installationId, owner, name }: Pick<RepositoryRef, "installationId" | "owner" | "name">,
  clock: Clock,
): Promise<Minted | undefined> =>
  doing(`asking for a token of ${owner}/${name} to fetch`, async () => {
    // 422: there is no such repository, or the App is not installed on it.
    const answer = await unless([422], () =>
      app.rest.apps.createInstallationAccessToken({
        installation_id: installationId,
        repositories: [name],
        permissions: phasePermissions.fetch,
      }),
    );
    if (!answer) return undefined;
    const { data } = answer;
    const [named] = data.repositories ?? [];
    if (data.repositories && (data.repositories.length !== 1 || named?.name.toLowerCase() !== name.toLowerCase()))
      throw otherRepositories();
    return mintedOf(data, { owner: named?.owner.login ?? owner, repo: named?.name ?? name }, clock);
  });

const otherRepositories = (): Error =>
  new Error("the token that came is for other repositories than the one that was asked for");

const mintedOf = (
  data: { readonly token: string; readonly expires_at: string },
  place: { readonly owner: string; readonly repo: string },
  clock: Clock,
): Minted => ({
  token: data.token,
  madeAt: clock().getTime(),
  expiresAt: Date.parse(data.expires_at),
  ...place,
});

/** A token that cannot be revoked ends by itself within the hour, so this never fails a run. */
export const revokeToken = async (plain: Octokit, token: string): Promise<void> => {
  try {
    await plain.request("DELETE /installation/token", { headers: { authorization: `Bearer ${token}` } });
  } catch (error) {
    plain.log.warn(`a token could not be revoked: ${error instanceof Error ? error.message : String(error)}`);
  }
};
