/** Plays a dialogue: undisturbed, or with the App's sudden end at one of its writes and a new start on what it has stored. */
import { setTimeout as wait } from "node:timers/promises";
import { databaseFile } from "../../../src/environment.ts";
import type { Emulator } from "../../emulator/emulator.ts";
import { startMessagesApi } from "../messages-api.ts";
import { makePrivateKey, type Scene, startScene } from "../scene.ts";
import { createPrompter, type Dialogue, type Prompter, type Stage } from "./dialogue.ts";
import { type EndState, readEndState, storedTurns } from "./end-state.ts";
import { type Gate, type Point, startGate } from "./gate.ts";
import { type Life, type Shared, startLife, startServedLife } from "./life.ts";

export type Played = {
  readonly end: EndState;
  /** Of the App, in the part that counts. */
  readonly writes: readonly string[];
  readonly turns: ReturnType<Prompter["turns"]>;
  /** Whether the App met its point. */
  readonly died: boolean;
  /** What was said in other words than GitHub's, or to the model in others than its own. */
  readonly wrong: readonly string[];
};

/** @property killed "here": taken from it in this process; "process": by SIGKILL */
export type How = { readonly point?: Point; readonly killed?: "here" | "process" };

export type Player = (dialogue: Dialogue, how?: How) => Promise<Played>;

/** An hour for every test there is would help nobody: what does not come in this time does not come. */
const patienceMs = 60_000;

const soon = async <T>(what: string, work: Promise<T>): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took longer than ${patienceMs / 1_000} s`)), patienceMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
};

type Incarnations = {
  /** The one that lives. */
  current(): Promise<Life>;
  readonly gate: Gate;
  /** Resolves when the App has been ended and started again. */
  readonly reborn: Promise<void>;
  died(): boolean;
  close(): Promise<void>;
};

const startIncarnations = async (
  scene: Scene,
  start: (gate: Gate) => Promise<Life>,
  onDeath: () => void,
): Promise<Incarnations> => {
  const { emulator } = scene;
  const reached = Promise.withResolvers<void>();
  let died = false;
  const first = await startGate(emulator.api, () => {
    died = true;
    reached.resolve();
  });
  let gate = first;
  const open = async (): Promise<Life> => {
    const life = await start(gate);
    emulator.setWebhookUrl(`${life.url}/api/github/webhooks`);
    return life;
  };
  let life: Promise<Life> = open();
  const before = await life;
  const reborn = reached.promise.then(async () => {
    life = before.kill().then(async () => {
      onDeath();
      gate = await startGate(emulator.api, () => undefined);
      return open();
    });
    await life;
  });
  return {
    current: () => life,
    gate: first,
    reborn,
    died: () => died,
    close: async () => {
      await (await life).close();
      await Promise.all([first.close(), gate.close()]);
    },
  };
};

/** GitHub keeps what could not be delivered, and whoever operates an App has it sent again. */
const redeliverLost = async ({ emulator }: Scene): Promise<boolean> => {
  const arrived = new Set(emulator.deliveries.filter(({ statusCode }) => statusCode === 200).map(({ guid }) => guid));
  const lost = [...new Set(emulator.deliveries.map(({ guid }) => guid))].filter((guid) => !arrived.has(guid));
  for (const guid of lost) await emulator.redeliver(guid);
  return lost.length > 0;
};

const quiet = async (emulator: Emulator, life: Life): Promise<void> => {
  for (let seen = -1; seen !== emulator.deliveries.length; ) {
    seen = emulator.deliveries.length;
    await emulator.idle();
    await life.idle();
    await emulator.idle();
  }
};

export const createPlayer = (shared: Shared): Player => {
  const privateKey = makePrivateKey();
  return async (dialogue, { point, killed = "here" } = {}) => {
    const play = dialogue.open();
    const prompter = createPrompter(play.model);
    const api = await startMessagesApi(prompter.script, { onExchange: prompter.onExchange });
    const scene = await startScene({
      repository: { texts: dialogue.files },
      ...(dialogue.others ? { others: dialogue.others } : {}),
      ...(dialogue.users ? { users: dialogue.users } : {}),
      privateKey,
      env: {
        ...{ ARCHITECT_MODEL: "claude-opus-5-5", ANTHROPIC_API_KEY: api.apiKey, ANTHROPIC_BASE_URL: api.url },
        ...dialogue.env,
      },
    });
    const { emulator } = scene;
    const start = (gate: Gate) => (killed === "here" ? startLife(scene, gate, shared) : startServedLife(scene, gate));
    const lives = await startIncarnations(scene, start, () =>
      prompter.forget(storedTurns(databaseFile(scene.config.dataFolder))),
    );
    const rest = async (): Promise<void> => {
      await Promise.race([lives.current().then((life) => quiet(emulator, life)), lives.reborn]);
      if (!lives.died()) return;
      await lives.reborn;
      const life = await lives.current();
      await quiet(emulator, life);
      if (await redeliverLost(scene)) await quiet(emulator, life);
    };
    const stage: Stage = {
      emulator,
      as: (login) => emulator.as(login),
      asked: (turn) => soon(`the turn ${turn} of ${dialogue.name}`, prompter.asked(turn)),
      heard: (thread) =>
        soon(
          `the App's first word on #${thread}`,
          (async () => {
            const isSaid = () => emulator.comments(thread).some(({ user }) => user.login.endsWith("[bot]"));
            while (!isSaid() || lives.gate.isPassing()) await wait(10);
          })(),
        ),
      settled: () => soon(`the end of a step of ${dialogue.name}`, rest()),
    };
    try {
      await play.setUp?.(stage);
      await stage.settled();
      lives.gate.arm(point);
      for (const step of play.steps) {
        if (lives.died()) await lives.reborn;
        await step(stage);
      }
      await stage.settled();
      return {
        end: await readEndState(scene),
        writes: [...lives.gate.writes],
        turns: prompter.turns(),
        died: lives.died(),
        wrong: [...emulator.violations, ...api.refusals],
      };
    } finally {
      await lives.close();
      await scene.close();
      await api.close();
    }
  };
};
