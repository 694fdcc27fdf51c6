/**
 * A test command as requests that the App makes itself. Of the shell only this is read: requests one after another, a value
 * kept as `NAME=$(curl … | jq -r .field)`, and what only shows an answer. Everything else is refused, with what would do.
 */
import type { Capture, HttpRequest } from "../../domain/http.ts";
import { readCurl } from "./curl.ts";
import { readHttpie, readWget } from "./other-clients.ts";
import { argvOf, type Pipeline, pipelinesOf, type Simple } from "./pipelines.ts";
import { type Read, refuse } from "./request.ts";
import { literal, type Word } from "./tokens.ts";

export type RequestStep = {
  readonly request: HttpRequest;
  /** As people read it. */
  readonly text: string;
  /** The status that the command says it is to be answered with; any success where it says none. */
  readonly expected?: number | undefined;
};

const clients: Readonly<
  Record<string, ((words: readonly Word[]) => Read<{ readonly request: HttpRequest }>) | undefined>
> = { curl: readCurl, http: readHttpie, wget: readWget };

const showing = ["jq", "head", "tail", "cat", "python", "python3", "json_pp", "grep", "tee", "less"];

export const stepsOf = (command: string): Read<{ readonly steps: readonly RequestStep[] }> => {
  const pipelines = pipelinesOf(command);
  if (!pipelines) return refuse("a quote or bracket is left open");
  const steps: RequestStep[] = [];
  for (const pipeline of pipelines) {
    const step = stepOf(pipeline);
    if (!step.ok) return step;
    if (step.step) steps.push(step.step);
  }
  return { ok: true, steps };
};

const stepOf = (pipeline: Pipeline): Read<{ readonly step?: RequestStep }> => {
  if (pipeline.after === "||") return refuse("`||` hides what it was answered: leave it out");
  if (pipeline.after === "&")
    return refuse(
      "`&` runs it in the background (in a URL it must be quoted); the App itself starts and ends the server",
    );
  if (pipeline.asked !== undefined) return refuse(`\`${pipeline.asked}\` hides what it was answered: leave it out`);
  const [first, ...filters] = pipeline.commands;
  if (!first) return { ok: true };
  const kept = first.words.length === 0 ? captureOf(first) : undefined;
  if (kept) return kept.ok ? withExpected(kept.request, kept.text, pipeline, []) : kept;
  const read = readClient(first);
  if (!read.ok) return read;
  const odd = filters.find((filter) => !showing.includes(argvOf(filter)[0] ?? ""));
  if (odd) return refuse(`\`${argvOf(odd)[0]}\` behind it is not run: only what shows the answer may stand there`);
  return withExpected(read.request, textOf(first), pipeline, filters);
};

const withExpected = (
  request: HttpRequest,
  text: string,
  { comment }: Pipeline,
  filters: readonly Simple[],
): Read<{ readonly step: RequestStep }> => {
  const expected = expectedIn(comment) ?? grepped(filters);
  const shown = comment === undefined ? text : `${text} # ${comment}`;
  return { ok: true, step: { request, text: shown, ...(expected === undefined ? {} : { expected }) } };
};

/** `# 409`, `# expect 409`, `# → 409 Conflict`. */
const expectedIn = (comment: string | undefined): number | undefined => {
  const status = /^(?:expect(?:s|ed)?|should be|must be|status|http|->|=>|→|:|\s)*([1-5]\d\d)\b/i.exec(
    comment ?? "",
  )?.[1];
  return status === undefined ? undefined : Number(status);
};

/** `-w '%{http_code}' … | grep -qx 409` */
const grepped = (filters: readonly Simple[]): number | undefined => {
  const grep = filters.find((filter) => argvOf(filter)[0] === "grep");
  const status = grep && argvOf(grep).findLast((word) => /^\^?[1-5]\d\d\$?$/.test(word));
  return status === undefined ? undefined : Number(status.replace(/\D/g, ""));
};

const textOf = (simple: Simple): string => simple.words.map(({ raw }) => raw.replace(/\s*\n\s*/g, " ")).join(" ");

const readClient = (simple: Simple): Read<{ readonly request: HttpRequest }> => {
  const name = literal(simple.words[0]) ?? "";
  const client = Object.hasOwn(clients, name) ? clients[name] : undefined;
  if (!client)
    return refuse(`\`${name || "an assignment"}\` beside a request is not run: put it into a command of its own`);
  if (simple.assignments.length > 0) return refuse("a variable in front of a request is not read");
  const odd = simple.redirects.find(({ text, target }) => /</.test(text) || !/^(\/dev\/null|\d)$/.test(target));
  if (odd) return refuse(`the redirection \`${odd.text}${odd.target}\` is not made: the App keeps the answer itself`);
  return client(simple.words.slice(1));
};

/** `NAME=$(curl … | jq -r .field)` */
const captureOf = (simple: Simple): Read<{ readonly request: HttpRequest; readonly text: string }> | undefined => {
  const [assignment, ...more] = simple.assignments;
  const parts = assignment?.value.parts.filter((part) => part !== "") ?? [];
  const [part] = parts;
  if (!assignment || more.length > 0 || parts.length !== 1 || typeof part !== "object" || !("expansion" in part))
    return assignment && refuse("only `NAME=$(curl … | jq -r .field)` keeps a value");
  const inner = pipelinesOf(part.expansion.replace(/^\$\(|\)$/g, ""));
  const [pipeline] = inner ?? [];
  const [client, filter, ...others] = pipeline?.commands ?? [];
  if (inner?.length !== 1 || !client || !filter || others.length > 0)
    return refuse("only `NAME=$(curl … | jq -r .field)` keeps a value");
  const path = pathOf(filter);
  if (!path) return refuse("a value is taken out of an answer by `jq -r .field` (or .items[0].id) and nothing else");
  const read = readClient(client);
  if (!read.ok) return read;
  const capture: Capture = { name: assignment.name, path };
  const text = `${assignment.name}=$(${textOf(client)} | ${textOf(filter)})`;
  return { ok: true, request: { ...read.request, capture }, text };
};

const pathOf = (filter: Simple): Capture["path"] | undefined => {
  const [program, ...args] = argvOf(filter);
  const expression = args.find((arg) => !arg.startsWith("-"));
  if (program !== "jq" || expression === undefined || args.some((arg) => !/^-[rRec]+$/.test(arg) && arg !== expression))
    return undefined;
  if (!/^(\.[A-Za-z_]\w*|\.?\["[^"]+"\]|\.?\[\d+\])+$/.test(expression)) return undefined;
  return [...expression.matchAll(/\.([A-Za-z_]\w*)|\["([^"]+)"\]|\[(\d+)\]/g)].map(([, name, quoted, index]) =>
    index === undefined ? (name ?? quoted ?? "") : Number(index),
  );
};
