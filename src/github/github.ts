/** The GitHub port on Octokit: who we are, and one repository at a time through a token of its own. */
import { createAppAuth } from "@octokit/auth-app";
import type { Octokit } from "@octokit/rest";
import type { Person, RepositoryRef } from "../domain/repository.ts";
import type { Clock, GitHub, GitHubSession, Permission } from "../ports.ts";
import { createCheckResults } from "./check-results.ts";
import { createChecks } from "./checks.ts";
import { type ClientOptions, createClient, doing, statusOf, unless } from "./client.ts";
import { createComments } from "./comments.ts";
import { createCommits } from "./commits.ts";
import { fetchFile, fetchFirst, fetchText } from "./files.ts";
import { fetchImages, type ImageSource } from "./images.ts";
import { createIssues } from "./issues.ts";
import type { LogSource } from "./job-logs.ts";
import { createOwnReviews } from "./own-reviews.ts";
import { fetchPullTemplate } from "./pull-template.ts";
import { createPulls } from "./pulls.ts";
import { createMayRerun, createRerun } from "./rerun.ts";
import { createReviews } from "./reviews.ts";
import type { Place } from "./shapes.ts";
import { type Clients, findToken, openToken, revokeToken, type Token } from "./token.ts";

export type GitHubOptions = {
  readonly appId: number;
  /** PEM. */
  readonly privateKey: string;
  /** `https://api.github.com`, or `https://HOST/api/v3`. */
  readonly apiUrl: string;
  /** Where people look, and where git fetches from: `https://github.com`. */
  readonly webUrl: string;
  /** Bots that may write, by the operator's word: GitHub tells permissions of people alone. */
  readonly bots?: readonly Pick<Person, "login" | "id">[];
  readonly clock: Clock;
  /** GitHub's pace for writes (one a second, one notification every three). Default: on, but on loopback off. */
  readonly throttle?: boolean;
  readonly log?: (line: string) => void;
  readonly fetch?: typeof fetch;
};

export const createGitHub = (options: GitHubOptions): GitHub => {
  const webUrl = options.webUrl.replace(/\/+$/, "");
  const settings: ClientOptions = {
    apiUrl: options.apiUrl.replace(/\/+$/, ""),
    throttle: options.throttle ?? !isLoopback(options.apiUrl),
    log: options.log ?? (() => {}),
    fetch: options.fetch,
  };
  const { appId, privateKey, clock } = options;
  const clients: Clients = {
    app: createClient(settings, "app", { authStrategy: createAppAuth, auth: { appId, privateKey } }),
    plain: createClient(settings, "app"),
  };
  let self: Promise<Person> | undefined;
  const whoami = (): Promise<Person> => {
    self ??= fetchSelf(clients).catch((error: unknown) => {
      self = undefined;
      throw error;
    });
    return self;
  };
  return {
    whoami,
    open: async (repository, phase) => {
      const token = await openToken(clients, repository, phase, clock);
      const client = createClient(settings, `installation-${repository.installationId}`);
      useToken(client, token, settings.throttle ? 1_000 : 10);
      const source = { webUrl, apiUrl: settings.apiUrl, fetch: options.fetch ?? fetch, token: () => token.current() };
      return createSession(client, repository, token, { whoami, source, appId, clock, bots: options.bots ?? [] });
    },
    mayRerun: createMayRerun(clients, clock),
    rerunFailedJobs: createRerun(clients, settings, clock),
    gitCredentials: async (repository) => {
      const token = await openToken(clients, repository, "fetch", clock);
      const basic = Buffer.from(`x-access-token:${await token.current()}`).toString("base64");
      const url = `${webUrl}/${token.owner}/${token.repo}.git`;
      return { url, authorization: `Basic ${basic}`, revoke: () => token.revoke() };
    },
    fetchShared: async ({ installationId, owner }, name, paths) => {
      const token = await findToken(clients, { installationId, owner, name }, clock);
      if (!token) return undefined;
      const client = createClient(settings, `installation-${installationId}`);
      useToken(client, token, settings.throttle ? 1_000 : 10);
      try {
        return await doing(`reading ${paths.join(" or ")} of ${owner}/${name}`, () =>
          fetchFirst(client, { owner: token.owner, repo: token.repo }, paths),
        );
      } finally {
        await token.revoke();
      }
    },
    attribution: ({ id, login }) => `${login} <${id}+${login}@users.noreply.${new URL(webUrl).hostname}>`,
    threadUrl: ({ owner, name }, { kind, number }) =>
      `${webUrl}/${owner}/${name}/${kind === "pull" ? "pull" : "issues"}/${number}`,
    lineUrl: ({ owner, name }, commit, { path, line, lastLine }) => {
      const lines = lastLine > line ? `L${line}-L${lastLine}` : `L${line}`;
      return `${webUrl}/${owner}/${name}/blob/${commit}/${path.split("/").map(encodeURIComponent).join("/")}#${lines}`;
    },
  };
};

const isLoopback = (url: string): boolean => /^(?:127\.\d+\.\d+\.\d+|\[::1\]|localhost)$/.test(new URL(url).hostname);

/** The App's bot user is called after the App; its id is to be had by that name. */
const fetchSelf = ({ app, plain }: Clients): Promise<Person> =>
  doing("asking who we are", async () => {
    const { data } = await app.rest.apps.getAuthenticated();
    if (!data?.slug) throw new Error("the App has no name: is the App id the one that the private key belongs to?");
    const username = `${data.slug}[bot]`;
    // A server in private mode tells nobody anything without a token.
    const open = await unless([401, 403], () => plain.rest.users.getByUsername({ username }));
    const { login, id, type } = open?.data ?? (await fetchUserAsInstallation({ app, plain }, username));
    return { login, id, type };
  });

const fetchUserAsInstallation = async ({ app, plain }: Clients, username: string): Promise<Person> => {
  const [installation] = (await app.rest.apps.listInstallations({ per_page: 1 })).data;
  if (!installation)
    throw new Error(`the server shows ${username} to nobody who has no token: install the App on a repository first`);
  const { data } = await app.rest.apps.createInstallationAccessToken({
    installation_id: installation.id,
    permissions: { metadata: "read" },
  });
  const headers = { authorization: `Bearer ${data.token}` };
  const user = await plain.rest.users.getByUsername({ username, headers });
  await revokeToken(plain, data.token);
  return user.data;
};

/** A new token is not known everywhere at once: for its first seconds a 401 is asked again. */
const useToken = (client: Octokit, token: Token, waitMs: number): void => {
  client.hook.wrap("request", async (request, options) => {
    for (let attempt = 1; ; attempt += 1) {
      options.headers.authorization = `Bearer ${await token.current()}`;
      try {
        return await request(options);
      } catch (error) {
        if (statusOf(error) !== 401 || attempt > 2 || !token.isYoung()) throw error;
        await new Promise((resolve) => setTimeout(resolve, attempt * waitMs));
      }
    }
  });
};

const createSession = (
  client: Octokit,
  repository: RepositoryRef,
  token: Token,
  {
    whoami,
    source,
    appId,
    bots,
    clock,
  }: {
    readonly whoami: () => Promise<Person>;
    readonly source: ImageSource & LogSource;
    readonly appId: number;
    readonly bots: readonly Pick<Person, "login" | "id">[];
    readonly clock: Clock;
  },
): GitHubSession => {
  const place: Place = { owner: token.owner, repo: token.repo };
  const name = `${place.owner}/${place.repo}`;
  const pulls = createPulls(client, repository, place);
  const commits = createCommits(client, place);
  const checks = createChecks(client, place, { appId, clock });
  const results = createCheckResults(client, place, appId, source);
  const reviews = createOwnReviews(client, place, whoami);
  const comments = createComments(client, place, whoami);
  const given = createReviews(client, place);
  const issues = createIssues(client, place, whoami);
  const during = <T>(what: string, work: () => Promise<T>): Promise<T> => doing(`${name}, ${what}`, work);
  return {
    permissionOf: async (person) =>
      person.type === "Bot" &&
      bots.some(({ id, login }) => id === person.id && login.toLowerCase() === person.login.toLowerCase())
        ? "write"
        : during(`reading what ${person.login} may do`, () => fetchPermission(client, place, person)),
    findPull: (branch) => during(`looking for the pull request of ${branch}`, () => pulls.findPull(branch)),
    fetchPull: (number) => during(`reading pull request #${number}`, () => pulls.fetchPull(number)),
    fetchPullFiles: (number) => during(`reading the files of #${number}`, () => reviews.fetchPullFiles(number)),
    fetchOwnReviews: (pull) => during(`reading our reviews of #${pull}`, () => reviews.fetchOwnReviews(pull)),
    postReview: (pull, review) => during(`reviewing #${pull}`, () => reviews.postReview(pull, review)),
    fetchReviews: (pull, ids) =>
      during(`reading reviews ${ids.join(", ")} of #${pull}`, () => given.fetchReviews(pull, ids)),
    fetchPullTemplate: () =>
      during("reading the pull-request template", () => fetchPullTemplate(client, place, repository.defaultBranch)),
    fetchText: (number) => during(`reading #${number}`, () => fetchText(client, place, number)),
    fetchFile: (path) => during(`reading ${path}`, () => fetchFile(client, place, path)),
    fetchImages: (from, urls) =>
      during(`fetching ${urls.length} images of #${from.number}`, () =>
        fetchImages(client, place, source, { from, urls }),
      ),
    fetchBranch: (branch) => during(`reading branch ${branch}`, () => commits.fetchBranch(branch)),
    react: (target, content) => during(`reacting with ${content}`, () => comments.react(target, content)),
    commit: (request) =>
      during(`committing ${request.changes.length} files on ${request.parent.slice(0, 12)}`, () =>
        commits.commit(request),
      ),
    commitTree: (request) =>
      during(`committing a tree on ${request.parents.map((sha) => sha.slice(0, 12)).join(" and ")}`, () =>
        commits.commitTree(request),
      ),
    fetchAuthor: (sha) => during(`reading whose commit ${sha.slice(0, 12)} is`, () => commits.fetchAuthor(sha)),
    fetchVerification: (sha) =>
      during(`reading the signature of ${sha.slice(0, 12)}`, () => commits.fetchVerification(sha)),
    pointBranch: (branch, sha, expected) =>
      during(`pointing ${branch} at ${sha.slice(0, 12)}`, () => commits.pointBranch(branch, sha, expected)),
    openPull: (pull) => during(`opening the pull request of ${pull.branch}`, () => pulls.openPull(pull)),
    openPulls: (base) => during(`listing the pull requests to ${base}`, () => pulls.openPulls(base)),
    updatePull: (pull, change) => during(`changing pull request #${pull.number}`, () => pulls.updatePull(pull, change)),
    fetchComment: (id) => during(`reading comment ${id}`, () => comments.fetchComment(id)),
    upsertComment: (number, marker, body, knownId) =>
      during(`writing the comment on #${number}`, () => comments.upsertComment(number, marker, body, knownId)),
    reviseComment: (number, marker, body) =>
      during(`editing the comment on #${number}`, () => comments.reviseComment(number, marker, body)),
    answerThread: (pull, threadId, marker, body) =>
      during(`answering thread ${threadId} of #${pull}`, () => comments.answerThread(pull, threadId, marker, body)),
    resolveThread: (pull, threadId) =>
      during(`resolving thread ${threadId} of #${pull}`, () => given.resolveThread(pull, threadId)),
    requestReview: (pull, person) =>
      during(`asking ${person.login} to review #${pull}`, () => given.requestReview(pull, person)),
    fetchOwnIssues: (after) => during("reading issues of ours", () => issues.fetchOwnIssues(after)),
    openIssue: (wanted) => during("opening an issue", () => issues.openIssue(wanted)),
    updateIssue: (number, change) => during(`editing issue #${number}`, () => issues.updateIssue(number, change)),
    ensureLabel: (label, description) =>
      during(`looking for the label ${label}`, () => issues.ensureLabel(label, description)),
    fetchChecks: (sha) => during(`reading the checks of ${sha.slice(0, 12)}`, () => results.fetchChecks(sha)),
    fetchFailure: (check) => during(`reading why check ${check.id} failed`, () => results.fetchFailure(check)),
    hasCheck: (headSha, key) =>
      during(`looking for the check run on ${headSha.slice(0, 12)}`, () => checks.hasCheck(headSha, key)),
    beginCheck: (check) =>
      during(`beginning the check run on ${check.headSha.slice(0, 12)}`, () => checks.beginCheck(check)),
    upsertCheck: (check) =>
      during(`writing the check run on ${check.headSha.slice(0, 12)}`, () => checks.upsertCheck(check)),
    close: () => token.revoke(),
  };
};

/** The API's `permission` knows no triage and no maintain; `role_name` does, and may be a name of the owner's own. */
const fetchPermission = async (client: Octokit, place: Place, person: Person): Promise<Permission> => {
  const found = await unless([404], () =>
    client.rest.repos.getCollaboratorPermissionLevel({ ...place, username: person.login }),
  );
  if (found?.data.user?.id !== person.id) return "none";
  const { permission, role_name: role } = found.data;
  if (permission === "admin") return "admin";
  if (permission === "write") return role === "maintain" ? "maintain" : "write";
  if (permission === "read") return role === "triage" ? "triage" : "read";
  return "none";
};
