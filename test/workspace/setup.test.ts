/** Set-up commands in the real sandbox, with a network: the one package lies on a server that a public name leads to here. */
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { SetupSettings } from "../../src/workspace/setup-run.ts";
import { architect, type Bench, createBench, type Files, hasBubblewrap, output } from "./support.ts";
import { hasPython, writeWheel } from "./wheel.ts";

const files: Files = { "backend/app/api/a.py": "a = 1\n", "requirements.txt": "ringbell==1.0\n" };
const hear = "python3 -c 'import ringbell; print(ringbell.sound)'";

describe.skipIf(!hasBubblewrap || !hasPython)("set-up with the network that an operator allows", () => {
  let bench: Bench;
  let packages: Server;
  let host: Server;
  let hits = 0;
  const address = "93.184.216.34";
  const portOf = (server: Server): number => (server.address() as AddressInfo).port;
  const listen = (server: Server) => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));

  beforeAll(async () => {
    host = createServer((_, response) => {
      hits += 1;
      response.end("the host's own");
    });
    await listen(host);
    const names: Record<string, string> = { "packages.example.com": address, "rebound.example.com": "127.0.0.1" };
    const settings: SetupSettings = {
      hosts: [
        { host: "packages.example.com", ports: [80, 443] },
        { host: "rebound.example.com", ports: [80, portOf(host)] },
      ],
      index: "http://packages.example.com/simple",
      cacheBytes: 1_000_000_000,
      network: {
        resolve: async (name) => (names[name] === undefined ? [] : [names[name]]),
        dial: (to, port) => connect({ host: "127.0.0.1", port: to === address ? portOf(packages) : port }),
      },
    };
    bench = createBench(files, { setup: settings });
    const store = join(bench.folder, "store");
    const name = await writeWheel(store, "1.0");
    packages = createServer((request, response) => {
      if (request.url === "/simple/ringbell/")
        response.setHeader("content-type", "text/html").end(`<a href="/${name}">${name}</a>`);
      else if (request.url === `/${name}`) response.end(readFileSync(join(store, name)));
      else if (request.url === "/away")
        response.writeHead(302, { location: `http://127.0.0.1:${portOf(host)}/` }).end();
      else response.writeHead(404).end();
    });
    await listen(packages);
    process.env["A_TOKEN_OF_THE_APP"] = "token-0123456789";
  });
  afterAll(async () => {
    delete process.env["A_TOKEN_OF_THE_APP"];
    await bench?.close();
    packages?.close();
    host?.close();
  });

  it("installs from the operator's index, and reaches nothing of the host by any way", async () => {
    const there = `http://127.0.0.1:${portOf(host)}/`;
    const tries = [
      "curl -sS -m 5 -w '%{http_code}\\n' http://packages.example.com/nothing",
      `curl -sS -m 5 --noproxy '*' ${there}`,
      `curl -sS -m 5 ${there}`,
      `curl -sS -m 5 -p -x $HTTP_PROXY ${there}`,
      `curl -sS -m 5 http://rebound.example.com:${portOf(host)}/`,
      "curl -sS -m 5 -L http://packages.example.com/away",
      "curl -sS -m 5 http://169.254.169.254/latest/meta-data/",
      "curl -sS -m 5 --noproxy '*' http://93.184.216.34/",
      "curl -sS -m 5 https://elsewhere.example.org/",
    ];
    const commands = [
      "pip install -q --trusted-host packages.example.com -r requirements.txt",
      `{ ${tries.map((one) => `echo "--"; ${one}`).join("; ")}; } > /setup/tries 2>&1 || true`,
      "{ env; cat /proc/1/environ; ls -a / /opt /etc /tmp; cat /etc/pip.conf; } > /setup/seen 2>&1 || true",
    ];
    const worktree = await bench.open({ setup: { commands }, env: { DEBUG: "1" } });
    const walls = await worktree.enter(architect);
    expect(await output(walls, hear)).toBe("ding 1.0");
    const answers = (await output(walls, "cat /setup/tries"))
      .split("--\n")
      .slice(1)
      .map((text) => text.trim());
    expect(answers).toEqual([
      "404",
      expect.stringMatching(/onnect/),
      `127.0.0.1:${portOf(host)} is not among the hosts that the operator allows`,
      expect.stringContaining("403"),
      "rebound.example.com leads to 127.0.0.1, which is no public address",
      `127.0.0.1:${portOf(host)} is not among the hosts that the operator allows`,
      "169.254.169.254:80 is not among the hosts that the operator allows",
      expect.stringMatching(/onnect|unreachable/),
      expect.stringContaining("403"),
    ]);
    expect(hits).toBe(0);
    const seen = await output(walls, "cat /setup/seen");
    expect(seen).not.toMatch(/token-0123456789|A_TOKEN|SECRET|KEY/i);
    const names = [...seen.matchAll(/^([A-Za-z_]+)=/gm)].map(([, name]) => name ?? "");
    expect(names.sort()).toEqual(
      [
        ...["CURL_CA_BUNDLE", "DEBUG", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_NOSYSTEM", "GIT_DIR", "GIT_OPTIONAL_LOCKS"],
        ...["GIT_WORK_TREE", "HOME", "HTTPS_PROXY", "HTTP_PROXY", "LANG", "NODE_EXTRA_CA_CERTS", "PATH", "PIP_CERT"],
        ...["PIP_CONFIG_FILE", "PIP_DISABLE_PIP_VERSION_CHECK", "PIP_INDEX_URL", "PIP_NO_CACHE_DIR", "PIP_NO_INPUT"],
        ...["PIP_PROGRESS_BAR", "PWD", "PYTHONDONTWRITEBYTECODE", "REQUESTS_CA_BUNDLE", "SHLVL", "SSL_CERT_FILE"],
        ...["UV_DEFAULT_INDEX", "VIRTUAL_ENV", "_", "http_proxy", "https_proxy"],
      ].sort(),
    );
    expect(seen).toContain("cat: /etc/pip.conf: No such file");
    expect(await output(walls, "env | grep -ci proxy; ls /opt; true")).toMatch(/^0\n(?!.*egress)/);
    const trial = await worktree.openTrial([]);
    expect(await trial.bash(hear, { timeoutMs: 20_000, signal: new AbortController().signal })).toMatchObject({
      exitCode: 0,
      output: "ding 1.0\n",
    });
    await trial.close();
    await worktree.close();
  });
});

describe("set-up without a sandbox", () => {
  it("is refused: its commands would run as the App's user", async () => {
    const bench = createBench(files, { sandbox: "none" });
    await expect(bench.open({ setup: { commands: ["true"] } })).rejects.toThrow("run in the sandbox alone");
    await bench.close();
  });
});
