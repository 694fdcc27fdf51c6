/** Every dialogue that is broken off, in the groups in which they are tested. */
import type { Dialogue } from "./dialogue.ts";
import { checksDialogues } from "./dialogues/checks.ts";
import { issueDialogues } from "./dialogues/issue.ts";
import { pullDialogues } from "./dialogues/pull.ts";
import { reviewDialogues } from "./dialogues/review.ts";

export const dialogues: readonly Dialogue[] = [
  ...issueDialogues,
  ...pullDialogues,
  ...reviewDialogues,
  ...checksDialogues,
];
