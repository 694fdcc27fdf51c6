/** Serves a folder of bare repositories by smart http on loopback, to whoever sends the right header. */
import { spawn } from "node:child_process";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export type GitServer = {
  readonly url: string;
  readonly requests: { readonly path: string; readonly authorization: string | undefined }[];
  close(): void;
};

/** @param redirect where to send every request instead of serving it */
export const startGitServer = async (folder: string, authorization: string, redirect?: string): Promise<GitServer> => {
  const requests: GitServer["requests"] = [];
  const server: Server = createServer((request, response) => {
    requests.push({ path: request.url ?? "", authorization: request.headers.authorization });
    if (redirect !== undefined) response.writeHead(302, { location: `${redirect}${request.url}` }).end();
    else if (request.headers.authorization !== authorization) response.writeHead(401).end();
    else serve(folder, request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, requests, close: () => void server.close() };
};

const serve = (folder: string, request: IncomingMessage, response: ServerResponse): void => {
  const url = new URL(request.url ?? "/", "http://localhost");
  const child = spawn("git", ["http-backend"], {
    env: {
      PATH: "/usr/bin:/bin",
      GIT_PROJECT_ROOT: folder,
      GIT_HTTP_EXPORT_ALL: "1",
      GIT_PROTOCOL: String(request.headers["git-protocol"] ?? ""),
      REQUEST_METHOD: request.method ?? "GET",
      PATH_INFO: url.pathname,
      QUERY_STRING: url.search.slice(1),
      CONTENT_TYPE: request.headers["content-type"] ?? "",
      HTTP_CONTENT_ENCODING: request.headers["content-encoding"] ?? "",
    },
    stdio: ["pipe", "pipe", "inherit"],
  });
  request.pipe(child.stdin);
  const chunks: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
  child.on("close", () => {
    const answer = Buffer.concat(chunks);
    const end = answer.indexOf("\r\n\r\n");
    const headers = new Map(
      answer
        .subarray(0, end)
        .toString("latin1")
        .split("\r\n")
        .map((line) => line.split(/: (.*)/s, 2) as [string, string]),
    );
    const status = Number.parseInt(headers.get("Status") ?? "200", 10);
    headers.delete("Status");
    response.writeHead(status, Object.fromEntries(headers)).end(answer.subarray(end + 4));
  });
};
