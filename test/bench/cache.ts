/** How much of the input a prompt cache reads in runs with both subagents and a team. */
import { chmodSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { removeFolder } from "../../src/workspace/disk.ts";
import { type Exchange, startMessagesApi } from "../support/messages-api.ts";
import { startAgent } from "./agent-client.ts";
import { briefOf, companyScript } from "./company.ts";
import { makeRepository } from "./scenario.ts";
import { readShare } from "./whole-run.ts";

export type CacheFigures = {
  /** Shares of all input: of the first run that the cache sees, and of one within the hour. */
  readonly first: number;
  readonly later: number;
  /** Of the later one. */
  readonly byRole: ReadonlyMap<string, number>;
};

export const benchCache = async (): Promise<CacheFigures> => {
  const folder = mkdtempSync(join(tmpdir(), "bench-cache-"));
  chmodSync(folder, 0o711);
  const bare = await makeRepository(folder);
  let exchanges: Exchange[] = [];
  const api = await startMessagesApi(companyScript, { onExchange: (exchange) => exchanges.push(exchange) });
  const agent = await startAgent({ bare, title: "microservice: measure" }, { api, dataFolder: join(folder, "data") });
  const run = async (): Promise<readonly Exchange[]> => {
    exchanges = [];
    await agent.run(1);
    return exchanges;
  };
  try {
    const first = readShare(await run());
    const later = await run();
    const byRole = Map.groupBy(later, ({ body }) => briefOf(body).role);
    return {
      first,
      later: readShare(later),
      byRole: new Map([...byRole].map(([role, own]) => [role, readShare(own)])),
    };
  } finally {
    await agent.close();
    await api.close();
    await removeFolder(folder);
  }
};
