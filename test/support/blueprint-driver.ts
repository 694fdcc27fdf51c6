/** Drives the blueprint over a copy of a fixture with the real tools on the real file system; commands run without walls. */
import { execFile, spawn } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { loadLibrary } from "../../src/app/library.ts";
import { composeChildBrief } from "../../src/domain/brief.ts";
import { noSpend } from "../../src/domain/budget.ts";
import { blobSha, type Changeset, treeHash } from "../../src/domain/changeset.ts";
import {
  type ChildName,
  type ChildReport,
  childNames,
  databaseReportSchema,
  type SubmittedReport,
  testReportSchema,
} from "../../src/domain/child-report.ts";
import { ToolError } from "../../src/domain/errors.ts";
import type { Evidence } from "../../src/domain/finding.ts";
import type { Message, ToolResult } from "../../src/domain/message.ts";
import { type Boundary, decideCreate, decideWrite } from "../../src/domain/policy.ts";
import { type Report, reportSchema, worse } from "../../src/domain/report.ts";
import { changesSince, type HandedBack, renderHandedBack } from "../../src/domain/subagent.ts";
import { createBlueprint } from "../../src/model/blueprint/blueprint.ts";
import type { CommandResult, ModelRequest, Walls } from "../../src/ports.ts";
import { createChildJudge } from "../../src/run/judge.ts";
import { createTools } from "../../src/run/tools/create-tools.ts";
import { createSeenFiles } from "../../src/run/tools/seen-files.ts";
import {
  architectForm,
  createSubmitReport,
  type Judge,
  type Judged,
  type ReportForm,
} from "../../src/run/tools/submit-report.ts";

const run = promisify(execFile);

const fixture = (name: string): string => new URL(`../fixtures/backends/${name}`, import.meta.url).pathname;

/** The folders of the specification, and the schemas beside them. */
const houseBoundary: Boundary = {
  allowed: ["api", "services", "models", "core", "schemas"].map((folder) => `backend/app/${folder}`),
  forbidden: ["frontend"],
};

export type Workbench = {
  readonly root: string;
  /** What lies on the pull request's branch already; git's HEAD stays the base. */
  published: Changeset;
  [Symbol.dispose](): void;
};

/** A copy of a fixture in a git repository of its own, where each command starts. */
export const openWorkbench = (name: string): Promise<Workbench> =>
  workbench(async (root) => {
    cpSync(fixture(name), root, { recursive: true, filter: (path) => !/__pycache__|\.db$|_cache$/.test(path) });
  });

/** The same with files that stand in the test. */
export const openWorkbenchOf = (files: Readonly<Record<string, string>>): Promise<Workbench> =>
  workbench(async (root) => {
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), text);
    }
  });

const workbench = async (fill: (root: string) => Promise<void>): Promise<Workbench> => {
  const root = mkdtempSync(join(tmpdir(), "blueprint-"));
  await fill(root);
  await run("git", ["init", "-q", "-b", "main"], { cwd: root });
  await run("git", ["add", "-A"], { cwd: root });
  await run("git", ["-c", "user.name=fixture", "-c", "user.email=fixture@example.com", "commit", "-qm", "fixture"], {
    cwd: root,
  });
  return { root, published: [], [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }) };
};

const ripgrep = async (root: string, args: readonly string[]): Promise<string[]> => {
  const { stdout } = await run("rg", args as string[], { cwd: root, maxBuffer: 1 << 26 }).catch(
    (error: { code?: number; stdout?: string }) => {
      if (error.code !== 1) throw error;
      return { stdout: "" };
    },
  );
  return stdout.split("\n").filter((line) => line !== "");
};

const pathWith = (python: string | undefined): string =>
  [...(python ? [dirname(python)] : []), "/usr/bin", "/bin"].join(":");

const command = (root: string, path: string, text: string): Promise<CommandResult> =>
  new Promise((resolve, reject) => {
    const child = spawn("/bin/bash", ["-c", text.replaceAll("/repo/", `${root}/`)], {
      cwd: root,
      env: { PATH: path, HOME: root, LANG: "C.UTF-8" },
    });
    const started = performance.now();
    let output = "";
    const collect = (chunk: Buffer): void => {
      output += chunk.toString();
    };
    child.stdout.on("data", collect);
    child.stderr.on("data", collect);
    child.on("error", reject);
    child.on("close", (code) =>
      resolve({ exitCode: code ?? 1, output, durationMs: Math.round(performance.now() - started) }),
    );
  });

const diskWalls = (root: string, boundary: Boundary, path: string): Walls => ({
  boundary,
  async read(path) {
    const bytes = await readFile(join(root, path)).catch(() => undefined);
    return bytes && { text: bytes.toString(), sha: blobSha(bytes) };
  },
  async write(path, text, expected) {
    const verdict = (expected === undefined ? decideCreate : decideWrite)(path, boundary);
    if (!verdict.allowed) throw new ToolError(verdict.reason);
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
    return blobSha(Buffer.from(text));
  },
  async glob(pattern, folder, limit) {
    const found = await ripgrep(root, [
      "--files",
      "--hidden",
      "--no-ignore",
      "-g",
      "!.git",
      "-g",
      folder ? `${folder}/${pattern}` : pattern,
    ]);
    return { paths: found.slice(0, limit), total: found.length };
  },
  async grep(request) {
    const args = [
      "--sort",
      "path",
      "-H",
      ...(request.mode === "content" ? ["-n"] : ["-l"]),
      ...(request.glob ? ["-g", request.glob] : []),
      "-e",
      request.pattern,
      "--",
      request.path ?? ".",
    ];
    return (await ripgrep(root, args)).map((line) => line.replace(/^\.\//, ""));
  },
  bash: (text) => command(root, path, text),
});

export type Drive = {
  readonly report: Report;
  readonly messages: readonly Message[];
  /** Calls that take from a run's budget. */
  readonly calls: readonly {
    readonly name: string;
    readonly input: Record<string, unknown>;
    readonly failed: boolean;
    readonly result: string;
  }[];
  readonly children: readonly Child[];
};

/** What came of a subagent. */
export type Child = {
  readonly agent: ChildName;
  readonly report: ChildReport;
  readonly calls: Drive["calls"];
  readonly back: HandedBack;
};

export type DriveOptions = {
  readonly boundary?: Boundary;
  readonly python?: string | undefined;
  /** Where commands are found, instead of beside `python` and in the system's folders. */
  readonly path?: string;
  readonly kind?: "design" | "follow-up";
  readonly decisions?: readonly { id: string; title: string; rationale: string }[];
  readonly review?: {
    body: string;
    comments: readonly {
      id: number;
      path: string;
      line?: number;
      hunk?: string;
      body: string;
      suggestion?: { applied: boolean };
    }[];
  };
  readonly report?: Report;
  /** Subagents that can be started, each with its boundary; none where left out. */
  readonly agents?: Readonly<Partial<Record<ChildName, Boundary>>>;
  /** What SubmitReport answers, in order; accepted when there is none left. */
  readonly refusals?: readonly string[];
};

export const briefMessage = (title: string, body: string, options: DriveOptions): Message => ({
  role: "user",
  content: [
    {
      type: "text",
      text: [
        "Design and implement what the issue asks for.",
        "<brief-json>",
        JSON.stringify({
          kind: options.kind ?? "design",
          request: { title, body },
          issue: 7,
          boundary: options.boundary ?? houseBoundary,
          decisions: options.decisions ?? [],
          configFile: ".github/architect.yml",
          ...(options.kind === "follow-up" ? { pull: { number: 8, branch: "architect/issue-7-x" } } : {}),
          ...(options.report ? { report: options.report } : {}),
          ...(options.review
            ? {
                review: {
                  ...options.review,
                  comments: options.review.comments.map((one) => ({ hunk: "", earlier: [], ...one })),
                },
              }
            : {}),
        }).replaceAll("<", "\\u003c"),
        "</brief-json>",
      ].join("\n"),
    },
  ],
});

const definition = {
  name: "backend-system-architect",
  description: "",
  model: "inherit",
  effort: "medium",
  maxTurns: 80,
  tools: ["Read", "Edit", "MultiEdit", "Write", "Bash", "Grep", "Glob", "TaskCreate", "TaskUpdate", "TaskList"],
  skills: [],
  boundary: houseBoundary,
  budgets: { "single-endpoint": 15, crud: 40, microservice: 80, authentication: 60 },
  directive: "",
} as const;

/** Subagents hold the tools of their own definitions, and no others. */
const agents = loadLibrary(new URL("../../agents", import.meta.url).pathname);

const library = { definitions: new Map(), skills: new Map(), statusProtocol: "" };

type Conversation<R extends SubmittedReport> = {
  readonly first: Message;
  readonly boundary: Boundary;
  readonly tools: readonly string[];
  readonly path: string;
  readonly form: ReportForm<R>;
  readonly judge: Judge<R>;
  readonly agent?: Parameters<typeof createTools>[0]["agent"];
};

type Ended = {
  readonly judged: Judged;
  readonly messages: readonly Message[];
  readonly calls: Drive["calls"];
};

/** One conversation from its first message to the report. */
const converse = async <R extends SubmittedReport>(bench: Workbench, given: Conversation<R>): Promise<Ended> => {
  const model = createBlueprint();
  const signal = new AbortController().signal;
  const evidence: Evidence[] = [];
  let judged: Judged | undefined;
  let tasks: Parameters<Parameters<typeof createTools>[0]["tasks"]["replace"]>[0] = [];
  const tools = createTools({
    walls: diskWalls(bench.root, given.boundary, given.path),
    definition: { ...definition, boundary: given.boundary, tools: given.tools },
    library,
    seen: createSeenFiles(),
    tasks: {
      current: () => tasks,
      replace: (next) => {
        tasks = next;
      },
    },
    bash: { tree: async () => treeHash(await changesetOf(bench)), onEvidence: (one) => evidence.push(one) },
    agent: given.agent,
    submit: createSubmitReport({
      form: given.form,
      judge: given.judge,
      door: {
        evidence: () => evidence,
        spend: () => noSpend,
        refusals: () => 0,
        removed: () => false,
        last: () => false,
        reminded: () => false,
        tasks: () => [],
        onJudged: (one) => {
          if (one.accepted) judged = one;
        },
      },
    }),
  });
  const messages: Message[] = [given.first];
  const calls: Drive["calls"][number][] = [];
  const specs = tools.map(({ spec }) => spec);
  for (let turn = 0; turn < 60; turn++) {
    const request: ModelRequest = { system: "", tools: specs, messages, maxOutputTokens: 8_000, effort: "medium" };
    const { message } = await model.turn(request, signal);
    messages.push(message);
    const results: ToolResult[] = [];
    for (const use of message.content.filter((block) => block.type === "tool_use")) {
      const prepared = tools.find((tool) => tool.spec.name === use.name)?.prepare(use.input) ?? {
        ok: false as const,
        reason: `no tool ${use.name}`,
      };
      const outcome = prepared.ok
        ? await prepared.run({ signal, callId: use.id }).then(
            (text) => ({ text, failed: false }),
            (error: unknown) => {
              if (error instanceof ToolError) return { text: error.message, failed: true };
              throw error;
            },
          )
        : { text: prepared.reason, failed: true };
      calls.push({
        name: use.name,
        input: use.input as Record<string, unknown>,
        failed: outcome.failed,
        result: outcome.text,
      });
      results.push({
        type: "tool_result",
        tool_use_id: use.id,
        content: outcome.text,
        ...(outcome.failed ? { is_error: true } : {}),
      });
    }
    if (results.length > 0) messages.push({ role: "user", content: results });
    if (judged) return { judged, messages, calls };
    if (results.length === 0) break;
  }
  throw new Error(
    `the conversation ended without a report:\n${calls.map((call) => `${call.name} ${call.failed ? "FAILED" : ""} ${call.result.slice(0, 300)}`).join("\n")}`,
  );
};

/** A subagent as the run starts one: its own brief, walls, report and checks, on the same files. */
const startChild = async (
  bench: Workbench,
  agent: ChildName,
  call: { readonly description: string; readonly prompt: string },
  setting: { readonly boundary: Boundary; readonly path: string; readonly test?: readonly string[] | undefined },
): Promise<Child> => {
  const given = { ...setting, tools: (await agents).definitions.get(agent)?.tools ?? [] };
  const found = await changesetOf(bench);
  const judge = createChildJudge({
    boundary: given.boundary,
    migrationFolders: agent === "database-engineer" ? given.boundary.allowed : [],
    found,
    collect: async () => ({ changeset: await changesetOf(bench), refused: [] }),
    base: (path) => committed(bench, path),
    standards: {},
  });
  const first = composeChildBrief(agent, {
    issue: 7,
    request: { title: "" },
    task: call.description,
    prompt: call.prompt,
    boundary: given.boundary,
    configFile: ".github/architect.yml",
    commands: setting.test ? { test: setting.test } : undefined,
    decisions: [],
    changed: found.map(({ path, kind }) => ({ path, kind })),
  });
  const { judged, calls } =
    agent === "database-engineer"
      ? await converse(bench, { ...given, first, judge, form: { input: databaseReportSchema } })
      : await converse(bench, { ...given, first, judge, form: { input: testReportSchema } });
  if ("feature" in judged.report || "manual_findings" in judged.report || "kind" in judged.report)
    throw new Error(`${agent} handed in the report of another agent`);
  const { report, findings } = judged;
  const files = changesSince(found, await changesetOf(bench)).map(({ path, kind }) => ({ path, kind }));
  const doubtful = findings.some(({ severity }) => severity !== "note");
  const status = doubtful ? worse(report.status, "DONE_WITH_CONCERNS") : report.status;
  return { agent, report, calls, back: { agent, status, report, findings, files, spend: noSpend } };
};

/** The architect's conversation, and those of the subagents that it starts. */
export const drive = async (bench: Workbench, title: string, body = "", options: DriveOptions = {}): Promise<Drive> => {
  const refusals = [...(options.refusals ?? [])];
  const path = options.path ?? pathWith(options.python);
  const children: Child[] = [];
  const startable = childNames.flatMap((name) => {
    const boundary = options.agents?.[name];
    return boundary ? [{ name, boundary }] : [];
  });
  const { judged, messages, calls } = await converse(bench, {
    first: briefMessage(title, body, options),
    boundary: options.boundary ?? houseBoundary,
    tools: definition.tools,
    path,
    form: architectForm,
    judge: async (report) => {
      const refusal = refusals.shift();
      if (refusal === undefined) return { accepted: true, report, findings: [] };
      return { accepted: false, report, findings: [{ rule: "test", severity: "error", message: refusal }] };
    },
    agent: {
      agents: startable.map(({ name }) => ({ name, description: name })),
      run: async (call) => {
        const own = startable.find(({ name }) => name === call.agent);
        if (!own) throw new ToolError(`there is no ${call.agent}`);
        const child = await startChild(bench, own.name, call, { boundary: own.boundary, path });
        children.push(child);
        return renderHandedBack(child.back);
      },
    },
  });
  return { report: reportSchema.parse(judged.report), messages, calls, children };
};

/** Alone, as if somebody else had asked. */
export const driveChild = (
  bench: Workbench,
  agent: ChildName,
  prompt: string,
  options: {
    readonly boundary: Boundary;
    readonly python?: string | undefined;
    /** As the repository sets it. */
    readonly test?: readonly string[];
  },
): Promise<Child> =>
  startChild(
    bench,
    agent,
    { description: "A part of the work", prompt },
    { boundary: options.boundary, path: pathWith(options.python), test: options.test },
  );

export const committed = async (bench: Workbench, path: string): Promise<string | undefined> =>
  run("git", ["show", `HEAD:${path}`], { cwd: bench.root, maxBuffer: 1 << 26 }).then(
    ({ stdout }) => stdout,
    () => undefined,
  );

/** The files that are not as the run found them. */
export const changesetOf = async (bench: Workbench): Promise<Changeset> =>
  changesSince(bench.published, await workOf(bench));

/** What was done so far is on the branch from now on. */
export const publish = async (bench: Workbench): Promise<void> => {
  bench.published = await workOf(bench);
};

const workOf = async (bench: Workbench): Promise<Changeset> => {
  const { stdout } = await run("git", ["status", "--porcelain", "-uall", "-z"], { cwd: bench.root });
  const paths = stdout
    .split("\0")
    .filter((line) => line !== "")
    .map((line) => ({ mark: line.slice(0, 2), path: line.slice(3) }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
  return Promise.all(
    paths.map(async ({ mark, path }) => {
      if (mark.includes("D")) return { path, kind: "deleted" as const };
      const content = (await readFile(join(bench.root, path))).toString("base64");
      const kind = mark === "??" || mark.includes("A") ? ("added" as const) : ("modified" as const);
      return { path, kind, mode: "100644" as const, content };
    }),
  );
};

export const counted = (drive: Pick<Drive, "calls">): number =>
  drive.calls.filter((call) => !/^Task|^SubmitReport$/.test(call.name)).length;

/** What git says changed, with contents. */
export const diffOf = async (bench: Workbench): Promise<string> => {
  await run("git", ["add", "-AN"], { cwd: bench.root });
  return (await run("git", ["diff"], { cwd: bench.root, maxBuffer: 1 << 26 })).stdout;
};

export const runIn = (
  bench: Workbench,
  file: string,
  args: readonly string[],
  cwd = ".",
): Promise<{ stdout: string; stderr: string }> =>
  run(file, args as string[], { cwd: join(bench.root, cwd), maxBuffer: 1 << 26 });

export const commitAll = async (bench: Workbench): Promise<void> => {
  await run("git", ["add", "-A"], { cwd: bench.root });
  const who = ["-c", "user.name=fixture", "-c", "user.email=fixture@example.com"];
  await run("git", [...who, "commit", "-qm", "more", "--allow-empty"], { cwd: bench.root });
};

export const bashOf = (bench: Workbench, python: string | undefined, text: string): Promise<CommandResult> =>
  command(bench.root, pathWith(python), text);
