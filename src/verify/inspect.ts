/** What the analysis of a tree gives: its facts, and its breaches of the house standards. Pure: reads no disk, runs nothing. */
import type { Facts } from "../domain/facts.ts";
import type { Finding } from "../domain/finding.ts";
import { collectFacts } from "./python/facts.ts";
import type { Tree } from "./python/node.ts";

/** @param files syntax trees by repository path */
export const inspectProject = (
  files: ReadonlyMap<string, Tree>,
): { readonly facts: Facts; readonly breaches: readonly Finding[] } => ({ facts: collectFacts(files), breaches: [] });
