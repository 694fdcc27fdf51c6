/** The trial of what was written: the commands, and what their ends say. Knows no plan around it. */
import { bash, exitOf } from "./calls.ts";
import type { Call, Plan } from "./conversation.ts";
import type { Layout } from "./layout.ts";
import { notTried } from "./rehearsal.ts";
import type { Trial } from "./reports.ts";
import type { Work } from "./work.ts";

/** What a trial needs of the work. */
export type Trialled = Pick<Work, "changes" | "rehearsal" | "handoffs" | "endpoints">;

const inRoot = (layout: Layout): string => (layout.importRoot === "" ? "" : `cd ${layout.importRoot} && `);

/** A path of the repository as one word of a shell. */
const quoted = (path: string): string => (/^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`);

/** What is called, in a few words: "POST /api/v1/x", or how many endpoints. */
const calledIn = (endpoints: Work["endpoints"]): string => {
  const [only] = endpoints;
  if (!only) return "the application";
  return endpoints.length === 1 ? `${only.method} ${only.path}` : `the ${endpoints.length} endpoints of ${only.path}`;
};

/**
 * Serves what was written and calls it; hand-off patches are held against the files they change. Where nothing can be
 * served, the code is at least compiled. Each command begins with a line that says what it is: people see that line first.
 * @param how.limits whether limits are tried as well @param how.others further commands, to be run with these
 */
export function* tryOut(
  work: Trialled,
  layout: Layout,
  how: { readonly moves?: readonly Call[]; readonly limits: boolean; readonly others?: readonly Call[] },
): Plan<Trial> {
  const { moves = [], others = [] } = how;
  const called = calledIn(work.endpoints);
  const patches = work.handoffs.flatMap((handoff) => (handoff.patch ? [handoff.patch.diff] : []));
  const program = how.limits ? work.rehearsal.whole : work.rehearsal.unlimited;
  const serve = `# Serve and call ${called} on a throw-away database\n${inRoot(layout)}python3 -B -W ignore - <<'TRY_IT'\n${program}\nTRY_IT`;
  const check = `# Do the patches under hand-offs apply?\ngit apply --check - <<'PATCH'\n${patches.join("")}PATCH`;
  const calls = [
    bash(serve, `Serve and call ${called}`),
    ...(patches.length > 0 ? [bash(check, "Hold the hand-off patches against the files")] : []),
    ...others,
  ];
  const results = yield {
    text: `I serve the application on a throw-away database and call what is new${patches.length > 0 ? "; and do the patches that I hand over apply?" : "."}`,
    calls: [...moves, ...calls],
  };
  const exits = results.slice(moves.length).map(exitOf);
  const served = exits[0]?.code === notTried || exits[0]?.code === notFound ? yield* compile(work) : undefined;
  // As they ran, so that whoever holds them against the evidence finds them; a longer one stands there alone.
  const commands = [...calls, ...(served?.calls ?? [])]
    .map((call) => String(call.input["command"]))
    .filter((command) => command.length <= 3_900);
  return { commands, ...judge([...exits, ...(served?.exits ?? [])]) };
}

/** What can be said of code that cannot be served here. */
function* compile({ changes }: Trialled): Plan<{ readonly calls: readonly Call[]; readonly exits: readonly Exit[] }> {
  const files = changes.map((change) => change.path).filter((path) => path.endsWith(".py"));
  const command = `# Compile what was written\nPYTHONPYCACHEPREFIX=/tmp/pycache python3 -m compileall -q ${files.map(quoted).join(" ")}`;
  const calls = [bash(command, "Compile what was written")];
  const results = yield { text: "It cannot be served here. Does it compile?", calls };
  return { calls, exits: results.map(exitOf) };
}

type Exit = ReturnType<typeof exitOf>;

const notFound = 127;

/** One command that failed is enough; one that could not start, for want of Python or a package, shows nothing either way. */
const judge = (exits: readonly Exit[]): Omit<Trial, "commands"> => {
  const failed = exits.find(({ code }) => ![0, notTried, notFound].includes(code));
  if (failed) return { state: "failed", output: failed.output };
  const skipped = exits.find(({ code }) => code !== 0);
  return skipped ? { state: "not-tried", output: skipped.output } : { state: "passed", output: "" };
};
