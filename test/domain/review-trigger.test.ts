import { describe, expect, test } from "vitest";
import { type Job, toJob } from "../../src/domain/job.ts";
import { holdBack, takeIn } from "../../src/domain/review-trigger.ts";
import type { ReviewNotice, ReviewTrigger } from "../../src/domain/trigger.ts";

const repository = { owner: "acme", name: "shop", id: 7, installationId: 100, defaultBranch: "main" };
const maintainer = { login: "maintainer", id: 1, type: "User" as const };
const pace = { quietMs: 60_000, mostMs: 300_000 };

const at = (seconds: number): string => new Date(Date.UTC(2026, 10, 25, 12) + seconds * 1_000).toISOString();
const notice = (id: number, comments: readonly number[], loose = true): ReviewNotice => ({
  ...{ id, by: maintainer, comments, loose },
});
const jobAt = (seconds: number, one: ReviewNotice, change: Partial<ReviewTrigger> = {}): Job =>
  holdBack(
    toJob(
      {
        ...{ kind: "review", repository, sender: maintainer, thread: { kind: "pull", number: 2 }, reviews: [one] },
        ...{ branch: "architect/issue-1-clock", title: "Clock", ...change },
      },
      { id: `delivery-${one.id}-${seconds}`, acceptedAt: at(seconds), issue: 1 },
    ),
    pace,
  );
const reviewsOf = (job: Job | undefined) => (job?.trigger.kind === "review" ? job.trigger.reviews : undefined);

describe("a review comment that stands alone", () => {
  test("waits until a minute has passed", () => {
    expect(jobAt(0, notice(8, [21])).notBefore).toBe(at(60));
  });

  test("takes the next one in, and waits a minute from there", () => {
    const merged = takeIn(jobAt(0, notice(8, [21])), jobAt(50, notice(9, [22])), pace);
    expect(reviewsOf(merged)).toEqual([notice(8, [21]), notice(9, [22])]);
    expect(merged).toMatchObject({ notBefore: at(110), acceptedAt: at(0) });
  });

  test("waits five minutes at most, however many come", () => {
    let job = jobAt(0, notice(100, [100]));
    for (let second = 40; second <= 320; second += 40)
      job = takeIn(job, jobAt(second, notice(100 + second, [second])), pace) ?? job;
    expect(reviewsOf(job)).toHaveLength(9);
    expect(job.notBefore).toBeUndefined();
    const before = takeIn(jobAt(0, notice(100, [100])), jobAt(270, notice(101, [101])), pace);
    expect(before?.notBefore).toBe(at(300));
  });

  test("waits no longer once it shows that it came with others, or with a review of its own words", () => {
    expect(takeIn(jobAt(0, notice(8, [21])), jobAt(1, notice(8, [22])), pace)).not.toHaveProperty("notBefore");
    expect(takeIn(jobAt(0, notice(8, [21])), jobAt(1, notice(8, [], false)), pace)).not.toHaveProperty("notBefore");
    const both = takeIn(jobAt(0, notice(8, [21])), jobAt(1, notice(8, [21, 22])), pace);
    expect(reviewsOf(both)).toEqual([notice(8, [21, 22])]);
  });

  test("does not wait where the operator wants no wait, nor on a pull request that is closed", () => {
    expect(holdBack(jobAt(0, notice(8, [21])), { quietMs: 0, mostMs: 0 })).not.toHaveProperty("notBefore");
    expect(jobAt(0, notice(8, [21]), { closed: "merged" })).not.toHaveProperty("notBefore");
  });
});

describe("a follow-up that has not begun", () => {
  test("takes newer reviews of its pull request in, and nothing else", () => {
    const waiting = jobAt(0, notice(8, [], false));
    expect(reviewsOf(takeIn(waiting, jobAt(5, notice(9, [], false)), pace))).toHaveLength(2);
    expect(takeIn(waiting, jobAt(5, notice(9, []), { thread: { kind: "pull", number: 3 } }), pace)).toBeUndefined();
    expect(takeIn(waiting, jobAt(5, notice(9, []), { closed: "closed" }), pace)).toBeUndefined();
    const label: Job = { ...waiting, trigger: { ...waiting.trigger, kind: "label", body: "" } as never };
    expect(takeIn(label, jobAt(5, notice(9, [])), pace)).toBeUndefined();
  });
});

test("a review of what is closed is answered past the runs, one after another", () => {
  const job = jobAt(0, notice(8, []), { closed: "closed" });
  expect(job).toMatchObject({ key: "acme/shop#1/closed", urgent: true });
});
