// @ts-check
/**
 * The Python environment that the sandbox mounts at /opt/toolchain: made once per set of requirements, of the system's own
 * Python, since the sandbox sees /usr and nothing of a person's home folder.
 */
import { createHash } from "node:crypto";
import {
  existsSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { reasonIn, run, say, secondsSince } from "./shell.mjs";

const systemPython = "/usr/bin/python3";
const mountedAt = "/opt/toolchain";
const requirements = fileURLToPath(new URL("../python-requirements.txt", import.meta.url));
const oldest = 11;

/**
 * @param {string} data the data folder
 * @returns {string} where the environment of these requirements and this Python belongs; `python` beside it leads there
 */
export const toolchainOf = (data) => {
  const python = existsSync(systemPython) ? realpathSync(systemPython) : "";
  const hash = createHash("sha256").update(readFileSync(requirements)).update(python).digest("hex").slice(0, 12);
  return join(data, "shared/toolchain", `python-${hash}`);
};

/** @param {string} toolchain */
export const toolchainReady = (toolchain) => {
  const link = join(dirname(toolchain), "python");
  return existsSync(join(link, "bin/python")) && readlinkSync(link) === basename(toolchain);
};

/** Whether the system's package manager should be asked for Python or its venv module. */
export const venvMissing = () => !run(systemPython, ["-I", "-c", "import ensurepip, venv"]).ok;

/** @returns {string | undefined} why no environment can be made of the system's Python */
const pythonProblem = () => {
  const version = run(systemPython, ["-I", "-c", "import sys; print(sys.version_info.minor)"]);
  if (!version.ok) return `there is no ${systemPython}`;
  if (Number(version.output) < oldest) return `${systemPython} is 3.${version.output.trim()}, older than 3.${oldest}`;
  return venvMissing() ? `${systemPython} lacks its venv module` : undefined;
};

const without = "Code of runs is not tried and tests that need Python are skipped; `npm run setup` tries again.";

/**
 * Built under a name of its own and renamed when whole, so a killed set-up leaves nothing that looks ready.
 * @param {string} toolchain
 */
export const installToolchain = (toolchain) => {
  const problem = pythonProblem();
  if (problem) {
    say(`no Python environment: ${problem}. ${without}`);
    return;
  }
  const folder = dirname(toolchain);
  if (!existsSync(toolchain) && !build(folder, toolchain)) return;
  const link = join(folder, `.python-${process.pid}`);
  symlinkSync(basename(toolchain), link);
  renameSync(link, join(folder, "python"));
};

/**
 * @param {string} folder
 * @param {string} toolchain
 */
const build = (folder, toolchain) => {
  const start = Date.now();
  say("making the Python environment of the sandbox …");
  for (const left of readdirSync(folder).filter((name) => name.startsWith(".python-")))
    rmSync(join(folder, left), { recursive: true, force: true });
  const draft = join(folder, `.python-${process.pid}`);
  const made = run(systemPython, ["-I", "-m", "venv", draft]);
  // Wheels of known content only: nothing of a package runs while it is installed.
  const pip = ["-I", "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check", "--retries=2"];
  const installed = made.ok
    ? run(join(draft, "bin/python"), [...pip, "--only-binary=:all:", "--require-hashes", "-r", requirements])
    : made;
  if (!installed.ok) {
    rmSync(draft, { recursive: true, force: true });
    say(`the Python packages can't be installed: ${reasonIn(installed.output)}. ${without}`);
    return false;
  }
  moveScripts(join(draft, "bin"), join(draft, "bin/python"));
  renameSync(draft, toolchain);
  say(`Python environment made in ${secondsSince(start)}: ${toolchain}`);
  return true;
};

/**
 * Console scripts name the interpreter by its absolute path: where it will be when they are run.
 * @param {string} bin
 * @param {string} from
 */
const moveScripts = (bin, from) => {
  for (const name of readdirSync(bin)) {
    const file = join(bin, name);
    if (/^activate|\.ps1$/i.test(name))
      rmSync(file); // for shells of people; they hold the path, too
    else if (!name.startsWith("python")) {
      const bytes = readFileSync(file);
      const shebang = `#!${from}\n`;
      if (bytes.subarray(0, shebang.length).toString() === shebang)
        writeFileSync(
          file,
          Buffer.concat([Buffer.from(`#!${mountedAt}/bin/python\n`), bytes.subarray(shebang.length)]),
        );
    }
  }
};
