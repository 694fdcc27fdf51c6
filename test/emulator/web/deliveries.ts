/** The page of webhook deliveries: what was sent, what came back, and a button to send it again. */
import type { Reply } from "../http.ts";
import type { World } from "../state.ts";
import type { Delivery } from "../webhooks/outbox.ts";
import { type Html, html, nothing } from "./html.ts";
import { page, time } from "./layout.ts";

export function deliveriesPage({ outbox }: World): Reply {
  const rows = [...outbox.deliveries].reverse().map(row);
  const target = outbox.url();
  const body = html`<h1>Webhook deliveries</h1>
<p class="soft">${target === undefined ? "No webhook URL is set: nothing is sent." : html`Sent to <code>${target}</code>, one after another, newest first.`}</p>
<section class="card">${rows.length === 0 ? html`<p class="empty">None yet.</p>` : html`<table class="rows">${rows}</table>`}</section>`;
  return page("Webhook deliveries", body);
}

function row(delivery: Delivery): Html {
  const { id, guid, event, action, statusCode, status, durationMs, deliveredAt, redelivery } = delivery;
  const name = action === null ? event : `${event}.${action}`;
  const good = statusCode >= 200 && statusCode < 300;
  return html`<tr><td class="fixed"><span class="tag ${good ? "verified" : "failed"}">${statusCode === 0 ? status : statusCode}</span></td>
<td class="grow"><b>${name}</b> ${redelivery ? html`<span class="tag">redelivery</span>` : nothing}<br><span class="soft mono">${guid}</span>
<details><summary class="soft">payload</summary><pre>${JSON.stringify(delivery.payload, undefined, 2)}</pre></details></td>
<td class="fixed">${durationMs} ms</td><td class="fixed">${time(deliveredAt)}</td>
<td><form method="post" action="/deliveries/${id}/redeliver"><button>Redeliver</button></form></td></tr>`;
}

export function redeliver({ outbox }: World, id: number): Reply | undefined {
  const delivery = outbox.deliveries.find((one) => one.id === id);
  if (delivery === undefined) return undefined;
  outbox.post(delivery.event, delivery.payload, delivery.guid);
  return { status: 303, headers: { location: "/deliveries" } };
}
