/** Which failures of the model API pass by themselves, and how long to wait for it. Knows no conversation. */
import type * as Sdk from "@anthropic-ai/sdk";

/** A part of the SDK, handed in because it is loaded on first use only. */
export type SdkErrors = Pick<typeof Sdk, "APIError" | "APIConnectionError" | "AnthropicError">;

/** The second line is Bedrock's. */
const passingTypes = new Set([
  ...["overloaded_error", "api_error", "rate_limit_error", "timeout_error"],
  ...["throttlingException", "serviceUnavailableException", "internalServerException", "modelStreamErrorException"],
]);
const overloadTypes = new Set(["overloaded_error", "rate_limit_error", "throttlingException"]);

/**
 * An answer with a status says it; an error event inside a stream has a type and no status; a connection that breaks
 * inside one is a plain `AnthropicError`.
 *
 * @param begun the answer's headers had come
 */
export const passes = (
  error: unknown,
  { APIError, APIConnectionError, AnthropicError }: SdkErrors,
  begun: boolean,
): boolean => {
  if (error instanceof APIConnectionError) return true;
  if (!(error instanceof APIError)) return begun && error instanceof AnthropicError;
  const said = error.headers?.get("x-should-retry");
  if (said === "true" || said === "false") return said === "true";
  if (error.status === undefined) return passingTypes.has(error.type ?? "");
  return error.status === 408 || error.status === 409 || error.status === 429 || error.status >= 500;
};

/** Too many ask at once, be it all of us or this account. */
export const isOverload = (error: unknown, { APIError }: Pick<SdkErrors, "APIError">): boolean =>
  error instanceof APIError &&
  (error.status === 429 || error.status === 529 || (error.status === undefined && overloadTypes.has(error.type ?? "")));

const firstMs = 1_000;
const longestMs = 60_000;

/**
 * @param random 0 to 1, so that runs that failed together do not come back together
 * @returns milliseconds: what the API asks for, otherwise doubling; a minute at most
 */
export const delayBefore = (attempt: number, error: unknown, { APIError }: SdkErrors, random: number): number => {
  const headers = error instanceof APIError ? error.headers : undefined;
  const asked = askedMs(headers?.get("retry-after-ms"), 1) ?? askedMs(headers?.get("retry-after"), 1_000);
  if (asked !== undefined) return Math.min(asked, longestMs);
  return Math.min(firstMs * 2 ** attempt, longestMs) * (0.75 + random / 4);
};

const askedMs = (text: string | null | undefined, unit: number): number | undefined => {
  const number = Number.parseFloat(text ?? "");
  return Number.isFinite(number) && number >= 0 ? number * unit : undefined;
};

/** One line for people and logs: no request or answer body stands in it. */
export const describe = (error: unknown, { APIError, APIConnectionError }: SdkErrors): string => {
  if (error instanceof APIConnectionError) return `no connection: ${error.message}`;
  if (!(error instanceof APIError)) return error instanceof Error ? error.message : String(error);
  const status = error.status === undefined ? "an error inside the stream" : `status ${error.status}`;
  const type = error.type ? ` (${error.type})` : "";
  const says = error.apiMessage ? `: ${error.apiMessage}` : error.status === undefined ? `: ${error.message}` : "";
  return `${status}${type}${says}${error.requestID ? `, request ${error.requestID}` : ""}`;
};
