/** Skill: the text of one skill, when the work calls for it. */
import { z } from "zod";
import type { Skill } from "../../domain/definition.ts";
import { defineTool, type Tool } from "./tool.ts";

/** @param skills at least one */
export const createSkill = (skills: readonly Skill[]): Tool =>
  defineTool({
    name: "Skill",
    description:
      "Loads one of your skills: rules, an example and traps for one kind of work. Load it before that work, once. Free.",
    input: z.strictObject({ name: z.enum(skills.map(({ name }) => name)) }),
    readOnly: true,
    async run({ name }) {
      const skill = skills.find((one) => one.name === name);
      return `<skill_content name="${name}">\n${skill?.body ?? ""}\n</skill_content>`;
    },
  });
