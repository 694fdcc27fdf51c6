/** What subagents did, as people read it on a pull request: from what they handed back, never from the words of who started them. */
import type { ChildReport } from "../child-report.ts";
import type { HandedBack } from "../subagent.ts";
import { code, count, inline, item, prose } from "./safe.ts";
import type { Detail } from "./sections.ts";

export const subagentsSection = (all: readonly HandedBack[], detail: Detail): string | undefined => {
  if (all.length === 0) return undefined;
  const shown = all.slice(0, detail.items).map((one) => subagentText(one, detail));
  const rest = all.length > shown.length ? [`… and ${count(all.length - shown.length)} more.`] : [];
  return ["### Done by subagents", ...shown, ...rest].join("\n\n");
};

const subagentText = ({ agent, mate, status, report, reason, files, findings }: HandedBack, detail: Detail): string => {
  const { text, items } = detail;
  const said = report?.summary ?? `It was stopped before it handed in a report: ${reason ?? "no reason is known"}.`;
  const lines = [
    ...files.slice(0, items).map(({ path, kind }) => `- ${code(path, text)} (${kind})`),
    ...(files.length > items ? [`- … and ${count(files.length - items)} more files`] : []),
    ...(report ? pointsOf(report, detail) : []),
    ...findings
      .slice(0, items)
      .map(({ message, path }) => `- Checked: ${path ? `${code(path, text)} ` : ""}${inline(message, text)}`),
  ];
  return [`**${mate === undefined ? agent : `${mate} (${agent})`}: ${status}.** ${prose(said, text)}`, lines.join("\n")]
    .filter((part) => part !== "")
    .join("\n\n");
};

const pointsOf = (report: ChildReport, { text, items }: Detail): string[] => {
  const made =
    "tests_created" in report
      ? report.tests_created.map(
          ({ file, tests }) =>
            `- Tests in ${code(file, text)}: ${tests
              .slice(0, items)
              .map((test) => code(test, text))
              .join(", ")}${tests.length > items ? ", …" : ""}`,
        )
      : [
          ...report.indexes_added.map(
            ({ table, column, type }) => `- Index on ${code(`${table}.${column}`, text)} (${inline(type, text)})`,
          ),
          ...report.constraints_added.map(
            ({ table, constraint, type }) =>
              `- Constraint ${code(constraint, text)} on ${code(table, text)} (${inline(type, text)})`,
          ),
          ...report.recommendations.map((one) => item(one, text, "- Recommended:")),
        ];
  return [
    ...made.slice(0, items),
    ...report.blockers.slice(0, items).map((one) => item(one, text, "- Blocker:")),
    ...report.questions.slice(0, items).map(({ question }) => item(question, text, "- Question:")),
    ...report.concerns.slice(0, items).map((one) => item(one, text, "- Concern:")),
  ];
};
