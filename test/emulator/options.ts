/** What an emulator is started with: the App, the people and the repositories of a small GitHub. */

export type Level = "read" | "write";
export type Role = "none" | "read" | "triage" | "write" | "maintain" | "admin";

export type AppOptions = {
  readonly id: number;
  readonly slug: string;
  /** PEM; its public half verifies the App's JSON web tokens. */
  readonly privateKey: string;
  readonly webhookSecret: string;
  /** Without one nothing is delivered, as on GitHub; see `Emulator.setWebhookUrl`. */
  readonly webhookUrl?: string;
  readonly permissions: Readonly<Record<string, Level>>;
  readonly events: readonly string[];
  readonly installationId: number;
  /** Full names it is installed on; all when left out. */
  readonly repositories?: readonly string[];
};

export type UserOptions = {
  readonly token: string;
  readonly permission: Role;
  /** Another App's bot user: its login ends in `[bot]`, and GitHub tells nobody its permission. A person where left out. */
  readonly type?: "Bot";
};

export type RepositoryOptions = {
  readonly owner: string;
  readonly name: string;
  /** A local git repository whose branches (or, where its HEAD is detached, that commit) are the start. */
  readonly from?: string;
  /** `owner/name` of an earlier one: its branches are the start, its owner may do everything in it, the App is not installed on it. */
  readonly forkOf?: string;
  /** Text by path: the first commit, where `from` is not given. Without either the repository is empty. */
  readonly files?: Readonly<Record<string, string>>;
  /** Else the HEAD of `from`, else `main`. */
  readonly defaultBranch?: string;
  /** In a private repository a person with permission `none` sees 404; in a public one he may read and comment. */
  readonly private?: boolean;
};

export type EmulatorOptions = {
  /** Folder that the bare repositories are made in. */
  readonly root: string;
  readonly app: AppOptions;
  /** By login. */
  readonly users: Readonly<Record<string, UserOptions>>;
  readonly repositories: readonly RepositoryOptions[];
  /** 0, the default, takes a free one. Always on 127.0.0.1. */
  readonly port?: number;
  readonly clock?: () => Date;
};
