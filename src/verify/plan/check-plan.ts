/** A plan held against the code that it is for: its files, its boundary, and the operations that it says are there or not. */
import type { Facts } from "../../domain/facts.ts";
import type { Finding } from "../../domain/finding.ts";
import { isFolder, type PlanContent, plannedPath } from "../../domain/plan.ts";
import { type Boundary, canonPath, decideCreate, decideWrite } from "../../domain/policy.ts";
import { operationKey, operationsIn } from "./operations.ts";

export type PlanGround = {
  /** Of the agent that would carry it out. */
  readonly boundary: Boundary;
  /** Whether there is such a file at the commit. */
  readonly isThere: (path: string) => boolean;
  /** Undefined where nothing is known. */
  readonly facts: Facts | undefined;
};

export const checkPlan = (plan: PlanContent, ground: PlanGround): readonly Finding[] => [
  ...(plan.steps.length === 0 && plan.questions.length === 0
    ? [error("planned-nothing", "It has neither steps nor questions.")]
    : []),
  ...plan.files.flatMap((file) => checkFile(file, ground)),
  ...checkSteps(plan),
  ...(ground.facts ? checkContract(plan, ground.facts) : []),
];

const error = (rule: string, message: string, path?: string): Finding => ({
  ...{ rule, severity: "error", message },
  ...(path === undefined ? {} : { path }),
});

const checkFile = ({ file, change, handoff }: PlanContent["files"][number], ground: PlanGround): readonly Finding[] => {
  const canon = canonPath(isFolder(file) ? `${file}new` : file);
  if (!canon.ok) return handoff === null ? [error("planned-path", canon.reason)] : [];
  const path = plannedPath(file);
  if (isFolder(file) && change !== "create")
    return [error("planned-path", "is a folder: name the file in it. A folder stands for new files alone.", path)];
  const there = !isFolder(file) && ground.isThere(path);
  const verdict =
    change === "create" ? decideCreate(canon.path, ground.boundary) : decideWrite(canon.path, ground.boundary);
  return [
    ...(change === "create" && there ? [error("planned-file", "is to be created, and is there already", path)] : []),
    ...(change !== "create" && !there
      ? [error("planned-file", `is to be ${change === "modify" ? "modified" : "deleted"}, and is not there`, path)]
      : []),
    ...(verdict.allowed || handoff !== null
      ? []
      : [error("planned-out-of-bounds", `${verdict.reason} Name who does it in \`handoff\`.`, path)]),
  ];
};

const checkSteps = ({ steps, files }: PlanContent): readonly Finding[] => {
  const listed = new Set(files.map(({ file }) => plannedPath(file)));
  return steps.flatMap((step, index) =>
    step.files
      .map(plannedPath)
      .filter((path) => !listed.has(path))
      .map((path) => error("planned-step", `step ${index + 1} names it, and \`files\` does not list it`, path)),
  );
};

/** Where parts of a path are not known, an operation may be there that nobody sees. */
const checkContract = ({ contract }: PlanContent, facts: Facts): readonly Finding[] => {
  const known = operationsIn(facts);
  const sure = facts.endpoints.every(({ resolved }) => resolved) && facts.unknown.length === 0;
  return contract.flatMap(({ operation, change }) => {
    const place = known.get(operationKey(operation));
    if (change === "new" && place)
      return [
        error("planned-operation", `${operation} is planned as new, and is there at ${place.file}:${place.line}`),
      ];
    if (change !== "new" && !place && sure)
      return [error("planned-operation", `${operation} is planned as ${change}, and the code has no such operation`)];
    return [];
  });
};
