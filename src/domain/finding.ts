/** A finding: a disagreement between what is claimed or allowed and what is there. */

export type Finding = {
  /** Kebab-case, stable: `out-of-bounds`, `claim-missing`, `no-evidence` … */
  readonly rule: string;
  /** `error` sends the report back to the model; `concern` lowers DONE; `note` is only shown. */
  readonly severity: "error" | "concern" | "note";
  readonly message: string;
  readonly path?: string;
  readonly line?: number;
};

/** A command that the App ran in the sandbox. The only thing that may say that something passed. */
export type Evidence = {
  readonly command: string;
  readonly exitCode: number;
  readonly durationMs: number;
  /** The end of stdout and stderr as they came, bounded. */
  readonly output: string;
  /** `treeHash` of the changeset when the command started: older than the last change means stale. */
  readonly tree: string;
};
