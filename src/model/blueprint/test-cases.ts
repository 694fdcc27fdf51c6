/** What every suite of tests is made of: its ground, its parts, limits and constants. Pure. */
import type { Import } from "./layout.ts";
import { type Json, toPython } from "./rehearsal.ts";
import type { Format } from "./templates/py.ts";
import { listed, type Test, type testOf } from "./templates/tests.ts";
import type { TestBed } from "./test-bed.ts";
import type { TestTask } from "./test-task.ts";

export type Ground = {
  readonly task: TestTask;
  readonly bed: TestBed;
  readonly format: Format;
};

export type Suite = {
  readonly docstring: string;
  /** `NAME = value`, in this order. */
  readonly constants: readonly string[];
  readonly fixtures: readonly { readonly name: string; readonly code: string; readonly imports: readonly Import[] }[];
  readonly tests: readonly Test[];
  /** What was promised and cannot be shown here, with the reason. */
  readonly left: readonly string[];
};

export type Body = Parameters<typeof testOf>[0];

export const constant = (name: string, value: { readonly [key: string]: Json }, { width }: Format): string =>
  `${name} = ${listed(
    Object.entries(value).map(([key, one]) => `${JSON.stringify(key)}: ${toPython(one)}`),
    0,
    width - name.length - 3,
    "{",
    "}",
  )}`;

const period: Readonly<Record<string, string>> = { s: "second", min: "minute", hour: "hour", day: "day" };

export const parseLimit = (limit: string | undefined): Limit | undefined => {
  const [, count, unit = ""] = /^(\d+)\/(\w+)$/.exec(limit ?? "") ?? [];
  return count === undefined ? undefined : { count: Number(count), period: period[unit] ?? unit };
};

export const problemLine = (task: TestTask): string[] =>
  task.problems ? ['assert answer.headers["content-type"] == "application/problem+json"'] : [];

type Limit = { readonly count: number; readonly period: string };

/** The limit, where so many requests can be made in a test. */
export const short = (limit: Limit | undefined): Limit | undefined =>
  limit && limit.period !== "second" && limit.count <= 100 ? limit : undefined;

/** What is promised and too slow, or too quick, to be shown. */
export const untried = (limit: Limit | undefined, what: string): string[] =>
  limit === undefined || short(limit)
    ? []
    : [`The limit of ${limit.count} a ${limit.period} on ${what} is not tested: it would need that many requests.`];
