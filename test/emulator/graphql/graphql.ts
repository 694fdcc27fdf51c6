/** Answers `POST /graphql`. A document that cannot be answered is a violation: GitHub might answer it, this does not. */
import { authenticate } from "../access.ts";
import type { Reply } from "../http.ts";
import { HttpError } from "../http-error.ts";
import type { World } from "../state.ts";
import { execute, GraphqlError } from "./execute.ts";
import { GraphqlSyntaxError, parseOperation, type Value } from "./parse.ts";
import { mutationRoot, queryRoot } from "./schema.ts";

/** Errors of the document, not of what it found. */
const DOCUMENT_ERRORS = new Set([
  "undefinedField",
  "selectionMismatch",
  "MISSING_PAGINATION_BOUNDARIES",
  "EXCESSIVE_PAGINATION",
]);

export function createGraphql(world: World): (authorization: string | undefined, body: unknown) => Promise<Reply> {
  return async (authorization, body) => {
    const { query = "", variables = {} } = (body ?? {}) as { query?: string; variables?: Record<string, Value> };
    try {
      const actor = authenticate(world, authorization);
      if (actor.kind === "app") throw new HttpError(401, "Bad credentials");
      const operation = parseOperation(query, variables);
      const root = operation.kind === "query" ? queryRoot(world, actor) : mutationRoot(world, actor);
      return { status: 200, body: { data: await execute(root, operation.kind, operation.fields) } };
    } catch (error) {
      return refusal(world, error);
    }
  };
}

/** GraphQL refuses with 200 and a list of errors; only a bad token is a 401. */
function refusal(world: World, error: unknown): Reply {
  if (error instanceof HttpError && error.status === 401) return { status: 401, body: { message: error.message } };
  if (error instanceof HttpError) {
    return errors(error.status === 404 ? "NOT_FOUND" : "FORBIDDEN", error.message);
  }
  if (error instanceof GraphqlSyntaxError || (error instanceof GraphqlError && DOCUMENT_ERRORS.has(error.type))) {
    world.violations.push(`GraphQL: ${error.message}`);
  }
  if (error instanceof GraphqlSyntaxError) return errors("parse_error", error.message);
  if (error instanceof GraphqlError) return errors(error.type, error.message);
  throw error;
}

const errors = (type: string, message: string): Reply => ({
  status: 200,
  body: { data: null, errors: [{ type, message }] },
});
