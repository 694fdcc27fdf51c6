/** What pull requests and commits are called, and what commits say. Knows text only. */
import { neutralisePlain } from "../neutralise.ts";
import type { Report } from "../report.ts";
import { clip } from "./safe.ts";

export const pullTitle = (report: Pick<Report, "feature">, issueTitle: string): string =>
  neutralisePlain(issueTitle, 200) || words(report.feature);

const words = (feature: string): string => {
  const text = feature.replaceAll("-", " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
};

/**
 * Subject, one paragraph, the issue, and our own trailers. Nothing of the agent's text can become a trailer, close an
 * issue or skip CI.
 *
 * @param trailers such as `Co-authored-by: …`
 */
export const commitMessage = (
  report: Pick<Report, "feature" | "summary">,
  issue: number,
  purpose: "work" | "follow-up" | "checks" | "memory" | { readonly part: string },
  trailers: readonly string[] = [],
): string => {
  const subject =
    typeof purpose === "object"
      ? `${words(report.feature)}: ${purpose.part}`
      : {
          work: words(report.feature),
          "follow-up": `${words(report.feature)}: answer the review`,
          checks: `${words(report.feature)}: mend failed checks`,
          memory: `Record decisions and work: ${report.feature}`,
        }[purpose];
  const body = purpose === "memory" ? [] : [wrapAt72(neutralisePlain(report.summary, 1_000))];
  const closing = trailers.length > 0 ? [trailers.join("\n")] : [];
  return [clip(subject, 72), ...body, `Refs #${issue}`, ...closing].join("\n\n");
};

const wrapAt72 = (text: string): string =>
  text
    .replace(/\b([a-z]+(?:-[a-z]+)*-by):/gi, "$1")
    .replace(/(.{1,72})(?:\s+|$)/g, "$1\n")
    .trim();
