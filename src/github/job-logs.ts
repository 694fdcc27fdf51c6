/** The log of one job of a workflow: by the signed link that the API gives, without our token there, bounded in size and time. */
import type { FetchedLog } from "../ports.ts";
import type { Place } from "./shapes.ts";

export type LogSource = {
  readonly apiUrl: string;
  readonly webUrl: string;
  readonly fetch: typeof fetch;
  /** Good for `apiUrl` alone. */
  readonly token: () => Promise<string>;
};

/** What went wrong stands at the end: so much of it is kept, of so much that is read. */
const keptBytes = 1024 * 1024;
const readBytes = 64 * 1024 * 1024;
const timeoutMs = 30_000;

const missing = (reason: string): FetchedLog => ({ ok: false, reason });

/** What can't be had fails nothing: it is told. */
export const fetchLog = async (source: LogSource, place: Place, job: number): Promise<FetchedLog> => {
  const signal = AbortSignal.timeout(timeoutMs);
  const url = `${source.apiUrl}/repos/${encodeURIComponent(place.owner)}/${encodeURIComponent(place.repo)}/actions/jobs/${job}/logs`;
  try {
    const led = await source.fetch(url, {
      redirect: "manual",
      signal,
      headers: {
        authorization: `Bearer ${await source.token()}`,
        accept: "application/vnd.github+json",
        "user-agent": "backend-architect",
      },
    });
    await led.body?.cancel();
    if (led.status === 403) return missing("the App may not read its log, for want of the permission Actions: read");
    if (led.status !== 302) return missing(`GitHub keeps its log no longer (${led.status})`);
    const link = linkFrom(led.headers.get("location"), source);
    if (link === undefined) return missing("GitHub leads to no place that its log can be read from");
    const answer = await source.fetch(link, {
      redirect: "error",
      signal,
      headers: { "user-agent": "backend-architect" },
    });
    if (answer.status !== 200) {
      await answer.body?.cancel();
      return missing(`the place that GitHub keeps its log at does not give it (${answer.status})`);
    }
    return { ok: true, text: await readEnd(answer) };
  } catch (error) {
    if (signal.aborted) return missing(`its log did not come within ${timeoutMs / 1_000} seconds`);
    return missing(`its log could not be fetched (${error instanceof Error ? error.message : String(error)})`);
  }
};

/** GitHub's own word on where: over TLS, or where it is itself. */
const linkFrom = (location: string | null, { apiUrl, webUrl }: LogSource): string | undefined => {
  if (location === null || !URL.canParse(location, apiUrl)) return undefined;
  const url = new URL(location, apiUrl);
  const safe = url.protocol === "https:" || [apiUrl, webUrl].some((own) => new URL(own).origin === url.origin);
  return safe && url.username === "" && url.password === "" ? url.href : undefined;
};

const readEnd = async (answer: Response): Promise<string> => {
  const chunks: Uint8Array[] = [];
  let [kept, read] = [0, 0];
  for await (const chunk of answer.body ?? []) {
    chunks.push(chunk);
    [kept, read] = [kept + chunk.byteLength, read + chunk.byteLength];
    for (let first = chunks[0]; first && kept - first.byteLength >= keptBytes; first = chunks[0]) {
      kept -= first.byteLength;
      chunks.shift();
    }
    // Leaving the loop cancels the rest.
    if (read > readBytes) break;
  }
  const text = new TextDecoder().decode(Buffer.concat(chunks).subarray(-keptBytes));
  return read > keptBytes ? text.slice(text.indexOf("\n") + 1) : text;
};
