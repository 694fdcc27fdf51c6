/** Requests to the application under test, and what it answered: values that the sandbox, the checks and people share. */

/** A text in which a value of an earlier answer may stand. */
export type Template = readonly (string | { readonly variable: string })[];

/** A body's pieces: beside text, a file of the repository by its path there. */
export type Body = readonly (Template[number] | { readonly file: string })[];

/** What is taken out of an answer's JSON and kept by name for later requests. */
export type Capture = { readonly name: string; readonly path: readonly (string | number)[] };

export type HttpRequest = {
  readonly method: string;
  readonly port: number;
  /** Path and query. */
  readonly path: Template;
  readonly headers: readonly { readonly name: string; readonly value: Template }[];
  readonly body?: Body | undefined;
  /** Redirects on the same port are followed. */
  readonly follow: boolean;
  readonly capture?: Capture | undefined;
};

export type HttpAnswer = {
  /** As it was asked, values put in. */
  readonly path: string;
  /** None where there was no answer. */
  readonly status?: number | undefined;
  readonly contentType: string;
  readonly location: string;
  /** Its beginning. */
  readonly body: string;
  readonly durationMs: number;
  /** Why there was no answer, or why the request was not made, as a sentence's end. */
  readonly problem?: string | undefined;
};

/** One server from its start to its end, and the requests that it is asked in between, in order. */
export type HttpSession = {
  /** Of the server, for bash in /repo. */
  readonly command: string;
  readonly port: number;
  /** A path that answers when it is ready; where none is known, listening is enough. */
  readonly health?: string | undefined;
  readonly readyWithinMs: number;
  readonly requestMs: number;
  /** All together, the start included. */
  readonly totalMs: number;
  readonly requests: readonly HttpRequest[];
};

export type HttpSessionResult = {
  /** None where it did not listen in time, or ended before it did. */
  readonly readyMs?: number | undefined;
  /** Of a server that ended by itself. */
  readonly exitCode?: number | undefined;
  /** The end of what it wrote. */
  readonly log: string;
  /** One for each request; none where it was not ready. */
  readonly answers: readonly HttpAnswer[];
};
