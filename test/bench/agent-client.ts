/** The parent's end of `agent.ts`. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { MessagesApi } from "../support/messages-api.ts";
import type { AgentNews, AgentOrder, AgentPlan } from "./agent.ts";

export type Ended = Extract<AgentNews, { kind: "ended" }>;

export type Agent = {
  readonly pid: number;
  /** Starts runs at once. @returns when all have ended */
  run(runs: number): Promise<readonly Ended[]>;
  close(): Promise<void>;
};

/** As `npm start` has it. */
const bounded = "--max-semi-space-size=16";

/** @param flags of Node, for profiles */
export const startAgent = async (
  plan: AgentPlan,
  { api, dataFolder, flags = [] }: { api: MessagesApi; dataFolder: string; flags?: readonly string[] },
): Promise<Agent> => {
  const child = spawn(
    process.execPath,
    [bounded, ...flags, join(import.meta.dirname, "agent.ts"), JSON.stringify(plan)],
    {
      stdio: ["ignore", "inherit", "inherit", "ipc"],
      env: {
        ...{ PATH: process.env["PATH"] ?? "", HOME: dataFolder, BENCH_LOG: process.env["BENCH_LOG"] },
        ...{ ARCHITECT_MODEL: "claude-opus-5-5", ANTHROPIC_API_KEY: api.apiKey, ANTHROPIC_BASE_URL: api.url },
        ...{ ARCHITECT_DATA: dataFolder, ARCHITECT_MAX_USD: "1000" },
      },
    },
  );
  await news(child, "ready", 1);
  return {
    pid: child.pid ?? 0,
    run: async (runs) => {
      const ended = news(child, "ended", runs);
      child.send({ runs } satisfies AgentOrder);
      return (await ended) as readonly Ended[];
    },
    close: async () => {
      if (child.exitCode !== null) return;
      const exit = once(child, "exit");
      child.disconnect();
      await exit;
    },
  };
};

const news = (child: ChildProcess, kind: AgentNews["kind"], count: number): Promise<readonly AgentNews[]> =>
  new Promise((resolve, reject) => {
    const got: AgentNews[] = [];
    const onExit = (code: number | null) => reject(new Error(`the agent's process ended with ${code}`));
    const onMessage = (message: AgentNews) => {
      if (message.kind !== kind) return;
      got.push(message);
      if (got.length < count) return;
      child.off("message", onMessage).off("exit", onExit);
      resolve(got);
    };
    child.on("message", onMessage).once("exit", onExit);
  });
