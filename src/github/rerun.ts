/** Failed jobs of a workflow started again, by a token for nothing else: where the App was given that permission. */
import type { RepositoryRef } from "../domain/repository.ts";
import type { Clock, GitHub } from "../ports.ts";
import { type ClientOptions, createClient, doing, once, unless } from "./client.ts";
import { type Clients, openToken, type Token } from "./token.ts";

/** GitHub mints no token with more rights than the installation has. */
const tokenOf = (clients: Clients, repository: RepositoryRef, clock: Clock): Promise<Token | undefined> =>
  unless([403, 422], () => openToken(clients, repository, "rerun", clock));

export const createMayRerun =
  (clients: Clients, clock: Clock): GitHub["mayRerun"] =>
  async (repository) => {
    const token = await tokenOf(clients, repository, clock);
    await token?.revoke();
    return token !== undefined;
  };

/** Found again after a crash: a further attempt is there, whoever asked for it. */
export const createRerun =
  (clients: Clients, settings: ClientOptions, clock: Clock): GitHub["rerunFailedJobs"] =>
  async (repository, { run, attempt }) => {
    const token = await tokenOf(clients, repository, clock);
    if (!token) return "not-permitted";
    try {
      const client = createClient(settings, `installation-${repository.installationId}`);
      const headers = { authorization: `Bearer ${await token.current()}` };
      const place = { owner: token.owner, repo: token.repo };
      return await doing(`${place.owner}/${place.repo}, starting failed jobs of ${run} again`, async () => {
        const asked = { ...place, headers, run_id: run };
        const { data } = await client.rest.actions.getWorkflowRun(asked);
        if ((data.run_attempt ?? attempt) > attempt) return "started";
        const again = () => client.rest.actions.reRunWorkflowFailedJobs({ ...asked, ...once });
        return (await unless([403], again)) === undefined ? "refused" : "started";
      });
    } finally {
      await token.revoke();
    }
  };
