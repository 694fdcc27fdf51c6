/** Sends deliveries to the App one after another, in the order of what happened, and keeps what came of each. */
import { createHmac, randomUUID } from "node:crypto";

export type Delivery = {
  readonly id: number;
  /** The same for a redelivery. */
  readonly guid: string;
  readonly event: string;
  readonly action: string | null;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly redelivery: boolean;
  readonly deliveredAt: string;
  readonly durationMs: number;
  /** 0 when nobody answered. */
  readonly statusCode: number;
  /** As GitHub's list of deliveries words it: "OK", or why it failed. */
  readonly status: string;
  readonly url: string;
  readonly request: { readonly headers: Readonly<Record<string, string>> };
  readonly response: { readonly headers: Readonly<Record<string, string>>; readonly body: string };
};

export type Outbox = {
  readonly deliveries: readonly Delivery[];
  url(): string | undefined;
  setUrl(url: string | undefined): void;
  /**
   * Queues; what is queued goes out with the next `flush`. Without a URL nothing is kept, as on GitHub.
   * @param again the GUID of the delivery that is to be sent once more, as a delivery of its own
   */
  post(event: string, payload: Readonly<Record<string, unknown>>, again?: string): void;
  flush(): void;
  /** Resolves when everything that was queued has been answered, what the answers caused included. */
  idle(): Promise<void>;
  close(): void;
};

export type OutboxOptions = {
  readonly url: string | undefined;
  readonly secret: string;
  readonly appId: number;
  readonly clock: () => Date;
  readonly nextId: () => number;
};

/** GitHub gives up after this long. */
const TIMEOUT_MS = 10_000;

type Waiting = { guid: string; event: string; payload: Readonly<Record<string, unknown>>; redelivery: boolean };

export function createOutbox({ url: firstUrl, secret, appId, clock, nextId }: OutboxOptions): Outbox {
  const deliveries: Delivery[] = [];
  const waiting: Waiting[] = [];
  const closing = new AbortController();
  let url = firstUrl;
  let sending: Promise<void> | undefined;

  async function attempt(item: Waiting): Promise<Delivery> {
    const target = url ?? "";
    const body = JSON.stringify(item.payload);
    const headers = hookHeaders(item, body, secret, appId);
    const deliveredAt = clock().toISOString();
    const from = performance.now();
    const answer = await send(target, headers, body, closing.signal);
    const { action } = item.payload;
    const delivery: Delivery = {
      ...item,
      id: nextId(),
      action: typeof action === "string" ? action : null,
      deliveredAt,
      durationMs: Math.round(performance.now() - from),
      url: target,
      request: { headers },
      ...answer,
    };
    deliveries.push(delivery);
    return delivery;
  }

  async function pump(): Promise<void> {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await attempt(item);
  }

  function flush(): void {
    if (waiting.length === 0) return;
    sending ??= pump().finally(() => {
      sending = undefined;
      flush();
    });
  }

  return {
    deliveries,
    url: () => url,
    setUrl: (to) => {
      url = to;
    },
    post: (event, payload, again) => {
      if (url === undefined) return;
      waiting.push({ guid: again ?? randomUUID(), event, payload, redelivery: again !== undefined });
    },
    flush,
    idle: async () => {
      flush();
      while (sending !== undefined) await sending;
    },
    close: () => {
      waiting.length = 0;
      closing.abort();
    },
  };
}

function hookHeaders({ guid, event }: Waiting, body: string, secret: string, appId: number): Record<string, string> {
  const sign = (algorithm: string): string =>
    `${algorithm}=${createHmac(algorithm, secret).update(body).digest("hex")}`;
  return {
    accept: "*/*",
    "content-type": "application/json",
    "user-agent": "GitHub-Hookshot/0e5f3d1",
    "x-github-delivery": guid,
    "x-github-event": event,
    "x-github-hook-id": String(appId),
    "x-github-hook-installation-target-id": String(appId),
    "x-github-hook-installation-target-type": "integration",
    "x-hub-signature": sign("sha1"),
    "x-hub-signature-256": sign("sha256"),
  };
}

type Answer = Pick<Delivery, "statusCode" | "status" | "response">;

/** An App that does not answer is an answer, too: GitHub records it and goes on. */
async function send(url: string, headers: Record<string, string>, body: string, closing: AbortSignal): Promise<Answer> {
  const signal = AbortSignal.any([closing, AbortSignal.timeout(TIMEOUT_MS)]);
  try {
    const reply = await fetch(url, { method: "POST", headers, body, signal });
    const text = await reply.text();
    const status = reply.ok ? "OK" : `Invalid HTTP Response: ${reply.status}`;
    return { statusCode: reply.status, status, response: { headers: Object.fromEntries(reply.headers), body: text } };
  } catch (error) {
    const timedOut = error instanceof Error && error.name === "TimeoutError";
    const status = timedOut ? "timed out" : "failed to connect to host";
    return { statusCode: 0, status, response: { headers: {}, body: "" } };
  }
}
