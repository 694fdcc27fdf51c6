import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { makeKey, PERMISSIONS } from "./stage.ts";

test("The emulator runs in a process of its own, says where, and ends when told to", async () => {
  const root = await mkdtemp(join(tmpdir(), "emulator-"));
  const options = {
    root,
    app: {
      id: 7,
      slug: "backend-architect",
      privateKey: makeKey(),
      webhookSecret: "secret",
      permissions: PERMISSIONS,
      events: ["issues"],
      installationId: 100,
    },
    users: { maintainer: { token: "maintainer-token", permission: "write" } },
    repositories: [{ owner: "acme", name: "shop", files: { "a.txt": "a\n" } }],
  };
  const child = spawn(process.execPath, [join(import.meta.dirname, "main.ts"), "--options", "-"], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  child.stdin.end(JSON.stringify(options));
  const line = await new Promise<string>((resolve) =>
    child.stdout.once("data", (data: Buffer) => resolve(data.toString())),
  );
  const { url, api } = JSON.parse(line) as { url: string; api: string };
  const reply = await fetch(`${api}/repos/acme/shop`, { headers: { authorization: "token maintainer-token" } });
  expect([reply.status, api]).toEqual([200, `${url}/api/v3`]);
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  expect(await ended).toBe(0);
  await rm(root, { recursive: true, force: true });
});
