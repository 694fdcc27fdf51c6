/** One entry of a report's `test_commands`: what the App does with it, and what it can show at best. */
import type { Doubt } from "../../domain/finding.ts";
import { doubtOf } from "./doubt.ts";
import { kindOf } from "./kinds.ts";
import { argvOf, pipelinesOf } from "./pipelines.ts";
import { readServer, type ServerCommand } from "./server.ts";
import { type RequestStep, stepsOf } from "./steps.ts";

export type TestCommand = { readonly text: string } & (
  | { readonly kind: "requests"; readonly steps: readonly RequestStep[] }
  | { readonly kind: "server"; readonly server: ServerCommand }
  /** Run as it is: its exit code counts. */
  | { readonly kind: "run"; readonly suite: boolean }
  /** Not run: whatever came of it would show nothing. */
  | { readonly kind: "doubtful"; readonly doubt: Doubt }
  /** Asks or serves in a way that is not read. */
  | { readonly kind: "unreadable"; readonly reason: string }
);

export const readTestCommand = (raw: string): TestCommand => {
  const text = raw.trim();
  const kinds = (pipelinesOf(text) ?? []).flatMap(({ commands }) => commands.map((one) => kindOf(argvOf(one)).kind));
  const inner = asksInside(text);
  if (kinds.includes("http") || inner) {
    const read = stepsOf(text);
    return read.ok ? { text, kind: "requests", steps: read.steps } : { text, kind: "unreadable", reason: read.reason };
  }
  if (kinds.includes("server")) {
    const read = readServer(text);
    return read.ok ? { text, kind: "server", server: read.server } : { text, kind: "unreadable", reason: read.reason };
  }
  const doubt = doubtOf(text);
  return doubt ? { text, kind: "doubtful", doubt } : { text, kind: "run", suite: kinds.includes("suite") };
};

/** `NAME=$(curl …)`: its only command stands in the expansion. */
const asksInside = (text: string): boolean =>
  (pipelinesOf(text) ?? []).some(({ commands }) =>
    commands.some(
      ({ words, assignments }) =>
        words.length === 0 && assignments.some(({ value }) => /^"?\$\(\s*(curl|http|wget)\b/.test(value.raw)),
    ),
  );
