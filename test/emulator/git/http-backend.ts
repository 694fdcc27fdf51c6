/** Git's smart HTTP: `git http-backend` as a CGI behind node:http. Who may is asked of the caller. */
import { spawn } from "node:child_process";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createGunzip } from "node:zlib";
import { gitEnvironment } from "./run-git.ts";

export type GitRequest = {
  readonly owner: string;
  readonly name: string;
  /** `/info/refs`, `/git-upload-pack` or `/git-receive-pack`. */
  readonly tail: string;
  readonly query: string;
  readonly writes: boolean;
};

/** @returns undefined when the URL is none of git's */
export function parseGitUrl(url: URL): GitRequest | undefined {
  const match = /^\/([\w.-]+)\/([\w.-]+?)(?:\.git)?(\/(?:info\/refs|git-upload-pack|git-receive-pack))$/.exec(
    url.pathname,
  );
  if (match === null) return undefined;
  const [, owner, name, tail] = match as unknown as [string, string, string, string];
  const service = url.searchParams.get("service") ?? tail.slice(1);
  return { owner, name, tail, query: url.search.slice(1), writes: service === "git-receive-pack" };
}

/** Basic (any user, the token as password) or Bearer. */
export function gitToken(authorization: string | undefined): string | undefined {
  const [scheme, value = ""] = (authorization ?? "").split(" ");
  if (/^(bearer|token)$/i.test(scheme ?? "")) return value;
  if (!/^basic$/i.test(scheme ?? "")) return undefined;
  const credentials = Buffer.from(value, "base64").toString();
  return credentials.slice(credentials.indexOf(":") + 1);
}

/**
 * Answers one request from the bare repository at `${root}/${owner}/${name}.git`. Resolves when git has ended and leaves
 * the response open, so that the caller takes note of what was pushed before the client hears that it was.
 */
export function serveGit(
  root: string,
  git: GitRequest,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { "content-encoding": encoding, "content-length": length, "git-protocol": protocol } = request.headers;
  const child = spawn("git", ["http-backend"], {
    stdio: ["pipe", "pipe", "pipe"],
    env: {
      ...gitEnvironment(root),
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: "1",
      PATH_INFO: `/${git.owner}/${git.name}.git${git.tail}`,
      QUERY_STRING: git.query,
      REQUEST_METHOD: request.method ?? "GET",
      CONTENT_TYPE: request.headers["content-type"] ?? "",
      REMOTE_ADDR: "127.0.0.1",
      REMOTE_USER: "x-access-token",
      ...(typeof protocol === "string" ? { GIT_PROTOCOL: protocol } : {}),
      // Of the gzipped body, so not what git reads; without it git reads to the end.
      ...(length !== undefined && encoding === undefined ? { CONTENT_LENGTH: length } : {}),
    },
  });
  // git may end before the client has sent everything; the exit is what counts.
  child.stdin.on("error", () => undefined);
  (encoding === "gzip" ? request.pipe(createGunzip()) : request).pipe(child.stdin);
  response.on("close", () => child.kill());

  let complaint = "";
  child.stderr.on("data", (data: Buffer) => {
    complaint += data.toString();
  });
  let head: Buffer | undefined = Buffer.alloc(0);
  child.stdout.on("data", (data: Buffer) => {
    if (head === undefined) return forward(data);
    head = Buffer.concat([head, data]);
    const end = head.indexOf("\r\n\r\n");
    if (end < 0) return;
    writeCgiHead(response, head.subarray(0, end).toString());
    const rest = head.subarray(end + 4);
    head = undefined;
    forward(rest);
  });
  const forward = (data: Buffer): void => {
    if (response.write(data)) return;
    child.stdout.pause();
    response.once("drain", () => child.stdout.resume());
  };
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", () => {
      if (head !== undefined) response.writeHead(500).write(complaint);
      resolve();
    });
  });
}

function writeCgiHead(response: ServerResponse, head: string): void {
  let status = 200;
  for (const line of head.split("\r\n")) {
    const colon = line.indexOf(":");
    const [name, value] = [line.slice(0, colon), line.slice(colon + 1).trim()];
    if (name.toLowerCase() === "status") status = Number(value.slice(0, 3));
    else response.setHeader(name, value);
  }
  response.writeHead(status);
}
