/** Says at the end of a run how many points its dialogues have, and how many of them were played. */
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface TaskMeta {
    /** Of a dialogue, on the test that plays it undisturbed. */
    points?: number;
    /** The App was ended in it. */
    isVariant?: true;
  }
}

export const setup =
  ({ vitest, config }: TestProject) =>
  (): void => {
    const tests = vitest.state.getTestModules().flatMap(({ children }) => [...children.allTests()]);
    const dialogues = tests.flatMap((test) => test.meta().points ?? []);
    if (dialogues.length === 0) return;
    const points = dialogues.reduce((sum, one) => sum + one, 0);
    const ran = tests.filter((test) => test.meta().isVariant).length;
    console.info(
      `\nDialogues: ${dialogues.length}, points at which the App can end in them: ${points}, variants that ran: ${ran}. CRASH_SEED=${config.env["CRASH_SEED"]} plays the same ones again.`,
    );
  };
