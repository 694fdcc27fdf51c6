/** What the analysis of a tree gives: its facts, and its breaches of the house standards. Pure: reads no disk, runs nothing. */
import type { Facts } from "../domain/facts.ts";
import type { Breach, StandardsConfig } from "../domain/standards.ts";
import { collectFacts } from "./python/facts.ts";
import type { ProjectFiles } from "./standards/code.ts";
import { checkStandards } from "./standards/standards.ts";

export const inspectProject = (
  project: ProjectFiles,
  standards: StandardsConfig,
): { readonly facts: Facts; readonly breaches: readonly Breach[] } => {
  const facts = collectFacts(project.files);
  return { facts, breaches: checkStandards({ ...project, facts }, standards) };
};
