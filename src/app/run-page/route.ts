/** Where the pages of runs are asked for: by an address with the right key, and by looking alone. Knows no HTML. */
import type { Clock, RunRecord, Store } from "../../ports.ts";
import { beforeOf } from "../../run/transcript.ts";
import type { RunLinks } from "./link.ts";
import { renderRunPage } from "./page.ts";
import { policyOf } from "./style.ts";

export type Page = { readonly html: string; readonly headers: Readonly<Record<string, string>> };

export type RunPages = {
  /** Undefined for a wrong key and an unknown run alike. */
  page(path: string): Promise<Page | undefined>;
};

export type RunPagesDeps = {
  readonly store: Pick<Store, "run" | "events">;
  readonly links: RunLinks;
  readonly redact: (text: string) => string;
  readonly githubUrl: string;
  readonly clock: Clock;
};

/** Many who look at the same run cost as much as one. */
const keptMs = 2_000;
const maxKept = 50;

export const createRunPages = (deps: RunPagesDeps): RunPages => {
  const kept = new Map<string, { readonly at: number; readonly page: Promise<Page | undefined> }>();
  return {
    page: async (path) => {
      const runId = deps.links.runOf(path);
      if (runId === undefined) return undefined;
      const at = deps.clock().getTime();
      for (const [id, one] of kept) if (at - one.at >= keptMs || kept.size > maxKept) kept.delete(id);
      const page = kept.get(runId)?.page ?? pageOf(deps, runId);
      if (!kept.has(runId)) kept.set(runId, { at, page });
      return page;
    },
  };
};

const pageOf = async (deps: RunPagesDeps, runId: string): Promise<Page | undefined> => {
  const record = await deps.store.run(runId);
  if (!record) return undefined;
  const events = await deps.store.events(runId);
  const before = await beforeOf(deps.store.events, events);
  const goesOn = events.findLast((event) => event.type === "continues");
  // Its own address ends in `/runs/ID/KEY`, whatever a proxy puts in front.
  const earlier = goesOn?.type === "continues" ? deps.links.pathOf(goesOn.run).replace("/runs", "..") : undefined;
  const { githubUrl, clock } = deps;
  const html = renderRunPage({ record, events, before, earlier, githubUrl, now: clock() }, deps.redact);
  return { html, headers: headersOf(record) };
};

const headersOf = ({ outcome }: RunRecord): Page["headers"] => ({
  "content-security-policy": policyOf(outcome === undefined),
  "cache-control": "no-store",
  "referrer-policy": "no-referrer",
  "x-robots-tag": "noindex, nofollow",
});
