/** What a review left, as it is tried, told and handed over: rehearsal, tests to write, changes for the report. Pure. */
import type { Report } from "../../domain/report.ts";
import { registrationTests, shownOf } from "./assemble-registration.ts";
import { resourceTests } from "./assemble-resource.ts";
import type { Entity } from "./entity.ts";
import type { Changed } from "./follow-up-report.ts";
import type { Layout } from "./layout.ts";
import { type RateChange, withRates } from "./limits-after.ts";
import type { Target } from "./recognise.ts";
import { type Rehearsal, registerSteps, renderRehearsal, resourceSteps } from "./rehearsal.ts";
import type { Trial } from "./reports.ts";
import type { Rate } from "./request.ts";
import { accountOf, registerRequests, resourceRequests } from "./requests.ts";
import { renderTestTask } from "./test-task.ts";

export type Done = {
  readonly previous: Report;
  readonly layout: Layout;
  readonly target: Target | undefined;
  readonly rates: readonly RateChange[];
};

/** The same calls as after the design, with the fields and limits as they are now. */
export const rehearsalOf = ({ previous, layout, target, rates }: Done): Rehearsal => {
  const endpoints = withRates(previous.endpoints_created, rates);
  const post = endpoints.find((one) => one.method === "POST");
  const problems = layout.problems === "wired";
  if (!target || !post)
    return renderRehearsal({
      layout,
      steps: ['check(len(app.openapi()["paths"]) > 0, "the application starts and describes itself")'],
    });
  const { entity } = target.context;
  const limitOf = (endpoint: (typeof endpoints)[number] | undefined, call: string) => {
    const rate = parseShort(endpoint?.rate_limit ?? "");
    return rate && { rate, call };
  };
  if (target.update) {
    const { limited, ...script } = resourceSteps(entity, post.path, problems);
    const list = endpoints.find((one) => one.method === "GET" && one.path === post.path);
    return renderRehearsal({ layout, ...script, limit: limitOf(list, limited) });
  }
  const address = addressOf(entity);
  const stored = entity.fields.filter(
    (field) => field.name !== address && target.create.found.fields.some((one) => one.name === field.name),
  );
  const { limited, ...script } = registerSteps(post.path, problems, { address, fields: stored });
  return renderRehearsal({ layout: { ...layout, guard: undefined }, ...script, limit: limitOf(post, limited) });
};

const parseShort = (text: string): Rate | undefined => {
  const match = /^(\d+)\/(s|min|h|d|second|minute|hour|day)/.exec(text);
  const period = (
    {
      s: "second",
      second: "second",
      min: "minute",
      minute: "minute",
      h: "hour",
      hour: "hour",
      d: "day",
      day: "day",
    } as const
  )[(match?.[2] ?? "") as "s"];
  return match && period ? { count: Number(match[1]), period } : undefined;
};

/** What the tests have to cover, from the code as it is now. */
const testsOf = ({ previous, layout, target, rates }: Done, password: Changed["password"]): string | undefined => {
  const endpoints = withRates(previous.endpoints_created, rates);
  const post = endpoints.find(({ method }) => method === "POST");
  if (!target || !post) return undefined;
  const { entity } = target.context;
  const given = { endpoints, model: entity.names.type, problems: layout.problems === "wired" };
  const limit = post.rate_limit;
  if (!target.update)
    return renderTestTask(registrationTests({ path: post.path, limit, shown: shownOf(entity), password }), given);
  const one = endpoints.find(({ path }) => path.endsWith("}"))?.path ?? post.path;
  return renderTestTask(resourceTests(entity, post.path, one, limit), given);
};

export const changedBy = (
  done: Done,
  outcome: Pick<Changed, "migrations" | "did" | "rates">,
  trial: Trial,
): Changed => {
  const { target } = done;
  const source = target?.create.found.fields.find((field) => field.name === "password")?.source ?? "";
  const min = /min_length=(\d+)/.exec(source)?.[1];
  const max = /max_length=(\d+)/.exec(source)?.[1];
  const password = min && max ? { min, max } : undefined;
  return {
    trial,
    migrations: outcome.migrations,
    did: outcome.did,
    rates: outcome.rates,
    tests: testsOf(done, password),
    entity: target?.context.entity,
    password,
    requests: requestsOf(done, Number(min ?? 0)),
  };
};

/** @param least characters of a password */
const requestsOf = ({ previous, target }: Done, least: number): readonly string[] => {
  const post = previous.endpoints_created.find((one) => one.method === "POST");
  if (!target || !post) return [];
  const { entity } = target.context;
  const one = previous.endpoints_created.find(({ path }) => path.endsWith("}"))?.path;
  if (target.update) return one === undefined ? [] : resourceRequests(entity, post.path, one);
  const address = addressOf(entity);
  const stored = entity.fields.filter(
    (field) => field.name !== address && target.create.found.fields.some((other) => other.name === field.name),
  );
  return registerRequests(post.path, accountOf(address, stored, least));
};

const addressOf = (entity: Entity): string =>
  entity.fields.find((field) => field.type.kind === "email" && field.unique)?.name ?? "email";
