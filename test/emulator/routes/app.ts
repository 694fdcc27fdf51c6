/** The App about itself: who it is, where it is installed, its tokens, its deliveries, and its registration. */
import { canSee, hasPermission, installedRepositories, mintToken, requireActive } from "../access.ts";
import { appBody, installationBody } from "../bodies/accounts.ts";
import type { Json } from "../bodies/example.ts";
import { repositoryBody, tokenBody } from "../bodies/repository.ts";
import {
  type AuthorCall,
  type Call,
  created,
  forAnyone,
  forApp,
  forAuthor,
  found,
  noContent,
  ok,
  paginate,
  type Reply,
  type Route,
} from "../http.ts";
import { forbidden, notFound, unprocessable } from "../http-error.ts";
import type { Level } from "../options.ts";
import { fullName, type Repository, type World } from "../state.ts";
import type { Delivery } from "../webhooks/outbox.ts";

function requireInstallation({ world, params }: Call): void {
  const gone = world.installation.state === "deleted";
  if (gone || Number(params["installation_id"]) !== world.app.installationId) throw notFound();
}

/** A token for less than the installation has: fewer repositories, fewer permissions; never for more. */
function createToken(call: Call): Reply {
  requireInstallation(call);
  const { world, body } = call;
  requireActive(world);
  const granted: Record<string, Level> = { ...world.app.permissions };
  const wanted = (body["permissions"] as Record<string, Level> | undefined) ?? granted;
  for (const [permission, level] of Object.entries(wanted)) {
    const has = granted[permission] ?? (permission === "metadata" ? "read" : undefined);
    if (has === undefined || (has === "read" && level === "write")) {
      throw unprocessable("The permissions requested are not granted to this installation.");
    }
  }
  const narrowed = narrowedRepositories(world, body);
  const repositories = (narrowed ?? installedRepositories(world)).map(({ id }) => id);
  const { token, expiresAt } = mintToken(world, wanted, repositories);
  const bodies = narrowed?.map((repository) => repositoryBody(world, repository));
  return created(tokenBody(world, token, expiresAt, wanted, bodies));
}

function narrowedRepositories(world: World, body: Call["body"]): Repository[] | undefined {
  const names = body["repositories"] as string[] | undefined;
  const ids = body["repository_ids"] as number[] | undefined;
  if (names === undefined && ids === undefined) return undefined;
  const installed = installedRepositories(world);
  const wanted = [
    ...(names ?? []).map((name) => installed.find((one) => one.name.toLowerCase() === name.toLowerCase())),
    ...(ids ?? []).map((id) => installed.find((one) => one.id === id)),
  ];
  if (wanted.includes(undefined)) {
    throw unprocessable(
      "There is at least one repository that does not exist or is not accessible to the parent installation.",
    );
  }
  return wanted as Repository[];
}

function revokeToken({ world, author }: AuthorCall): Reply {
  if (author.kind !== "installation") throw forbidden();
  for (const [token, owner] of world.tokens) if (owner === author) world.tokens.delete(token);
  return noContent();
}

function listRepositories(call: AuthorCall): Promise<Reply> {
  const { world, author } = call;
  if (author.kind !== "installation" || !hasPermission(author, "metadata", "read")) throw forbidden();
  const visible = [...world.repositories.values()].filter((repository) => canSee(world, author, repository));
  return paginate(
    call,
    visible,
    (repository) => repositoryBody(world, repository),
    (repositories) => ({ total_count: visible.length, repositories }),
  );
}

function deliveryBody(world: World, delivery: Delivery): Json {
  const repository = delivery.payload["repository"] as { id: number } | undefined;
  return {
    id: delivery.id,
    guid: delivery.guid,
    delivered_at: delivery.deliveredAt,
    redelivery: delivery.redelivery,
    duration: delivery.durationMs / 1000,
    status: delivery.status,
    status_code: delivery.statusCode,
    event: delivery.event,
    action: delivery.action,
    installation_id: world.app.installationId,
    repository_id: repository?.id ?? null,
    throttled_at: null,
  };
}

function findDelivery({ world, params }: Call): Delivery {
  return found(world.outbox.deliveries.find(({ id }) => id === Number(params["delivery_id"])));
}

/** Newest first, by cursor: the id of the oldest one seen. */
function listDeliveries({ world, query, url }: Call): Reply {
  const size = Math.min(Number(query.get("per_page") ?? 30), 100);
  const cursor = query.get("cursor");
  const older = [...world.outbox.deliveries].reverse().filter(({ id }) => cursor === null || id < Number(cursor));
  const page = older.slice(0, size);
  const next = new URL(url);
  next.searchParams.set("cursor", String(page.at(-1)?.id));
  return {
    ...ok(page.map((delivery) => deliveryBody(world, delivery))),
    ...(older.length > size ? { headers: { link: `<${next}>; rel="next"` } } : {}),
  };
}

function getDelivery(call: Call): Reply {
  const delivery = findDelivery(call);
  return ok({
    ...deliveryBody(call.world, delivery),
    url: delivery.url,
    request: { headers: delivery.request.headers, payload: delivery.payload },
    response: { headers: delivery.response.headers, payload: delivery.response.body },
  });
}

function redeliver(call: Call): Reply {
  const delivery = findDelivery(call);
  call.world.outbox.post(delivery.event, delivery.payload, delivery.guid);
  return { status: 202, body: {} };
}

/** A code from the registration page is good for one conversion. */
function convertManifest({ world, params }: Call): Reply {
  const code = params["code"] as string;
  const manifest = found(world.manifests.get(code));
  world.manifests.delete(code);
  const { privateKey, webhookSecret } = world.app;
  const hook = manifest["hook_attributes"] as { url?: string } | undefined;
  if (hook?.url !== undefined) world.outbox.setUrl(hook.url);
  return created({
    ...appBody(world),
    name: String(manifest["name"] ?? world.app.slug),
    client_secret: code,
    webhook_secret: webhookSecret,
    pem: privateKey,
  });
}

const hookConfig = ({ world }: Call): Reply =>
  ok({ url: world.outbox.url() ?? "", content_type: "json", insecure_ssl: "0", secret: "********" });

function updateHookConfig(call: Call): Reply {
  const { url } = call.body;
  if (typeof url === "string") call.world.outbox.setUrl(url);
  return hookConfig(call);
}

export const appRoutes: readonly Route[] = [
  forApp("GET /app", ({ world }) => ok(appBody(world))),
  forApp("GET /app/installations", (call) =>
    paginate(call, call.world.installation.state === "deleted" ? [] : [call.world], installationBody),
  ),
  forApp("GET /app/installations/{installation_id}", (call) => {
    requireInstallation(call);
    return ok(installationBody(call.world));
  }),
  forApp("POST /app/installations/{installation_id}/access_tokens", createToken),
  forApp("GET /repos/{owner}/{repo}/installation", ({ world, params }) => {
    const name = `${params["owner"]}/${params["repo"]}`.toLowerCase();
    found(installedRepositories(world).find((repository) => fullName(repository).toLowerCase() === name));
    return ok(installationBody(world));
  }),
  forApp("GET /app/hook/config", hookConfig),
  forApp("PATCH /app/hook/config", updateHookConfig),
  forApp("GET /app/hook/deliveries", listDeliveries),
  forApp("GET /app/hook/deliveries/{delivery_id}", getDelivery),
  forApp("POST /app/hook/deliveries/{delivery_id}/attempts", redeliver),
  forAuthor("GET /installation/repositories", listRepositories),
  forAuthor("DELETE /installation/token", revokeToken),
  forAnyone("POST /app-manifests/{code}/conversions", convertManifest),
];
