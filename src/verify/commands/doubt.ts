/** Whether a command's exit code says anything: what hides it, or why it would say nothing even if it were 0. Pure text. */
import type { Doubt, Evidence, ShownEvidence } from "../../domain/finding.ts";
import { type Kind, kindOf, type Runner } from "./kinds.ts";
import { argvOf, type Pipeline, pipelinesOf, type Simple } from "./pipelines.ts";
import { alteredBefore } from "./shell-state.ts";
import { showsPass } from "./summaries.ts";
import { literal } from "./tokens.ts";

type Place = {
  readonly at: number;
  readonly inPipe: number;
  readonly kind: Kind["kind"];
  readonly reason?: string;
  readonly runner?: Runner;
};

const masked = (reason: string): Doubt => ({ kind: "masked", reason });
const unproven = (reason: string): Doubt => ({ kind: "unproven", reason });

/** @returns undefined where its exit code is that of something that ran the code */
export const doubtOf = (command: string): Doubt | undefined => {
  const pipelines = pipelinesOf(command);
  const inner = innerShell(command);
  if (pipelines && inner !== undefined) {
    const altered = alteredBefore(pipelines, { at: 0, inPipe: 0 });
    return altered === undefined ? doubtOf(inner) : masked(altered);
  }
  if (!pipelines) return masked("it cannot be read as shell commands: a quote or bracket is left open");
  const places = pipelines.flatMap((pipeline, at) =>
    pipeline.commands.map((simple, inPipe) => placeOf(simple, at, inPipe)),
  );
  const of = (...kinds: readonly Kind["kind"][]) => places.filter(({ kind }) => kinds.includes(kind));
  const [suites, others] = [of("suite"), of("other")];
  const proving = suites.length > 0 ? suites : others;
  if (proving.length === 0) return nothingIn(pipelines, places);
  const doubts = proving.map((place) => maskOf(pipelines, place));
  // Of scripts the last one counts: those before it prepare it. Every run of a suite counts.
  if (suites.length > 0) return doubts.find((doubt) => doubt !== undefined);
  return doubts.at(-1);
};

/** Of evidence as it was taken: what the App asked itself was answered, or was not. */
export const doubtAbout = ({ command, check, exitCode, output }: Evidence): Doubt | undefined => {
  if (check !== undefined && check.kind !== "command") return undefined;
  const doubt = doubtOf(command);
  if (doubt || exitCode !== 0) return doubt;
  const runners = runnersIn(command);
  return runners.length === 0 || runners.some((runner) => showsPass(runner, output))
    ? undefined
    : unproven("its output names no test that passed");
};

/** Of the suites that it runs. */
const runnersIn = (command: string): readonly Runner[] => {
  const inner = innerShell(command);
  if (inner !== undefined) return runnersIn(inner);
  const simples = (pipelinesOf(command) ?? []).flatMap(({ commands }) => commands);
  return simples.flatMap((simple) => {
    const kind = kindOf(argvOf(simple));
    return kind.kind === "suite" && kind.runner ? [kind.runner] : [];
  });
};

export const withDoubts = (evidence: readonly Evidence[]): readonly ShownEvidence[] =>
  evidence.map((one) => {
    const doubt = doubtAbout(one);
    return doubt ? { ...one, doubt } : one;
  });

/** `bash -c '…'` */
const innerShell = (command: string): string | undefined => {
  const pipelines = pipelinesOf(command);
  const [only] = pipelines ?? [];
  if (pipelines?.length !== 1 || only?.commands.length !== 1) return undefined;
  const [program = "", ...args] = argvOf(only.commands[0] as Simple);
  const at = args.findIndex((arg) => /^-\w*c$/.test(arg));
  return /^(.*\/)?(ba|da|z)?sh$/.test(program) && at >= 0 ? args[at + 1] : undefined;
};

const placeOf = (simple: Simple, at: number, inPipe: number): Place => ({ at, inPipe, ...kindOf(argvOf(simple)) });

const nothingIn = (pipelines: readonly Pipeline[], places: readonly Place[]): Doubt => {
  const http = places.find(({ kind }) => kind === "http");
  if (http) return httpDoubt(pipelines, http);
  const reason = places.find((place) => place.reason !== undefined)?.reason;
  return unproven(reason ?? "it runs nothing of the application");
};

/** Whether it ended well is not what it answered: only the App's own request records that. */
const httpDoubt = (pipelines: readonly Pipeline[], place: Place): Doubt =>
  maskOf(pipelines, place) ?? unproven("an exit code does not say what was answered");

const maskOf = (pipelines: readonly Pipeline[], { at, inPipe }: Place): Doubt | undefined => {
  const pipeline = pipelines[at];
  if (!pipeline) return undefined;
  const before = pipelines.slice(0, at);
  const next = pipeline.commands[inPipe + 1];
  if (pipeline.asked !== undefined) return masked(`its exit code is taken by \`${pipeline.asked}\``);
  if (next && !isSet(before, "pipefail"))
    return masked(`its exit code is masked by the pipe to \`${argvOf(next)[0] ?? ""}\``);
  if (pipeline.after === "&") return masked("it runs in the background, where its exit code is lost");
  const altered = alteredBefore(pipelines, { at, inPipe });
  return altered === undefined ? afterwards(pipelines, at) : masked(altered);
};

/** What comes after it on the way to the end. */
const afterwards = (pipelines: readonly Pipeline[], at: number): Doubt | undefined => {
  let index = at;
  for (;;) {
    const here = pipelines[index];
    const next = pipelines[index + 1];
    if (!here || !next || here.after === undefined) return undefined;
    if (here.after === "||")
      return isFailure(next) ? undefined : masked(`its exit code is masked by \`|| ${textOf(next)}\``);
    if (here.after !== "&&") {
      if (isSet(pipelines.slice(0, at), "errexit") || isKept(pipelines.slice(index + 1))) return undefined;
      return masked(`its exit code is lost: \`${textOf(next)}\` runs after it whatever came of it`);
    }
    index += 1;
  }
};

/** `exit` alone hands on what was before it; bash counts modulo 256. */
const endsBadly = (code: string | undefined): boolean =>
  code === undefined || code === "$?" || (/^-?\d+$/.test(code) && Number(code) % 256 !== 0);

const textOf = ({ commands }: Pipeline): string => {
  const [first] = commands;
  const text = first ? [...first.assignments.map(({ name }) => `${name}=…`), ...argvOf(first)].join(" ") : "";
  return text.length > 40 ? `${text.slice(0, 39)}…` : text;
};

const isFailure = ({ commands: [first] }: Pipeline): boolean => {
  const [program, code] = first ? argvOf(first) : [];
  return program === "false" || (program === "exit" && endsBadly(code));
};

/** `code=$?; …; exit $code`, or `exit $?` at once. */
const isKept = (later: readonly Pipeline[]): boolean => {
  const [next] = later;
  const exit = later.at(-1)?.commands[0];
  if (!next?.commands[0] || !exit) return false;
  const argv = argvOf(exit);
  if (argv[0] !== "exit") return false;
  if (later.length === 1 && (argv[1] === undefined || argv[1] === "$?")) return true;
  const kept = next.commands[0].assignments.find(({ value }) => value.raw.replaceAll('"', "") === "$?")?.name;
  return kept !== undefined && new RegExp(`^"?\\$\\{?${kept}\\}?"?$`).test(exit.words[1]?.raw ?? "");
};

/** As the last `set` before it left it. */
const isSet = (before: readonly Pipeline[], option: "errexit" | "pipefail"): boolean => {
  let on = false;
  for (const simple of before.flatMap(({ commands }) => commands)) {
    const [program, ...args] = simple.words.map((word) => literal(word) ?? "");
    if (program !== "set") continue;
    args.forEach((arg, index) => {
      const sign = arg[0];
      if (sign !== "-" && sign !== "+") return;
      const named = arg.endsWith("o") && args[index + 1] === option;
      if (named || (option === "errexit" && /e/.test(arg.slice(1)))) on = sign === "-";
    });
  }
  return on;
};
