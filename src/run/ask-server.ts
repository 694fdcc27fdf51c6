/** The server that a report's requests are made to: which one it is, and what it answered, as evidence. */
import type { Check, Evidence } from "../domain/finding.ts";
import type { HttpAnswer, HttpSession } from "../domain/http.ts";
import { lastPart } from "../domain/truncate.ts";
import type { Trial, Walls } from "../ports.ts";
import { faultOf } from "../verify/commands/answers.ts";
import {
  applicationPattern,
  foldersAbove,
  type Line,
  packageRoot,
  rankApplications,
  serverFor,
} from "../verify/commands/application.ts";
import { type Unserved, whyNotServed } from "../verify/commands/served.ts";
import type { RequestStep } from "../verify/commands/steps.ts";
import type { TestCommand } from "../verify/commands/test-command.ts";

/** The repository's own commands. */
export type Project = {
  readonly serve?: { readonly command: string; readonly port: number; readonly health: string } | undefined;
  readonly test?: readonly string[] | undefined;
};

export type Server = {
  readonly ok: true;
  /** For people. */
  readonly text: string;
  readonly command: string;
  readonly port: number;
  readonly health?: string | undefined;
  /** Requests go to its port, whichever they name. */
  readonly anyPort: boolean;
  /** Names in the path of its module: what is missing of these is no package. */
  readonly own: readonly string[];
};

type NoServer = { readonly ok: false; readonly unserved: Unserved };

const none = (reason: string, mendable = false): NoServer => ({ ok: false, unserved: { reason, mendable } });

/** The one that the repository names; else the report's own; else the application that is found. */
export const serverOf = async (
  { project, walls }: { readonly project: Project; readonly walls: Pick<Walls, "read" | "grep"> },
  commands: readonly TestCommand[],
  port: number,
): Promise<Server | NoServer> => {
  const { serve } = project;
  if (serve) return { ok: true, text: serve.command, ...serve, anyPort: true, own: [] };
  const named = commands.find((command) => command.kind === "server");
  if (named?.kind === "server") {
    const { module, command } = named.server;
    if (module !== undefined && !(await isModule(walls, module)))
      return none(`the server's application ${module} is no module of the repository`, true);
    return {
      ok: true,
      text: named.text,
      command,
      port: named.server.port,
      anyPort: false,
      own: module?.split("/") ?? [],
    };
  }
  return findServer(walls, port);
};

const isModule = async (walls: Pick<Walls, "read">, module: string): Promise<boolean> =>
  (await walls.read(`${module}.py`)) !== undefined || (await walls.read(`${module}/__init__.py`)) !== undefined;

const findServer = async (walls: Pick<Walls, "read" | "grep">, port: number): Promise<Server | NoServer> => {
  const [application] = await applicationsIn(walls);
  if (!application)
    return none("no application was found to start; `serve` in .github/architect.yml names the command that does");
  const text = (await walls.read(application.path))?.text ?? "";
  const root = packageRoot(application.path, text) ?? (await importRoot(walls, application.path));
  const migrates = (await walls.read(root === "" ? "alembic.ini" : `${root}/alembic.ini`)) !== undefined;
  const server = serverFor(application, root, { port, migrates });
  return { ok: true, text: server.command, ...server, anyPort: false, own: application.path.split("/") };
};

/** The one that serves most likely first. */
export const applicationsIn = async (walls: Pick<Walls, "grep">): Promise<readonly Line[]> => {
  const found = await walls.grep({ pattern: applicationPattern, glob: "*.py", mode: "content", lineNumbers: true });
  return rankApplications(found.flatMap(lineOf));
};

const lineOf = (row: string): Line[] => {
  const match = /^([^:]+):\d+:(.*)$/.exec(row);
  return match ? [{ path: match[1] ?? "", text: match[2] ?? "" }] : [];
};

/** The first folder above that is no package. */
const importRoot = async (walls: Pick<Walls, "read">, path: string): Promise<string> => {
  for (const folder of foldersAbove(path))
    if (folder === "" || (await walls.read(`${folder}/__init__.py`)) === undefined) return folder;
  return "";
};

const readyWithinMs = 30_000;
const requestMs = 10_000;
const sessionMs = 180_000;
const maxOutputChars = 4_000;

/** The server's own start and end first, then each request. */
export const askServer = async (
  trial: Trial,
  server: Server,
  steps: readonly RequestStep[],
  { tree, signal }: { readonly tree: string; readonly signal: AbortSignal },
): Promise<readonly Evidence[]> => {
  const session: HttpSession = {
    command: server.command,
    port: server.port,
    health: server.health,
    readyWithinMs,
    requestMs,
    totalMs: sessionMs,
    requests: steps.map(({ request }) => (server.anyPort ? { ...request, port: server.port } : request)),
  };
  const result = await trial.serve(session, signal);
  if (!result) return [startOf(server, tree, { exitCode: notHere, durationMs: 0, output: "" })];
  const { readyMs, exitCode = notListening, log } = result;
  const start = startOf(server, tree, {
    exitCode: readyMs === undefined ? exitCode : 0,
    durationMs: readyMs ?? readyWithinMs,
    output: lastPart(log, maxOutputChars),
  });
  return [start, ...result.answers.flatMap((answer, index) => answered(steps[index], answer, tree))];
};

/** Of a server that was not started, since there are no walls to start it in; and of one that was ended by us. */
const notHere = 126;
const notListening = 124;

const startOf = (
  { text }: Server,
  tree: string,
  how: Pick<Evidence, "exitCode" | "durationMs" | "output">,
): Evidence => ({ command: text, ...how, tree, check: { kind: "server" } });

const answered = (step: RequestStep | undefined, answer: HttpAnswer, tree: string): readonly Evidence[] => {
  if (!step) return [];
  const { path, status, durationMs } = answer;
  const fault = faultOf(step, answer);
  const check: Check = {
    kind: "request",
    method: step.request.method,
    path,
    ...(status === undefined ? {} : { status }),
    ...(step.expected === undefined ? {} : { expected: step.expected }),
    ...(fault === undefined ? {} : { fault }),
  };
  const exitCode = fault === undefined ? 0 : status === undefined ? 7 : 22;
  return [{ command: step.text, exitCode, durationMs, output: shown(answer), tree, check }];
};

/** As `curl -i` would show it, without what says nothing here. */
const shown = ({ status, contentType, location, body, problem }: HttpAnswer): string => {
  if (status === undefined) return problem ?? "";
  const headers = [
    ...(contentType === "" ? [] : [`content-type: ${contentType}`]),
    ...(location === "" ? [] : [`location: ${location}`]),
  ];
  return lastPart([`HTTP ${status}`, ...headers, "", body].join("\n"), maxOutputChars);
};

/** @param evidence of a server, as `askServer` told it @returns undefined where it served */
export const unservedIn = (server: Server, evidence: readonly Evidence[]): Unserved | undefined => {
  const start = evidence.find(({ check }) => check?.kind === "server");
  if (!start || start.exitCode === 0) return undefined;
  if (start.exitCode === notHere && start.output === "")
    return { mendable: false, reason: "without a sandbox the App starts no server of a repository" };
  return whyNotServed(
    { log: start.output, exitCode: start.exitCode === notListening ? undefined : start.exitCode },
    { port: server.port, own: server.own, waitedMs: readyWithinMs },
  );
};
