import { expect, test } from "vitest";
import { type AllowanceAsked, decideAllowance } from "../../src/domain/allowance.ts";

const head = "abc1234".padEnd(40, "0");
const other = "def5678".padEnd(40, "0");
/** Begins as the head does: such a commit is made in minutes. */
const forged = "abc1234".padEnd(40, "f");
const pull = { number: 4, headSha: head, state: "open" as const, merged: false };
const asked = (over: Partial<AllowanceAsked> = {}): AllowanceAsked => ({
  ...{ named: undefined, pull, ours: false, may: true, reviewed: head, sandboxed: true },
  ...over,
});

test("the head that was reviewed last may be run, and no other", () => {
  expect(decideAllowance(asked())).toEqual({
    ok: true,
    head,
    text: "**Allowed: `abc1234`.** This commit may be run in the sandbox, with the set-up and the tests that the default branch names: `/architect review` does. Whatever is pushed after it is not allowed.",
  });
  expect(decideAllowance(asked({ reviewed: other })).text).toBe(
    `**Not allowed.** My review is of \`def5678\`, and the head is \`abc1234\` by now. Read that one, then comment \`/architect allow ${head}\`.`,
  );
});

test("without a review the commit is named in full, and is the head", () => {
  expect(decideAllowance(asked({ named: head, reviewed: undefined }))).toMatchObject({ ok: true, head });
  expect(decideAllowance(asked({ reviewed: undefined })).text).toBe(
    `**Not allowed.** Say in full which commit you have read: the head is \`abc1234\` now. When that is the one, comment \`/architect allow ${head}\`.`,
  );
  expect(decideAllowance(asked({ named: other })).text).toBe(
    `**Not allowed.** \`def5678\` is not the head, which is \`abc1234\` now. Read that one, then comment \`/architect allow ${head}\`.`,
  );
});

test("a short name lets in what was reviewed, and no commit that was made to begin like it", () => {
  expect(decideAllowance(asked({ named: "abc1234" }))).toMatchObject({ ok: true, head });
  const pushed = { pull: { ...pull, headSha: forged }, named: "abc1234" };
  for (const reviewed of [head, undefined])
    expect(decideAllowance(asked({ ...pushed, reviewed }))).toMatchObject({ ok: false });
});

test.each([
  [{ may: false }, "is for people with the role *maintain* or *admin*; with *write*, `/architect review` looks at it"],
  [{ ours: true }, "This pull request is the App's own, which is run in the sandbox anyway."],
  [{ pull: { ...pull, state: "closed", merged: true } }, "This pull request is merged: nothing of it is run any more."],
  [{ sandboxed: false }, "The App has no sandbox here, and runs nothing of other people without one."],
] as const)("where it is nothing to be allowed, one sentence says why: %o", (over, sentence) => {
  const { ok, text } = decideAllowance(asked(over));
  expect(ok).toBe(false);
  expect(text.split("\n")).toHaveLength(1);
  expect(text).toContain(sentence);
});
