import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Changeset } from "../../src/domain/changeset.ts";
import type { HttpRequest, HttpSession } from "../../src/domain/http.ts";
import type { Trial, Worktree } from "../../src/ports.ts";
import { type Bench, createBench, hasBubblewrap } from "./support.ts";

/** Answers with what it was asked, and remembers it in a file beside itself. */
const server = `
import json, os, sys
from http.server import BaseHTTPRequestHandler, HTTPServer

class Handler(BaseHTTPRequestHandler):
    def reply(self, status, body, **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body.encode())

    def do_GET(self):
        length = int(self.headers.get("content-length") or 0)
        seen = {"method": self.command, "path": self.path, "key": self.headers.get("x-key"), "body": self.rfile.read(length).decode()}
        if self.path == "/slow":
            import time
            time.sleep(30)
        if self.path == "/flood":
            self.reply(200, "é" * 3_000_000)
        elif self.path == "/moved":
            self.reply(307, "", location="/here")
        elif self.path == "/elsewhere":
            self.reply(302, "", location="http://example.com/")
        elif self.path == "/broken":
            os._exit(3)
        else:
            open("backend/app/seen.db", "a").write(self.path)
            self.reply(200, json.dumps({"items": [{"id": 7, "seen": seen}]}), content_type="application/json")

    do_POST = do_GET

    def log_message(self, *args):
        print("asked", self.path, flush=True)

HTTPServer(("127.0.0.1", 8500), Handler).serve_forever()
`;

const committed = { "backend/app/main.py": "a = 1\n", "server.py": server };
const changeset: Changeset = [
  {
    path: "backend/app/api/new.py",
    kind: "added",
    mode: "100644",
    content: Buffer.from("new = 1\n").toString("base64"),
  },
];

const never = new AbortController().signal;
const get = (path: string, over: Partial<HttpRequest> = {}): HttpRequest => ({
  ...{ method: "GET", port: 8500, path: [path], headers: [], follow: false },
  ...over,
});

describe.skipIf(!hasBubblewrap)("a trial", () => {
  let bench: Bench;
  let worktree: Worktree;
  let trial: Trial;

  beforeAll(async () => {
    bench = createBench(committed);
    worktree = await bench.open({ boundaries: [{ allowed: ["backend/app/api"], forbidden: [] }] });
    trial = await worktree.openTrial(changeset);
  });

  afterAll(async () => {
    await worktree?.close();
    await bench?.close();
  });

  const serve = (over: Partial<HttpSession>) =>
    trial.serve(
      {
        command: "exec python3 server.py",
        port: 8500,
        readyWithinMs: 20_000,
        requestMs: 5_000,
        totalMs: 30_000,
        requests: [],
        ...over,
      },
      never,
    );
  const answers = async (...requests: readonly HttpRequest[]) => (await serve({ requests }))?.answers ?? [];

  it("holds the commit and the changeset, and everything in it may be written", async () => {
    const { output, exitCode } = await trial.bash(
      "cat backend/app/api/new.py && echo changed > backend/app/main.py && echo new > frontend && ls && cat backend/app/main.py",
      { timeoutMs: 5_000, signal: never },
    );
    expect([exitCode, output]).toEqual([0, "new = 1\nbackend\nfrontend\nserver.py\nchanged\n"]);
  });

  it("is thrown away: neither the run's files nor the shared tree nor another trial sees what was written", async () => {
    const other = await worktree.openTrial(changeset);
    await other.bash("rm -rf backend; echo x > server.py", { timeoutMs: 5_000, signal: never });
    const folders = join(bench.data, "shared/runs/run-1");
    expect(readdirSync(folders).filter((name) => name.startsWith("trial-"))).toHaveLength(2);
    await other.close();
    expect(readdirSync(folders).filter((name) => name.startsWith("trial-"))).toHaveLength(1);
    expect((await worktree.collect()).changeset).toEqual([]);
    const trees = join(bench.data, "shared/trees/4711");
    const tree = readdirSync(trees).find((name) => /^[0-9a-f]{40}/.test(name) && !name.endsWith(".boot")) ?? "";
    expect(readFileSync(join(trees, tree, "backend/app/main.py"), "utf8")).toBe("a = 1\n");
    expect((await trial.bash("test -s server.py", { timeoutMs: 5_000, signal: never })).exitCode).toBe(0);
  });

  it("lets a command write nowhere outside of itself", async () => {
    const before = existsSync("/tmp/architect-outside");
    const { output } = await trial.bash(
      "echo x > /tmp/architect-outside; echo x > /opt/files/requests.mjs; echo x > /usr/x; echo x > /opt/git/HEAD",
      { timeoutMs: 5_000, signal: never },
    );
    expect(output.match(/Read-only file system/g)).toHaveLength(3);
    expect(existsSync("/tmp/architect-outside")).toBe(before);
  });

  it("serves, waits, asks in order and keeps values of answers", async () => {
    const result = await serve({
      requests: [
        get("/items", { method: "POST", body: ['{"a": "é"}'], capture: { name: "ID", path: ["items", 0, "id"] } }),
        get("", {
          path: ["/items/", { variable: "ID" }, "?q=é x"],
          headers: [{ name: "X-Key", value: ["k", { variable: "ID" }] }],
        }),
      ],
    });
    expect(result?.readyMs).toBeGreaterThan(0);
    expect(result?.log).toContain("asked /items/7");
    expect(result?.answers.map(({ status, path }) => [status, path])).toEqual([
      [200, "/items"],
      [200, "/items/7?q=%C3%A9%20x"],
    ]);
    const seen = (index: number) => JSON.parse(result?.answers[index]?.body ?? "").items[0].seen;
    expect(seen(0)).toEqual({ method: "POST", path: "/items", key: null, body: '{"a": "é"}' });
    expect(seen(1)).toMatchObject({ method: "GET", key: "k7" });
    expect(result?.answers[0]?.contentType).toBe("application/json");
  });

  it("says which value is missing, and why", async () => {
    const [, second, third] = await answers(
      get("/items", { capture: { name: "ID", path: ["nothing"] } }),
      get("", { path: ["/", { variable: "ID" }] }),
      get("", { path: ["/", { variable: "OTHER" }] }),
    );
    expect(second?.problem).toBe("$ID has no value: the answer that it comes from (200) has no .nothing");
    expect(third).toMatchObject({ problem: "$OTHER has no value", path: "/$OTHER" });
  });

  it("sends files of the repository, and says which it does not have", async () => {
    const [sent, none] = await answers(
      get("/items", {
        method: "POST",
        body: ["<", { file: "backend/app/main.py" }, ">", { file: "backend/app/api/new.py" }],
      }),
      get("/items", { method: "POST", body: [{ file: "backend" }] }),
    );
    expect(JSON.parse(sent?.body ?? "").items[0].seen.body).toBe("<changed\n>new = 1\n");
    expect(none).toMatchObject({ problem: "there is no file backend in the repository" });
  });

  it("follows redirects where the command does, and never elsewhere", async () => {
    const [kept, followed, away] = await answers(
      get("/moved"),
      get("/moved", { follow: true }),
      get("/elsewhere", { follow: true }),
    );
    expect([kept?.status, kept?.location, followed?.status]).toEqual([307, "/here", 200]);
    expect([away?.status, away?.location]).toEqual([302, "http://example.com/"]);
  });

  it("bounds a flood, a slow answer and a server that breaks, and goes on after each", async () => {
    const result = await serve({
      requestMs: 1_000,
      requests: [get("/flood"), get("/slow"), get("/broken"), get("/x")],
    });
    const [flood, slow, broken, after] = result?.answers ?? [];
    expect(flood?.body.length).toBeLessThan(3_000);
    expect(slow?.problem).toContain("within 1 s");
    expect(broken?.problem).toContain("there was no answer");
    expect(after?.problem ?? after?.status).toBeDefined();
  });

  it("ends a server that never listens, one that fails, and one that will not be ended", async () => {
    const silent = await serve({ command: "sleep 60", readyWithinMs: 300 });
    expect([silent?.readyMs, silent?.exitCode]).toEqual([undefined, undefined]);
    const failing = await serve({ command: "echo 'no such module' >&2; exit 4" });
    expect([failing?.readyMs, failing?.exitCode, failing?.log]).toEqual([undefined, 4, "no such module\n"]);
    const stubborn = await serve({
      command: "trap '' TERM INT HUP; setsid sleep 600.4271 & python3 server.py",
      requests: [get("/x")],
    });
    expect(stubborn?.answers[0]?.status).toBe(200);
    await vi.waitFor(() => expect(running("sleep 600.4271")).toEqual([]), 5_000);
  });

  it("waits for the path that tells when it is ready", async () => {
    const never_ = await serve({ health: "/broken", readyWithinMs: 1_500 });
    expect(never_?.readyMs).toBeUndefined();
    expect((await serve({ health: "/x", requests: [get("/x")] }))?.answers[0]?.status).toBe(200);
  });

  it("reads nothing into a server's words: a flood of output or one that ends its caller is no answer", async () => {
    const loud = await serve({ command: "yes loud & exec python3 server.py", requests: [get("/x")] });
    expect(loud?.answers[0]?.status).toBe(200);
    expect(loud?.log.length).toBeLessThanOrEqual(6_000);
    const killer = await serve({ command: "kill -9 $PPID; sleep 60", readyWithinMs: 1_000 });
    expect(killer).toEqual({ log: "what asked it was ended with exit code 137", answers: [] });
  });

  it("asks the application alone: the machine's own servers are not within reach", async () => {
    const own = createServer((_, answer) => answer.end("mine"));
    await new Promise<void>((resolve) => own.listen(0, "127.0.0.1", resolve));
    const { port } = own.address() as AddressInfo;
    try {
      const [answer] = await answers(get("/", { port }));
      expect(answer?.problem).toContain("ECONNREFUSED");
    } finally {
      own.close();
    }
  });
});

const running = (words: string): readonly string[] =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      const file = `/proc/${pid}/cmdline`;
      return existsSync(file) ? [readFileSync(file, "utf8").replaceAll("\0", " ").trim()] : [];
    })
    .filter((line) => line === words);
