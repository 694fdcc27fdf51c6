/** What cannot be known of routes that were found: each doubt is a sentence, and what holds for many is said once. */
import type { UnknownFact } from "../../domain/facts.ts";
import type { Machine } from "./machine.ts";
import { force } from "./machine.ts";
import { textOf } from "./node.ts";
import type { Served } from "./served.ts";

const placeOf = ({ route: { site } }: Served) => ({ file: site.module.path, line: site.node.line });

export const doubtsOf = (all: readonly Served[]): readonly UnknownFact[] => [
  ...all.filter(({ late }) => late).map(addedLate),
  ...unresolvedOf(all),
  ...assumptionsOf(all),
];

const addedLate = (served: Served): UnknownFact => ({
  ...placeOf(served),
  about: `${served.method} ${served.path} is added to a router that was included before: FastAPI serves it from 0.137 on, an older one doesn't`,
});

/** What can't be known of a prefix can't be known of all routes below it. */
const unresolvedOf = (all: readonly Served[]): readonly UnknownFact[] => {
  const unresolved = all.filter(({ resolved }) => !resolved);
  const groups = Map.groupBy(unresolved, ({ path }) => path.slice(0, path.indexOf("}") + 1) || path);
  return [...groups.values()].flatMap(([first, ...more]) => {
    const others = more.length > 0 ? `, and of ${more.length} more below the same prefix,` : "";
    return first
      ? [
          {
            ...placeOf(first),
            about: `the full path of ${first.method} ${first.path}${others} is only known at run time`,
          },
        ]
      : [];
  });
};

/** A prefix that the environment gives is in the path of every route below it. */
const assumptionsOf = (all: readonly Served[]): readonly UnknownFact[] =>
  [...new Set(all.flatMap(({ assumes }) => assumes))].flatMap((variable) => {
    const those = all.filter(({ assumes }) => assumes.includes(variable));
    const [first] = those;
    if (!first) return [];
    const routes = `${first.method} ${first.path}${those.length > 1 ? ` and ${those.length - 1} more` : ""}`;
    const assume = those.length > 1 ? "assume" : "assumes";
    return [{ ...placeOf(first), about: `${routes} ${assume} that the environment variable ${variable} is not set` }];
  });

const refuses = /\b40[13]\b|UNAUTHORIZED|FORBIDDEN/;
const asks = /\b(authorization|api[_-]?key|token|bearer|cookies?)\b/i;

/** Middleware of the repository that turns requests away for want of credentials: the routes do not show which. */
export const guardsOf = (machine: Machine): readonly UnknownFact[] =>
  machine.routers.flatMap(({ middleware }) =>
    middleware.flatMap(({ what, name, module, node }): UnknownFact[] => {
      const now = force(what);
      const said = now.kind === "function" || now.kind === "class" ? textOf(now.node) : "";
      if (!refuses.test(said) || !asks.test(said)) return [];
      const about = `the middleware ${name} may ask for credentials: which requests it lets through is not known`;
      return [{ file: module.path, line: node.line, about }];
    }),
  );
