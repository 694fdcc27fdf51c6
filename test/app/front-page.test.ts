/** What the App's address answers to people. */
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, request } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { answerOther } from "../../src/app/front-page.ts";
import { createRunLinks } from "../../src/app/run-page/link.ts";
import { createRunPages } from "../../src/app/run-page/route.ts";
import type { RunEvent } from "../../src/domain/event.ts";
import type { RunRecord } from "../../src/ports.ts";
import { events, outcome, record } from "./run-page/recorded.ts";

const links = createRunLinks("0123456789abcdef0123456789abcdef");
const other = createRunLinks("another secret of the same length");
const ended: RunRecord = { ...record, id: "ended", outcome };
const goesOn: RunEvent = {
  ...{ type: "continues", at: "2026-11-25T12:00:00.000Z", run: record.id, commit: "c0ffee1", base: "c0ffee1" },
  ...{ stands: true, said: "", message: { role: "user", content: [] } },
};
const stored = new Map<string, readonly [RunRecord, readonly RunEvent[]]>([
  [record.id, [record, events]],
  ["ended", [ended, [goesOn]]],
]);
const asked: string[] = [];
const log: string[] = [];

const pages = createRunPages({
  store: {
    run: async (runId) => {
      asked.push(runId);
      if (runId === "broken") throw new Error("the disk is gone");
      return stored.get(runId)?.[0];
    },
    events: async (runId) => [...(stored.get(runId)?.[1] ?? [])],
  },
  ...{ links, redact: (text) => text, githubUrl: "https://github.com", clock: () => new Date() },
});

const server = createServer((incoming, response) =>
  answerOther(incoming, response, {
    queue: { counts: async () => ({ waiting: 0, active: 1 }) },
    workspace: { checkSandbox: async () => ({ ok: true }) },
    pages,
    log: (line) => log.push(line),
  }),
);

beforeAll(async () => {
  await once(server.listen(0, "127.0.0.1"), "listening");
});
afterAll(() => server.close());

type Answer = { readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: string };

const ask = async (path: string, method = "GET"): Promise<Answer> => {
  const { port } = server.address() as AddressInfo;
  const [response] = await once(request({ host: "127.0.0.1", port, path, method }).end(), "response");
  const parts: Buffer[] = [];
  for await (const part of response) parts.push(part as Buffer);
  const { date: _, ...headers } = response.headers as IncomingHttpHeaders;
  return { status: response.statusCode, headers, body: Buffer.concat(parts).toString() };
};

describe("the page of a run", () => {
  test("is shown at its address, to be kept, framed, indexed and referred to by nobody", async () => {
    const { status, headers, body } = await ask(links.pathOf(record.id));
    expect(status).toBe(200);
    expect(body).toContain("Create user registration endpoint");
    expect(headers).toMatchObject({
      "content-type": "text/html; charset=utf-8",
      "x-content-type-options": "nosniff",
      "cache-control": "no-store",
      "referrer-policy": "no-referrer",
      "x-robots-tag": "noindex, nofollow",
    });
    expect(headers["content-security-policy"]).toMatch(
      /^default-src 'none'; style-src 'sha256-[\w+/]{43}='; script-src 'sha256-[\w+/]{43}='; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'$/,
    );
  });

  test("allows no script where the run has ended, and leads to the page of the run that it goes on from", async () => {
    const { headers, body } = await ask(links.pathOf("ended"));
    expect(headers["content-security-policy"]).not.toContain("script-src");
    const [, href = ""] = /href="(\.\.[^"]*)"/.exec(body) ?? [];
    expect(new URL(href, `https://architect.example.com/below${links.pathOf("ended")}`).pathname).toBe(
      `/below${links.pathOf(record.id)}`,
    );
  });

  test("is found whatever stands behind a question mark, and HEAD gives its headers alone", async () => {
    const path = links.pathOf("ended");
    const whole = await ask(`${path}?from=mail`);
    expect(whole.status).toBe(200);
    expect(await ask(path, "HEAD")).toEqual({ ...whole, body: "" });
  });

  test("is not there with a wrong key, for an unknown run, and at any other address: the same answer", async () => {
    asked.length = 0;
    const nothing = await ask("/nothing");
    expect(nothing.status).toBe(404);
    expect(await ask(other.pathOf(record.id))).toEqual(nothing);
    expect(asked).toEqual([]);
    expect(await ask(links.pathOf("unknown"))).toEqual(nothing);
    expect(await ask(`/runs/${record.id}`)).toEqual(nothing);
  });

  test.each(["POST", "PUT", "DELETE", "OPTIONS"])("takes no %s, whatever the key", async (method) => {
    const answer = await ask(links.pathOf(record.id), method);
    expect(answer).toMatchObject({ status: 405, headers: { allow: "GET, HEAD" } });
    expect(await ask(other.pathOf("unknown"), method)).toEqual(answer);
  });

  test("is made once for many who look at the same time", async () => {
    stored.set("busy", [{ ...record, id: "busy" }, events]);
    asked.length = 0;
    const all = await Promise.all(Array.from({ length: 10 }, () => ask(links.pathOf("busy"))));
    expect(new Set(all.map(({ body }) => body)).size).toBe(1);
    expect(asked).toEqual(["busy"]);
  });

  test("says that it can't be shown where the store fails, and the log says why", async () => {
    expect(await ask(links.pathOf("broken"))).toMatchObject({ status: 500, body: "This page can't be shown now.\n" });
    expect(log).toEqual(["a run's page could not be shown: Error: the disk is gone"]);
  });
});

test("the root says where GitHub delivers, and /healthz how much work there is", async () => {
  expect((await ask("/")).body).toBe("Backend Architect is running. GitHub delivers to /api/github/webhooks.\n");
  expect(JSON.parse((await ask("/healthz")).body)).toEqual({
    ok: true,
    jobs: { waiting: 0, active: 1 },
    sandbox: "ok",
  });
});
