/** What a command asks of its run besides the work: money and a model, within what the operator allows. */
import { type Caps, capsFor } from "../domain/caps.ts";
import type { CommandOptions } from "../domain/command-options.ts";
import { code } from "../domain/render/safe.ts";
import type { Trigger } from "../domain/trigger.ts";
import type { Model } from "../ports.ts";

export type Terms = {
  readonly caps: Caps;
  readonly model: Model;
  /** Sentences that people must see. */
  readonly notices: readonly string[];
  /** Why the run does not begin, as a sentence. */
  readonly refusal?: string;
};

export const optionsOf = (trigger: Trigger): CommandOptions =>
  trigger.kind === "command" && "options" in trigger.command ? (trigger.command.options ?? {}) : {};

/**
 * @param standing of the conversation that goes on, if one does: it stays with its model where nobody says otherwise
 * @param chosen by the repository, where the conversation begins
 */
export const termsOf = (
  deps: { readonly model: Model; readonly choices?: ReadonlyMap<string, Model> | undefined; readonly caps: Caps },
  trigger: Trigger,
  standing: { readonly model: string } | undefined,
  chosen?: string | undefined,
): Terms => {
  const { budget, model: named } = optionsOf(trigger);
  const name = named ?? (standing && deps.choices?.has(standing.model) ? standing.model : chosen);
  const terms = { ...capsFor(deps.caps, { budget }), model: deps.model };
  if (name === undefined || name === deps.model.name) return terms;
  const model = deps.choices?.get(name);
  if (model) return { ...terms, model };
  const known = [...(deps.choices?.keys() ?? [deps.model.name])].map((one) => code(one, 100)).join(", ");
  return {
    ...terms,
    refusal: `Nothing was started: the model ${code(name, 100)} is not among those that this App may use (${known}).`,
  };
};
