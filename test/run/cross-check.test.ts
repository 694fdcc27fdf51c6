/** Applications that the sandbox really imports, held against the facts of their code. */

import { dirname } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Changeset } from "../../src/domain/changeset.ts";
import type { Workspace, Worktree } from "../../src/ports.ts";
import { createCrossCheck } from "../../src/run/cross-check.ts";
import { factsOf } from "../support/facts.ts";
import { pythonOrSkip } from "../support/python.ts";
import { openRealWorkspace, type RealWorkspace } from "../support/real-workspace.ts";
import { reportWith } from "../support/report.ts";
import { hasBubblewrap } from "../workspace/support.ts";

const interpreter = pythonOrSkip();

const main = `
print("starting")
from fastapi import Depends, FastAPI
from fastapi.security import HTTPBearer
app = FastAPI()
@app.get("/items/{item_id}")
async def read_item(item_id: int): ...
@app.post("/items", dependencies=[Depends(HTTPBearer())])
async def create_item(): ...
`;
const old = `${main}
exec("app.get('/old')(read_item)")
`;
const path = "backend/app/main.py";
const repository = { id: 1, owner: "owner", name: "backend", installationId: 1, defaultBranch: "main" };

describe.skipIf(!hasBubblewrap || !interpreter)("an application that is imported", () => {
  let real: RealWorkspace;
  let workspace: Workspace;
  let commit: string;
  let worktree: Worktree;
  let bases: number;
  let trials: number;

  beforeAll(async () => {
    const files = { [path]: old, "backend/app/__init__.py": "" };
    real = await openRealWorkspace(repository, files, dirname(dirname(interpreter ?? "")));
    ({ workspace, commit } = real);
    worktree = await workspace.openWorktree(repository, {
      ...{ runId: "run-1", commit, base: commit, baseBranch: "main" },
      boundaries: [{ allowed: ["backend"], forbidden: [] }],
    });
  });

  afterAll(async () => {
    await worktree?.close();
    await real?.close();
  });

  const checkerOf = async () => {
    [bases, trials] = [0, 0];
    return createCrossCheck({
      ...{ commit, base: commit, project: {}, signal: new AbortController().signal },
      walls: await worktree.enter({ allowed: [], forbidden: [] }),
      worktree: {
        openTrial: (changeset) => {
          trials += 1;
          return worktree.openTrial(changeset);
        },
      },
      openBase: () => {
        bases += 1;
        return workspace.openWorktree(repository, {
          ...{ runId: "run-1.base", commit, base: commit, baseBranch: "main", boundaries: [] },
        });
      },
      redact: (text) => text.replaceAll("hunter2", "[redacted]"),
    });
  };

  const changeTo = (text: string): Changeset => [
    { path, kind: "modified", mode: "100644", content: Buffer.from(text).toString("base64") },
  ];

  const check = async (text: string) => {
    const crossCheck = await checkerOf();
    const report = reportWith({ status: "DONE", endpoints_created: [], test_commands: [] });
    const facts = { base: await factsOf({ [path]: old }), head: await factsOf({ [path]: text }) };
    const first = await crossCheck(report, changeTo(text), facts);
    expect(await crossCheck(report, changeTo(text), facts)).toEqual(first);
    return { ...first, findings: first.findings.map(({ severity, message }) => `${severity} ${message}`) };
  };

  it("agrees with its code, is imported once, and leaves the base alone", async () => {
    expect(await check(main)).toEqual({ agreed: new Set(["GET /items/{}", "POST /items"]), findings: [] });
    expect({ bases, trials }).toEqual({ bases: 0, trials: 1 });
  });

  it("shows what only it has, and tells what was so before the change", async () => {
    const { findings } = await check(`${old}exec("app.get('/new')(read_item)")\n`);
    expect(findings).toEqual([
      "concern GET /new: the application has it once it is imported, and reading the code does not show it",
      "note GET /old: the application has it once it is imported, and reading the code does not show it; it was so before",
    ]);
    expect(bases).toBe(1);
  });

  it("tells people what it lacks where it can't be imported, and lowers nothing", async () => {
    expect((await check(`import not_installed_here\n${main}`)).findings).toEqual([
      "note the application (app.main:app) could not be imported here, so its routes are known from its code alone: package not_installed_here is missing",
    ]);
    expect((await check(`${main}\nraise SystemExit("hunter2")\n`)).findings).toEqual([
      "note the application (app.main:app) could not be imported here, so its routes are known from its code alone: SystemExit: [redacted]",
    ]);
  });

  it("reaches nothing of the machine: the network is not there, and what it writes is thrown away", async () => {
    const network = `import socket\nsocket.create_connection(("192.0.2.1", 80), 2)\n${main}`;
    expect((await check(network)).findings[0]).toContain("Network is unreachable");
    await check(`open("written", "w").write("x")\n${main}`);
    const walls = await worktree.enter({ allowed: [], forbidden: [] });
    expect(await walls.read("backend/written")).toBeUndefined();
  });
});
