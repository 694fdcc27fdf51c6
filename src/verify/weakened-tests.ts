/** What a change takes away from tests that were there before: a suite that is green with less of it is not the suite that it was. */
import { bytesOf, type Changeset, type FileChange } from "../domain/changeset.ts";
import type { Finding } from "../domain/finding.ts";
import { functionsIn } from "./python-text.ts";

const isTestFile = (path: string): boolean => /(^|\/)(test_[^/]*|[^/]*_test|conftest)\.py$/.test(path);

/** By name, wherever they stand: a test that moved is still there. */
const testsIn = (text: string): readonly string[] =>
  functionsIn(text)
    .map(({ name }) => name)
    .filter((name) => name.startsWith("test"));

const count = (text: string, pattern: RegExp): number => text.replace(/#.*$/gm, "").match(pattern)?.length ?? 0;

const skips =
  /\bpytest\.(mark\.(skip|skipif|xfail)|skip|xfail|importorskip)\b|\bunittest\.(skip\w*|expectedFailure)\b|\.skipTest\(/g;
const assertions = /\bassert\b|\.raises\(|\.warns\(|\.assert\w*\(/g;
/** Of pytest: they choose what is run, or say what came of it. */
const hooks =
  /\bdef\s+(pytest_(collection_modifyitems|ignore_collect|deselected|runtest_(protocol|makereport|call)|pyfunc_call|sessionfinish|report_teststatus|cmdline_main))\b/g;

/** @param added files that the branch does not have: with them its author may do as they like @param before text of a file on the branch */
export const checkWeakenedTests = (
  changeset: Changeset,
  { added, before }: { readonly added: readonly string[]; readonly before: (path: string) => string | undefined },
): readonly Finding[] => {
  const files = changeset.filter(({ path }) => isTestFile(path));
  const there = new Set(files.flatMap((file) => testsIn(bytesOf(file).toString("utf8"))));
  return files.flatMap((file) => {
    const old = added.includes(file.path) ? "" : (before(file.path) ?? "");
    return [...lost(file, old, there), ...judged(file, old)];
  });
};

const concern = (rule: string, message: string, { path }: FileChange): Finding => ({
  ...{ rule, severity: "concern", message, path },
});

const lost = (file: FileChange, old: string, there: ReadonlySet<string>): readonly Finding[] => {
  const now = bytesOf(file).toString("utf8");
  const gone = testsIn(old).filter((name) => !there.has(name));
  const isWhole = testsIn(old).every((name) => testsIn(now).includes(name));
  const less = count(old, assertions) - count(now, assertions);
  const skipped = count(now, skips) - count(old, skips);
  return [
    ...(gone.length > 0
      ? [concern("tests-removed", `no longer has ${listed(gone)}, which the branch has: say why in the report`, file)]
      : []),
    ...(isWhole && less > 0
      ? [
          concern(
            "assertions-removed",
            `has ${count(now, assertions)} assertions and had ${count(old, assertions)}`,
            file,
          ),
        ]
      : []),
    ...(old !== "" && skipped > 0
      ? [
          concern(
            "tests-skipped",
            `skips tests that ran before, or expects them to fail (${skipped} more than before)`,
            file,
          ),
        ]
      : []),
  ];
};

/** In a new file, too: a hook of one file judges the tests of all. */
const judged = (file: FileChange, old: string): readonly Finding[] => {
  const namesIn = (text: string): readonly string[] => [...text.matchAll(hooks)].map(([, name = ""]) => name);
  const added = namesIn(bytesOf(file).toString("utf8")).filter((name) => !namesIn(old).includes(name));
  return added.length > 0
    ? [concern("test-hook", `${listed(added)} changes which tests run, or how they are judged`, file)]
    : [];
};

const listed = (names: readonly string[]): string =>
  `${names.slice(0, 5).join(", ")}${names.length > 5 ? ` and ${names.length - 5} more` : ""}`;
