/** The contract on SQLite: a real file in a temporary folder. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openDatabase } from "../../src/store/database.ts";
import { createQueue } from "../../src/store/queue.ts";
import { createStore } from "../../src/store/runs.ts";
import { type Backend, type Room, runContract } from "./contract.ts";

const backend: Backend = {
  name: "SQLite",
  open: async ({ clock, retry }) => {
    const folder = await mkdtemp(join(tmpdir(), "architect-store-"));
    const log: string[] = [];
    let made = 0;
    const enter = (): Room => {
      const database = openDatabase(join(folder, "architect.db"));
      const queue = createQueue(database, { clock, log: (line) => void log.push(line), retry });
      const store = createStore(database, {
        clock,
        ids: () => {
          made += 1;
          return `run-${made}`;
        },
      });
      return {
        queue,
        store,
        log,
        crash: async () => {
          await database.close();
          return enter();
        },
        close: async () => {
          await database.close();
          await rm(folder, { recursive: true });
        },
      };
    };
    return enter();
  },
};

runContract(backend);
