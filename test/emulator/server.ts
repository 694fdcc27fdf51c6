/** The one HTTP server: git, REST, GraphQL and pages by path; headers that every API reply carries. */
import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { authorOf, canSee, hasPermission } from "./access.ts";
import { type GitRequest, gitToken, parseGitUrl, serveGit } from "./git/http-backend.ts";
import type { Reply } from "./http.ts";
import { HttpError } from "./http-error.ts";
import { refsMoved } from "./ref-effects.ts";
import type { Rest } from "./rest.ts";
import { logReply } from "./routes/actions.ts";
import { repositoryOf } from "./routes/repositories.ts";
import { type Author, hasRole, type Repository, type World } from "./state.ts";

/** A reply that a test wants in place of the real one. */
export type Interception = (request: { method: string; path: string }) => Reply | undefined;

export type Doors = {
  readonly root: string;
  readonly rest: Rest;
  readonly graphql: (authorization: string | undefined, body: unknown) => Promise<Reply>;
  readonly web: (method: string, url: URL, form: string) => Promise<Reply>;
  readonly intercept: Interception;
};

export function listen(port: number): Promise<Server> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => resolve(server));
  });
}

export function serve(server: Server, world: World, doors: Doors): void {
  const limits = createRateLimit(world);
  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    answer(request, response).then(
      () => world.outbox.flush(),
      (error: unknown) => {
        world.violations.push(`${request.method} ${request.url}: ${error instanceof Error ? error.stack : error}`);
        if (!response.headersSent) response.writeHead(500);
        response.end();
      },
    );
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", world.web);
    const git = parseGitUrl(url);
    if (git !== undefined) return answerGit(git, request, response);
    const text = await readBody(request);
    const method = request.method ?? "GET";
    const api = /^\/api\/v3(?=\/)|^\/api(?=\/graphql$)/.exec(url.pathname);
    if (api === null) {
      const log = logReply(world, url, request.headers.authorization);
      return write(response, method, log ?? (await doors.web(method, url, text)), {});
    }
    url.pathname = url.pathname.slice(api[0].length);
    const path = decodeURIComponent(url.pathname);
    const reply = doors.intercept({ method, path }) ?? (await answerApi(method, url, request, text));
    write(response, method, reply, {
      ...limits(),
      "x-github-request-id": randomUUID(),
      "x-github-media-type": "github.v3",
    });
  }

  function answerApi(method: string, url: URL, request: IncomingMessage, text: string): Promise<Reply> | Reply {
    const { authorization, accept = "" } = request.headers;
    const body = parseJson(text);
    if (body === "malformed") return { status: 400, body: { message: "Problems parsing JSON", status: "400" } };
    if (url.pathname === "/graphql") return doors.graphql(authorization, body.value);
    return doors.rest({ method, url, authorization, accept, body: body.value });
  }

  async function answerGit(git: GitRequest, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const repository = repositoryOf(world, git.owner, git.name);
    const author = gitAuthor(world, request.headers.authorization);
    if (author === undefined) {
      response.writeHead(401, { "www-authenticate": 'Basic realm="GitHub"' }).end("Authentication required.\n");
      return;
    }
    if (repository === undefined || !canSee(world, author, repository) || !mayGit(world, author, repository, "read")) {
      response.writeHead(404).end("Repository not found.\n");
      return;
    }
    if (git.writes && !mayGit(world, author, repository, "write")) {
      response.writeHead(403).end("Write access to repository not granted.\n");
      return;
    }
    await serveGit(doors.root, git, request, response);
    if (git.tail === "/git-receive-pack") await pushed(repository, author);
    response.end();
  }

  async function pushed(repository: Repository, author: Author): Promise<void> {
    const changes = await repository.git.rereadRefs();
    await refsMoved({ world, repository, sender: author.account }, changes);
  }
}

/** Undefined asks the client for credentials: git sends none at first. */
function gitAuthor(world: World, authorization: string | undefined): Author | undefined {
  const token = gitToken(authorization);
  if (token === undefined) return undefined;
  try {
    return authorOf(world, token);
  } catch (error) {
    if (error instanceof HttpError) return undefined;
    throw error;
  }
}

function mayGit(world: World, author: Author, repository: Repository, level: "read" | "write"): boolean {
  if (author.kind === "installation") return hasPermission(author, "contents", level);
  return level === "read" || hasRole(world, author.account, "write", repository);
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

function parseJson(text: string): { value: unknown } | "malformed" {
  if (text === "") return { value: undefined };
  try {
    return { value: JSON.parse(text) };
  } catch {
    return "malformed";
  }
}

function write(response: ServerResponse, method: string, reply: Reply, headers: Record<string, string>): void {
  const { status, body, text, type, headers: own } = reply;
  const content = text ?? (body === undefined ? "" : JSON.stringify(body));
  const contentType = type ?? (content.length === 0 ? undefined : "application/json; charset=utf-8");
  response.writeHead(status, {
    ...headers,
    ...(contentType === undefined ? {} : { "content-type": contentType }),
    ...own,
  });
  response.end(method === "HEAD" ? undefined : content);
}

/** 5,000 requests an hour, counted and said, never refused. */
function createRateLimit(world: World): () => Record<string, string> {
  const limit = 5000;
  const start = world.clock().getTime() / 1000;
  let used = 0;
  return () => {
    used += 1;
    return {
      "x-ratelimit-limit": String(limit),
      "x-ratelimit-remaining": String(Math.max(limit - used, 0)),
      "x-ratelimit-reset": String(Math.floor(start) + 3600),
      "x-ratelimit-resource": "core",
      "x-ratelimit-used": String(used),
    };
  };
}
