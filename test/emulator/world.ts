/** Makes the state that an emulator starts with: people, the App and its installation, seeded repositories. */
import { join } from "node:path";
import { createExamples } from "./bodies/example.ts";
import type { Contract } from "./contract/contract.ts";
import { createSeededRepository } from "./git/seed.ts";
import type { EmulatorOptions, RepositoryOptions } from "./options.ts";
import { type Account, type Author, type Installation, type Repository, timestamp, type World } from "./state.ts";
import { createOutbox } from "./webhooks/outbox.ts";

/** Ids of comments, labels and all else that is made later begin above the accounts'. */
const FIRST_ID = 1_000_000;
const BOT_ID_OFFSET = 100_000;

/** @param web where people and git look */
export async function createWorld(options: EmulatorOptions, contract: Contract, web: string): Promise<World> {
  const { app, users, clock = () => new Date() } = options;
  const nextId = createIds(FIRST_ID);
  const accounts = createAccounts(options);
  const named = (login: string): Account => accounts.get(login.toLowerCase()) as Account;
  const tokens = Object.entries(users).map(([login, { token }]): [string, Author] => [
    token,
    { kind: "user", account: named(login) },
  ]);
  const world: World = {
    web,
    api: `${web}/api/v3`,
    app,
    bot: named(`${app.slug}[bot]`),
    installation: createInstallation(options),
    installedOn: named(options.repositories[0]?.owner ?? ""),
    startedAt: timestamp({ clock }),
    accounts,
    roles: new Map(Object.entries(users).map(([login, { permission }]) => [login, permission])),
    tokens: new Map(tokens),
    repositories: new Map(),
    manifests: new Map(),
    attachments: new Map(),
    signatures: new Map(),
    logs: new Map(),
    examples: createExamples(contract),
    outbox: createOutbox({ url: app.webhookUrl, secret: app.webhookSecret, appId: app.id, clock, nextId }),
    violations: [],
    checkWebhook: contract.checkWebhook,
    clock,
    nextId,
  };
  for (const [index, repository] of options.repositories.entries()) {
    const parent = world.repositories.get(repository.forkOf?.toLowerCase() ?? "");
    const made = await createRepository(world, options.root, repository, { id: index + 1, parent });
    world.repositories.set(`${repository.owner}/${repository.name}`.toLowerCase(), made);
  }
  return world;
}

function createInstallation({ app, repositories }: EmulatorOptions): Installation {
  const own = repositories.filter(({ forkOf }) => forkOf === undefined);
  const names = app.repositories ?? own.map(({ owner, name }) => `${owner}/${name}`);
  return {
    state: "active",
    selection: app.repositories === undefined ? "all" : "selected",
    repositories: new Set(names.map((name) => name.toLowerCase())),
    suspended: undefined,
  };
}

function createIds(start: number): () => number {
  let last = start;
  return () => ++last;
}

function createAccounts({ app, users, repositories }: EmulatorOptions): Map<string, Account> {
  const accounts = new Map<string, Account>();
  const add = (account: Account): void => {
    const key = account.login.toLowerCase();
    if (!accounts.has(key)) accounts.set(key, account);
  };
  for (const [index, [login, { type = "User" }]] of Object.entries(users).entries())
    add({ id: 1001 + index, login, type });
  for (const [index, { owner }] of repositories.entries()) add({ id: 501 + index, login: owner, type: "Organization" });
  add({ id: BOT_ID_OFFSET + app.id, login: `${app.slug}[bot]`, type: "Bot" });
  return accounts;
}

const FIRST_COMMIT_BY = { name: "maintainer", email: "maintainer@users.noreply.github.com" };

async function createRepository(
  world: World,
  root: string,
  options: RepositoryOptions,
  { id, parent }: { readonly id: number; readonly parent: Repository | undefined },
): Promise<Repository> {
  const { owner, name, files } = options;
  const from = options.from ?? parent?.git.directory;
  const { git, defaultBranch } = await createSeededRepository({
    directory: join(root, owner, `${name}.git`),
    from,
    files,
    defaultBranch: options.defaultBranch,
    author: { ...FIRST_COMMIT_BY, date: timestamp(world) },
  });
  return {
    id,
    owner: world.accounts.get(owner.toLowerCase()) as Account,
    name,
    private: options.private ?? false,
    forkOf: parent,
    defaultBranch,
    git,
    createdAt: timestamp(world),
    pushedAt: timestamp(world),
    labels: new Map(),
    issues: new Map(),
    gone: new Map(),
    comments: new Map(),
    reviews: new Map(),
    reviewComments: new Map(),
    resolvedThreads: new Map(),
    checkSuites: new Map(),
    checkRuns: new Map(),
    statuses: [],
    signedCommits: new Set(),
  };
}
