import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { type AddressInfo, createServer, type Server } from "node:net";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CommandResult, Walls, Worktree } from "../../src/ports.ts";
import { type Bench, bash, createBench, hasBubblewrap, output } from "./support.ts";

/** Attacks by an agent's commands. What is looked at is the host, and the command's output only where nothing else can tell. */
describe.skipIf(!hasBubblewrap)("the sandbox", () => {
  let bench: Bench;
  let worktree: Worktree;
  let walls: Walls;
  let tree: string;
  const connections: string[] = [];
  const servers: Server[] = [];
  let port: number;

  const listen = (where: number | string): Promise<Server> =>
    new Promise((resolve, reject) => {
      const server = createServer((socket) => {
        connections.push(String(where));
        socket.end("reached");
      });
      servers.push(server);
      server.once("error", reject);
      const done = () => resolve(server);
      if (typeof where === "number") server.listen(where, "127.0.0.1", done);
      else server.listen(where, done);
    });

  beforeAll(async () => {
    bench = createBench({
      "backend/app/api/routes.py": "a = 1\n",
      "backend/app/models/user.py": "class User: ...\n",
      "backend/app/main.py": "app = 1\n",
      "frontend/index.ts": "export {};\n",
    });
    worktree = await bench.open();
    walls = await worktree.enter({ allowed: ["backend/app/api"], forbidden: ["frontend"] });
    const trees = join(bench.data, "shared/trees/4711");
    tree = join(trees, readdirSync(trees).find((name) => /^[0-9a-f]{40}$/.test(name)) ?? "");
    port = ((await listen(0)).address() as AddressInfo).port;
    await listen("\0workspace-test-decoy");
    await listen(join(bench.folder, "decoy.sock"));
  });

  afterAll(async () => {
    for (const server of servers) server.close();
    await worktree?.close();
    await bench?.close();
  });

  const run = (command: string, timeoutMs?: number): Promise<CommandResult> => bash(walls, command, timeoutMs);
  const files = () => join(bench.data, "shared/runs/run-1/files");

  /** As the host sees the tree: the files that no attack may change. */
  const untouched = () =>
    ["frontend/index.ts", "backend/app/main.py", "backend/app/models/user.py"].map((path) =>
      readFileSync(join(tree, path), "utf8"),
    );

  it("lets a command change its allowed folder and nothing else of the repository", async () => {
    const before = untouched();
    const result = await run(
      "echo 1 > backend/app/api/ok.py; echo x > frontend/evil.ts; echo x > frontend/index.ts; echo x > backend/app/main.py; echo x > backend/app/api/../main.py; echo x > .github; mkdir -p .github/workflows; rm -rf frontend; echo x > backend/app/models/user.py",
    );
    expect(result.output).toContain("Read-only file system");
    expect(untouched()).toEqual(before);
    expect(readdirSync(tree).sort()).toEqual(["backend", "frontend"]);
    expect(readFileSync(join(files(), "backend/app/api/ok.py"), "utf8")).toBe("1\n");
  });

  it("lets no link that was planted in an allowed folder lead a write out of it", async () => {
    const before = untouched();
    const result = await run(
      "ln -s ../../../frontend backend/app/api/l; echo x > backend/app/api/l/evil.ts; ln -s /etc/passwd backend/app/api/p; echo x > backend/app/api/p; ln frontend/index.ts backend/app/api/hl",
    );
    expect(result.output.match(/Read-only file system/g)).toHaveLength(2);
    expect(result.output).toContain("Invalid cross-device link");
    expect(untouched()).toEqual(before);
    expect(existsSync(join(files(), "backend/app/api/hl"))).toBe(false);
  });

  it("keeps the allowed folder itself in its place", async () => {
    const result = await run(
      "rm -rf backend/app/api; mv backend/app/api /tmp/x; ln -sfn ../../frontend backend/app/api",
    );
    expect(result.output).toMatch(/cannot remove .*(Read-only file system|Device or resource busy)/);
    expect(statSync(join(files(), "backend/app/api")).isDirectory()).toBe(true);
  });

  it("shows no environment, no file and no process of the host", async () => {
    expect(await output(walls, "cat /proc/1/environ | wc -c")).toBe("0");
    expect(await output(walls, "env | cut -d= -f1 | sort | tr '\\n' ' '")).toBe(
      "GIT_CONFIG_GLOBAL GIT_CONFIG_NOSYSTEM GIT_DIR GIT_OPTIONAL_LOCKS GIT_WORK_TREE HOME LANG PATH PWD PYTHONDONTWRITEBYTECODE SHLVL _",
    );
    expect((await run(`ls ${bench.data}; cat ${bench.data}/private/trusting.gitconfig`)).exitCode).not.toBe(0);
    expect((await run("cat /etc/shadow")).exitCode).not.toBe(0);
    expect((await run(`kill -9 ${process.ppid}; ls /proc/${process.pid}/environ`)).exitCode).not.toBe(0);
    const pids = await output(walls, "ls /proc | grep -E '^[0-9]+$' | wc -l");
    expect(Number(pids)).toBeLessThan(12);
    expect(await output(walls, "ls ~/.aws ~/.ssh ~/.netrc 2>/dev/null; ls -A /home /root 2>/dev/null; ls /tmp")).toBe(
      "",
    );
  });

  it("holds no descriptor but its own three", async () => {
    expect(await output(walls, "for f in /proc/self/fd/*; do if [ -e $f ]; then basename $f; fi; done")).toBe(
      "0\n1\n2",
    );
    const targets = (await output(walls, "readlink /proc/1/fd/*")).split("\n");
    expect(targets.map((target) => target.replace(/\[\d+\]/, "")).sort()).toEqual([
      "/dev/null",
      "anon_inode:[eventfd]",
      "pipe:",
      "socket:",
    ]);
  });

  it("reaches no network and no socket of the host, but its own loopback", async () => {
    await run(
      `exec 9<>/dev/tcp/127.0.0.1/${port}; python3 -c "import socket;s=socket.socket(socket.AF_UNIX);s.connect('\\0workspace-test-decoy')"; python3 -c "import socket;s=socket.socket(socket.AF_UNIX);s.connect('${bench.folder}/decoy.sock')"`,
    );
    expect(connections).toEqual([]);
    expect((await run("python3 -c 'import socket; socket.socket(40, 1, 0)'")).output).toContain(
      "Address family not supported",
    );
    const own =
      "python3 -m http.server 8500 --bind localhost -d backend >/dev/null 2>&1 & for i in $(seq 100); do exec 3<>/dev/tcp/127.0.0.1/8500 && break; sleep 0.05; done 2>/dev/null; printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3; head -1 <&3";
    expect(await output(walls, own)).toContain("200 OK");
    expect((await run("exec 3<>/dev/tcp/127.0.0.1/8500")).exitCode).not.toBe(0);
  });

  it("gains no rights and makes no namespace", async () => {
    expect(await output(walls, "id -u")).not.toBe("0");
    expect(await output(walls, "grep -E '^(CapEff|CapBnd|NoNewPrivs|Seccomp):' /proc/self/status")).toBe(
      "CapEff:\t0000000000000000\nCapBnd:\t0000000000000000\nNoNewPrivs:\t1\nSeccomp:\t2",
    );
    for (const attack of [
      "unshare -Ur true",
      "unshare -n true",
      "mount -o remount,rw,bind /repo",
      "umount -l /repo",
      "mount -t tmpfs none /tmp",
      "mkfifo backend/app/api/pipe",
      "mknod backend/app/api/null c 1 3",
      "echo core > /proc/sys/kernel/core_pattern",
      "cp /usr/bin/id backend/app/api/su && chmod 6755 backend/app/api/su",
    ])
      expect([attack, (await run(attack)).exitCode]).not.toEqual([attack, 0]);
    expect(existsSync(join(files(), "backend/app/api/pipe"))).toBe(false);
    expect(statSync(join(files(), "backend/app/api/su")).mode & 0o6000).toBe(0);
  });

  it("ends everything that a command left running", async () => {
    await run(
      "(setsid nohup bash -c 'while :; do echo >> backend/app/api/survivor; sleep 0.01; done' > /dev/null 2>&1 &); until [ -s backend/app/api/survivor ]; do :; done",
    );
    const size = () => statSync(join(files(), "backend/app/api/survivor")).size;
    const before = size();
    await setTimeout(100);
    expect(size()).toBe(before);
  });

  it("ends a command at its time, and says so", async () => {
    const result = await run("setsid sleep 60 & echo started; sleep 60", 300);
    expect(result).toMatchObject({ ended: "timeout", exitCode: 137, output: "started\n" });
    expect(result.durationMs).toBeLessThan(5_000);
  });

  it("ends a command when nobody wants it any more", async () => {
    const controller = new AbortController();
    const pending = walls.bash("echo > backend/app/api/begun; sleep 60", {
      timeoutMs: 60_000,
      signal: controller.signal,
    });
    while (!existsSync(join(files(), "backend/app/api/begun"))) await setTimeout(5);
    controller.abort();
    expect(await pending).toMatchObject({ ended: "aborted", exitCode: 137 });
  });

  it("cuts output at 256 KiB and ends what goes on", async () => {
    const result = await run("yes | head -c 2000000000");
    expect(result.ended).toBe("output");
    expect(result.output).toHaveLength(256 * 1024);
  });

  it("bounds files, memory, processes and processor time", async () => {
    expect((await run("dd if=/dev/zero of=backend/app/api/big bs=1M count=80")).exitCode).not.toBe(0);
    expect(statSync(join(files(), "backend/app/api/big")).size).toBe(64 * 1024 * 1024);
    expect((await run("python3 -c 'bytearray(3 << 30)'")).output).toContain("MemoryError");
    const bomb = "import os, time\nfor n in range(400):\n  if os.fork() == 0: time.sleep(60)";
    expect((await run(`python3 -c '${bomb}'`)).output).toContain("BlockingIOError");
    expect(await output(walls, "ulimit -t; ulimit -n; ulimit -c")).toBe("60\n512\n0");
    expect((await run("head -c 40M /dev/zero > /dev/shm/x")).output).toContain("No space left on device");
    await run("rm backend/app/api/big");
  });

  it("ends a command that fills the disk with many files", async () => {
    const result = await run("for i in $(seq 20); do head -c 60M /dev/zero > backend/app/api/part$i; done", 60_000);
    expect(result).toMatchObject({ ended: "disk", exitCode: 137 });
    expect(result.output).toContain("512 MiB");
    await run("rm backend/app/api/part*");
  });

  it("gives a command real pipes, with stdout and stderr in their order", async () => {
    expect(await output(walls, "echo 1; echo 2 >&2; echo 3 > /dev/stdout; echo 4 > /dev/stderr")).toBe("1\n2\n3\n4");
  });

  it("takes out what a terminal would obey", async () => {
    const command = "printf 'a\\033]52;c;QUJD\\007b\\033[8mc\\033[0m\\033Pq#\\033\\\\d\\r\\ne\\007\\000f'";
    expect((await run(command)).output).toBe("abcd\nef");
  });

  it("reports how a command ended", async () => {
    expect((await run("exit 3")).exitCode).toBe(3);
    expect((await run("kill -SEGV $$")).exitCode).toBe(139);
    expect((await run("no-such-program")).exitCode).toBe(127);
    expect((await run("kill -9 1; echo still here")).output).toBe("still here\n");
  });

  it("takes a command as it stands, and none over 16 KiB", async () => {
    expect(await output(walls, `echo "$0" '$(id)' "a  b"`)).toBe("/bin/bash $(id) a  b");
    await expect(run(`: ${"x".repeat(200_000)}`)).rejects.toThrow("longer than 16 KiB");
    await expect(run("echo \0")).rejects.toThrow("NUL");
  });

  it("treats a time-out beyond ten minutes as ten minutes", async () => {
    expect(await output(walls, "true")).toBe("");
    const result = await bash(walls, "ulimit -t", 99_999_999);
    expect(result.output).toBe("600\n");
  });
});
