/** A claim of a report as our code found it to be: what the agent says never decides this. */
import type { Place } from "./facts.ts";

export type Verdict = "confirmed" | "contradicted" | "unprovable";

export type ClaimVerdict = {
  readonly kind: "endpoint" | "graphql" | "model" | "middleware" | "security" | "documentation" | "unreported";
  /** The claim in a few words, such as `POST /api/v1/auth/register`. */
  readonly claim: string;
  readonly verdict: Verdict;
  /** What the code shows, in a sentence; empty where it shows just what is claimed. */
  readonly reason: string;
  readonly where?: Place;
  /** What confirmed it: reading the code, or the application itself as well, once it was imported; the code where left out. */
  readonly by?: "code" | "run time";
};
