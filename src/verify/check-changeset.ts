/** Holds a changeset against the boundary, once more and from values alone: what the walls let through is not trusted. */
import { bytesOf, type Changeset, type Refusal } from "../domain/changeset.ts";
import type { Finding } from "../domain/finding.ts";
import { type Boundary, canonPath, decideWrite } from "../domain/policy.ts";

/** Direct use of language models, workflows and embeddings belongs to other agents (the specification's DON'T list). */
const foreign = [
  { words: ["openai", "anthropic", "litellm", "google.generativeai"], owner: "llm-integrator" },
  { words: ["langgraph"], owner: "workflow-architect" },
  { words: ["langchain", "llama_index"], owner: "llm-integrator" },
  { words: ["sentence_transformers"], owner: "data-pipeline-engineer" },
];

const importOf = (line: string): string | undefined =>
  /^\s*(?:from\s+([\w.]+)\s+import\b|import\s+([\w.]+))/.exec(line)?.slice(1).find(Boolean);

const checkImports = (path: string, text: string): Finding[] =>
  text.split("\n").flatMap((line, index) => {
    const module = importOf(line);
    if (!module) return [];
    const hit = foreign.find(({ words }) => words.some((word) => module === word || module.startsWith(`${word}.`)));
    if (!hit) return [];
    return [
      {
        rule: "forbidden-import",
        severity: "error" as const,
        path,
        line: index + 1,
        message: `imports ${module}: that is ${hit.owner}'s work; take it out and list it under handoffs`,
      },
    ];
  });

/**
 * @param boundaries of the agents that were at work: each path must lie in one of them
 * @param base text of a file at the commit that the run started from, so that only new imports count
 */
export const checkChangeset = (
  changeset: Changeset,
  refused: readonly Refusal[],
  boundaries: readonly Boundary[],
  base: (path: string) => string | undefined = () => undefined,
): Finding[] => {
  const findings: Finding[] = [];
  for (const { path, reason } of refused)
    findings.push({
      rule: "uncommittable",
      severity: "error",
      path,
      message: `cannot be committed: ${reason}; remove it`,
    });
  for (const change of changeset) {
    const canon = canonPath(change.path);
    if (!canon.ok || canon.path !== change.path)
      findings.push({
        rule: "odd-path",
        severity: "error",
        path: change.path,
        message: canon.ok ? `is no canonical path; use ${canon.path}` : canon.reason,
      });
    const verdicts = boundaries.map((boundary) => decideWrite(change.path, boundary));
    const refusal = verdicts.find((verdict) => !verdict.allowed);
    if (refusal && !verdicts.some((verdict) => verdict.allowed))
      findings.push({ rule: "out-of-bounds", severity: "error", path: change.path, message: refusal.reason });
    if (change.kind !== "deleted" && change.path.endsWith(".py")) {
      const known = new Set((base(change.path) ?? "").split("\n").map(importOf));
      const text = bytesOf(change).toString("utf8");
      const lines = text.split("\n");
      findings.push(
        ...checkImports(change.path, text).filter(({ line }) => !known.has(importOf(lines[(line ?? 1) - 1] ?? ""))),
      );
    }
  }
  return findings;
};
