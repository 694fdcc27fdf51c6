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
  /** What the App ran it for by itself; left out of what an agent ran. */
  readonly check?: Check;
};

export type Check =
  /** A test command of the report, as it stands there. */
  | { readonly kind: "command" }
  /** The server that requests are made to; `exitCode` is 0 where it came to listen. */
  | { readonly kind: "server" }
  /** A request of the report's test commands, made by the App; `exitCode` is 0 where it was answered as it should be. */
  | {
      readonly kind: "request";
      readonly method: string;
      /** As it was asked, query included. */
      readonly path: string;
      /** None where there was no answer. */
      readonly status?: number;
      /** Said by the command; any success where left out. */
      readonly expected?: number;
      /** What is wrong with the answer, as the end of a sentence. */
      readonly fault?: string;
    }
  /** The suite that the repository names: before the changes, and with them. */
  | { readonly kind: "suite"; readonly at: "base" | "head" };

/** Why a command shows nothing, whatever its exit code. */
export type Doubt = {
  readonly kind: "masked" | "unproven";
  /** Ends a sentence: "its exit code is masked by `|| true`". */
  readonly reason: string;
};

/** Evidence as people are shown it. */
export type ShownEvidence = Evidence & { readonly doubt?: Doubt | undefined };
