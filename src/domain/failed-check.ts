/** A check that failed on the head of our pull request, and whose doing it is as far as evidence goes. Pure: it reads what it is given. */

/** One check of another App, or one job of a workflow, as GitHub has it now. */
export type CheckSeen = {
  readonly id: number;
  /** Of the suite that it belongs to. */
  readonly suite: number;
  readonly name: string;
  /** Of the App that made it, such as `github-actions`. */
  readonly app: string;
  /** GitHub's own page of it. */
  readonly url: string;
  readonly ended: boolean;
  /** GitHub's word, where it ended. */
  readonly conclusion: string | undefined;
};

export type FailedCheck = Pick<CheckSeen, "id" | "suite" | "name" | "app" | "url"> & {
  readonly conclusion: string;
  /** What it said, cut to what matters, without secrets. Anybody's words may stand in it. */
  readonly text: string;
  /** What the runner itself says, where there is one. */
  readonly errors: readonly string[];
  /** The step that failed. */
  readonly step?: string | undefined;
  /** Why its output could not be had, as the end of a sentence. */
  readonly unread?: string | undefined;
  /** Where it is a job of a workflow: that workflow's run, and which attempt of it this is. */
  readonly workflow?: { readonly run: number; readonly attempt: number } | undefined;
};

/** Whose doing it is. `flaky`: nobody's, gone when it is run again. `unclear`: that has to be tried, or somebody has to look. */
export type Cause = "ours" | "not-ours" | "flaky" | "unclear";

export type Judgement = {
  readonly cause: Cause;
  /** A clause for people, of our own words, paths and names in Markdown's code. */
  readonly reason: string;
};

export type JudgedCheck = FailedCheck & Judgement;

/** What is kept of it and shown to people. */
export type ToldCheck = Omit<JudgedCheck, "text" | "errors">;

export const isFailure = (conclusion: string | undefined): boolean =>
  conclusion === "failure" || conclusion === "timed_out";

export const actionsApp = "github-actions";

/** Whether running it once more on the same commit would tell what it is, and it has not been. */
export const isDoubtful = ({ cause, workflow }: Pick<ToldCheck, "cause" | "workflow">): boolean =>
  (cause === "flaky" || cause === "unclear") && workflow?.attempt === 1;

/** What failed and passes now on the same commit, run again by whomever. */
export const turnedOut = (told: ToldCheck, now: readonly CheckSeen[]): ToldCheck => {
  const passes = now.some(
    ({ id, name, app, conclusion }) =>
      id !== told.id && name === told.name && app === told.app && conclusion === "success",
  );
  return passes ? { ...told, cause: "flaky", reason: "it passed on the same commit when it was run again" } : told;
};

/** What is known besides its output. */
export type Surroundings = {
  /** As it ended on the commits that the pull request builds on; undefined where it did not run there. */
  readonly onBase: "failed" | "passed" | undefined;
  readonly baseBranch: string;
  /** It failed on this very commit before, and was run again. */
  readonly again: boolean;
  /** Paths that the pull request changes. */
  readonly changed: readonly string[];
  /** Python files that its output blames, as they stand on the pull request's branch, by path. */
  readonly blamed: ReadonlyMap<string, string>;
};

const machine: readonly (readonly [RegExp, string])[] = [
  [/exit code 127\b/, "a command is missing where it runs (exit code 127)"],
  [/exit code 137\b|\bOOM\b|out of memory/i, "it ran out of memory"],
  [/no space left on device/i, "the disk was full"],
];

const passing: readonly (readonly [RegExp, string])[] = [
  [
    /received a shutdown signal|lost communication with the server|runner .{0,80}did not respond/i,
    "its runner was lost",
  ],
  [
    /Temporary failure in name resolution|Could not resolve host|getaddrinfo (?:EAI_AGAIN|ENOTFOUND)/,
    "a host's name could not be resolved",
  ],
  [
    /\bECONNRESET\b|Connection reset by peer|\bETIMEDOUT\b|Read timed out|TLS handshake timeout/i,
    "a connection broke off",
  ],
  [
    /\b50[234] (?:Bad Gateway|Service Unavailable|Gateway Time-?out)|429 Too Many Requests|toomanyrequests/i,
    "a server on the net gave no answer",
  ],
];

const sentenceFor = (known: readonly (readonly [RegExp, string])[], said: readonly string[]): string | undefined =>
  known.find(([pattern]) => said.some((line) => pattern.test(line)))?.[1];

/** Evidence first, and the strongest first: only what nothing speaks for is `unclear`. */
export const judgeCheck = (check: FailedCheck, known: Surroundings): Judgement => {
  const broken = sentenceFor(machine, check.errors);
  if (broken !== undefined) return { cause: "not-ours", reason: broken };
  const culprit = culpritOf(check.text, known);
  if (known.onBase === "failed") {
    const base = code(known.baseBranch);
    return culprit === undefined
      ? { cause: "not-ours", reason: `it fails on ${base}, too` }
      : { cause: "unclear", reason: `it fails on ${base}, too, but here ${culprit}` };
  }
  if (culprit !== undefined) return { cause: "ours", reason: culprit };
  const passed = known.onBase === "passed" ? `it passes on ${code(known.baseBranch)}, and ` : "";
  if (known.again) return { cause: "ours", reason: `${passed}it failed in two runs of this commit` };
  const gone = sentenceFor(passing, [...check.errors, ...check.text.split("\n")]);
  if (gone !== undefined) return { cause: "flaky", reason: gone };
  const named = check.unread === undefined ? "its output names no file that this pull request changes" : check.unread;
  return { cause: "unclear", reason: `${passed}${named}` };
};

const code = (text: string): string => `\`${text.replaceAll("`", "")}\``;

/** Lines that say where something is wrong; a list of what passed names files, too. */
const blaming = /\b(?:FAILED|FAIL|ERROR|error|Error|would reformat|Traceback)\b|File "|[\w/]\.\w{1,5}:\d+|-->/;
const pathLike = /(?:[\w.@+-]+\/)*[\w.@+-]+\.[A-Za-z]{1,8}\b/g;
const maxBlamed = 200;

/** What its output calls the files that are wrong, in the order in which it does. */
export const blamedIn = (text: string): readonly string[] => {
  const lines = text.split("\n").filter((line) => blaming.test(line) && !/\bPASSED\b/.test(line));
  return [...new Set(lines.flatMap((line) => line.match(pathLike) ?? []))].slice(0, maxBlamed);
};

/** What a tool calls a file is its path, or the end of it, or its path below some folder of the runner. */
export const isSame = (path: string, said: string): boolean =>
  path === said || (said.includes("/") && path.endsWith(`/${said}`)) || said.endsWith(`/${path}`);

/** @returns what of the pull request its output blames, as a clause */
const culpritOf = (text: string, { changed, blamed }: Surroundings): string | undefined => {
  const said = blamedIn(text);
  const own = changed.find((path) => said.some((one) => isSame(path, one)));
  if (own !== undefined) return `its output blames ${code(own)}, which this pull request changes`;
  for (const [path, source] of blamed) {
    const used = changed.find((one) => one.endsWith(".py") && imports(source, one));
    if (used !== undefined) return `its output blames ${code(path)}, which uses ${code(used)} of this pull request`;
  }
  return undefined;
};

/** By the last two parts of its dotted name, which say which one it is, wherever the root is. */
const imports = (source: string, path: string): boolean => {
  const parts = path.replace(/(?:\/__init__)?\.py$/, "").split("/");
  const [folder, name] = parts.slice(-2).map((part) => part.replace(/[^\w]/g, "\\$&"));
  if (folder === undefined || name === undefined) return false;
  const whole = `[\\w.]*\\b${folder}\\.${name}\\b`;
  const forms = [
    `from\\s+${whole}\\s+import`,
    `import\\s+${whole}`,
    `from\\s+[\\w.]*\\b${folder}\\s+import\\s.*\\b${name}\\b`,
  ];
  return new RegExp(`^\\s*(?:${forms.join("|")})`, "m").test(source);
};
