/** GitHub's side of the door's measurement, in a process of its own: sends signed deliveries and times the answers. */
import { createHmac, randomUUID } from "node:crypto";
import { Agent, request } from "node:http";
import { setTimeout as wait } from "node:timers/promises";

export type SendPlan = {
  readonly url: string;
  readonly secret: string;
  readonly event: string;
  /** JSON in which `"@number@"` stands for the number. */
  readonly template: string;
  readonly warmUp: number;
  /** As many at once as there are connections, for so long. */
  readonly saturated: { readonly connections: number; readonly seconds: number };
  readonly paced: { readonly perSecond: number; readonly seconds: number };
};

export type Phase = { readonly timesMs: readonly number[]; readonly seconds: number };
export type SendResult = { readonly sent: number; readonly saturated: Phase; readonly paced: Phase };

const send = async (plan: SendPlan): Promise<SendResult> => {
  const agent = new Agent({ keepAlive: true, maxSockets: plan.saturated.connections });
  const [before = "", after = ""] = plan.template.split('"@number@"');
  let sent = 0;

  const deliver = (): Promise<number> => {
    sent += 1;
    const body = Buffer.from(`${before}${sent}${after}`);
    const headers = {
      "content-type": "application/json",
      "content-length": body.byteLength,
      "x-github-event": plan.event,
      "x-github-delivery": randomUUID(),
      "x-hub-signature-256": `sha256=${createHmac("sha256", plan.secret).update(body).digest("hex")}`,
    };
    return new Promise((resolve, reject) => {
      const start = performance.now();
      const outgoing = request(plan.url, { method: "POST", agent, headers }, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.once("end", () => {
          if (response.statusCode !== undefined && response.statusCode < 300) return resolve(performance.now() - start);
          reject(new Error(`a delivery was answered with ${response.statusCode}: ${Buffer.concat(chunks)}`));
        });
      });
      outgoing.once("error", reject).end(body);
    });
  };

  for (let n = 0; n < plan.warmUp; n += plan.saturated.connections)
    await Promise.all(Array.from({ length: plan.saturated.connections }, deliver));

  const saturated = await timed(async (timesMs) => {
    const until = performance.now() + plan.saturated.seconds * 1_000;
    const one = async () => {
      while (performance.now() < until) timesMs.push(await deliver());
    };
    await Promise.all(Array.from({ length: plan.saturated.connections }, one));
  });

  const paced = await timed(async (timesMs) => {
    const start = performance.now();
    const answers: Promise<void>[] = [];
    for (let n = 0; n < plan.paced.perSecond * plan.paced.seconds; n++) {
      await wait(Math.max(0, start + (n * 1_000) / plan.paced.perSecond - performance.now()));
      answers.push(deliver().then((ms) => void timesMs.push(ms)));
    }
    await Promise.all(answers);
  });

  agent.destroy();
  return { sent, saturated, paced };
};

const timed = async (phase: (timesMs: number[]) => Promise<void>): Promise<Phase> => {
  const timesMs: number[] = [];
  const start = performance.now();
  await phase(timesMs);
  return { timesMs, seconds: (performance.now() - start) / 1_000 };
};

if (import.meta.main) {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  const plan = JSON.parse(Buffer.concat(chunks).toString()) as SendPlan;
  process.stdout.write(JSON.stringify(await send(plan)));
}
