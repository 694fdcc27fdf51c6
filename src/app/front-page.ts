/** What the App's address answers to all but deliveries. Knows of the work only how much of it there is, and where a run is shown. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Queue, Workspace } from "../ports.ts";
import { isRunPath } from "./run-page/link.ts";
import type { RunPages } from "./run-page/route.ts";
import { webhooksPath } from "./webhooks.ts";

type Parts = {
  readonly queue: Pick<Queue, "counts">;
  readonly workspace: Pick<Workspace, "checkSandbox">;
  readonly pages: RunPages;
  readonly log: (line: string) => void;
};

/** `/healthz` for whoever watches the process, the pages of runs, and one line for people who open the address. */
export const answerOther = (request: IncomingMessage, response: ServerResponse, parts: Parts): void => {
  const send = (status: number, type: string, body: string, headers: Readonly<Record<string, string>> = {}) =>
    response
      .writeHead(status, {
        "content-type": `${type}; charset=utf-8`,
        "content-length": Buffer.byteLength(body),
        "x-content-type-options": "nosniff",
        ...headers,
      })
      .end(body);
  const nothingHere = () => send(404, "text/plain", "There is nothing here.\n");
  const [path = ""] = (request.url ?? "").split("?");
  if (isRunPath(path)) {
    if (request.method !== "GET" && request.method !== "HEAD") {
      send(405, "text/plain", "This can only be looked at.\n", { allow: "GET, HEAD" });
      return;
    }
    parts.pages.page(path).then(
      (page) => (page ? send(200, "text/html", page.html, page.headers) : nothingHere()),
      (error: unknown) => {
        parts.log(`a run's page could not be shown: ${String(error)}`);
        send(500, "text/plain", "This page can't be shown now.\n");
      },
    );
    return;
  }
  if (request.method !== "GET" || !["/", "/healthz"].includes(request.url ?? "")) {
    nothingHere();
    return;
  }
  if (request.url === "/") {
    send(200, "text/plain", `Backend Architect is running. GitHub delivers to ${webhooksPath}.\n`);
    return;
  }
  Promise.all([parts.queue.counts(), parts.workspace.checkSandbox()]).then(
    ([jobs, sandbox]) =>
      send(200, "application/json", JSON.stringify({ ok: true, jobs, sandbox: sandbox.ok ? "ok" : "degraded" })),
    () => send(503, "application/json", JSON.stringify({ ok: false })),
  );
};
