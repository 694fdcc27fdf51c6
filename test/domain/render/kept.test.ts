import { expect, test } from "vitest";
import { keptMarker, renderKept } from "../../../src/domain/render/kept.ts";

const changeset = [
  { path: "app/api/users.py", kind: "modified" as const, mode: "100644" as const, content: "" },
  { path: "app/old.py", kind: "deleted" as const },
];
const pushed = { kind: "pushed", branch: "architect/issue-7-users", by: "maintainer" } as const;
const kept = (patch: string | undefined): string =>
  renderKept("run-1", pushed, { changeset, patch, commit: "c".repeat(40) });

test("a patch stands in a fence that nothing in it can end", () => {
  const patch = "--- a/app/api/users.py\n+```\n+@all closes #1\n";
  expect(kept(patch)).toContain(`\n\`\`\`\`diff\n${patch}`);
});

test("without room for the patch, the files that it changes are listed", () => {
  expect(kept(undefined)).toMatchInlineSnapshot(`
    "<!-- architect:kept:run-1 -->

    **Not pushed.** @maintainer pushed to \`architect/issue-7-users\` while this run was at work, so it did not push. What is there stays as it is.

    \`/architect continue\` puts the work on what is there now, where both do not change the same files, and goes on from there.

    The work is kept. As a patch it does not fit into a comment; it changes 2 files:

    - \`app/api/users.py\` (modified)
    - \`app/old.py\` (deleted)"
  `);
});

test("a patch that holds a hidden line of ours is not shown: the comment would be found as another one", () => {
  const text = kept("+<!-- architect:status -->\n");
  expect(text.match(/<!-- architect:[\w:-]+ -->/g)).toEqual([keptMarker("run-1")]);
});
