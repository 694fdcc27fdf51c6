/** Which of the operator's models each agent speaks with where a repository chose some. Asks no model. */
import type { Definition } from "../domain/definition.ts";
import type { RepositoryConfig } from "../domain/repository-schema.ts";
import type { Model } from "../ports.ts";

/** For the run's own agent, where nobody says otherwise. */
export const chosenForLead = ({ model }: RepositoryConfig, lead: Pick<Definition, "name">): string | undefined =>
  model?.[lead.name] ?? model?.["default"];

/** For agents by name: of the run's own only where its definition names a model, for else its conversation has one. */
export const chosenByAgent = (
  { model = {} }: RepositoryConfig,
  lead: Pick<Definition, "name" | "model">,
  choices: ReadonlyMap<string, Model> | undefined,
): ReadonlyMap<string, Model> =>
  new Map(
    Object.entries(model).flatMap(([agent, id]) => {
      const chosen = choices?.get(id);
      const isOwn = agent === lead.name && lead.model === "inherit";
      return chosen && agent !== "default" && !isOwn ? [[agent, chosen] as const] : [];
    }),
  );
