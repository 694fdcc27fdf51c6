/** A conversation on GitHub as a value: how it begins, what people and the model do in it, and what must have come of it. */
import { createHash } from "node:crypto";
import type { Emulator, Person } from "../../emulator/emulator.ts";
import type { EmulatorOptions } from "../../emulator/options.ts";
import type { RequestBody } from "../messages-api/request.ts";
import type { Exchange, Script, Step } from "../messages-api.ts";
import type { EndState } from "./end-state.ts";
import type { Point } from "./gate.ts";

/** Whose turn it is, and which. */
export type Talk = {
  /** Of its brief: `design`, `follow-up`, … */
  readonly kind: string;
  /** From 1, in its conversation. */
  readonly turn: number;
  readonly issue: number;
  readonly body: RequestBody;
};

export type Stage = {
  readonly emulator: Emulator;
  as(login: string): Person;
  /** The model has been asked for this turn, such as "design 2". */
  asked(turn: string): Promise<void>;
  /** The App has said something on the thread. */
  heard(thread: number): Promise<void>;
  /** The App has nothing more to do. */
  settled(): Promise<void>;
};

export type Play = {
  readonly model: (talk: Talk) => Step | Promise<Step>;
  /** What comes before the dialogue: it is not broken off. */
  readonly setUp?: (stage: Stage) => Promise<void>;
  /** After each the App comes to rest, unless it says otherwise by `asked`. */
  readonly steps: readonly ((stage: Stage) => Promise<void>)[];
  /** Asserts that the dialogue was what its name says. */
  readonly holds: (end: EndState) => void;
};

export type Dialogue = {
  readonly name: string;
  /** Of the repository, by path. */
  readonly files: Readonly<Record<string, string>>;
  /** Repositories besides. */
  readonly others?: EmulatorOptions["repositories"];
  /** People and bots besides the maintainer and the stranger. */
  readonly users?: EmulatorOptions["users"];
  readonly env?: Readonly<Record<string, string>>;
  /** By SIGKILL of a process of its own, which takes seconds: so many, 2 where left out. */
  readonly processes?: number;
  /** Where the quick tests end the App. */
  readonly sample: Point;
  /** Anew for each time that it is played. */
  readonly open: () => Play;
};

/** A turn that is never answered. */
export const silence = (): Promise<never> => new Promise(() => undefined);

export const talkOf = (body: RequestBody): Talk => {
  const first = JSON.stringify(body.messages[0]);
  const [, kind = ""] = /\\"kind\\":\\"([\w-]+)/.exec(first) ?? [];
  const [, issue = "0"] = /\\"issue\\":(\d+)/.exec(first) ?? [];
  const turn = body.messages.filter(({ role }) => role === "assistant").length + 1;
  return { kind, turn, issue: Number(issue), body };
};

export type Prompter = {
  readonly script: Script;
  readonly onExchange: (exchange: Exchange) => void;
  asked(turn: string): Promise<void>;
  /** The App ended with so many turns stored: what was in the air was never heard, and may be asked once more. */
  forget(stored: number): void;
  /** Those that were asked for, and of them what was asked again though it was stored. */
  turns(): { readonly all: number; readonly twice: readonly string[] };
};

/** Speaks the model's part, and remembers what it was asked. */
export const createPrompter = (model: Play["model"]): Prompter => {
  const asked: { readonly turn: string; readonly hash: string; answered: boolean; excused: boolean }[] = [];
  const waiting: { readonly turn: string; readonly tell: () => void }[] = [];
  const hashOf = (body: RequestBody) => createHash("sha256").update(JSON.stringify(body.messages)).digest("hex");
  return {
    script: (body) => {
      const talk = talkOf(body);
      const turn = `${talk.kind} ${talk.turn}`;
      asked.push({ turn, hash: hashOf(body), answered: false, excused: false });
      for (const one of waiting) if (one.turn === turn) one.tell();
      return model(talk);
    },
    onExchange: ({ body }) => {
      const hash = hashOf(body);
      const one = asked.find((each) => each.hash === hash && !each.answered);
      if (one) one.answered = true;
    },
    asked: (turn) => {
      if (asked.some((one) => one.turn === turn)) return Promise.resolve();
      return new Promise((resolve) => waiting.push({ turn, tell: resolve }));
    },
    forget: (stored) => {
      const lost = [...asked.filter(({ answered }) => answered).slice(stored), ...asked.filter((one) => !one.answered)];
      for (const one of lost) one.excused = true;
    },
    turns: () => {
      const twice = asked.filter(
        ({ hash, excused }, index) => !excused && asked.findIndex((one) => one.hash === hash && !one.excused) !== index,
      );
      return { all: new Set(asked.map(({ hash }) => hash)).size, twice: twice.map(({ turn }) => turn) };
    },
  };
};
