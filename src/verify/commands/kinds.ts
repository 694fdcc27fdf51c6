/** What kind of command one is, by its program and arguments alone. */

export type Runner = "pytest" | "unittest";

export type Kind =
  | { readonly kind: "http" }
  | { readonly kind: "server" }
  /** `runner`: the one whose summary is known. */
  | { readonly kind: "suite"; readonly runner?: Runner }
  /** Reads, prints or compiles: whatever its exit code, no code of the application ran. */
  | { readonly kind: "nothing"; readonly reason: string }
  /** Prepares what comes after it. */
  | { readonly kind: "step" }
  | { readonly kind: "other" };

const nothing = (reason: string): Kind => ({ kind: "nothing", reason });
const baseName = (program: string): string => program.split("/").at(-1) ?? "";

const programs: readonly { readonly names: readonly string[]; readonly kind: Kind }[] = [
  { names: ["curl", "http", "https", "httpie", "xh", "wget"], kind: { kind: "http" } },
  { names: ["uvicorn", "gunicorn", "hypercorn", "granian", "daphne"], kind: { kind: "server" } },
  { names: ["pytest", "py.test"], kind: { kind: "suite", runner: "pytest" } },
  { names: ["tox", "nox", "jest", "vitest", "behave"], kind: { kind: "suite" } },
  { names: ["true", ":", "false", "echo", "printf", "exit"], kind: nothing("it only prints or ends") },
  { names: ["eval", "coproc", "watch"], kind: nothing("what it runs cannot be read: name the plain command") },
  {
    names: [
      "ls",
      "cat",
      "head",
      "tail",
      "grep",
      "rg",
      "egrep",
      "fgrep",
      "find",
      "wc",
      "stat",
      "file",
      "diff",
      "test",
      "[",
      "[[",
      "pwd",
      "which",
      "sed",
      "awk",
      "jq",
      "tree",
      "du",
    ],
    kind: nothing("it only looks at files"),
  },
  {
    names: ["ruff", "flake8", "pylint", "black", "isort", "mypy", "pyright", "bandit", "eslint", "tsc"],
    kind: nothing("it reads the code and runs none of it"),
  },
  {
    names: [
      "cd",
      "pushd",
      "popd",
      "export",
      "source",
      ".",
      "set",
      "unset",
      "mkdir",
      "rm",
      "cp",
      "mv",
      "touch",
      "kill",
      "wait",
      "sleep",
      "trap",
      "pip",
      "pip3",
      "for",
      "case",
      "local",
      "declare",
      "ulimit",
      "umask",
    ],
    kind: { kind: "step" },
  },
];

const lists = nothing("it runs no test");
const compiles = nothing("it only compiles");
const imports = nothing("it only imports");

const pythonModules: Readonly<Record<string, Kind | undefined>> = {
  pytest: { kind: "suite", runner: "pytest" },
  unittest: { kind: "suite", runner: "unittest" },
  uvicorn: { kind: "server" },
  hypercorn: { kind: "server" },
  gunicorn: { kind: "server" },
  py_compile: compiles,
  compileall: compiles,
  ast: compiles,
  tokenize: compiles,
  ruff: nothing("it reads the code and runs none of it"),
  mypy: nothing("it reads the code and runs none of it"),
  pip: { kind: "step" },
  venv: { kind: "step" },
  "json.tool": nothing("it only prints or ends"),
  httpie: { kind: "http" },
};

export const kindOf = (argv: readonly string[]): Kind => {
  const kind = plainKind(argv);
  return kind.kind === "suite" && argv.some((arg) => isDry(argv[0] ?? "", arg)) ? lists : kind;
};

/** Options that make a runner of tests tell of them, or of itself. */
const dry = /^(--co|--collect-?only|--fixtures(-per-test)?|--markers|--setup-(plan|only)|--funcargs|--help|--version)$/;
const dryOf: Readonly<Record<string, RegExp | undefined>> = {
  tox: /^(-l|-a|--listenvs(-all)?|--notest|--showconfig|list|config)$/,
  nox: /^(-l|--list(-sessions)?)$/,
  jest: /^(--listTests|--showConfig)$/,
  vitest: /^list$/,
  behave: /^(-d|--dry-run)$/,
  make: /^(-[a-zA-Z]*[niqt][a-zA-Z]*|--(dry-run|just-print|recon|question|touch|ignore-errors))$/,
  just: /^(-n|--dry-run|--list|--show)$/,
  task: /^(-n|--dry|--list(-all)?)$/,
  npm: /^--(dry-run|if-present)$/,
};

const isDry = (program: string, arg: string): boolean =>
  dry.test(arg) || (dryOf[baseName(program)]?.test(arg) ?? false);

const plainKind = (argv: readonly string[]): Kind => {
  const [program = "", ...args] = argv;
  const name = baseName(program);
  if (name === "") return { kind: "step" };
  if (/^(python|pypy)[\d.]*$/.test(name)) return pythonKind(args);
  if (name === "coverage" && args[0] === "run") return pythonKind(args.slice(1));
  if (name === "fastapi") return { kind: ["run", "dev"].includes(args[0] ?? "") ? "server" : "other" };
  if (name === "flask") return { kind: args.includes("run") ? "server" : "other" };
  if (name === "git") return gitKind(args[0]);
  if (isShell(name) && args.some((arg) => /^-[a-z]*n[a-z]*$/.test(arg))) return nothing("it only reads the script");
  if (isTestScript(name, args)) return { kind: "suite" };
  return programs.find(({ names }) => names.includes(name))?.kind ?? { kind: "other" };
};

const isShell = (name: string): boolean => /^(ba|da|z|k)?sh$/.test(name);

const gitKind = (verb: string | undefined): Kind =>
  verb === "apply" ? { kind: "other" } : nothing("it only looks at files");

const isTestScript = (name: string, args: readonly string[]): boolean => {
  const words = args.filter((arg) => !arg.startsWith("-"));
  if (["npm", "pnpm", "yarn", "bun"].includes(name))
    return /^test\b/.test((words[0] === "run" ? words[1] : words[0]) ?? "");
  if (name === "make" || name === "just" || name === "task") return words.some((word) => /^(test|check)\b/.test(word));
  return ["go", "cargo", "dotnet", "mvn", "gradle"].includes(name) && words.includes("test");
};

const takesValue = ["-W", "-X", "--check-hash-based-pycs"];

const pythonKind = (args: readonly string[]): Kind => {
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? "";
    if (takesValue.includes(arg)) at += 1;
    else if (arg === "-m") return moduleKind(args[at + 1] ?? "", args.slice(at + 2));
    else if (arg === "-c") return codeKind(args[at + 1] ?? "");
    else if (!arg.startsWith("-") || arg === "-") return scriptKind(arg, args.slice(at + 1));
  }
  return ["-V", "--version"].includes(args[0] ?? "") ? nothing("it only prints or ends") : { kind: "other" };
};

const moduleKind = (module: string, args: readonly string[]): Kind => {
  if (module === "coverage" && args[0] === "run") return pythonKind(args.slice(1));
  return (Object.hasOwn(pythonModules, module) ? pythonModules[module] : undefined) ?? { kind: "other" };
};

const scriptKind = (script: string, args: readonly string[]): Kind => {
  if (baseName(script) !== "manage.py") return { kind: "other" };
  if (args[0] === "runserver") return { kind: "server" };
  return { kind: args[0] === "test" ? "suite" : "other" };
};

/** What it does not import it cannot run. */
const codeKind = (code: string): Kind => {
  if (!/\bimport\b|\brunpy\b|\bexec\b|\$/.test(code)) return nothing("it runs nothing of the application");
  return isImport(code) ? imports : { kind: "other" };
};

/** Statements that import, and print what came of it. */
const isImport = (code: string): boolean =>
  code
    .split(/[;\n]/)
    .map((line) => line.trim())
    .every((line) => line === "" || /^(import|from)\s/.test(line) || /^print\((["'][^"']*["']|[\w.]*)\)$/.test(line));
