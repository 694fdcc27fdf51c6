/** A review as people read it on a pull request: the gate first, which our own code decided. */
import type { Review } from "../review.ts";
import { code, count, inline, item, prose, table } from "./safe.ts";
import type { Detail } from "./sections.ts";

const order = ["critical", "high", "medium", "low"];

export const reviewSection = (review: Review | undefined, { text, items }: Detail): string | undefined => {
  if (!review) return undefined;
  const { report, blocks } = review;
  const findings = [...report.manual_findings].sort((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity));
  const more = findings.length - items;
  return [
    "### Review by code-reviewer",
    blocks.length > 0
      ? `**It blocks:** ${blocks.map((why) => inline(why, text)).join("; ")}.`
      : `**${report.approval.status}**: nothing that was found blocks it.`,
    prose(report.summary, text),
    ...(report.automated_checks.length > 0
      ? [
          table(
            ["Check", "Command", "Exit code"],
            report.automated_checks
              .slice(0, items)
              .map(({ name, command, exit_code }) => [name, code(command, Math.min(text, 120)), String(exit_code)]),
          ),
        ]
      : []),
    [
      ...findings
        .slice(0, items)
        .map(({ severity, file, line, issue, recommendation }) =>
          item(
            `${issue} ${recommendation}`,
            text,
            `- **${severity}** at ${code(`${file}${line === null ? "" : `:${line}`}`, text)}:`,
          ),
        ),
      ...(more > 0 ? [`- … and ${count(more)} more`] : []),
      ...report.approval.blockers.slice(0, items).map((one) => item(one, text, "- Blocker:")),
      ...report.approval.warnings.slice(0, items).map((one) => item(one, text, "- Warning:")),
    ].join("\n"),
  ]
    .filter((part) => part !== "")
    .join("\n\n");
};
