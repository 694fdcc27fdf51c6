/** What the analysis and its thread say to each other. */
import type { StandardsConfig } from "../domain/standards.ts";
import type { Inspection, SourceFile } from "../ports.ts";

/** @property trees the folder in which syntax trees stay for the next process; none where left out */
export type ThreadData = { readonly trees?: string };

export type Question =
  /** Which texts are to be sent. */
  | { readonly kind: "missing"; readonly id: number; readonly sources: readonly SourceFile[] }
  | {
      readonly kind: "inspect";
      readonly id: number;
      readonly sources: readonly SourceFile[];
      /** By blob id. */
      readonly texts: ReadonlyMap<string, string>;
      /** Left out where no breaches are wanted. */
      readonly standards: StandardsConfig | undefined;
    };

export type Answer =
  | { readonly kind: "missing"; readonly id: number; readonly shas: readonly string[] }
  | { readonly kind: "inspected"; readonly id: number; readonly inspection: Inspection };
