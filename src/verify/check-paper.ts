/** A design without code held against itself and against the code that there is: what it says exists does, and everything has one owner. */
import type { ClaimVerdict } from "../domain/claim.ts";
import type { Facts } from "../domain/facts.ts";
import type { Finding } from "../domain/finding.ts";
import type { Paper, ServiceContract } from "../domain/paper.ts";
import { checkStatus } from "./check-report.ts";
import { keyOf, keysOf } from "./claims/compare.ts";
import { hidesRoutes } from "./claims/endpoints.ts";

const error = (rule: string, message: string): Finding => ({ rule, severity: "error", message });

const httpName = /^(GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS) (\/\S*)$/;
const eventName = /^[a-z][\w-]*(\.[a-z][\w-]*)+$/i;
const rpcName = /^\w[\w.]*\.\w+$/;

/** Of the services, contracts and decisions; review comments are another matter. */
export const checkPaper = (paper: Paper, facts: Facts | undefined): readonly Finding[] => [
  ...checkStatus(paper),
  ...checkContent(paper),
  ...checkServices(paper),
  ...paper.contracts.flatMap((one) => checkContract(one, paper)),
  ...(facts ? paperClaims(paper, facts).flatMap(claimFinding) : []),
];

const isFinished = ({ status }: Paper): boolean => status === "DONE" || status === "DONE_WITH_CONCERNS";

const checkContent = (paper: Paper): readonly Finding[] =>
  isFinished(paper) && paper.decisions.length === 0
    ? [
        error(
          "no-decision",
          "a design without code is its decisions, and there are none: record each, with its alternatives",
        ),
      ]
    : [];

const checkServices = ({ services }: Paper): readonly Finding[] => {
  const names = services.map(({ name }) => name);
  const owners = new Map<string, Set<string>>();
  for (const { name, owns } of services)
    for (const one of owns)
      owners.set(one.toLowerCase(), (owners.get(one.toLowerCase()) ?? new Set<string>()).add(name));
  return [
    ...names
      .filter((name, at) => names.indexOf(name) !== at)
      .map((name) => error("service-twice", `the service ${name} stands twice`)),
    ...[...owners]
      .filter(([, all]) => all.size > 1)
      .map(([what, all]) =>
        error(
          "two-owners",
          `${what} is owned by ${[...all].join(" and ")}: one service writes it, the others ask or listen`,
        ),
      ),
  ];
};

const shapes: Readonly<Record<ServiceContract["kind"], readonly [RegExp, string]>> = {
  http: [httpName, "METHOD /path"],
  event: [eventName, "a dotted name, such as order.placed"],
  rpc: [rpcName, "Service.Method"],
};

const checkContract = (one: ServiceContract, { services }: Paper): readonly Finding[] => {
  const [shape, wish] = shapes[one.kind];
  const known = new Set(services.map(({ name }) => name));
  const strangers = [one.provider, ...one.consumers].filter((name) => !known.has(name));
  return [
    ...(shape.test(one.name)
      ? []
      : [error("contract-name", `the ${one.kind} contract "${one.name}" must be named as ${wish}`)]),
    ...strangers.map((name) =>
      error("unknown-service", `${one.name} is between services, and ${name} is none of those that are listed`),
    ),
    ...(one.consumers.includes(one.provider)
      ? [error("own-consumer", `${one.name}: ${one.provider} consumes what it provides, which is no contract`)]
      : []),
  ];
};

/** Endpoints that are said to be there or to be new. */
export const paperClaims = ({ contracts }: Paper, facts: Facts): readonly ClaimVerdict[] => {
  const now = keysOf(facts.endpoints);
  return contracts.flatMap(({ name, exists }): readonly ClaimVerdict[] => {
    const [, method, path] = httpName.exec(name) ?? [];
    if (method === undefined || path === undefined) return [];
    const found = now.get(keyOf({ method, path }));
    const verdict = { kind: "endpoint" as const, claim: `${name} ${exists ? "is there" : "is new"}` };
    const where = found && { where: { file: found.file, line: found.line } };
    if (exists === (found !== undefined)) return [{ ...verdict, verdict: "confirmed", reason: "", ...where }];
    if (found) return [{ ...verdict, verdict: "contradicted", reason: "the application serves it already", ...where }];
    return hidesRoutes(facts)
      ? [{ ...verdict, verdict: "unprovable", reason: "some routes are only known at run time, and this may be one" }]
      : [{ ...verdict, verdict: "contradicted", reason: "the application serves no such route" }];
  });
};

const claimFinding = ({ verdict, claim, reason, where }: ClaimVerdict): readonly Finding[] =>
  verdict === "contradicted"
    ? [
        {
          ...error("claim-contradicted", `${claim}: ${reason}`),
          ...(where ? { path: where.file, line: where.line } : {}),
        },
      ]
    : [];
