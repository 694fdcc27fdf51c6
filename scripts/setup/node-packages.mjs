// @ts-check
/** The npm packages of the lock file, and Node 24 among them. */
import { existsSync, mkdirSync, readFileSync, renameSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { reasonIn, run, say, secondsSince } from "./shell.mjs";

/**
 * @typedef {{ version?: string, optional?: boolean }} Package
 * @param {string} file
 * @returns {Record<string, Package> | undefined}
 */
const packagesOf = (file) => (existsSync(file) ? JSON.parse(readFileSync(file, "utf8")).packages : undefined);

/**
 * npm writes the hidden lock file when it is done, so after an interrupted install there is none.
 * @param {string} root
 */
export const nodePackagesReady = (root) => {
  const installed = packagesOf(join(root, "node_modules/.package-lock.json"));
  if (installed === undefined) return false;
  return Object.entries(packagesOf(join(root, "package-lock.json")) ?? {}).every(([path, wanted]) => {
    const found = installed[path];
    return path === "" || (found === undefined ? wanted.optional === true : found.version === wanted.version);
  });
};

/** @param {string} root */
export const nodeReady = (root) =>
  existsSync(join(root, "node_modules/node/bin/node")) && existsSync(join(root, "node_modules/.bin/node"));

/**
 * Without any package's install script: none is needed but that of `node`, which `installNode` runs by name.
 * @param {string} root
 */
export const installNodePackages = (root) => {
  const start = Date.now();
  say("installing the npm packages of package-lock.json …");
  const { ok, output } = run("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: root,
  });
  if (ok) say(`npm packages installed in ${secondsSince(start)}`);
  else say(`\`npm ci\` failed: ${reasonIn(output)}\n${output.trim()}`);
  return ok;
};

/**
 * The `node` package holds a script that fetches the binary of this platform at the package's own version.
 * @param {string} root
 */
export const installNode = (root) => {
  const folder = join(root, "node_modules/node");
  const { version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  say(`fetching Node ${version} (this is ${process.version}) …`);
  const { output } = run(process.execPath, ["installArchSpecificPackage.js"], { cwd: folder });
  const binary = run(join(folder, "bin/node"), ["--version"]);
  if (binary.output.trim() !== `v${version}`) {
    say(`Node ${version} is not there: ${reasonIn(binary.ok ? binary.output : output)}`);
    say("Install Node 24 (https://nodejs.org) and put it first on PATH, or run `npm run setup` again.");
    return false;
  }
  const bin = join(root, "node_modules/.bin");
  mkdirSync(bin, { recursive: true });
  const made = join(bin, `.node-${process.pid}`);
  symlinkSync("../node/bin/node", made);
  renameSync(made, join(bin, "node"));
  return true;
};
