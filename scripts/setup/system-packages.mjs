// @ts-check
/** The programs that the sandbox is made of, from the system's package manager. */
import { findProgram, reasonIn, run, say, secondsSince } from "./shell.mjs";

/** @typedef {"apt" | "dnf" | "apk" | "pacman" | "zypper"} Manager */

/**
 * Package by program; a manager that names it otherwise stands beside. "venv" is Python with its `venv` module.
 * @type {Readonly<Record<string, { name: string } & Partial<Record<Manager, string>>>>}
 */
const packages = {
  bwrap: { name: "bubblewrap" },
  rg: { name: "ripgrep" },
  git: { name: "git" },
  bash: { name: "bash" },
  prlimit: { name: "util-linux", apk: "util-linux-misc" },
  setpriv: { name: "util-linux", apk: "setpriv" },
  venv: { name: "python3", apt: "python3-venv", pacman: "python" },
};

/** What a run needs on PATH. */
export const programs = Object.keys(packages).filter((name) => name !== "venv");

/** @type {Readonly<Record<Manager, { program: string, commands: readonly (readonly string[])[] }>>} */
const managers = {
  apt: {
    program: "apt-get",
    commands: [
      ["apt-get", "update", "-qq"],
      ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "-y", "-qq", "--no-install-recommends"],
    ],
  },
  dnf: { program: "dnf", commands: [["dnf", "install", "-y", "-q"]] },
  apk: { program: "apk", commands: [["apk", "add", "--quiet"]] },
  pacman: { program: "pacman", commands: [["pacman", "-S", "--needed", "--noconfirm"]] },
  zypper: { program: "zypper", commands: [["zypper", "--non-interactive", "--quiet", "install"]] },
};

/** Programs of the sandbox that PATH does not lead to. It is made of Linux, so elsewhere only git and ripgrep count. */
export const missingPrograms = (
  platform = process.platform,
  path = process.env["PATH"] ?? "",
  system = ":/usr/sbin:/sbin",
) =>
  programs
    .filter((program) => platform === "linux" || program === "git" || program === "rg")
    .filter((program) => findProgram(program, path + system) === undefined);

/**
 * @param {readonly string[]} programs
 * @param {Manager | undefined} manager
 */
export const packagesFor = (programs, manager) => [
  ...new Set(programs.flatMap((program) => packages[program]?.[manager ?? "apt"] ?? packages[program]?.name ?? [])),
];

const findManager = () =>
  /** @type {Manager[]} */ (Object.keys(managers)).find((name) => findProgram(managers[name].program));

/**
 * The commands that install packages, one after the other.
 * @param {Manager} manager
 * @param {readonly string[]} names
 * @param {readonly string[]} prefix what makes them root's
 * @returns {string[][]}
 */
export const installCommands = (manager, names, prefix) => {
  const { commands } = managers[manager];
  return commands.map((command, index) => [...prefix, ...command, ...(index === commands.length - 1 ? names : [])]);
};

/**
 * Installs what is missing where this user may; otherwise says the command. Either way the set-up goes on.
 * @param {readonly string[]} programs
 */
export const installPrograms = (programs) => {
  const manager = findManager();
  const names = packagesFor(programs, manager);
  const are = `${names.join(", ")} ${names.length === 1 ? "is" : "are"} missing`;
  if (manager === undefined) {
    say(`${are}: install ${names.length === 1 ? "it" : "them"} with your system's package manager.`);
    return;
  }
  const isRoot = process.getuid?.() === 0;
  const permitted = isRoot || run("sudo", ["-n", "true"]).ok;
  if (!permitted) {
    const command = installCommands(manager, names, ["sudo"])
      .map((words) => words.join(" "))
      .join(" && ");
    say(`${are}, and this user may not install packages without a password. Run: ${command}`);
    return;
  }
  const start = Date.now();
  say(`installing ${names.join(", ")} (${managers[manager].program}) …`);
  for (const [program = "", ...args] of installCommands(manager, names, isRoot ? [] : ["sudo", "-n"])) {
    const { ok, output } = run(program, args);
    if (!ok) say(`\`${[program, ...args].join(" ")}\` failed: ${reasonIn(output)}`);
  }
  const still = programs.filter((program) => program !== "venv" && missingPrograms().includes(program));
  if (still.length === 0) say(`${names.join(", ")} installed in ${secondsSince(start)}`);
  else say(`still missing: ${packagesFor(still, manager).join(", ")}`);
};
