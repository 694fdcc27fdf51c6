/** Goes once through a workspace and prints what it saw, as JSON: run by tests from other folders, under other users. */
import { createWorkspace } from "../../src/workspace/workspace.ts";

const [dataFolder = "", repository = "", sandbox = "bubblewrap"] = process.argv.slice(2);
const workspace = createWorkspace({
  dataFolder,
  node: process.execPath,
  sandbox: sandbox === "none" ? "none" : "bubblewrap",
  allowLocalFolder: repository,
  clock: () => new Date(),
  log: (line) => console.error(line),
});
const ref = { id: 1, owner: "shop", name: "backend", installationId: 1, defaultBranch: "main" };
const boundary = { allowed: ["backend/app/api", "backend/tests"], forbidden: [] };
const health = await workspace.checkSandbox();
const heads = await workspace.fetch(ref, ["main"], { url: `file://${repository}`, authorization: "" });
const commit = heads.get("main") ?? "";
const worktree = await workspace.openWorktree(ref, {
  runId: "driver",
  commit,
  base: commit,
  baseBranch: "main",
  boundaries: [boundary],
});
const walls = await worktree.enter(boundary);
const run = async (command: string): Promise<string> =>
  (await walls.bash(command, { timeoutMs: 20_000, signal: new AbortController().signal })).output.trim();
await walls.write("backend/app/api/new.py", "n = 1\n", undefined);
const seen = {
  health,
  uid: await run("id -u"),
  status: await run("git status --porcelain"),
  text: (await walls.read("backend/app/api/routes.py"))?.text,
  outside: await run("echo x > frontend/index.ts; ls -d backend/tests; stat -c %a backend/app/api/new.py"),
  secret: await run(`cat ${dataFolder}/private/trusting.gitconfig`),
  lines: await walls.grep({ pattern: "n = ", mode: "content" }),
  changed: (await worktree.collect()).changeset.map(({ path }) => path),
};
await worktree.close();
await workspace.close();
console.log(JSON.stringify(seen));
