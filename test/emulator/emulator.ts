/** A local GitHub over real bare git repositories: REST, GraphQL, git over HTTP, signed webhooks, and pages to look at. */
import { join } from "node:path";
import { createExamples } from "./bodies/example.ts";
import { loadContract } from "./contract/contract.ts";
import { createSeededRepository } from "./git/seed.ts";
import { createGraphql } from "./graphql/graphql.ts";
import type { Reply } from "./http.ts";
import { changeInstallation, removeRepository } from "./installation.ts";
import type { EmulatorOptions, RepositoryOptions, Role } from "./options.ts";
import { createPerson, type Person, type RepositoryName } from "./person.ts";
import { createReaders, type Readers } from "./readers.ts";
import { createRest } from "./rest.ts";
import { restRoutes } from "./routes/all.ts";
import { newRun } from "./routes/checks.ts";
import { listen, serve } from "./server.ts";
import { type Account, type Author, type Repository, timestamp, type World } from "./state.ts";
import { createWeb } from "./web/web.ts";
import { checkSubscriptions, type InstallationAction } from "./webhooks/events.ts";
import { createOutbox, type Delivery } from "./webhooks/outbox.ts";

export type { EmulatorOptions } from "./options.ts";
export type { Person } from "./person.ts";
export type { Delivery } from "./webhooks/outbox.ts";

/** A reply in place of the real one, for requests that fit, `times` times (once when left out). */
export type Fault = Reply & { readonly method: string; readonly path: RegExp; readonly times?: number };

/** Checks of another App: what continuous integration says about a commit. */
export type Ci = {
  readonly sha: string;
  readonly name: string;
  readonly conclusion: "success" | "failure" | "neutral" | "cancelled" | "skipped" | "timed_out";
  readonly output?: { readonly title: string; readonly summary: string; readonly text?: string };
};

export type Emulator = Readers & {
  /** Pages and git: `${url}/owner/name.git`. */
  readonly url: string;
  /** The REST API: `${url}/api/v3`; GraphQL is at `${url}/api/graphql`, as on GitHub Enterprise. */
  readonly api: string;
  /** Every departure from GitHub's contract, by a client or by the emulator, and every request that is not emulated. */
  readonly violations: string[];
  /** Answered or given up, in the order in which they were sent. */
  readonly deliveries: readonly Delivery[];
  setWebhookUrl(url: string | undefined): void;
  setPermission(login: string, role: Role): void;
  /** Acts in the first repository, unless `at` another one. */
  as(login: string): Person;
  failNext(fault: Fault): void;
  reportCheck(ci: Ci): Promise<void>;
  /** An owner installs, suspends or removes the App: its tokens follow, and it is told. */
  changeInstallation(by: string, action: InstallationAction): void;
  /** An owner takes a repository (`owner/name`) out of the installation. */
  removeRepository(by: string, name: string): void;
  /** Sends a delivery again under the same GUID; resolves when it was answered. */
  redeliver(guid: string): Promise<void>;
  /** Resolves when every delivery was answered, what the answers caused included. */
  idle(): Promise<void>;
  close(): Promise<void>;
};

const BOT_ID_OFFSET = 100_000;

export async function startEmulator(options: EmulatorOptions): Promise<Emulator> {
  const { app, clock = () => new Date() } = options;
  checkSubscriptions(app.events, app.permissions);
  const contract = loadContract();
  const server = await listen(options.port ?? 0);
  const { port } = server.address() as { port: number };
  const web = `http://127.0.0.1:${port}`;
  const nextId = createIds(1_000_000);
  const accounts = createAccounts(options);
  const [firstRepository] = options.repositories;
  const world: World = {
    web,
    api: `${web}/api/v3`,
    app,
    bot: accounts.get(`${app.slug}[bot]`) as Account,
    installation: {
      state: "active",
      selection: app.repositories === undefined ? "all" : "selected",
      repositories: new Set(
        (app.repositories ?? options.repositories.map(({ owner, name }) => `${owner}/${name}`)).map((name) =>
          name.toLowerCase(),
        ),
      ),
      suspended: undefined,
    },
    installedOn: accounts.get((firstRepository?.owner ?? "").toLowerCase()) as Account,
    startedAt: timestamp({ clock }),
    accounts,
    roles: new Map(Object.entries(options.users).map(([login, { permission }]) => [login, permission])),
    tokens: new Map(
      Object.entries(options.users).map(([login, { token }]): [string, Author] => [
        token,
        { kind: "user", account: accounts.get(login.toLowerCase()) as Account },
      ]),
    ),
    repositories: new Map(),
    manifests: new Map(),
    examples: createExamples(contract),
    outbox: createOutbox({ url: app.webhookUrl, secret: app.webhookSecret, appId: app.id, clock, nextId }),
    violations: [],
    checkWebhook: contract.checkWebhook,
    clock,
    nextId,
  };
  for (const [index, repository] of options.repositories.entries()) {
    const made = await createRepository(world, options.root, repository, index + 1);
    world.repositories.set(`${repository.owner}/${repository.name}`.toLowerCase(), made);
  }
  const faults: { fault: Fault; left: number }[] = [];
  serve(server, world, {
    root: options.root,
    rest: createRest(world, contract, restRoutes),
    graphql: createGraphql(world),
    web: createWeb(world),
    intercept: ({ method, path }) => {
      const entry = faults.find(({ fault, left }) => left > 0 && fault.method === method && fault.path.test(path));
      if (entry === undefined) return undefined;
      entry.left -= 1;
      return entry.fault;
    },
  });
  const first = firstRepository ?? { owner: "", name: "" };

  return {
    ...createReaders(world, first),
    url: web,
    api: world.api,
    violations: world.violations,
    deliveries: world.outbox.deliveries,
    setWebhookUrl: world.outbox.setUrl,
    setPermission: (login, role) => {
      world.roles.set(login, role);
    },
    as: (login) => personNamed(world, options, login, first),
    failNext: (fault) => {
      faults.push({ fault, left: fault.times ?? 1 });
    },
    reportCheck: (ci) => reportCheck(world, first, ci),
    changeInstallation: (by, action) => {
      changeInstallation(world, accountNamed(world, by), action);
      world.outbox.flush();
    },
    removeRepository: (by, name) => {
      removeRepository(world, accountNamed(world, by), name);
      world.outbox.flush();
    },
    redeliver: async (guid) => {
      const delivery = world.outbox.deliveries.find((one) => one.guid === guid);
      if (delivery === undefined) throw new Error(`no delivery has the GUID ${guid}`);
      world.outbox.post(delivery.event, delivery.payload, guid);
      await world.outbox.idle();
    },
    idle: world.outbox.idle,
    close: async () => {
      world.outbox.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await world.outbox.idle();
      for (const { git } of world.repositories.values()) git.close();
    },
  };
}

function accountNamed(world: World, login: string): Account {
  const account = world.accounts.get(login.toLowerCase());
  if (account === undefined) throw new Error(`the emulator knows nobody called ${login}`);
  return account;
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
  for (const [index, login] of Object.keys(users).entries()) add({ id: 1001 + index, login, type: "User" });
  for (const [index, { owner }] of repositories.entries()) add({ id: 501 + index, login: owner, type: "Organization" });
  add({ id: BOT_ID_OFFSET + app.id, login: `${app.slug}[bot]`, type: "Bot" });
  return accounts;
}

const FIRST_COMMIT_BY = { name: "maintainer", email: "maintainer@users.noreply.github.com" };

async function createRepository(
  world: World,
  root: string,
  options: RepositoryOptions,
  id: number,
): Promise<Repository> {
  const { owner, name, from, files } = options;
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
    defaultBranch,
    git,
    createdAt: timestamp(world),
    pushedAt: timestamp(world),
    labels: new Map(),
    issues: new Map(),
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

function personNamed(world: World, options: EmulatorOptions, login: string, repository: RepositoryName): Person {
  const user = options.users[login];
  if (user === undefined)
    throw new Error(`"${login}" is none of the emulator's users: ${Object.keys(options.users).join(", ")}`);
  return createPerson(world, login, user.token, repository);
}

const CI_APP = { id: 15_368, slug: "github-actions", name: "GitHub Actions" };

async function reportCheck(world: World, { owner, name }: RepositoryName, ci: Ci): Promise<void> {
  const repository = world.repositories.get(`${owner}/${name}`.toLowerCase()) as Repository;
  const sender = repository.owner;
  await newRun({ world, repository, sender }, CI_APP, ci.sha, ci.name, {
    status: "completed",
    conclusion: ci.conclusion,
    ...(ci.output === undefined ? {} : { output: ci.output }),
  });
  world.outbox.flush();
}
