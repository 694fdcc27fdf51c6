/** `architect facts`: what the code shows, for people on a terminal. Reads nothing and judges nothing. */
import type { EndpointFact, Facts, Place } from "../domain/facts.ts";
import { count } from "../domain/render/safe.ts";
import { clipTo, createPaint, displayWidth, padTo, printableLine, wrap } from "./terminal.ts";

/** Where it is shown. */
type Page = { readonly columns: number; readonly colours: boolean };

export const renderFacts = (facts: Facts, { columns, colours }: Page): string => {
  const paint = createPaint(colours);
  const section = (title: string, lines: readonly string[]): readonly string[] =>
    lines.length === 0 ? [] : [paint("bold", title), ...lines, ""];
  const { endpoints, graphql, models, unknown } = facts;
  return [
    ...section(`Endpoints (${count(endpoints.length)})`, table(endpoints.map(endpointRow), columns)),
    ...section(
      `GraphQL (${count(graphql.length)})`,
      table(
        graphql.map((one) => [one.kind, `${one.name}(${one.arguments.join(", ")})`, one.type ?? "", placeOf(one)]),
        columns,
      ),
    ),
    ...section(
      `Models (${count(models.length)})`,
      table(
        models.map((one) => [one.name, one.table, one.style, plural(one.fields.length, "column"), placeOf(one)]),
        columns,
      ),
    ),
    wrap(rest(facts), columns, "  "),
    "",
    ...section(
      `Not known (${count(unknown.length)})`,
      unknown.map((one) => wrap(printableLine(`${placeOf(one)} ${one.about}`), columns, "  ")),
    ),
    "All of it: --json",
  ].join("\n");
};

const placeOf = ({ file, line }: Place): string => `${file}:${line}`;

const plural = (number: number, of: string): string => `${count(number)} ${of}${number === 1 ? "" : "s"}`;

const endpointRow = (one: EndpointFact): readonly string[] => [
  one.method,
  `${one.path}${one.condition === null ? "" : ` (if ${one.condition})`}`,
  one.auth.join(" "),
  one.rate_limit ?? "-",
  placeOf(one),
];

const rest = ({ schemas, middleware, handlers, settings, imports }: Facts): string =>
  [
    plural(schemas.length, "schema"),
    `${count(middleware.length)} middleware${middleware.length === 0 ? "" : ` (${middleware.map(({ name }) => printableLine(name)).join(", ")})`}`,
    plural(handlers.length, "exception handler"),
    plural(settings.length, "setting"),
    plural(imports.length, "import"),
  ].join(", ");

/** Places give way first, of which the end counts; then the second column, then the first. */
const table = (rows: readonly (readonly string[])[], columns: number): readonly string[] => {
  const cells = rows.map((row) => row.map(printableLine));
  const widths = (cells[0] ?? []).map((_, at) => Math.max(...cells.map((row) => displayWidth(row[at] ?? ""))));
  const last = widths.length - 1;
  const over = (): number => widths.reduce((sum, one) => sum + one + 2, 0) - 2 - columns;
  const shrink = (at: number, least: number): void => {
    if (over() > 0) widths[at] = Math.max(Math.min(widths[at] ?? 0, least), (widths[at] ?? 0) - over());
  };
  shrink(last, Math.floor(columns / 3));
  shrink(1, Math.floor(columns / 3));
  shrink(0, 9);
  return cells.map((row) =>
    row
      .map((cell, at) => {
        const room = widths[at] ?? 0;
        return at === last ? endOf(cell, room) : padTo(clipTo(cell, room), room);
      })
      .join("  ")
      .trimEnd(),
  );
};

const endOf = (text: string, columns: number): string =>
  text.length <= columns ? text : `…${text.slice(text.length - Math.max(0, columns - 1))}`;
