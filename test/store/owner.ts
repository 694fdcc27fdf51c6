/** A process that owns a database and uses its queue until it is killed: `owner.ts FILE [accept]`. Says what happens on stdout. */
import { writeSync } from "node:fs";
import { openDatabase } from "../../src/store/database.ts";
import { createQueue } from "../../src/store/queue.ts";
import { deliveryOf, jobOf } from "./support.ts";

const [file = "", mode] = process.argv.slice(2);
const say = (line: string) => writeSync(1, `${line}\n`);

const database = openDatabase(file);
const queue = createQueue(database, { clock: () => new Date(), log: (line) => console.error(line) });
await queue.counts();
say("open");

if (mode === "accept") {
  queue.work({
    concurrency: 4,
    handler: async ({ job }) => {
      say(`taken ${job.id}`);
      for (let turn = 0; turn < 3; turn++) await queue.counts();
      say(`handled ${job.id}`);
    },
    onExhausted: async (job) => void say(`exhausted ${job.id}`),
  });
  // Eight senders side by side, each waiting for its answer as an HTTP client does.
  const send = async (sender: number) => {
    for (let n = 0; ; n++) {
      const id = `${process.pid}-${sender}-${n}`;
      await queue.accept(jobOf(id, n % 5, "x".repeat(2_000)), deliveryOf(id));
      say(`accepted ${id}`);
    }
  };
  await Promise.all(Array.from({ length: 8 }, (_, sender) => send(sender)));
}
setInterval(() => {}, 60_000);
