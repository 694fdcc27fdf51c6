/** The replies with which GitHub refuses, as errors that a route throws. */

export class HttpError extends Error {
  readonly status: number;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(status: number, message: string, details: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.status = status;
    this.details = details;
  }
}

export const notFound = (): HttpError => new HttpError(404, "Not Found");
export const forbidden = (message = "Resource not accessible by integration"): HttpError => new HttpError(403, message);
export const emptyRepository = (): HttpError => new HttpError(409, "Git Repository is empty.");

/** 422 with one entry in `errors`. `custom` errors carry a sentence of their own. */
export const validationFailed = (
  resource: string,
  field: string,
  code: "custom" | "invalid" | "missing" | "missing_field" | "already_exists",
  message?: string,
): HttpError =>
  new HttpError(422, "Validation Failed", {
    errors: [{ resource, code, field, ...(message === undefined ? {} : { message }) }],
  });

export const unprocessable = (message: string, errors?: readonly string[]): HttpError =>
  new HttpError(422, message, errors === undefined ? {} : { errors });
