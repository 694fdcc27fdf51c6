import { setImmediate } from "node:timers/promises";
import { expect, it } from "vitest";
import { askTogether } from "../../src/workspace/together.ts";

it("asks once for what is wanted at the same time of one subject, and each time anew later", async () => {
  const asked: string[] = [];
  const one = askTogether(
    (subject: string) => subject,
    async (subject, names) => {
      asked.push(`${subject}: ${names.join(" ")}`);
      return asked.length;
    },
  );
  expect(await Promise.all([one("a", "x"), one("b", "x"), one("a", "y"), one("a", "x")])).toEqual([1, 2, 1, 1]);
  await setImmediate();
  await one("a", "z");
  expect(asked).toEqual(["a: x y", "b: x", "a: z"]);
});

it("tells everybody who asked when there is no answer, and asks the next time", async () => {
  let asked = 0;
  const one = askTogether(
    () => "",
    async () => {
      asked += 1;
      if (asked === 1) throw new Error("no");
      return "yes";
    },
  );
  const answers = await Promise.allSettled([one("", "x"), one("", "y")]);
  expect(answers.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  expect(await one("", "x")).toBe("yes");
});
