/** What every Queue and Store must do, whatever database stands behind them: each backend runs this whole suite. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { RunEvent } from "../../src/domain/event.ts";
import type { Job } from "../../src/domain/job.ts";
import type { Outcome } from "../../src/domain/outcome.ts";
import type { Claim, Clock, Queue, Store } from "../../src/ports.ts";
import type { RetryPolicy } from "../../src/store/queue.ts";
import { deliveryOf, gate, jobOf, repository } from "./support.ts";

export type Room = {
  readonly queue: Queue;
  readonly store: Store;
  readonly log: readonly string[];
  /** As after SIGKILL: nobody is told, nothing is ended, and a new owner opens what is on the disk. */
  crash(): Promise<Room>;
  close(): Promise<void>;
};

export type Backend = {
  readonly name: string;
  open(options: { readonly clock: Clock; readonly retry: RetryPolicy }): Promise<Room>;
};

const never = async (): Promise<never> => {
  throw new Error("no job was expected to be given up");
};

export const runContract = (backend: Backend): void => {
  let room: Room;
  let now: Date;
  const clock: Clock = () => now;

  const open = async (retry: Partial<RetryPolicy> = {}) => {
    room = await backend.open({ clock, retry: { failures: 3, crashes: 3, delayMs: () => 0, ...retry } });
  };

  beforeEach(async () => {
    now = new Date("2026-11-25T12:00:00.000Z");
    await open();
  });
  afterEach(() => room.close());

  describe(`the queue on ${backend.name}`, () => {
    test("a job comes out as it went in", async () => {
      const job = jobOf("a", 1, 'Grüße, 😀, \u0000, "quotes" and a lone \ud800');
      expect(await room.queue.accept(job, deliveryOf("a"))).toBe("accepted");
      const claims: Claim[] = [];
      room.queue.work({ concurrency: 1, handler: async (claim) => void claims.push(claim), onExhausted: never });
      await room.queue.idle();
      expect(claims.map(({ job, attempt }) => ({ job, attempt }))).toEqual([{ job, attempt: 0 }]);
    });

    test("a job that arrives while the queue is at work starts by itself", async () => {
      const started = gate();
      room.queue.work({ concurrency: 1, handler: async () => started.resolve(), onExhausted: never });
      await room.queue.idle();
      await room.queue.accept(jobOf("a"), deliveryOf("a"));
      await started.promise;
      await room.queue.idle();
      expect(await room.queue.counts()).toEqual({ waiting: 0, active: 0 });
    });

    test("the same delivery id is a duplicate, waiting, running and ended", async () => {
      const again = () => room.queue.accept(jobOf("a"), deliveryOf("another body"));
      await room.queue.accept(jobOf("a"), deliveryOf("a"));
      expect(await again()).toBe("duplicate");
      expect(await room.queue.counts()).toEqual({ waiting: 1, active: 0 });
      const running = gate();
      const end = gate();
      room.queue.work({
        concurrency: 1,
        handler: () => {
          running.resolve();
          return end.promise;
        },
        onExhausted: never,
      });
      await running.promise;
      expect(await again()).toBe("duplicate");
      end.resolve();
      await room.queue.idle();
      expect(await again()).toBe("duplicate");
      expect(await room.queue.counts()).toEqual({ waiting: 0, active: 0 });
    });

    test("the same body under another id is a duplicate for seven days", async () => {
      await room.queue.accept(jobOf("a"), deliveryOf("body"));
      now = new Date("2026-12-02T11:59:59.000Z");
      expect(await room.queue.accept(jobOf("b"), deliveryOf("body"))).toBe("duplicate");
      now = new Date("2026-12-02T12:00:01.000Z");
      expect(await room.queue.accept(jobOf("c"), deliveryOf("body"))).toBe("accepted");
    });

    test("two deliveries that announce one trigger make one job, however far apart", async () => {
      await room.queue.accept(jobOf("a"), deliveryOf("review submitted", "review:5"));
      now = new Date("2028-01-01T00:00:00.000Z");
      expect(await room.queue.accept(jobOf("b"), deliveryOf("comment created", "review:5"))).toBe("duplicate");
      expect(await room.queue.accept(jobOf("c"), deliveryOf("another review", "review:6"))).toBe("accepted");
    });

    test("of many copies at the same moment exactly one is accepted", async () => {
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, copy) => room.queue.accept(jobOf(`copy-${copy % 2}`), deliveryOf("body"))),
      );
      expect(answers.filter((answer) => answer === "accepted")).toHaveLength(1);
      expect(await room.queue.counts()).toEqual({ waiting: 1, active: 0 });
    });

    test("jobs of one key run one after another in order, those of others beside them, at most `concurrency` at once", async () => {
      const order: string[] = [];
      const active = new Set<string>();
      const three = gate();
      let most = 0;
      for (let n = 0; n < 24; n++) await room.queue.accept(jobOf(`j${n}`, n % 6), deliveryOf(`j${n}`));
      room.queue.work({
        concurrency: 3,
        handler: async ({ job }) => {
          expect(active.has(job.key)).toBe(false);
          active.add(job.key);
          most = Math.max(most, active.size);
          order.push(job.id);
          if (active.size === 3) three.resolve();
          await three.promise;
          await new Promise((resolve) => setImmediate(resolve));
          active.delete(job.key);
        },
        onExhausted: never,
      });
      await room.queue.idle();
      expect(most).toBe(3);
      expect(order).toHaveLength(24);
      for (let issue = 0; issue < 6; issue++)
        expect(order.filter((id) => Number(id.slice(1)) % 6 === issue)).toEqual(
          [0, 6, 12, 18].map((step) => `j${step + issue}`),
        );
    });

    test("an urgent job waits for no free place, and one that fails is tried again like any other", async () => {
      const hold = gate();
      const order: string[] = [];
      await room.queue.accept(jobOf("run", 1), deliveryOf("run"));
      room.queue.work({
        concurrency: 1,
        handler: async ({ job, attempt }) => {
          order.push(`${job.id} ${attempt}`);
          if (job.id === "run") await hold.promise;
          if (job.id === "stop" && attempt === 0) throw new Error("not yet");
          if (job.id === "stop") hold.resolve();
        },
        onExhausted: never,
      });
      await room.queue.accept(jobOf("later", 2), deliveryOf("later"));
      await room.queue.accept({ ...jobOf("stop", 3), urgent: true }, deliveryOf("stop"));
      await room.queue.idle();
      expect(order).toEqual(["run 0", "stop 0", "stop 1", "later 0"]);
    });

    test("urgent jobs that last keep no other urgent one waiting", async () => {
      const hold = gate();
      const lasting = Array.from({ length: 20 }, (_, nth) => `check${nth}`);
      let most = 0;
      let active = 0;
      for (const [nth, id] of lasting.entries())
        await room.queue.accept({ ...jobOf(id, nth + 1), urgent: true, lasting: true }, deliveryOf(id));
      room.queue.work({
        concurrency: 1,
        handler: async ({ job }) => {
          active += 1;
          most = Math.max(most, active);
          if (job.lasting) await hold.promise;
          else hold.resolve();
          active -= 1;
        },
        onExhausted: never,
      });
      await room.queue.accept({ ...jobOf("stop", 99), urgent: true }, deliveryOf("stop"));
      await room.queue.idle();
      expect(most).toBe(21);
    });

    test("the jobs of a key are told in their order, those of others left out", async () => {
      for (const [id, issue] of [
        ["a", 1],
        ["b", 2],
        ["c", 1],
      ] as const)
        await room.queue.accept(jobOf(id, issue), deliveryOf(id));
      const jobs = await room.queue.jobsOn(jobOf("a", 1).key);
      expect(jobs.map(({ id }) => id)).toEqual(["a", "c"]);
    });

    test("the oldest job whose key is free comes first", async () => {
      await room.queue.accept(jobOf("a1", 1), deliveryOf("a1"));
      await room.queue.accept(jobOf("a2", 1), deliveryOf("a2"));
      await room.queue.accept(jobOf("b1", 2), deliveryOf("b1"));
      await room.queue.accept(jobOf("b2", 2), deliveryOf("b2"));
      const order: string[] = [];
      room.queue.work({ concurrency: 1, handler: async ({ job }) => void order.push(job.id), onExhausted: never });
      await room.queue.idle();
      expect(order).toEqual(["a1", "a2", "b1", "b2"]);
    });

    test("a job that fails is tried again before the next of its key, with the number of its attempt", async () => {
      await room.queue.accept(jobOf("a1", 1), deliveryOf("a1"));
      await room.queue.accept(jobOf("a2", 1), deliveryOf("a2"));
      const seen: string[] = [];
      room.queue.work({
        concurrency: 2,
        handler: async ({ job, attempt }) => {
          seen.push(`${job.id}/${attempt}`);
          if (job.id === "a1" && attempt < 2) throw new Error("GitHub is away");
        },
        onExhausted: never,
      });
      await room.queue.idle();
      expect(seen).toEqual(["a1/0", "a1/1", "a1/2", "a2/0"]);
      expect(room.log.filter((line) => line.includes("GitHub is away"))).toHaveLength(2);
    });

    test("after the last try `onExhausted` is told the error, and the key is free", async () => {
      await room.queue.accept(jobOf("a1", 1), deliveryOf("a1"));
      await room.queue.accept(jobOf("a2", 1), deliveryOf("a2"));
      const seen: string[] = [];
      room.queue.work({
        concurrency: 1,
        handler: async ({ job }) => {
          seen.push(job.id);
          if (job.id === "a1") throw new Error("no such branch");
        },
        onExhausted: async (job, error) => void seen.push(`given up ${job.id}: ${(error as Error).message}`),
      });
      await room.queue.idle();
      expect(seen).toEqual(["a1", "a1", "a1", "given up a1: no such branch", "a2"]);
      expect(await room.queue.accept(jobOf("a1", 1), deliveryOf("a1"))).toBe("duplicate");
    });

    test("a key is freed even where nobody can be told that its job was given up", async () => {
      await room.queue.accept(jobOf("a1", 1), deliveryOf("a1"));
      await room.queue.accept(jobOf("a2", 1), deliveryOf("a2"));
      const ended = gate();
      room.queue.work({
        concurrency: 1,
        handler: async ({ job }) => {
          if (job.id === "a1") throw new Error("no");
          ended.resolve();
        },
        onExhausted: async () => {
          throw new Error("GitHub is away");
        },
      });
      await ended.promise;
      await room.queue.idle();
      expect(room.log.some((line) => line.includes("GitHub is away"))).toBe(true);
    });

    test("a delay before the next try holds its own key alone, and ends by itself", async () => {
      await room.close();
      now = new Date();
      const asked: number[] = [];
      room = await backend.open({
        clock: () => new Date(),
        retry: {
          failures: 4,
          crashes: 3,
          delayMs: (failures) => {
            asked.push(failures);
            return 400;
          },
        },
      });
      await room.queue.accept(jobOf("a", 1), deliveryOf("a"));
      await room.queue.accept(jobOf("b", 2), deliveryOf("b"));
      const order: string[] = [];
      room.queue.work({
        concurrency: 1,
        handler: async ({ job, attempt }) => {
          order.push(job.id);
          if (job.id === "a" && attempt < 2) throw new Error("not yet");
        },
        onExhausted: never,
      });
      await room.queue.idle();
      expect(order).toEqual(["a", "b", "a", "a"]);
      expect(asked).toEqual([1, 2]);
    });

    describe("a job that is held back", () => {
      const heldJob = (id: string, seconds: number, issue = 1): Job => ({
        ...jobOf(id, issue),
        notBefore: new Date(now.getTime() + seconds * 1_000).toISOString(),
      });
      const takeIn = (id: string) => (waiting: Job) => ({ ...waiting, key: waiting.key, acceptedAt: id });
      const work = (order: string[], one: (job: Job) => Promise<void> = async () => {}) =>
        room.queue.work({
          concurrency: 2,
          handler: async ({ job }) => {
            order.push(job.id);
            await one(job);
          },
          onExhausted: never,
        });

      test("begins at its time by itself, also after a crash", async () => {
        await room.close();
        room = await backend.open({
          clock: () => new Date(),
          retry: { failures: 3, crashes: 3, delayMs: () => 0 },
        });
        const due = Date.now() + 300;
        await room.queue.accept({ ...jobOf("a"), notBefore: new Date(due).toISOString() }, deliveryOf("a"));
        room = await room.crash();
        const begun: number[] = [];
        room.queue.work({ concurrency: 1, handler: async () => void begun.push(Date.now()), onExhausted: never });
        await room.queue.idle();
        expect(begun).toHaveLength(1);
        expect(begun[0]).toBeGreaterThanOrEqual(due);
      });

      test("lets later jobs of its key pass, and waits for those that are at work", async () => {
        await room.queue.accept(heldJob("held", 60), deliveryOf("held"));
        await room.queue.accept(jobOf("next"), deliveryOf("next"));
        await room.queue.accept(jobOf("last"), deliveryOf("last"));
        const order: string[] = [];
        const passed = gate();
        work(order, async ({ id }) => {
          if (id === "next") await room.queue.release("acme/shop#1");
          if (id === "last") passed.resolve();
        });
        await passed.promise;
        await room.queue.idle();
        expect(order).toEqual(["next", "held", "last"]);
      });

      test("takes newer ones in until it begins: they are one job under its id, and each delivery counts once", async () => {
        await room.queue.accept(heldJob("a", 60), deliveryOf("a", "review:1"));
        expect(await room.queue.accept(jobOf("b"), { ...deliveryOf("b", "review:2"), into: takeIn("b") })).toBe(
          "merged",
        );
        expect(await room.queue.accept(jobOf("b"), { ...deliveryOf("b", "review:2"), into: takeIn("b") })).toBe(
          "duplicate",
        );
        // The same thing, told by another delivery, which may say more of it.
        expect(await room.queue.accept(jobOf("c"), { ...deliveryOf("c", "review:2"), into: takeIn("c") })).toBe(
          "merged",
        );
        expect(await room.queue.jobsOn("acme/shop#1")).toMatchObject([{ id: "a", acceptedAt: "c" }]);
        expect(await room.queue.jobs()).toEqual(await room.queue.jobsOn("acme/shop#1"));
        const order: string[] = [];
        const running = gate();
        const end = gate();
        work(order, async () => {
          running.resolve();
          await end.promise;
        });
        await room.queue.release("acme/shop#1");
        await running.promise;
        expect(await room.queue.accept(jobOf("d"), { ...deliveryOf("d", "review:2"), into: takeIn("d") })).toBe(
          "duplicate",
        );
        expect(await room.queue.accept(jobOf("e"), { ...deliveryOf("e", "review:3"), into: takeIn("e") })).toBe(
          "accepted",
        );
        end.resolve();
        await room.queue.idle();
        expect(order).toEqual(["a", "e"]);
      });

      test("takes nothing in any more once it was released", async () => {
        await room.queue.accept(heldJob("a", 60), deliveryOf("a"));
        await room.queue.release("acme/shop#1");
        expect(await room.queue.accept(jobOf("b"), { ...deliveryOf("b"), into: takeIn("b") })).toBe("accepted");
        const order: string[] = [];
        work(order);
        await room.queue.idle();
        expect(order).toEqual(["a", "b"]);
      });

      test("begins when the one that takes another in says so, and its place in the line is its own", async () => {
        await room.queue.accept(heldJob("a", 60), deliveryOf("a"));
        await room.queue.accept(heldJob("b", 60, 2), deliveryOf("b"));
        const begin = ({ notBefore: _, ...waiting }: Job): Job => waiting;
        await room.queue.accept(jobOf("c", 2), { ...deliveryOf("c"), into: begin });
        const order: string[] = [];
        const begun = gate();
        work(order, async () => begun.resolve());
        await begun.promise;
        expect(order).toEqual(["b"]);
        expect(await room.queue.jobsOn("acme/shop#1")).toMatchObject([{ id: "a" }]);
      });
    });

    test("closing aborts what runs, hands it back uncounted, and takes nothing new", async () => {
      await room.queue.accept(jobOf("a1", 1), deliveryOf("a1"));
      await room.queue.accept(jobOf("a2", 1), deliveryOf("a2"));
      const running = gate();
      room.queue.work({
        concurrency: 1,
        handler: ({ signal }) => {
          running.resolve();
          return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
        },
        onExhausted: never,
      });
      await running.promise;
      const idle = room.queue.idle();
      await Promise.all([room.queue.close(), expect(idle).rejects.toThrow("closed")]);
      await expect(room.queue.accept(jobOf("b"), deliveryOf("b"))).rejects.toThrow("closed");
      expect(await room.queue.counts()).toEqual({ waiting: 2, active: 0 });

      const next = await room.crash();
      room = next;
      const seen: string[] = [];
      next.queue.work({
        concurrency: 2,
        handler: async ({ job, attempt }) => void seen.push(`${job.id}/${attempt}`),
        onExhausted: never,
      });
      await next.queue.idle();
      expect(seen).toEqual(["a1/1", "a2/0"]);
    });

    test("after a crash, jobs that were active come again in their order before later ones", async () => {
      for (const [id, issue] of [
        ["a1", 1],
        ["b1", 2],
        ["a2", 1],
        ["c1", 3],
      ] as const)
        await room.queue.accept(jobOf(id, issue), deliveryOf(id));
      const both = gate();
      let active = 0;
      room.queue.work({
        concurrency: 2,
        handler: () => {
          active += 1;
          if (active === 2) both.resolve();
          return new Promise(() => {});
        },
        onExhausted: never,
      });
      await both.promise;
      room = await room.crash();
      expect(await room.queue.counts()).toEqual({ waiting: 4, active: 0 });
      const seen: string[] = [];
      room.queue.work({
        concurrency: 1,
        handler: async ({ job, attempt }) => void seen.push(`${job.id}/${attempt}`),
        onExhausted: never,
      });
      await room.queue.idle();
      expect(seen).toEqual(["a1/1", "b1/1", "a2/0", "c1/0"]);
    });

    test("a job under which the process ends again and again is given up, apart from real failures", async () => {
      await room.queue.accept(jobOf("a1"), deliveryOf("a1"));
      for (let crash = 0; crash < 3; crash++) {
        const taken = gate();
        room.queue.work({
          concurrency: 1,
          handler: () => {
            taken.resolve();
            return new Promise(() => {});
          },
          onExhausted: never,
        });
        await taken.promise;
        room = await room.crash();
      }
      const told: string[] = [];
      room.queue.work({
        concurrency: 1,
        handler: never,
        onExhausted: async (job, error) => void told.push(`${job.id}: ${(error as Error).message}`),
      });
      await room.queue.idle();
      expect(told).toEqual(["a1: the App ended 3 times while it was working on this: it may be what ends it"]);
    });

    test("a crash while people are told that a job was given up tells them again, and does not run the job again", async () => {
      await room.queue.accept(jobOf("a1"), deliveryOf("a1"));
      const telling = gate();
      room.queue.work({
        concurrency: 1,
        handler: async () => {
          throw new Error("no such branch");
        },
        onExhausted: () => {
          telling.resolve();
          return new Promise(() => {});
        },
      });
      await telling.promise;
      room = await room.crash();
      const told: string[] = [];
      room.queue.work({
        concurrency: 1,
        handler: never,
        onExhausted: async (job, error) => void told.push(`${job.id}: ${(error as Error).message}`),
      });
      await room.queue.idle();
      expect(told).toHaveLength(1);
      expect(told[0]).toMatch(/^a1: .*no such branch/);
    });
  });

  describe(`the store on ${backend.name}`, () => {
    const at = "2026-11-25T12:00:00.000Z";
    const outcome: Outcome = {
      kind: "published",
      status: "DONE",
      summary: "Opened a pull request.",
      pull: {
        number: 2,
        url: "http://127.0.0.1/acme/shop/pull/2",
        branch: "architect/issue-1-x",
        headSha: "a".repeat(40),
      },
      blockers: [],
      questions: [],
      spend: { toolCalls: 12, turns: 5, tokens: 1_000, usd: 0 },
    };
    const user = (text: string): RunEvent => ({
      type: "user",
      at,
      message: { role: "user", content: [{ type: "text", text }] },
    });
    const base64 = (text: string) => Buffer.from(text).toString("base64");

    test("a job has one run, the same one when it is taken again", async () => {
      const first = await room.store.openRun(jobOf("a"), 1);
      expect(first).toEqual({ id: first.id, job: jobOf("a"), issue: 1, startedAt: at });
      now = new Date("2026-11-25T13:00:00.000Z");
      expect(await room.store.openRun(jobOf("a"), 1)).toEqual(first);
      room = await room.crash();
      expect(await room.store.openRun(jobOf("a"), 1)).toEqual(first);
      expect((await room.store.openRun(jobOf("b"), 1)).id).not.toBe(first.id);
    });

    test("events come back as they were, in the order of the calls, also after a crash", async () => {
      const { id } = await room.store.openRun(jobOf("a"), 1);
      const events: RunEvent[] = [
        { type: "phase", at, phase: "working" },
        user("x".repeat(300_000)),
        user("short"),
        {
          type: "checkpoint",
          at,
          changeset: [
            { path: "backend/app/api/users.py", kind: "added", mode: "100644", content: base64("router = None\n") },
            { path: "backend/app/core/empty.py", kind: "modified", mode: "100755", content: "" },
            { path: "backend/app/core/old.py", kind: "deleted" },
          ],
          refused: [{ path: "backend/app/api/link", reason: "a symlink" }],
        },
        user('"\u0000\ud800{'),
        { type: "outcome", at, outcome },
      ];
      await Promise.all(events.map((event) => room.store.appendEvents(id, [event])));
      await room.store.appendEvents(id, [user("one"), user("two")]);
      room = await room.crash();
      expect(await room.store.events(id)).toEqual([...events, user("one"), user("two")]);
    });

    test("checkpoints that repeat a file keep each state of it", async () => {
      const { id } = await room.store.openRun(jobOf("a"), 1);
      const checkpoint = (...texts: string[]): RunEvent => ({
        type: "checkpoint",
        at,
        changeset: texts.map((text, n) => ({
          path: `backend/app/api/${n}.py`,
          kind: "added",
          mode: "100644",
          content: base64(text),
        })),
        refused: [],
      });
      const events = [checkpoint("a"), checkpoint("a", "b"), checkpoint("c", "b"), checkpoint("a", "a")];
      for (const event of events) await room.store.appendEvents(id, [event]);
      expect(await room.store.events(id)).toEqual(events);
    });

    test("what turns cost is summed up by issue and by time, subagents included, also after a crash", async () => {
      const usage = { inputTokens: 60, cacheReadTokens: 20, cacheWriteTokens: 10, outputTokens: 10 };
      const turn = (at: string, usd: number, child?: string): RunEvent => ({
        ...{ type: "assistant", at, usage, usd, stopReason: "end_turn", message: { role: "assistant", content: [] } },
        ...(child === undefined ? {} : { child }),
      });
      const yesterday = await room.store.openRun(jobOf("a", 1), 1);
      const today = await room.store.openRun(jobOf("b", 2), 2);
      await room.store.appendEvents(yesterday.id, [turn("2026-11-24T23:59:59.999Z", 0.1)]);
      await room.store.appendEvents(today.id, [
        turn("2026-11-25T00:00:00.000Z", 0.2),
        turn("2026-11-25T10:00:00.000Z", 0.0000004, "toolu_1:test-generator"),
        { type: "paid", at: "2026-11-25T11:00:00.000Z", usage, usd: 0.3, turns: 0 },
        { type: "phase", at: "2026-11-25T11:00:00.000Z", phase: "working" },
      ]);
      room = await room.crash();
      const of = (scope: { issue?: number; since?: string }) => room.store.spentOn(repository, scope);
      expect(await of({})).toEqual({ usd: 0.600001, tokens: 400 });
      expect(await of({ since: "2026-11-25T00:00:00.000Z" })).toEqual({ usd: 0.500001, tokens: 300 });
      expect(await of({ issue: 1 })).toEqual({ usd: 0.1, tokens: 100 });
      expect(await of({ issue: 3 })).toEqual({ usd: 0, tokens: 0 });
      expect(await room.store.spentOn({ ...repository, id: repository.id + 1 }, {})).toEqual({ usd: 0, tokens: 0 });
    });

    test("events of two runs do not mix, and a run that does not exist takes none", async () => {
      const a = await room.store.openRun(jobOf("a"), 1);
      const b = await room.store.openRun(jobOf("b"), 2);
      await room.store.appendEvents(a.id, [user("a")]);
      await room.store.appendEvents(b.id, [user("b")]);
      expect(await room.store.events(a.id)).toEqual([user("a")]);
      expect(await room.store.events(b.id)).toEqual([user("b")]);
      await expect(room.store.appendEvents("unknown", [user("c")])).rejects.toThrow();
      expect(await room.store.events("unknown")).toEqual([]);
    });

    test("a closed run says how and when it ended", async () => {
      const { id } = await room.store.openRun(jobOf("a"), 1);
      now = new Date("2026-11-25T12:05:00.000Z");
      await room.store.closeRun(id, outcome);
      expect(await room.store.openRun(jobOf("a"), 1)).toEqual({
        id,
        job: jobOf("a"),
        issue: 1,
        startedAt: at,
        endedAt: "2026-11-25T12:05:00.000Z",
        outcome,
      });
      await expect(room.store.closeRun("unknown", outcome)).rejects.toThrow("unknown");
    });

    test("a run is found by its id, whole and ended", async () => {
      expect(await room.store.run("unknown")).toBeUndefined();
      const opened = await room.store.openRun(jobOf("a"), 1);
      expect(await room.store.run(opened.id)).toEqual(opened);
      await room.store.closeRun(opened.id, outcome);
      expect(await room.store.run(opened.id)).toMatchObject({ id: opened.id, outcome });
    });

    test("runs of an issue are listed newest first, those of other issues and repositories left out", async () => {
      for (const [id, issue] of [
        ["a", 1],
        ["b", 2],
        ["c", 1],
        ["d", 1],
      ] as const)
        await room.store.openRun(jobOf(id, issue), issue);
      expect((await room.store.runsOf(repository, 1)).map((run) => run.job.id)).toEqual(["d", "c", "a"]);
      expect(await room.store.runsOf({ ...repository, id: 42 }, 1)).toEqual([]);
    });

    test("a pull request leads to its issue, by the repository's id and not its name", async () => {
      expect(await room.store.issueOfPull(repository, 2)).toBeUndefined();
      await room.store.linkPull(repository, { number: 2, base: "main" }, 1);
      await room.store.linkPull(repository, { number: 2, base: "main" }, 1);
      expect(await room.store.issueOfPull({ ...repository, name: "renamed" }, 2)).toBe(1);
      expect(await room.store.issueOfPull({ ...repository, id: 42 }, 2)).toBeUndefined();
    });

    test("a branch leads to the newest pull request that was last seen to go there, and the default branch to any", async () => {
      expect(await room.store.pullTo(repository, "main")).toBeUndefined();
      await room.store.linkPull(repository, { number: 2, base: "next" }, 1);
      await room.store.linkPull(repository, { number: 5, base: "next" }, 3);
      await room.store.linkPull(repository, { number: 5, base: "later" }, 3);
      expect(await room.store.pullTo(repository, "next")).toBe(2);
      expect(await room.store.pullTo(repository, "later")).toBe(5);
      expect(await room.store.pullTo(repository, "main")).toBe(5);
      expect(await room.store.pullTo(repository, "other")).toBeUndefined();
      expect(await room.store.pullTo({ ...repository, id: 42 }, "next")).toBeUndefined();
    });

    test("the status comment of a thread is found again, and replaced when there is a new one", async () => {
      expect(await room.store.statusComment(repository, 1)).toBeUndefined();
      await room.store.keepStatusComment(repository, 1, 3_456_789_012);
      expect(await room.store.statusComment(repository, 1)).toBe(3_456_789_012);
      await room.store.keepStatusComment(repository, 1, 5);
      expect(await room.store.statusComment(repository, 1)).toBe(5);
      expect(await room.store.statusComment(repository, 2)).toBeUndefined();
    });

    test("of a pull request one commit may be run, the last that was allowed", async () => {
      const by = { login: "maintainer", id: 5, type: "User" };
      expect(await room.store.allowedHead(repository, 2)).toBeUndefined();
      await room.store.allowHead(repository, 2, "a".repeat(40), by);
      await room.store.allowHead(repository, 2, "b".repeat(40), by);
      expect(await room.store.allowedHead(repository, 2)).toBe("b".repeat(40));
      expect(await room.store.allowedHead(repository, 3)).toBeUndefined();
      expect(await room.store.allowedHead({ ...repository, id: 42 }, 2)).toBeUndefined();
    });

    describe("a run that begins", () => {
      const start = (id: string, over: Partial<Parameters<Store["begin"]>[0]> = {}) => ({
        ...{ id, repository, issue: 1, person: 11, bot: false },
        ...over,
      });
      /** What had begun before it. */
      const begun = async (...run: Parameters<typeof start>) => {
        let before: unknown;
        await room.store.begin(start(...run), (counts) => {
          before = counts;
          return undefined;
        });
        return before;
      };
      const runOf = async (id: string, issue = 1): Promise<string> =>
        (await room.store.openRun(jobOf(id, issue), issue)).id;

      test("is counted once, for its issue, its person and its repository, of the day alone", async () => {
        const ids = [await runOf("a"), await runOf("b", 2), await runOf("c"), await runOf("d")] as const;
        expect(await begun(ids[0])).toEqual({ issue: 0, person: 0, day: 0, botsInARow: 0 });
        expect(await begun(ids[0])).toBeUndefined();
        room = await room.crash();
        expect(await begun(ids[1], { issue: 2, person: 12 })).toEqual({ issue: 0, person: 0, day: 1, botsInARow: 0 });
        expect(await begun(ids[2])).toEqual({ issue: 1, person: 1, day: 2, botsInARow: 0 });
        now = new Date("2026-11-26T00:00:00.000Z");
        expect(await begun(ids[3])).toEqual({ issue: 0, person: 0, day: 0, botsInARow: 0 });
      });

      test("for a bot counts in a row until one for a person begins there, whatever the day", async () => {
        const bot = { person: 99, bot: true };
        for (const id of ["a", "b"]) await begun(await runOf(id), bot);
        now = new Date("2026-11-26T12:00:00.000Z");
        expect(await begun(await runOf("c"), bot)).toMatchObject({ botsInARow: 2 });
        expect(await begun(await runOf("d"))).toMatchObject({ botsInARow: 3 });
        expect(await begun(await runOf("e"), bot)).toMatchObject({ botsInARow: 0 });
        expect(await begun(await runOf("f", 2), { ...bot, issue: 2 })).toMatchObject({ botsInARow: 0 });
      });

      test("beyond a bound is none, and one run of the issue is to say so, also when it is asked again", async () => {
        const [first, second, elsewhere] = [await runOf("a"), await runOf("b"), await runOf("c", 2)] as const;
        const refuse = (...run: Parameters<typeof start>) => room.store.begin(start(...run), () => "person");
        expect(await refuse(first)).toEqual({ bound: "person", told: false });
        expect(await refuse(second)).toEqual({ bound: "person", told: true });
        expect(await refuse(second, { person: 12 })).toEqual({ bound: "person", told: false });
        expect(await refuse(elsewhere, { issue: 2 })).toEqual({ bound: "person", told: false });
        room = await room.crash();
        expect(await refuse(first)).toEqual({ bound: "person", told: false });
        now = new Date("2026-11-26T00:00:00.000Z");
        expect(await refuse(second)).toEqual({ bound: "person", told: false });
        expect(await begun(first)).toEqual({ issue: 0, person: 0, day: 0, botsInARow: 0 });
      });
    });

    describe("a comment for a run", () => {
      const remark = (commentId: number, author = 11) => ({
        commentId,
        author: { login: `person-${author}`, id: author, type: "User" },
        at: "2026-11-25T12:00:00.000Z",
        text: `Word ${commentId}.`,
      });
      const open = async (issue = 1) => (await room.store.openRemarks(repository, issue)).map((one) => one.commentId);

      test("is kept once, in order, also over a crash, until it is dealt with", async () => {
        expect(await room.store.keepRemark(repository, 1, remark(3_456_789_012))).toBe(true);
        expect(await room.store.keepRemark(repository, 1, remark(2))).toBe(true);
        expect(await room.store.keepRemark(repository, 1, remark(2))).toBe(false);
        expect(await room.store.keepRemark(repository, 4, remark(5))).toBe(true);
        room = await room.crash();
        expect(await room.store.openRemarks(repository, 1)).toEqual([remark(3_456_789_012), remark(2)]);
        await room.store.settleRemarks(repository, [3_456_789_012]);
        expect([await open(), await open(4)]).toEqual([[2], [5]]);
        expect(await room.store.keepRemark(repository, 1, remark(3_456_789_012))).toBe(false);
        expect(await open()).toEqual([2]);
      });

      test("is one of twenty of one person at most, whoever else writes", async () => {
        for (let id = 1; id <= 25; id++) await room.store.keepRemark(repository, 1, remark(id));
        await room.store.keepRemark(repository, 1, remark(26, 12));
        expect(await open()).toEqual([...Array.from({ length: 20 }, (_, index) => index + 1), 26]);
      });
    });
  });
};
