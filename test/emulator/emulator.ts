/** A local GitHub over real bare git repositories: REST, GraphQL, git over HTTP, signed webhooks, and pages to look at. */
import { type Attachment, attach } from "./attachments.ts";
import { ACTIONS, type CiConclusion, type CiJob, type CiSuite, finishSuite, reportSuite } from "./ci.ts";
import { loadContract } from "./contract/contract.ts";
import { deleteIssue, setLocked, transferIssue } from "./conversation.ts";
import { createGraphql } from "./graphql/graphql.ts";
import type { Reply } from "./http.ts";
import { changeInstallation, removeRepository } from "./installation.ts";
import type { EmulatorOptions, Role } from "./options.ts";
import { createPerson, type Person, type RepositoryName } from "./person.ts";
import { createReaders, type Readers } from "./readers.ts";
import { type Rerequested, rerequest } from "./rerequest.ts";
import { createRest } from "./rest.ts";
import { restRoutes } from "./routes/all.ts";
import { newRun } from "./routes/checks.ts";
import { type Interception, listen, serve } from "./server.ts";
import type { Account, Repository, World } from "./state.ts";
import { createWeb } from "./web/web.ts";
import { checkSubscriptions, type Happening, type InstallationAction } from "./webhooks/events.ts";
import type { Delivery } from "./webhooks/outbox.ts";
import { createWorld } from "./world.ts";

export type { EmulatorOptions } from "./options.ts";
export type { Person } from "./person.ts";
export type { Delivery } from "./webhooks/outbox.ts";

/** A reply in place of the real one, for requests that fit, `times` times (once when left out). */
export type Fault = Reply & { readonly method: string; readonly path: RegExp; readonly times?: number };

/** Checks of another App: what continuous integration says about a commit. */
export type Ci = {
  readonly sha: string;
  readonly name: string;
  readonly conclusion: CiConclusion;
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
  /** An image that somebody pasted. @returns the link that stands in the text */
  attach(attachment: Attachment): string;
  /** @returns what ends it before its time */
  failNext(fault: Fault): () => void;
  /** Somebody who may ends or opens a conversation to others. */
  setLocked(by: string, thread: number, locked: boolean): Promise<void>;
  deleteIssue(by: string, issue: number): Promise<void>;
  /** @param to `owner/name` @returns its number there */
  transferIssue(by: string, issue: number, to: string): Promise<number>;
  reportCheck(ci: Ci): Promise<void>;
  /** A whole suite ends, and says so once. @returns its id */
  reportSuite(suite: CiSuite): Promise<number>;
  /** What of a suite is still at work, or was started again, ends. */
  finishSuite(id: number, jobs: readonly CiJob[]): Promise<void>;
  /** Somebody clicks "Re-run" on a check, or on all of an App's. */
  rerequest(by: string, what: Rerequested): Promise<void>;
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

export async function startEmulator(options: EmulatorOptions): Promise<Emulator> {
  checkSubscriptions(options.app.events, options.app.permissions);
  const contract = loadContract();
  const server = await listen(options.port ?? 0);
  const { port } = server.address() as { port: number };
  const world = await createWorld(options, contract, `http://127.0.0.1:${port}`);
  const faults = createFaults();
  serve(server, world, {
    root: options.root,
    rest: createRest(world, contract, restRoutes),
    graphql: createGraphql(world),
    web: createWeb(world),
    intercept: faults.intercept,
  });
  const first = options.repositories[0] ?? { owner: "", name: "" };
  const { outbox } = world;
  const told = async <T>(by: string, act: (at: Happening) => Promise<T>): Promise<T> => {
    const repository = repositoryNamed(world, `${first.owner}/${first.name}`);
    const done = await act({ world, repository, sender: accountNamed(world, by) });
    outbox.flush();
    return done;
  };

  return {
    ...createReaders(world, first),
    url: world.web,
    api: world.api,
    violations: world.violations,
    deliveries: outbox.deliveries,
    setWebhookUrl: outbox.setUrl,
    setPermission: (login, role) => {
      world.roles.set(login, role);
    },
    as: (login) => personNamed(world, options, login, first),
    attach: (attachment) => attach(world, attachment),
    failNext: faults.add,
    setLocked: (by, thread, locked) => told(by, (at) => setLocked(at, thread, locked)),
    deleteIssue: (by, issue) => told(by, (at) => deleteIssue(at, issue)),
    transferIssue: (by, issue, to) => told(by, (at) => transferIssue(at, issue, repositoryNamed(world, to))),
    reportCheck: (ci) => reportCheck(world, first, ci),
    reportSuite: (suite) => reportSuite(world, first, suite),
    finishSuite: (id, jobs) => finishSuite(world, first, id, jobs),
    rerequest: (by, what) => rerequest(world, first, accountNamed(world, by), what),
    changeInstallation: (by, action) => {
      changeInstallation(world, accountNamed(world, by), action);
      outbox.flush();
    },
    removeRepository: (by, name) => {
      removeRepository(world, accountNamed(world, by), name);
      outbox.flush();
    },
    redeliver: async (guid) => {
      const delivery = outbox.deliveries.find((one) => one.guid === guid);
      if (delivery === undefined) throw new Error(`no delivery has the GUID ${guid}`);
      outbox.post(delivery.event, delivery.payload, guid);
      await outbox.idle();
    },
    idle: outbox.idle,
    close: async () => {
      outbox.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await outbox.idle();
      for (const { git } of world.repositories.values()) git.close();
    },
  };
}

function createFaults(): { intercept: Interception; add: (fault: Fault) => () => void } {
  const faults: { fault: Fault; left: number }[] = [];
  return {
    add: (fault) => {
      const entry = { fault, left: fault.times ?? 1 };
      faults.push(entry);
      return () => {
        entry.left = 0;
      };
    },
    intercept: ({ method, path }) => {
      const entry = faults.find(({ fault, left }) => left > 0 && fault.method === method && fault.path.test(path));
      if (entry === undefined) return undefined;
      entry.left -= 1;
      return entry.fault;
    },
  };
}

function accountNamed(world: World, login: string): Account {
  const account = world.accounts.get(login.toLowerCase());
  if (account === undefined) throw new Error(`the emulator knows nobody called ${login}`);
  return account;
}

function repositoryNamed(world: World, name: string): Repository {
  const repository = world.repositories.get(name.toLowerCase());
  if (repository === undefined) throw new Error(`the emulator has no repository ${name}`);
  return repository;
}

function personNamed(world: World, options: EmulatorOptions, login: string, repository: RepositoryName): Person {
  const user = options.users[login];
  if (user === undefined)
    throw new Error(`"${login}" is none of the emulator's users: ${Object.keys(options.users).join(", ")}`);
  return createPerson(world, login, user.token, repository);
}

async function reportCheck(world: World, { owner, name }: RepositoryName, ci: Ci): Promise<void> {
  const repository = world.repositories.get(`${owner}/${name}`.toLowerCase()) as Repository;
  const sender = repository.owner;
  await newRun({ world, repository, sender }, ACTIONS, ci.sha, ci.name, {
    status: "completed",
    conclusion: ci.conclusion,
    ...(ci.output === undefined ? {} : { output: ci.output }),
  });
  world.outbox.flush();
}
