/** Holds a report against what the App ran for it: each test command, each claimed endpoint, and the repository's own suite. */
import type { Check, Evidence, Finding } from "../domain/finding.ts";
import type { Report } from "../domain/report.ts";
import { endpointOf } from "./commands/answers.ts";
import { doubtAbout } from "./commands/doubt.ts";
import { serviceMissing, type Unserved } from "./commands/served.ts";
import { readTestCommand, type TestCommand } from "./commands/test-command.ts";

/** What came of it, on the files as they are. */
export type Runs = {
  /** What the App ran, and what the agent itself had run of the test commands on the same files. */
  readonly evidence: readonly Evidence[];
  readonly unserved?: Unserved | undefined;
  /** Test commands, and requests, that were not run for want of time or room. */
  readonly skipped: readonly string[];
};

export const isPromise = ({ status }: Pick<Report, "status">): boolean =>
  status === "DONE" || status === "DONE_WITH_CONCERNS";

type Say = (rule: string, message: string) => Finding;

const concern: Say = (rule, message) => ({ rule, severity: "concern", message });
const error: Say = (rule, message) => ({ rule, severity: "error", message });
const note: Say = (rule, message) => ({ rule, severity: "note", message });

/** What DONE may not hide goes back to be mended; where concerns are said already, it is one more of them. */
const sayFor = ({ status }: Pick<Report, "status">): Say => (status === "DONE" ? error : concern);

export const checkRuns = (
  report: Pick<Report, "status" | "test_commands" | "endpoints_created">,
  runs: Runs,
): Finding[] => {
  if (!isPromise(report)) return [];
  const say = sayFor(report);
  return [
    ...report.test_commands.flatMap((text) => checkCommand(readTestCommand(text), runs, say)),
    ...checkServer(runs, say),
    ...runs.evidence.flatMap((one) => checkRequest(one, runs, say)),
    ...checkEndpoints(report, runs, say),
    ...checkSuite(runs, say),
    ...runs.skipped.map((text) =>
      concern("command-not-run", `\`${clip(text)}\` was not run: the time or room for test commands was used up`),
    ),
  ];
};

/** On a commit that others pushed: of what fails there its report could have told nothing, so that is no mere concern. */
export const checkPushedRuns: typeof checkRuns = (report, runs) =>
  isPromise(report)
    ? checkRuns({ ...report, status: "DONE" }, runs).map((finding) =>
        finding.severity === "error" && report.status !== "DONE" && !failing.has(finding.rule)
          ? { ...finding, severity: "concern" }
          : finding,
      )
    : [];

const failing: ReadonlySet<string> = new Set(["command-failed", "server-failed", "request-failed", "suite-broken"]);

const clip = (text: string): string => {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length > 160 ? `${line.slice(0, 159)}…` : line;
};

const checkCommand = (command: TestCommand, { evidence }: Runs, say: Say): Finding[] => {
  const shown = `\`${clip(command.text)}\``;
  if (command.kind === "unreadable") return [say("command-unreadable", `${shown} was not run: ${command.reason}`)];
  if (command.kind === "doubtful") {
    const { kind, reason } = command.doubt;
    return kind === "masked"
      ? [say("command-masked", `${shown} was not run, for it would prove nothing: ${reason}. Name the plain command`)]
      : [note("command-proves-nothing", `${shown} was not run, for it would prove nothing: ${reason}`)];
  }
  if (command.kind !== "run") return [];
  const ran = evidence.findLast((one) => one.command.trim() === command.text && one.check?.kind !== "suite");
  if (!ran) return [];
  const doubt = ran.exitCode === 0 ? doubtAbout(ran) : undefined;
  if (doubt) return [say("command-proves-nothing", `${shown} ran and shows nothing: ${doubt.reason}`)];
  if (ran.exitCode === 0) return [];
  return [say("command-failed", `${shown} ended with exit code ${ran.exitCode}${lastWords(ran)}`)];
};

const lastWords = ({ output }: Evidence): string => {
  const line = output.split("\n").findLast((one) => one.trim() !== "");
  return line === undefined ? "" : `: ${clip(line)}`;
};

const checkServer = ({ unserved }: Runs, say: Say): Finding[] => {
  if (!unserved) return [];
  return unserved.mendable
    ? [say("server-failed", `the requests could not be made: ${unserved.reason}`)]
    : [concern("not-served", `the application could not be run here, so no endpoint was tried: ${unserved.reason}`)];
};

type Asked = Evidence & { readonly check: Extract<Check, { kind: "request" }> };

const isRequest = (one: Evidence): one is Asked => one.check?.kind === "request";

const checkRequest = (one: Evidence, { evidence }: Runs, say: Say): Finding[] => {
  if (!isRequest(one) || one.check.fault === undefined) return [];
  const log = evidence.findLast(({ check }) => check?.kind === "server")?.output ?? "";
  const service = (one.check.status ?? 500) >= 500 ? serviceMissing(log) : undefined;
  const what = `${one.check.method} ${clip(one.check.path)}: ${one.check.fault}`;
  return [service === undefined ? say("request-failed", what) : concern("request-failed", `${what}; ${service}`)];
};

const checkEndpoints = (
  { endpoints_created: endpoints }: Pick<Report, "endpoints_created">,
  { evidence, unserved }: Runs,
  say: Say,
): Finding[] => {
  if (unserved) return [];
  const asked = evidence.filter(isRequest).map((one) => ({ one, endpoint: endpointOf(one.check, endpoints) }));
  return endpoints.flatMap((endpoint) => {
    const own = asked.filter((it) => it.endpoint === endpoint).map(({ one }) => one);
    if (own.some(isProof)) return [];
    const name = `${endpoint.method} ${endpoint.path}`;
    if (own.some(({ check }) => check.fault !== undefined))
      return [concern("endpoint-unproven", `no request to ${name} succeeded`)];
    const why =
      own.length > 0
        ? `the requests of test_commands to ${name} expect to be refused: add one that succeeds`
        : `no request of test_commands reaches ${name}: add a curl command that does, and is answered with success`;
    return [say("endpoint-unproven", why)];
  });
};

/** Answered well, by the endpoint and not by what refuses everything. */
const isProof = ({ check }: Asked): boolean => check.fault === undefined && (check.status ?? 500) < 400;

// ------------------------------------------------------------------------------------------------------------- the suite

const checkSuite = ({ evidence }: Runs, say: Say): Finding[] => {
  const at = (place: "base" | "head") =>
    new Map(
      evidence.flatMap((one) => (one.check?.kind === "suite" && one.check.at === place ? [[one.command, one]] : [])),
    );
  const [base, head] = [at("base"), at("head")];
  return [...head.values()].flatMap((now) => compare(now, base.get(now.command), say));
};

const compare = (now: Evidence, before: Evidence | undefined, say: Say): Finding[] => {
  const name = `\`${clip(now.command)}\``;
  if (now.exitCode === 0) return lessThanBefore(name, now, before);
  const failing = failuresIn(now);
  const known = new Set(before ? failuresIn(before) : []);
  const added = failing.filter((test) => !known.has(test));
  const list = (added.length > 0 ? added : failing).slice(0, 5).join(", ");
  const which = list === "" ? lastWords(now) : `: ${list}`;
  if (!before || before.exitCode === 0)
    return [say("suite-broken", `${name} ${before ? "passed before the change and " : ""}fails with it${which}`)];
  if (added.length > 0)
    return [say("suite-broken", `${name} failed before the change; these fail only with it: ${list}`)];
  if (failing.length > 0) return [note("suite-red", `${name} failed before the change, in the same tests: ${list}`)];
  return [concern("suite-unclear", `${name} failed before the change and fails with it, so it shows nothing${which}`)];
};

/** As pytest, unittest and others end: `FAILED tests/test_a.py::test_b - …`, `FAIL: test_b (tests.A)`. */
const failuresIn = ({ output }: Evidence): readonly string[] => [
  ...new Set([...output.matchAll(/^(?:FAILED|ERROR|FAIL:|ERROR:) +([^\s(]\S*)/gm)].map(([, test = ""]) => test)),
];

const passedIn = (one: Evidence | undefined): number | undefined => {
  const count = one && /\b(\d+) passed\b/.exec(one.output.slice(-500))?.[1];
  return count === undefined ? undefined : Number(count);
};

/** Green with fewer tests than before is not what it was. */
const lessThanBefore = (name: string, now: Evidence, before: Evidence | undefined): Finding[] => {
  const [after, earlier] = [passedIn(now), passedIn(before)];
  if (after === undefined || earlier === undefined || after >= earlier) return [];
  return [concern("suite-shrunk", `${name}: ${earlier} tests passed before the change, ${after} with it`)];
};
