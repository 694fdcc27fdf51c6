/** What the App's address answers to all but deliveries. Knows of the work only how much of it there is. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Queue, Workspace } from "../ports.ts";
import { webhooksPath } from "./webhooks.ts";

/** `/healthz` for whoever watches the process, and one line for people who open the address. */
export const answerOther = (
  request: IncomingMessage,
  response: ServerResponse,
  parts: { readonly queue: Queue; readonly workspace: Workspace },
): void => {
  const send = (status: number, type: string, body: string) =>
    response
      .writeHead(status, { "content-type": `${type}; charset=utf-8`, "x-content-type-options": "nosniff" })
      .end(body);
  if (request.method !== "GET" || !["/", "/healthz"].includes(request.url ?? "")) {
    send(404, "text/plain", "There is nothing here.\n");
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
