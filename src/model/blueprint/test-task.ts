/** What the test generator is told, and read back by ours: in prose for whoever does it, with the endpoints as a list. */
import type { Report } from "../../domain/report.ts";

type Endpoint = Report["endpoints_created"][number];

export type TestTask = {
  readonly endpoints: readonly { readonly method: string; readonly path: string; readonly limit: string | undefined }[];
  /** The model whose rows the endpoints keep. */
  readonly model: string | undefined;
  /** Are errors answered as application/problem+json? */
  readonly problems: boolean;
  /** Does somebody have to say who they are? */
  readonly guarded: boolean;
  /** The whole answer of a lone endpoint, as JSON. */
  readonly exact: string | undefined;
  /** Does it answer 503 while the database does not answer? */
  readonly database: boolean;
};

export const renderTestTask = (
  prose: string,
  given: {
    readonly endpoints: readonly Endpoint[];
    readonly model?: string;
    readonly problems: boolean;
    readonly exact?: string;
  },
): string =>
  [
    prose,
    "",
    ...given.endpoints.map(
      ({ method, path, auth, rate_limit }) =>
        `- \`${method} ${path}\`${rate_limit === null ? "" : `, limited to ${rate_limit}`}${auth === "none" ? "" : `, with ${auth} authentication`}`,
    ),
    "",
    ...(given.model ? [`Its rows are those of the model \`${given.model}\`.`] : []),
    ...(given.exact ? [`The answer is exactly \`${given.exact}\`.`] : []),
    ...(given.problems ? ["Errors are answered as application/problem+json."] : []),
  ]
    .join("\n")
    .trim();

/** What a task says of endpoints; undefined where it names none in this form. */
export const parseTestTask = (text: string): TestTask | undefined => {
  const rows = [...text.matchAll(/^- `([A-Z]+) (\/\S*)`(?:, limited to (\d+\/\w+))?(, with .+ authentication)?$/gm)];
  return rows.length === 0
    ? undefined
    : {
        endpoints: rows.map(([, method = "", path = "", limit]) => ({ method, path, limit })),
        guarded: rows.some((row) => row[4] !== undefined),
        model: /rows are those of the model `(\w+)`/.exec(text)?.[1],
        problems: text.includes("Errors are answered as application/problem+json."),
        database: text.includes("503 while the database does not answer"),
        exact: /^The answer is exactly `(\{.*\})`\.$/m.exec(text)?.[1],
      };
};
