/** The Python that tests run the backends' code with. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { readRunConfig } from "../../src/config.ts";

/**
 * Called once by a test file, at its head: `it.skipIf(!python)`.
 * @returns the interpreter of the environment that `npm run setup` makes; undefined, with the reason printed, if there is none
 */
export const pythonOrSkip = (): string | undefined => {
  const { dataFolder, python } = readRunConfig(process.env);
  const interpreter = join(python ?? join(dataFolder, "shared/toolchain/python"), "bin/python");
  if (existsSync(interpreter)) return interpreter;
  console.warn(
    `Skipped: there is no Python environment (${interpreter}). \`npm run setup\` makes it and says what it lacks.`,
  );
  return undefined;
};
