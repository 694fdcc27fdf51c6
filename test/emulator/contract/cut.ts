/**
 * Cuts GitHub's OpenAPI description down to what the emulator answers and the App receives.
 *
 *   npm i @octokit/openapi@23.0.2        (in some other folder: the package is 385 MB unpacked)
 *   node test/emulator/contract/cut.ts --from <folder>/node_modules/@octokit/openapi/generated/api.github.com.json
 *
 * Kept: the operations and webhooks listed here with every schema they refer to, and the examples that bodies start from.
 * Left out: descriptions and all other examples. Rewritten: OpenAPI's `nullable` to JSON Schema, which ajv reads.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";

type Node = { [key: string]: unknown };

const OPERATIONS = `
apps/get-authenticated apps/list-installations apps/get-installation apps/get-repo-installation
apps/create-installation-access-token apps/revoke-installation-access-token apps/list-repos-accessible-to-installation
apps/list-webhook-deliveries apps/get-webhook-delivery apps/redeliver-webhook-delivery apps/create-from-manifest
apps/get-webhook-config-for-app apps/update-webhook-config-for-app
issues/create issues/get issues/update issues/list-for-repo issues/create-comment issues/list-comments
issues/list-comments-for-repo issues/get-comment issues/update-comment issues/delete-comment
issues/add-labels issues/set-labels issues/remove-label issues/remove-all-labels issues/list-labels-on-issue
issues/create-label issues/get-label issues/list-labels-for-repo issues/add-assignees issues/remove-assignees
reactions/create-for-issue reactions/list-for-issue reactions/delete-for-issue
reactions/create-for-issue-comment reactions/list-for-issue-comment reactions/delete-for-issue-comment
reactions/create-for-pull-request-review-comment reactions/list-for-pull-request-review-comment
reactions/delete-for-pull-request-comment
repos/get repos/get-collaborator-permission-level repos/get-content repos/create-or-update-file-contents
repos/get-branch repos/list-branches repos/compare-commits repos/get-commit repos/list-commits
repos/create-commit-status repos/get-combined-status-for-ref repos/list-commit-statuses-for-ref
git/get-ref git/create-ref git/update-ref git/delete-ref git/list-matching-refs git/get-commit git/create-commit
git/get-tree git/create-tree git/create-blob git/get-blob
pulls/create pulls/get pulls/update pulls/list pulls/list-files pulls/list-commits pulls/merge pulls/check-if-merged
pulls/create-review pulls/list-reviews pulls/get-review pulls/delete-pending-review pulls/submit-review pulls/dismiss-review
pulls/list-comments-for-review pulls/create-review-comment pulls/list-review-comments
pulls/list-review-comments-for-repo pulls/get-review-comment pulls/update-review-comment pulls/delete-review-comment
pulls/create-reply-for-review-comment pulls/request-reviewers
checks/create checks/update checks/get checks/list-for-ref checks/list-annotations checks/list-for-suite
checks/get-suite checks/list-suites-for-ref
actions/get-job-for-workflow-run actions/download-job-logs-for-workflow-run actions/re-run-workflow-failed-jobs
actions/get-workflow-run
users/get-by-username users/get-by-id users/get-authenticated rate-limit/get
`
  .trim()
  .split(/\s+/);

/** Whose example reply is the ground that our facts are laid on. */
const TEMPLATES = new Set([
  "apps/get-authenticated",
  "apps/get-installation",
  "users/get-by-username",
  "repos/get",
  "issues/create",
  "issues/create-comment",
  "pulls/get",
  "checks/create",
  "checks/get-suite",
]);

const WEBHOOKS =
  /^(issues|issue-comment|pull-request|pull-request-review|pull-request-review-comment|pull-request-review-thread|check-suite|check-run|installation|installation-repositories|label)-|^(push|ping|status)$/;

/** Kept whole in `value`, because in there "title" and "description" are data. */
const rawExamples = (examples: Node): Node =>
  Object.fromEntries(
    Object.entries(examples).map(([name, example]) => {
      const { $ref, value } = example as Node;
      return [name, $ref === undefined ? { value } : { $ref }];
    }),
  );

const PROSE = new Set(["description", "summary", "title", "externalDocs", "tags", "x-github", "example"]);

/** @param inProperties whether the keys of `node` are property names and none of them is a keyword */
function strip(node: unknown, keepExamples: boolean, inProperties = false): unknown {
  if (Array.isArray(node)) return node.map((entry) => strip(entry, keepExamples));
  if (node === null || typeof node !== "object") return node;
  const stripped: Node = {};
  for (const [key, value] of Object.entries(node)) {
    if (!inProperties && PROSE.has(key)) continue;
    if (!inProperties && key === "examples") {
      if (keepExamples && !Array.isArray(value)) stripped[key] = rawExamples(value as Node);
      continue;
    }
    stripped[key] = strip(value, keepExamples, !inProperties && key === "properties");
  }
  return inProperties ? stripped : withoutNullable(stripped);
}

function withoutNullable(schema: Node): Node {
  if (schema["nullable"] !== true) return schema;
  const { nullable: _, ...rest } = schema;
  if (typeof rest["type"] !== "string") return { anyOf: [rest, { type: "null" }] };
  const values = rest["enum"];
  return {
    ...rest,
    type: [rest["type"], "null"],
    ...(Array.isArray(values) && !values.includes(null) ? { enum: [...values, null] } : {}),
  };
}

const unescaped = (segment: string): string => segment.replaceAll("~1", "/").replaceAll("~0", "~");

function references(node: unknown, found: Set<string> = new Set()): Set<string> {
  if (node === null || typeof node !== "object") return found;
  for (const [key, value] of Object.entries(node)) {
    if (key === "$ref" && typeof value === "string") found.add(value);
    else references(value, found);
  }
  return found;
}

export function cut(description: Node): Node {
  const result: Node = { openapi: description["openapi"], info: description["info"], paths: {}, "x-webhooks": {} };
  const missing = new Set(OPERATIONS);
  for (const [path, item] of Object.entries(description["paths"] as Node)) {
    for (const [method, operation] of Object.entries(item as Record<string, Node>)) {
      const id = operation["operationId"] as string | undefined;
      if (id === undefined || !missing.delete(id)) continue;
      const paths = result["paths"] as Record<string, Node>;
      paths[path] = { ...paths[path], [method]: strip(operation, TEMPLATES.has(id)) };
    }
  }
  if (missing.size > 0) throw new Error(`not in the description: ${[...missing].join(", ")}`);
  for (const [name, hook] of Object.entries(description["x-webhooks"] as Node)) {
    if (WEBHOOKS.test(name)) (result["x-webhooks"] as Node)[name] = strip(hook, false);
  }
  mend(result["paths"] as Record<string, Record<string, Node>>);
  follow(description, result);
  mendComments(result);
  return result;
}

/** Another: a review comment whose line is gone from the diff has `null` as its position and line in GitHub's replies. */
function mendComments(result: Node): void {
  const { schemas } = result["components"] as { schemas: Record<string, { properties: Record<string, Node> }> };
  for (const name of ["pull-request-review-comment", "review-comment"])
    for (const key of ["position", "line"])
      Object.assign(schemas[name]?.properties[key] ?? {}, { type: ["integer", "null"] });
}

/**
 * A fault of the description: in its list of installations an account must be a user and an enterprise at once, which no
 * reply of GitHub is. One installation alone is described rightly.
 */
function mend(paths: Record<string, Record<string, Node>>): void {
  const responses = paths["/app/installations"]?.["get"]?.["responses"] as Record<string, Node>;
  const schema = { type: "array", items: { $ref: "#/components/schemas/installation" } };
  responses["200"] = { content: { "application/json": { schema } } };
}

/** Copies what is referred to, and what that refers to, to the same place in the result. */
function follow(description: Node, result: Node): void {
  const waiting = [...references(result)];
  const copied = new Set<string>();
  for (let reference = waiting.pop(); reference !== undefined; reference = waiting.pop()) {
    if (copied.has(reference)) continue;
    copied.add(reference);
    const path = reference.slice(2).split("/").map(unescaped);
    const last = path.pop() as string;
    let from = description;
    let to = result;
    for (const segment of path) {
      from = from[segment] as Node;
      to[segment] ??= {};
      to = to[segment] as Node;
    }
    const isExample = path.at(-1) === "examples";
    to[last] = isExample ? { value: (from[last] as Node)["value"] } : strip(from[last], false);
    waiting.push(...references(isExample ? undefined : to[last]));
  }
}

/** One line per path, webhook and component: a new version of the description shows as a diff that can be read. */
function print(cutting: Node): string {
  const lines = (node: Node, depth: number): string =>
    depth === 0
      ? JSON.stringify(node)
      : `{\n${Object.keys(node)
          .sort()
          .map((key) => `${JSON.stringify(key)}:${lines(node[key] as Node, depth - 1)}`)
          .join(",\n")}\n}`;
  const { components, paths, "x-webhooks": hooks, ...head } = cutting;
  const parts = {
    components: lines(components as Node, 2),
    paths: lines(paths as Node, 1),
    "x-webhooks": lines(hooks as Node, 1),
  };
  const body = Object.entries(parts).map(([key, text]) => `${JSON.stringify(key)}:${text}`);
  return `${JSON.stringify(head).slice(0, -1)},\n${body.join(",\n")}\n}\n`;
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { from: { type: "string" } } });
  if (values.from === undefined) throw new Error("say where the description is: --from …/api.github.com.json");
  const text = print(cut(JSON.parse(readFileSync(values.from, "utf8"))));
  writeFileSync(join(import.meta.dirname, "api.github.json"), text);
  console.log(`${(text.length / 1e6).toFixed(2)} MB`);
}
