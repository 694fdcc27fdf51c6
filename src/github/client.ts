/** How Octokit is set up here: one place for its pace, its retries and its errors. Knows no repository. */
import { retry } from "@octokit/plugin-retry";
import { throttling } from "@octokit/plugin-throttling";
import { Octokit } from "@octokit/rest";
import { ConflictError, RefusedError } from "../domain/errors.ts";

export type ClientOptions = {
  readonly apiUrl: string;
  /** GitHub's pace: one write a second, one that notifies people every three. */
  readonly throttle: boolean;
  readonly log: (line: string) => void;
  readonly fetch: typeof fetch | undefined;
};

const requestTimeoutMs = 30_000;

/** Waits that a session sits out; a longer one fails the job, and the queue comes back later. */
const longestWaitSeconds = 120;

const Paced = Octokit.plugin(throttling, retry);
type Settings = ConstructorParameters<typeof Paced>[0] & object;

/** @param pacing clients of one name keep one pace together: writes of an installation are serial */
export const createClient = (options: ClientOptions, pacing: string, settings: Settings = {}): Octokit => {
  const note = (line: string) => options.log(`github: ${line}`);
  return new Paced({
    ...settings,
    baseUrl: options.apiUrl,
    userAgent: "backend-architect",
    request: { fetch: guardedFetch(options.fetch) },
    log: { debug: () => {}, info: () => {}, warn: note, error: () => {} },
    throttle: {
      id: pacing,
      ...(options.throttle ? {} : unpaced()),
      onRateLimit: (seconds, request, _octokit, tries) => waits("rate limit", seconds, request.url, tries, note),
      onSecondaryRateLimit: (seconds, request, _octokit, tries) =>
        waits("secondary rate limit", seconds, request.url, tries, note),
    },
    retry: {
      // 429 is the throttle's.
      doNotRetry: [400, 401, 403, 404, 409, 410, 422, 429, 451],
      ...(options.throttle ? {} : { retryAfterBaseValue: 10 }),
    },
  });
};

const waits = (limit: string, seconds: number, url: string, tries: number, note: (line: string) => void): boolean => {
  const again = seconds <= longestWaitSeconds && tries < 2;
  note(`${limit} at ${url}: ${again ? `waiting ${seconds} s` : `${seconds} s is too long to wait for here`}`);
  return again;
};

type Pace = NonNullable<Settings["throttle"]>;

/** In place of the plugin's queues (Bottleneck groups): everything at once. */
const unpaced = (): Partial<Pace> => {
  const group = {
    key: () => ({
      schedule: <A extends unknown[], T>(_: object, task: (...args: A) => T, ...args: A): T => task(...args),
    }),
  };
  return { global: group, auth: group, write: group, search: group, notifications: group } as unknown as Partial<Pace>;
};

/** The API's address comes from the configuration alone, so no redirect is followed: what has moved is gone from where it was, and asking again does not help. */
const guardedFetch =
  (given: typeof fetch | undefined): typeof fetch =>
  async (input, init) => {
    const signal = AbortSignal.timeout(requestTimeoutMs);
    const reply = await (given ?? fetch)(input, { ...init, redirect: "manual", signal });
    if (![301, 302, 303, 307, 308].includes(reply.status)) return reply;
    const message = `Moved to ${reply.headers.get("location")}, where this App does not follow`;
    return Response.json({ message }, { status: 410 });
  };

/** The HTTP status of an error of Octokit's. */
export const statusOf = (error: unknown): number | undefined =>
  error instanceof Error && "status" in error && typeof error.status === "number" ? error.status : undefined;

/** Runs `work`; what it throws says what was being done. @throws ConflictError and RefusedError as they are */
export const doing = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof ConflictError || cause instanceof RefusedError) throw cause;
    const status = statusOf(cause);
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`GitHub, ${what}: ${status === undefined ? "" : `${status} `}${message}`, { cause });
  }
};

/** The value, or undefined where GitHub answers with one of `statuses`, also where it is said what was being done. */
export const unless = async <T>(statuses: readonly number[], work: () => Promise<T>): Promise<T | undefined> => {
  try {
    return await work();
  } catch (error) {
    const status = statusOf(error) ?? (error instanceof Error ? statusOf(error.cause) : undefined);
    if (statuses.includes(status ?? 0)) return undefined;
    throw error;
  }
};

/** For writes that must not happen twice: the plugin's own retry is off. */
export const once = { request: { retries: 0 } };

/**
 * Makes something, and after an answer that leaves open whether it was made (5xx, a cut line) looks before it tries
 * again: three tries.
 */
export const makeOnce = async <T>(make: () => Promise<T>, find: () => Promise<T | undefined>): Promise<T> => {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await make();
    } catch (error) {
      if ((statusOf(error) ?? 500) < 500 || attempt === 3) throw error;
      const made = await find();
      if (made !== undefined) return made;
    }
  }
};
