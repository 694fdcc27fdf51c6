import { expect, test } from "vitest";
import type { Job } from "../../src/domain/job.ts";
import { renderQueued } from "../../src/domain/render-status.ts";
import type { InLine } from "../../src/ports.ts";
import { waitingIn } from "../../src/run/waiting.ts";

const repository = { id: 1, owner: "acme", name: "shop", installationId: 7, defaultBranch: "main" };

const jobOn = (number: number, issue: number, request: string): Job => ({
  id: `${number}-${request}`,
  key: `acme/shop#${issue}`,
  acceptedAt: "2026-11-25T12:00:00Z",
  trigger: {
    kind: "command",
    repository,
    sender: { id: 9, login: "maintainer", type: "User" },
    thread: { kind: number === issue ? "issue" : "pull", number },
    command: { verb: "design", request, options: {} },
    commentId: 5,
    title: "Orders",
    body: "",
    author: { id: 9, login: "maintainer", type: "User" },
  } as Job["trigger"],
});
const inLine = (job: Job, state: InLine["state"], more: Partial<InLine> = {}): InLine => ({
  ...{ job, state, failures: 0 },
  ...more,
});
const textOf = (line: readonly InLine[]): string => {
  const [first, ...rest] = waitingIn(line);
  if (!first) throw new Error("nothing waits");
  return renderQueued([first, ...rest], []);
};

test("what waits has its place among all runs that wait, and what is at work has none", () => {
  const line = [
    inLine(jobOn(1, 1, "a"), "active"),
    inLine(jobOn(2, 2, "b"), "ready"),
    inLine(jobOn(3, 3, "c"), "ready"),
  ];
  expect(waitingIn(line).map(({ place, job }) => [place, job.trigger.thread.number])).toEqual([
    [1, 2],
    [2, 3],
  ]);
  expect(textOf(line.slice(2))).toContain(
    "**Queued, place 1.** `design c`, asked for by `maintainer`: it begins as soon as another run ends.",
  );
});

test("a run that waits for the one on another thread of its issue names that thread", () => {
  expect(textOf([inLine(jobOn(1, 1, "a"), "active"), inLine(jobOn(8, 1, "b"), "behind")])).toContain(
    "**Queued** behind the run that is at work on #1.",
  );
});

test("a run that failed and is tried again says when", () => {
  const line = [inLine(jobOn(1, 1, "a"), "ready", { failures: 1, notBefore: "2026-11-25T12:30:00.000Z" })];
  expect(textOf(line)).toContain(
    "**Interrupted.** `design a`, asked for by `maintainer`: it goes on by itself at 12:30 UTC",
  );
});

test("what somebody wrote can neither mention nor end its code span", () => {
  const text = textOf([inLine(jobOn(1, 1, "x` @stranger <!-- architect:status -->"), "ready")]);
  expect(text.split("<!-- architect:status -->")).toHaveLength(2);
  expect(text).not.toContain("x` @stranger");
});
