/** Who is asking, and whether he may: tokens and JSON web tokens verified, permissions and repositories enforced. */
import { createPublicKey, randomBytes, verify } from "node:crypto";
import { forbidden, HttpError, notFound } from "./http-error.ts";
import type { Level, Role } from "./options.ts";
import {
  type Actor,
  type Author,
  hasRole,
  type InstallationActor,
  type Issue,
  isPull,
  type Repository,
  type World,
} from "./state.ts";

const unauthorized = (message: string): HttpError => new HttpError(401, message);

/** Of the `Authorization` header: Bearer or token, as Octokit sends them. */
export function authenticate(world: World, authorization: string | undefined): Actor {
  const credentials = /^(?:bearer|token) (\S+)$/i.exec(authorization ?? "")?.[1];
  if (credentials === undefined) throw unauthorized("Requires authentication");
  return credentials.split(".").length === 3 ? verifyJwt(world, credentials) : authorOf(world, credentials);
}

/** The author that a token stands for. */
export function authorOf(world: World, token: string): Author {
  const author = world.tokens.get(token);
  const expired = author?.kind === "installation" && author.expiresAt <= world.clock();
  if (author === undefined || expired) throw unauthorized("Bad credentials");
  if (author.kind === "installation") requireActive(world);
  return author;
}

/** A suspended installation answers nobody; a deleted one is gone. */
export function requireActive({ installation }: World): void {
  if (installation.state === "suspended") throw forbidden("This installation has been suspended");
  if (installation.state === "deleted") throw notFound();
}

type Claims = { iss?: unknown; iat?: unknown; exp?: unknown };

function verifyJwt(world: World, jwt: string): Actor {
  const [head, claims, signature] = jwt.split(".") as [string, string, string];
  const key = createPublicKey(world.app.privateKey);
  const signed = verify("RSA-SHA256", Buffer.from(`${head}.${claims}`), key, Buffer.from(signature, "base64url"));
  if (!signed || parseSegment<{ alg?: unknown }>(head).alg !== "RS256") {
    throw unauthorized("A JSON web token could not be decoded");
  }
  const { iss, iat, exp } = parseSegment<Claims>(claims);
  const now = world.clock().getTime() / 1000;
  if (String(iss) !== String(world.app.id)) {
    throw unauthorized("'Issuer' claim ('iss') must be an Integer or a valid client ID");
  }
  if (typeof exp !== "number" || exp <= now)
    throw unauthorized("'Expiration time' claim ('exp') must be in the future");
  if (exp > now + 600) throw unauthorized("'Expiration time' claim ('exp') is too far in the future");
  if (typeof iat !== "number" || iat > now + 60) throw unauthorized("'Issued at' claim ('iat') must be in the past");
  return { kind: "app" };
}

const parseSegment = <T>(segment: string): T => JSON.parse(Buffer.from(segment, "base64url").toString()) as T;

const HOUR_MS = 3_600_000;

export function mintToken(
  world: World,
  permissions: InstallationActor["permissions"],
  repositories: readonly number[],
): { token: string; expiresAt: Date } {
  const token = `ghs_${randomBytes(27).toString("base64").replace(/[+/]/g, "0")}`;
  const expiresAt = new Date(world.clock().getTime() + HOUR_MS);
  world.tokens.set(token, { kind: "installation", account: world.bot, permissions, repositories, expiresAt });
  return { token, expiresAt };
}

/** What the App is installed on. */
export function installedRepositories({ installation, repositories }: World): Repository[] {
  if (installation.state === "deleted") return [];
  return [...repositories].filter(([name]) => installation.repositories.has(name)).map(([, repository]) => repository);
}

/**
 * What a route asks for.
 * `permissions`: one of these must the installation have at the level; `role`: this must a person have in the repository.
 */
export type Need = { readonly permissions: readonly string[]; readonly level: Level; readonly role: Role };

export const reads = (...permissions: string[]): Need => ({ permissions, level: "read", role: "none" });
/** What anybody who sees the repository may do (comment, review, react). */
export const contributes = (...permissions: string[]): Need => ({ permissions, level: "write", role: "none" });
export const writes = (...permissions: string[]): Need => ({ permissions, level: "write", role: "write" });
export const triages = (...permissions: string[]): Need => ({ permissions, level: "write", role: "triage" });

export function hasPermission(actor: InstallationActor, permission: string, level: Level): boolean {
  if (permission === "metadata" && level === "read") return true;
  const granted = actor.permissions[permission];
  return granted === "write" || (granted === "read" && level === "read");
}

/** What cannot be seen is 404; what can be seen and not be done is 403. */
export function authorize(world: World, author: Author, repository: Repository, need: Need): void {
  if (!canSee(world, author, repository)) throw notFound();
  if (author.kind === "installation") {
    if (!need.permissions.some((permission) => hasPermission(author, permission, need.level))) throw forbidden();
  } else if (!hasRole(world, author.account, need.role, repository)) {
    throw forbidden(`Must have ${need.role} rights to Repository.`);
  }
}

export function canSee(world: World, author: Author, repository: Repository): boolean {
  if (author.kind === "installation") {
    return author.repositories.includes(repository.id) && installedRepositories(world).includes(repository);
  }
  return !repository.private || hasRole(world, author.account, "read", repository);
}

/**
 * Pull requests are issues, and the routes they share take either permission. Each is held to its own kind here: GitHub's
 * documentation promises no more, so an App that needs both should ask for both.
 */
export function authorizeThread(author: Author, issue: Issue, level: Level): void {
  if (author.kind !== "installation") return;
  if (!hasPermission(author, isPull(issue) ? "pull_requests" : "issues", level)) throw forbidden();
}
