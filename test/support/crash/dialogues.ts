/** Every dialogue that is broken off, in the groups in which they are tested. */
import type { Dialogue } from "./dialogue.ts";
import { branchDialogues } from "./dialogues/branches.ts";
import { checksDialogues } from "./dialogues/checks.ts";
import { handoffDialogues } from "./dialogues/handoffs.ts";
import { issueDialogues } from "./dialogues/issue.ts";
import { labelDialogues } from "./dialogues/labels.ts";
import { othersDialogues } from "./dialogues/others.ts";
import { planDialogues } from "./dialogues/plan.ts";
import { pullDialogues } from "./dialogues/pull.ts";
import { recordDialogues } from "./dialogues/records.ts";
import { reviewDialogues } from "./dialogues/review.ts";
import { wordDialogues } from "./dialogues/words.ts";

export const dialogues: readonly Dialogue[] = [
  ...issueDialogues,
  ...wordDialogues,
  ...planDialogues,
  ...recordDialogues,
  ...pullDialogues,
  ...reviewDialogues,
  ...checksDialogues,
  ...branchDialogues,
  ...othersDialogues,
  ...handoffDialogues,
  ...labelDialogues,
];
