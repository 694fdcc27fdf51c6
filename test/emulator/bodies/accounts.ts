/** People, bots, owners and the App as GitHub writes them. */
import { type Account, fullName, hasRole, type Repository, roleOf, type World } from "../state.ts";
import type { Json } from "./example.ts";

/** `GET /users/{login}` writes a bot's brackets as `%5Bbot%5D`. */
const inUrl = (login: string): string => encodeURIComponent(login);

export function nodeId(kind: string, id: number): string {
  return `${kind}_${Buffer.from(`${kind}:${id}`).toString("base64url")}`;
}

export function accountBody(world: World, { id, login, type }: Account): Json {
  const url = `${world.api}/users/${inUrl(login)}`;
  return {
    login,
    id,
    node_id: nodeId(type === "Bot" ? "BOT" : type === "Organization" ? "O" : "U", id),
    avatar_url: `${world.web}/avatars/${id}`,
    gravatar_id: "",
    url,
    html_url: type === "Bot" ? `${world.web}/apps/${world.app.slug}` : `${world.web}/${inUrl(login)}`,
    followers_url: `${url}/followers`,
    following_url: `${url}/following{/other_user}`,
    gists_url: `${url}/gists{/gist_id}`,
    starred_url: `${url}/starred{/owner}{/repo}`,
    subscriptions_url: `${url}/subscriptions`,
    organizations_url: `${url}/orgs`,
    repos_url: `${url}/repos`,
    events_url: `${url}/events{/privacy}`,
    received_events_url: `${url}/received_events`,
    type,
    user_view_type: "public",
    site_admin: false,
  };
}

export function publicUserBody(world: World, account: Account): Json {
  return {
    ...accountBody(world, account),
    name: account.login,
    company: null,
    blog: "",
    location: null,
    email: null,
    hireable: null,
    bio: null,
    twitter_username: null,
    public_repos: 0,
    public_gists: 0,
    followers: 0,
    following: 0,
    created_at: world.startedAt,
    updated_at: world.startedAt,
  };
}

/** As GitHub puts it in comments. Never to be decided by: private members of an organisation show as NONE. */
export function association(world: World, account: Account, repository: Repository): string {
  if (account.id === repository.owner.id) return "OWNER";
  if (hasRole(world, account, "admin")) return "MEMBER";
  return hasRole(world, account, "triage") ? "COLLABORATOR" : "NONE";
}

/** `triage` and `maintain` show as the legacy roles below them in `permission`, and as themselves in `role_name`. */
export function permissionBody(world: World, account: Account): Json {
  const role = roleOf(world, account);
  const permission = role === "triage" ? "read" : role === "maintain" ? "write" : role;
  return {
    permission,
    role_name: role,
    user: {
      ...accountBody(world, account),
      role_name: role,
      permissions: {
        pull: hasRole(world, account, "read"),
        triage: hasRole(world, account, "triage"),
        push: hasRole(world, account, "write"),
        maintain: hasRole(world, account, "maintain"),
        admin: hasRole(world, account, "admin"),
      },
    },
  };
}

export function appBody(world: World): Json {
  const { id, slug, permissions, events } = world.app;
  return {
    id,
    slug,
    client_id: `Iv1.${id}`,
    node_id: nodeId("A", id),
    owner: accountBody(world, world.installedOn),
    name: slug,
    description: "",
    external_url: world.web,
    html_url: `${world.web}/apps/${slug}`,
    created_at: world.startedAt,
    updated_at: world.startedAt,
    permissions: { ...permissions, metadata: "read" },
    events,
    installations_count: 1,
  };
}

export function installationBody(world: World): Json {
  const { id, slug, installationId, permissions, events } = world.app;
  const { selection, suspended } = world.installation;
  const url = `${world.api}/app/installations/${installationId}`;
  return {
    id: installationId,
    account: accountBody(world, world.installedOn),
    repository_selection: selection,
    access_tokens_url: `${url}/access_tokens`,
    repositories_url: `${world.api}/installation/repositories`,
    html_url: `${world.web}/organizations/${world.installedOn.login}/settings/installations/${installationId}`,
    app_id: id,
    client_id: `Iv1.${id}`,
    app_slug: slug,
    target_id: world.installedOn.id,
    target_type: "Organization",
    permissions: { ...permissions, metadata: "read" },
    events,
    created_at: world.startedAt,
    updated_at: world.startedAt,
    single_file_name: null,
    has_multiple_single_files: false,
    single_file_paths: [],
    suspended_by: suspended === undefined ? null : accountBody(world, suspended.by),
    suspended_at: suspended?.at ?? null,
  };
}

export const repositoryUrl = (world: World, repository: Repository): string =>
  `${world.api}/repos/${fullName(repository)}`;
export const repositoryPage = (world: World, repository: Repository): string => `${world.web}/${fullName(repository)}`;
