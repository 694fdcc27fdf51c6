/** A set-up installs a package of the public index through the App's own proxy, over TLS. */
import { afterAll, expect, it } from "vitest";
import { architect, type Bench, createBench, hasBubblewrap, output } from "../workspace/support.ts";
import { canInstall } from "./service.ts";

const reachable = hasBubblewrap && (await canInstall());
let bench: Bench | undefined;
afterAll(() => bench?.close());

it.skipIf(!reachable)("is installed by pip and found by commands of a run", async () => {
  const hosts = ["pypi.org", "files.pythonhosted.org"].map((host) => ({ host, ports: [443] }));
  bench = createBench(
    { "backend/app/api/a.py": "a = 1\n", "requirements.txt": "iniconfig\n" },
    { setup: { hosts, cacheBytes: 1_000_000_000 } },
  );
  const worktree = await bench.open({ setup: { commands: ["pip install -r requirements.txt"] } });
  expect(
    await output(await worktree.enter(architect), "python3 -c 'import iniconfig; print(iniconfig.__file__)'"),
  ).toMatch(/^\/setup\/lib\/python3\.\d+\/site-packages\/iniconfig\/__init__\.py$/);
  await worktree.close();
});
