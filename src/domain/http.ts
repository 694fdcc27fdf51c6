/** Requests to the application under test: values that the sandbox, the checks and people share. */

/** A text in which a value of an earlier answer may stand. */
export type Template = readonly (string | { readonly variable: string })[];

/** What is taken out of an answer's JSON and kept by name for later requests. */
export type Capture = { readonly name: string; readonly path: readonly (string | number)[] };

export type HttpRequest = {
  readonly method: string;
  readonly port: number;
  /** Path and query. */
  readonly path: Template;
  readonly headers: readonly { readonly name: string; readonly value: Template }[];
  readonly body?: Template | undefined;
  /** Redirects on the same port are followed. */
  readonly follow: boolean;
  readonly capture?: Capture | undefined;
};
