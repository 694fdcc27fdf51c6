/** The few classes of error that somebody catches by name. */

/** At start: says which setting is wrong and what it should be. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/** A file under `agents/` is wrong: names the file and the line. */
export class DefinitionError extends Error {
  override readonly name = "DefinitionError";
  constructor(file: string, line: number, problem: string) {
    super(`${file}:${line}: ${problem}`);
  }
}

/** A sentence for the model that tells it what to do next. */
export class ToolError extends Error {
  override readonly name = "ToolError";
}

/** The branch moved under us: whoever moved it wins, and the run looks again. */
export class ConflictError extends Error {
  override readonly name = "ConflictError";
}

/** The repository cannot be worked in as it is: a sentence for its people that says why. */
export class RefusedError extends Error {
  override readonly name = "RefusedError";
  /** The end of what a command of theirs said, where that is why. */
  readonly log: string | undefined;
  constructor(message: string, log?: string) {
    super(message);
    this.log = log;
  }
}

/** The model API is overloaded, for longer than is waited: the conversation as it stands can go on later. */
export class BusyError extends Error {
  override readonly name = "BusyError";
}

/** Nothing is left of what may be spent: a sentence for people. */
export class SpentError extends Error {
  override readonly name = "SpentError";
}
