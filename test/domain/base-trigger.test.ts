import { describe, expect, test } from "vitest";
import { holdMove, takeInMove } from "../../src/domain/base-trigger.ts";
import { type Job, toJob } from "../../src/domain/job.ts";
import type { MergedTrigger, MovedTrigger } from "../../src/domain/trigger.ts";

const common = {
  repository: { id: 1, owner: "acme", name: "shop", installationId: 2, defaultBranch: "main" },
  sender: { login: "maintainer", id: 5, type: "User" },
  thread: { kind: "pull", number: 8 },
} as const;
const moved = (tip: string, more: Partial<MovedTrigger> = {}): MovedTrigger => ({
  ...{ ...common, kind: "moved", base: "main", tip, title: "A push to main", ...more },
});
const merged: MergedTrigger = {
  ...{ ...common, kind: "merged", base: "main", tip: "c", headSha: "d", title: "Orders" },
  branch: "architect/issue-3-orders",
};
const at = (seconds: number): string => new Date(Date.UTC(2026, 10, 26) + seconds * 1_000).toISOString();
const pace = { quietMs: 60_000, mostMs: 300_000 };
const jobOf = (trigger: MovedTrigger | MergedTrigger, seconds = 0): Job =>
  holdMove(toJob(trigger, { id: `job-${seconds}`, acceptedAt: at(seconds), issue: 3 }), pace);

describe("a push to a base", () => {
  test("waits a few seconds, beside what the bases of its repository ask for", () => {
    expect(jobOf(moved("b"))).toMatchObject({ key: "acme/shop/merged", urgent: true, notBefore: at(10) });
    expect(holdMove(jobOf(moved("b")), { quietMs: 0, mostMs: 0 })).not.toHaveProperty("notBefore");
  });

  test("and those that come in that time are one job, on the newest, which does not wait for ever", () => {
    const second = takeInMove(jobOf(moved("b")), jobOf(moved("c"), 4), pace);
    expect(second).toMatchObject({ id: "job-0", trigger: { tip: "c" }, notBefore: at(14) });
    const last = takeInMove(jobOf(moved("b")), jobOf(moved("d"), 299), pace);
    expect(last).toMatchObject({ trigger: { tip: "d" }, notBefore: at(300) });
    expect(takeInMove(jobOf(moved("b")), jobOf(moved("d"), 301), pace)).not.toHaveProperty("notBefore");
  });

  test("and the merge that it comes from are one job, whichever is announced first, which knows what was merged", () => {
    const waits = jobOf(merged);
    expect(takeInMove(waits, jobOf(moved("c"), 1), pace)).toBe(waits);
    const taken = takeInMove(jobOf(moved("c")), jobOf(merged, 1), pace);
    expect(taken).toMatchObject({ id: "job-0", trigger: merged });
    expect(taken).not.toHaveProperty("notBefore");
  });

  test("has a turn of its own beside another branch, another merge, and a pull request that waits for its runs", () => {
    expect(takeInMove(jobOf(moved("b")), jobOf(moved("c", { base: "next" })), pace)).toBeUndefined();
    expect(takeInMove(jobOf(merged), jobOf({ ...merged, headSha: "e" }), pace)).toBeUndefined();
    const later = jobOf(moved("b", { only: 8 }));
    expect(later).toMatchObject({ key: "acme/shop#3" });
    expect(later).not.toHaveProperty("urgent");
    expect(later).not.toHaveProperty("notBefore");
    expect(takeInMove(later, jobOf(moved("c")), pace)).toBeUndefined();
    expect(takeInMove(later, jobOf(moved("c", { only: 8 })))).toMatchObject({ trigger: { tip: "c", only: 8 } });
  });
});
