/** What concurrent runs weigh: the App's own process, and the whole tree with file processes, bubblewrap and commands. */
import { chmodSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { removeFolder } from "../../src/workspace/disk.ts";
import { type Script, startMessagesApi } from "../support/messages-api.ts";
import { startAgent } from "./agent-client.ts";
import { briefOf, companyScript } from "./company.ts";
import { pssOf, pssOfTree, type Weight } from "./memory.ts";
import { makeRepository, scriptFor, turnOf } from "./scenario.ts";

/** All runs hold in the middle of their work, a conversation of half its length behind them. */
export type Weights = {
  readonly runs: number;
  /** MiB of the App's own process. */
  readonly own: number;
  /** Each has just used its files. */
  readonly atWork: Weight;
  /** The models have thought for some time. */
  readonly thinking: Weight;
};

/** Before and after a turn that reads files. */
const holdAt = { lead: 14, other: 10 };
/** Longer than a file process may be idle. */
const thinkingMs = 17_000;

/** The first two runs have company: one is held in a subagent, the other in a teammate. */
const companyAt: readonly string[] = ["tests", "test-engineer"];

type Gate = { readonly all: Promise<void>; readonly pass: () => Promise<void>; readonly open: () => void };

/** Holds everybody who comes; `all` resolves when so many are there. */
const createGate = (count: number): Gate => {
  const all = Promise.withResolvers<void>();
  const opened = Promise.withResolvers<void>();
  let there = 0;
  return {
    all: all.promise,
    open: opened.resolve,
    pass: async () => {
      there += 1;
      if (there === count) all.resolve();
      await opened.promise;
    },
  };
};

const scriptWith = (runs: number, before: Gate, after: Gate): Script => {
  const plain = scriptFor("/repo");
  return async (body, served) => {
    const { role, issue } = briefOf(body);
    const hasCompany = runs > 1 && issue <= companyAt.length;
    const where = (hasCompany && companyAt[issue - 1]) || "lead";
    const first = where === "lead" ? holdAt.lead : holdAt.other;
    if (role === where && turnOf(body) === first) await before.pass();
    if (role === where && turnOf(body) === first + 1) await after.pass();
    return (hasCompany ? companyScript : plain)(body, served);
  };
};

/** @param runs at once */
export const weigh = async (runs: number): Promise<Weights> => {
  const folder = mkdtempSync(join(tmpdir(), "bench-memory-"));
  chmodSync(folder, 0o711);
  const bare = await makeRepository(folder);
  const [before, after] = [createGate(runs), createGate(runs)];
  const api = await startMessagesApi(scriptWith(runs, before, after));
  const agent = await startAgent({ bare, title: "microservice: measure" }, { api, dataFolder: join(folder, "data") });
  try {
    const ended = agent.run(runs);
    await Promise.race([before.all, ended]);
    before.open();
    await Promise.race([after.all, ended]);
    const atWork = pssOfTree(agent.pid);
    const own = pssOf(agent.pid);
    await wait(thinkingMs);
    const thinking = pssOfTree(agent.pid);
    after.open();
    await ended;
    return { runs, own, atWork, thinking };
  } finally {
    await agent.close();
    await api.close();
    await removeFolder(folder);
  }
};
