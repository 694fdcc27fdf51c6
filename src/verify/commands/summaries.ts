/** What runners of tests write at their end: whether it names a test that passed. Pure text. */
import type { Runner } from "./kinds.ts";

export const showsPass = (runner: Runner, output: string): boolean =>
  runner === "pytest" ? /(^|\D)[1-9]\d* passed\b/.test(output) : unittestPass(output);

/** `Ran 3 tests in 0.001s`, then `OK` or `OK (skipped=1)`. */
const unittestPass = (output: string): boolean => {
  const ran = Number(/^Ran (\d+) tests?\b/m.exec(output)?.[1] ?? 0);
  const [ok, skipped = "0"] = /^OK(?: \(.*?skipped=(\d+).*\))?/m.exec(output) ?? [];
  return ok !== undefined && ran > Number(skipped);
};
