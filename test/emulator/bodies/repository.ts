/** Repositories and branches as GitHub writes them. */
import type { Level } from "../options.ts";
import { fullName, type Repository, timestamp, type World } from "../state.ts";
import { accountBody, nodeId } from "./accounts.ts";
import type { Json } from "./example.ts";

/** Inside the example, and true of another repository. */
const FOREIGN = ["source", "parent", "template_repository", "organization", "temp_clone_token"];

export function repositoryBody(world: World, repository: Repository): Json {
  const { git, defaultBranch } = repository;
  const body = world.examples("repos/get", {
    "https://api.github.com": world.api,
    "https://github.com": world.web,
    "git://github.com": world.web,
    "git:github.com": world.web,
    "git@github.com:": `${world.web}/`,
    "https://svn.github.com": world.web,
    "octocat/Hello-World": fullName(repository),
  });
  for (const key of FOREIGN) delete body[key];
  const open = [...repository.issues.values()].filter(({ state }) => state === "open").length;
  return {
    ...body,
    id: repository.id,
    node_id: nodeId("R", repository.id),
    name: repository.name,
    full_name: fullName(repository),
    owner: accountBody(world, repository.owner),
    private: repository.private,
    visibility: repository.private ? "private" : "public",
    description: null,
    homepage: null,
    language: null,
    fork: repository.forkOf !== undefined,
    mirror_url: null,
    is_template: false,
    topics: [],
    custom_properties: {},
    license: null,
    forks: 0,
    forks_count: 0,
    stargazers_count: 0,
    watchers: 0,
    watchers_count: 0,
    network_count: 0,
    subscribers_count: 0,
    size: 0,
    default_branch: defaultBranch,
    open_issues: open,
    open_issues_count: open,
    created_at: repository.createdAt,
    pushed_at: git.refs.size === 0 ? null : repository.pushedAt,
    updated_at: repository.pushedAt,
    allow_auto_merge: false,
    allow_forking: true,
    archived: false,
    disabled: false,
    web_commit_signoff_required: false,
  };
}

/** `repositories` of installation events: just the names. */
export function shortRepositoryBody(repository: Repository): Json {
  return {
    id: repository.id,
    node_id: nodeId("R", repository.id),
    name: repository.name,
    full_name: fullName(repository),
    private: repository.private,
  };
}

export function tokenBody(
  world: World,
  token: string,
  expiresAt: Date,
  permissions: Readonly<Record<string, Level>>,
  narrowedTo: Json[] | undefined,
): Json {
  return {
    token,
    expires_at: timestamp({ clock: () => expiresAt }),
    permissions: { ...permissions, metadata: "read" },
    repository_selection: narrowedTo === undefined ? world.installation.selection : "selected",
    ...(narrowedTo === undefined ? {} : { repositories: narrowedTo }),
  };
}
