import { beforeEach, describe, expect, test } from "vitest";
import type { SharedCaps } from "../../src/domain/caps.ts";
import type { Model, ModelRequest } from "../../src/ports.ts";
import { createPurse, type Purse } from "../../src/run/purse.ts";
import { createScriptedModel } from "../support/scripted-model.ts";

const repository = { id: 1, owner: "acme", name: "shop", installationId: 7, defaultBranch: "main" };
const request: ModelRequest = {
  ...{ system: "", tools: [], maxOutputTokens: 1, effort: "low" },
  messages: [{ role: "user", content: [{ type: "text", text: "x" }] }],
};
const never = new AbortController().signal;
const dollar = () => createScriptedModel(() => ({ text: "y", usd: 1 }));

let now: Date;
let stored: { usd: number; tokens: number };
let reads: object[];
const purse = (caps: SharedCaps): Purse =>
  createPurse({
    clock: () => now,
    caps,
    store: {
      spentOn: async (_, scope) => {
        reads.push(scope);
        return stored;
      },
    },
  });

beforeEach(() => {
  now = new Date("2026-11-25T23:00:00Z");
  stored = { usd: 0, tokens: 0 };
  reads = [];
});

/** A model whose turns end when the test says so. */
const held = (usd: number) => {
  const ends: (() => void)[] = [];
  const model: Model = {
    name: "held",
    turn: async () => {
      await new Promise<void>((resolve) => ends.push(resolve));
      return createScriptedModel([{ text: "y", usd }]).turn(request, never);
    },
  };
  return { model, ends };
};
const settle = () => new Promise((resolve) => setImmediate(resolve));

describe("a bound over several runs", () => {
  test("is passed by one turn at most, then nothing is asked any more", async () => {
    const model = dollar();
    const paid = purse({ day: { usd: 2.5 } })
      .open(repository, 3)
      .of(model);
    for (let turn = 0; turn < 3; turn++) await paid.turn(request, never);
    await expect(paid.turn(request, never)).rejects.toThrow(/this repository has used \$3\.00 of \$2\.50 today/);
    expect(model.requests).toHaveLength(3);
  });

  test("counts what the store has of before, which is read once", async () => {
    stored = { usd: 2, tokens: 0 };
    const { of, refusal } = purse({ day: { usd: 2 }, issue: { usd: 9 } }).open(repository, 3);
    expect(await refusal()).toContain("$2.00 of $2.00");
    await expect(of(dollar()).turn(request, never)).rejects.toThrow("budget exhausted");
    expect(reads).toEqual([{ since: "2026-11-25T00:00:00.000Z" }, { issue: 3 }]);
  });

  test("is lowered by what the repository sets, and never raised", async () => {
    const shared = purse({ day: { usd: 5 }, issue: { usd: 2 } });
    const paid = shared.open(repository, 3, { day: { usd: 1 }, issue: { usd: 9 } }).of(dollar());
    await paid.turn(request, never);
    await expect(paid.turn(request, never)).rejects.toThrow(/this repository has used \$1\.00 of \$1\.00 today/);
    const other = shared.open(repository, 4, { issue: { usd: 9 } }).of(dollar());
    await other.turn(request, never);
    await other.turn(request, never);
    await expect(other.turn(request, never)).rejects.toThrow(/this issue has used \$2\.00 of \$2\.00/);
  });

  test("of a day counts anew after midnight UTC", async () => {
    const open = purse({ day: { usd: 1 } }).open(repository, 3);
    await open.of(dollar()).turn(request, never);
    expect(await open.refusal()).toBeDefined();
    now = new Date("2026-11-26T00:00:00Z");
    expect(await open.refusal()).toBeUndefined();
  });

  test("of an issue leaves other issues alone", async () => {
    const all = purse({ issue: { usd: 1 } });
    await all.open(repository, 3).of(dollar()).turn(request, never);
    expect(await all.open(repository, 3).refusal()).toContain("this issue");
    expect(await all.open(repository, 4).refusal()).toBeUndefined();
  });

  test("in tokens ends models that cost nothing", async () => {
    const open = purse({ day: { tokens: 100 } }).open(repository, 3);
    await open.of(createScriptedModel([{ text: "y" }])).turn(request, never);
    expect(await open.refusal()).toContain("110 of 100 tokens");
  });

  test("lets runs side by side wait for one another while little is left, so that one turn at most passes it", async () => {
    const all = purse({ day: { usd: 2.5 } });
    const { model, ends } = held(1);
    const turn = (issue: number) => all.open(repository, issue).of(model).turn(request, never);
    const first = turn(1);
    const others = Promise.allSettled([turn(2), turn(3), turn(4)]);
    await settle();
    expect(ends).toHaveLength(1);
    ends[0]?.();
    await first;
    await settle();
    await settle();
    // Of 1.50 one turn may be asked for beside none, since two might cost 2.
    expect(ends).toHaveLength(2);
    ends[1]?.();
    await settle();
    await settle();
    expect(ends).toHaveLength(3);
    ends[2]?.();
    expect((await others).map(({ status }) => status).toSorted()).toEqual(["fulfilled", "fulfilled", "rejected"]);
    expect(await all.open(repository, 1).refusal()).toContain("$3.00 of $2.50");
  });

  test("lets them ask side by side while much is left", async () => {
    const all = purse({ day: { usd: 100 } });
    const { model, ends } = held(1);
    const turn = (issue: number) => all.open(repository, issue).of(model).turn(request, never);
    const first = turn(1);
    await settle();
    ends[0]?.();
    await first;
    const both = Promise.all([turn(2), turn(3)]);
    await settle();
    expect(ends).toHaveLength(3);
    for (const end of ends) end();
    await both;
  });

  test("gives the place of a turn that failed or was aborted to the next one", async () => {
    const all = purse({ day: { usd: 5 } });
    const failing: Model = { name: "failing", turn: async () => Promise.reject(new Error("down")) };
    await expect(all.open(repository, 1).of(failing).turn(request, never)).rejects.toThrow("down");
    const { model, ends } = held(1);
    const first = all.open(repository, 1).of(model).turn(request, never);
    const stop = new AbortController();
    const second = all.open(repository, 2).of(model).turn(request, stop.signal);
    await settle();
    stop.abort(new Error("stopped"));
    await expect(second).rejects.toThrow("stopped");
    ends[0]?.();
    await first;
    await all.open(repository, 3).of(dollar()).turn(request, never);
  });

  test("that cannot be read fails the turn, and is read again by the next one", async () => {
    let down = true;
    const broken = createPurse({
      clock: () => now,
      caps: { day: { usd: 1 } },
      store: {
        spentOn: async () => {
          if (down) throw new Error("disk full");
          return { usd: 0, tokens: 0 };
        },
      },
    });
    const paid = broken.open(repository, 3).of(dollar());
    await expect(paid.turn(request, never)).rejects.toThrow("disk full");
    down = false;
    await paid.turn(request, never);
  });
});
