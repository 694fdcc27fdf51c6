/** What stops the event loop, and moments without a time zone. */
import { textOf } from "../python/node.ts";
import { isOperations } from "./code.ts";
import { dottedOf } from "./names.ts";
import { enclosing, isAsync } from "./place.ts";
import { hitAt, type Standards } from "./standard.ts";

const blocks =
  /^(requests\.(get|post|put|patch|delete|head|options|request)|httpx\.(get|post|put|patch|delete|head|options|request|stream)|time\.sleep|urllib\.request\.(urlopen|urlretrieve)|subprocess\.(run|call|check_output|check_call)|os\.(system|popen)|smtplib\.SMTP(_SSL)?)$/;

const naive = /^datetime(\.datetime)?\.(utcnow|utcfromtimestamp)$/;

export const asynchronousStandards: Standards<"blocking-call" | "naive-utcnow"> = {
  "blocking-call": {
    severity: "concern",
    check: (file) =>
      isOperations(file.path)
        ? []
        : file.calls
            .filter(({ name, node }) => {
              const fn = blocks.test(name) ? enclosing(node, /^(function_definition|lambda)$/) : undefined;
              return fn !== undefined && isAsync(fn);
            })
            .map(({ name, node }) =>
              hitAt(
                file,
                node,
                `${name}() stops every other request while it waits: use an asynchronous one, or run_in_threadpool`,
              ),
            ),
  },
  "naive-utcnow": {
    severity: "concern",
    check: (file) => {
      if (!/\butc(now|fromtimestamp)\b/.test(file.text)) return [];
      const used = [
        ...file.calls.map(({ name, node }) => ({ name, node })),
        ...file.attributes.map((node) => ({ name: dottedOf(node, file.names), node })),
      ];
      return used
        .filter(({ name }) => naive.test(name))
        .map(({ node }) =>
          hitAt(
            file,
            node,
            `${textOf(node).replace(/\(.*$/s, "")}() has no time zone and is deprecated: datetime.now(UTC)`,
          ),
        );
    },
  },
};
