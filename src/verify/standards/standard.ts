/** What a house standard is: a rule's name, how much a breach weighs, and a pure look at one file. */
import type { Finding } from "../../domain/finding.ts";
import type { Parameters, RuleId, Span } from "../../domain/standards.ts";
import type { Node } from "../python/node.ts";
import type { Code, CodeFile } from "./code.ts";
import { spanOf } from "./place.ts";

/** @property spans where it counts as changed; the first is where people see it */
export type Hit = { readonly message: string; readonly spans: readonly Span[] };

/** What a project's code is held against; the others are looked for in what was added, see `check-foreign.ts`. */
export type CodeRule = Exclude<RuleId, "forbidden-import" | "foreign-migration">;

export type Standard<R extends CodeRule> = {
  /** Chosen by the share of false positives on real code; ARCHITECTURE.md has the figures. */
  readonly severity: Finding["severity"];
  readonly check: (file: CodeFile, code: Code, parameters: Parameters[R]) => readonly Hit[];
};

export type Standards<R extends CodeRule> = { readonly [One in R]: Standard<One> };

export const hitAt = (file: CodeFile, node: Node, message: string): Hit => ({ message, spans: [spanOf(file, node)] });
