// @ts-check
/** Makes dist/ for the package: JavaScript, since Node strips no types under node_modules, and what src/ holds beside it. */
import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const dist = join(root, "dist");

rmSync(dist, { recursive: true, force: true });
const tsc = spawnSync(join(root, "node_modules/.bin/tsc"), ["-p", "tsconfig.build.json"], {
  cwd: root,
  stdio: "inherit",
});
if (tsc.error) throw tsc.error;
if (tsc.status === 0) {
  cpSync(join(root, "src"), dist, {
    recursive: true,
    filter: (file) => statSync(file).isDirectory() || !file.endsWith(".ts"),
  });
  chmodSync(join(dist, "main.js"), 0o755);
}
process.exitCode = tsc.status ?? 1;
