/** The rules before a call: which paths exist for an agent, and which of them it may write. Knows no disk: the kernel enforces, this explains. */

/** Yes, or no with a sentence for the model that says what would be right. */
export type Verdict = { readonly allowed: true } | { readonly allowed: false; readonly reason: string };

/**
 * Where an agent may write. `allowed` and `forbidden` are repository folders without a trailing slash
 * (`backend/app/api`); `forbidden` wins. The kernel enforces the folders, the policy explains them.
 */
export type Boundary = { readonly allowed: readonly string[]; readonly forbidden: readonly string[] };

export type CanonResult =
  | { readonly ok: true; readonly path: string }
  | { readonly ok: false; readonly reason: string };

/** Control, format, unassigned and private-use characters, line separators, spaces but the ASCII one, and what renders as nothing. */
const invisible = /(?! )[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}]/u;

/** Names that git, GitHub, agents or Windows give a meaning; compared after NFKC and in lower case. */
const reserved =
  /^(\.git|git[a-z]{0,3}~\d+|\.gitmodules|\.gitattributes|\.github|\.claude|\.mcp\.json|\.env.*|(con|prn|aux|nul|clock\$|conin\$|conout\$|com\d|lpt\d)(\..*)?)$/;

const problemOfSegment = (segment: string): string | undefined => {
  if (segment === "") return "it has an empty segment (a double, leading or trailing slash)";
  if (segment === "." || segment === "..") return `it has a "${segment}" segment`;
  if (Buffer.byteLength(segment) > 255) return "one of its names is longer than 255 bytes";
  if (/[. ]$/.test(segment)) return `the name "${segment}" ends in a dot or a space`;
  if (segment.startsWith("-")) return `the name "${segment}" starts with a hyphen`;
  if (reserved.test(segment.normalize("NFKC").toLowerCase())) return `the name "${segment}" is closed to tools`;
  return undefined;
};

const problemOf = (path: string): string | undefined => {
  if (path === "") return "it is empty";
  if (Buffer.byteLength(path) > 1_024) return "it is longer than 1,024 bytes";
  if (!path.isWellFormed() || path !== path.normalize("NFC")) return "it is not well-formed NFC text";
  if (invisible.test(path)) return "it has a control or invisible character";
  if (/[\\:*?"<>|%]/.test(path)) return 'it has one of the characters \\ : * ? " < > | %';
  if (path.startsWith("/")) return "it does not lie below /repo";
  if (path.startsWith("~")) return "it starts with ~";
  for (const segment of path.split("/")) {
    const problem = problemOfSegment(segment);
    if (problem) return problem;
  }
  return undefined;
};

/**
 * The one spelling of a repository path: relative to /repo, forward slashes, nothing to resolve. One leading `/repo/` or
 * `./` is taken off; whatever else is not canonical is refused instead of mended.
 */
export const canonPath = (raw: string): CanonResult => {
  const path = raw.replace(/^(\/repo\/|\.\/)/, "");
  const problem = problemOf(path);
  if (!problem) return { ok: true, path };
  const shown = JSON.stringify(raw.length > 120 ? `${raw.slice(0, 120)}…` : raw);
  return {
    ok: false,
    reason: `${shown} is no path that tools can use: ${problem}. Give an absolute path such as /repo/backend/app/main.py.`,
  };
};

/** Below one of the folders, case-sensitively; a folder is not within itself. */
export const isWithin = (path: string, folders: readonly string[]): boolean =>
  folders.some((folder) => path.startsWith(`${folder}/`));

const protectedNames: readonly RegExp[] = [
  // What runs with somebody's rights before a person has looked: CI and hooks …
  /^(\.github|\.claude|\.git.*|\.husky|jenkinsfile.*|\.?(travis|appveyor|drone|woodpecker|wercker|codefresh|cirrus)\.ya?ml)$/,
  /^(\.gitlab-ci.*|azure-pipelines.*|bitbucket-pipelines.*|buildspec.*|cloudbuild.*|circle|\.pre-commit-config)\.ya?ml$/,
  // … containers …
  /^((docker|container)file(\..*)?|.*\.(docker|container)file|(docker-)?compose([._-].*)?\.ya?ml|docker-bake\..*|\.(docker|container)ignore|\.?devcontainer\.json)$/,
  // … lock files, which decide what is installed …
  /^(.*\.lockb?|package-lock\.json|npm-shrinkwrap\.json|pnpm-lock\.ya?ml|go\.sum|pylock(\..*)?\.toml)$/,
  // … and who must review.
  /^codeowners$/,
];

/**
 * Closed to every agent whatever a repository's configuration says: `.github/**` and all other dot folders (the memory
 * files lie in one), CI and container files, lock files, CODEOWNERS. Upper and lower case are the same here.
 */
export const isProtected = (path: string): boolean => {
  const segments = path.toLowerCase().split("/");
  const name = segments.pop() ?? "";
  return segments.some((segment) => segment.startsWith(".")) || protectedNames.some((rule) => rule.test(name));
};

/** Whose work a folder is (the specification's neighbours), so that a refusal can say where to hand it. */
const owners: readonly (readonly [RegExp, string])[] = [
  [/(^|\/)(frontend|components|styles|hooks)(\/|$)/, "frontend-ui-developer"],
  [/(^|\/)(alembic|migrations)(\/|$)/, "database-engineer"],
  [/(^|\/)tests?(\/|$)/, "test-generator"],
  [/(^|\/)workflows(\/|$)/, "workflow-architect"],
  [/(^|\/)(llm|prompts)(\/|$)/, "llm-integrator"],
  [/(^|\/)embeddings(\/|$)/, "data-pipeline-engineer"],
];

const ownerOf = (path: string): string =>
  owners.find(([folder]) => folder.test(path.toLowerCase()))?.[1] ?? "a maintainer";

const listed = (folders: readonly string[]): string => folders.map((folder) => `/repo/${folder}/`).join(", ");

/**
 * May this agent write this file? Also a last check of what is about to be committed: a path that is not canonical is
 * refused here as well.
 */
export const decideWrite = (path: string, boundary: Boundary): Verdict => {
  const canon = canonPath(path);
  if (!canon.ok) return { allowed: false, reason: canon.reason };
  if (canon.path !== path)
    return { allowed: false, reason: `${JSON.stringify(path)} is not a canonical repository path.` };
  const may =
    boundary.allowed.length > 0 ? `You may write below ${listed(boundary.allowed)}.` : "You may write nothing.";
  if (isProtected(path))
    return {
      allowed: false,
      reason: `/repo/${path} is protected: no agent may change CI, container, lock or dot-folder files. Put the exact change under handoffs in your report, for a maintainer. ${may}`,
    };
  const lower = path.toLowerCase();
  const forbidden = boundary.forbidden.find((folder) => `${lower}/`.startsWith(`${folder.toLowerCase()}/`));
  if (forbidden !== undefined)
    return {
      allowed: false,
      reason: `/repo/${forbidden}/ is forbidden to you: it belongs to ${ownerOf(path)}. Put what is needed there under handoffs in your report. ${may}`,
    };
  if (!isWithin(path, boundary.allowed))
    return {
      allowed: false,
      reason: `/repo/${path} lies outside your boundary; it belongs to ${ownerOf(path)}. ${may} Put a change elsewhere under handoffs in your report.`,
    };
  return { allowed: true };
};

/** `decideWrite` for a file that does not exist yet: a new name is plain ASCII. */
export const decideCreate = (path: string, boundary: Boundary): Verdict => {
  const verdict = decideWrite(path, boundary);
  if (!verdict.allowed || /^[\x20-\x7e]+$/.test(path)) return verdict;
  return { allowed: false, reason: `/repo/${path}: a new file's path has ASCII characters only. Choose another name.` };
};
