/** Skills that a repository keeps for agents, from the texts of their files: guidance of its people, read strictly, trusted with nothing. */
import { z } from "zod";
import { maxSkillCharacters, maxSkillLines, type Skill, skillKeys } from "./definition.ts";
import { DefinitionError } from "./errors.ts";
import { parseFrontmatter } from "./frontmatter.ts";
import { visibleText } from "./visible-text.ts";

/** `<folder>/<skill>/<file>`, on the default branch. */
export const skillPlace = { folder: ".claude/skills", name: "SKILL.md", most: 20 } as const;

export type RepositorySkills = {
  readonly skills: ReadonlyMap<string, Skill>;
  /** For people, each a sentence about one file. */
  readonly problems: readonly string[];
};

/** Enough for a skill at its longest with its frontmatter; YAML is slow with more. */
const maxFileBytes = 64 * 1024;

/** Keys that other programs give a meaning: none here, where a skill is text to read. */
const schema = z.looseObject({
  name: skillKeys.name.optional(),
  description: skillKeys.description,
  "disable-model-invocation": z.boolean().optional(),
});
const silent: ReadonlySet<string> = new Set([
  ...["name", "description", "license", "compatibility", "metadata", "version", "disable-model-invocation"],
]);

/** @param files found at `skillPlace` @param unread paths that are there and too large to be read @param more that were not looked at */
export const parseRepositorySkills = (
  files: ReadonlyMap<string, string>,
  { unread, more }: { readonly unread: readonly string[]; readonly more: number },
): RepositorySkills => {
  const read = [...files].map(([path, text]) => readSkill(path, text));
  return {
    skills: new Map(read.flatMap(({ skill }) => (skill ? [[skill.name, skill] as const] : []))),
    problems: [
      ...read.flatMap(({ problem }) => (problem === undefined ? [] : [`${problem}.`])),
      ...unread.map((path) => `The skill \`${path}\` is not used: it is larger than 1 MiB.`),
      ...(more > 0
        ? [`${more} more skills in \`${skillPlace.folder}\` are not used: it is ${skillPlace.most} at most.`]
        : []),
    ],
  };
};

type Read = { readonly skill?: Skill; readonly problem?: string };

const readSkill = (path: string, text: string): Read => {
  if (Buffer.byteLength(text) > maxFileBytes)
    return { problem: `The skill \`${path}\` is not used: it is larger than ${maxFileBytes / 1024} KiB` };
  try {
    return toSkill(path, text);
  } catch (error) {
    // Of a text that is made to break the parser nothing else is known.
    const reason = error instanceof DefinitionError ? error.message : `${path}:1: its frontmatter can't be read`;
    return { problem: `A skill is not used: ${reason}` };
  }
};

/** @throws DefinitionError */
const toSkill = (path: string, text: string): Read => {
  const { data, body, errorAt } = parseFrontmatter(path, text, schema);
  const folder = path.split("/").at(-2) ?? "";
  if (!skillKeys.name.safeParse(folder).success)
    throw errorAt([], "lies in a folder whose name is no skill's: kebab-case, at most 64 characters");
  if (data.name !== undefined && data.name !== folder)
    throw errorAt(["name"], `must be the folder's name, "${folder}"`);
  if (data["disable-model-invocation"] === true) return {};
  const shown = visibleText(body, maxSkillCharacters);
  if (shown === "") throw errorAt([], "has no text below the frontmatter");
  if (body.length > maxSkillCharacters || body.split("\n").length > maxSkillLines)
    throw errorAt([], `is too long for a skill: at most ${maxSkillLines} lines and ${maxSkillCharacters} characters`);
  const skill = { name: folder, description: visibleText(data.description, 300).replace(/\s+/g, " "), body: shown };
  const idle = Object.keys(data)
    .filter((key) => !silent.has(key))
    .slice(0, 10);
  if (idle.length === 0) return { skill };
  const keys = idle.map((key) => `\`${key.slice(0, 40)}\``).join(", ");
  return {
    skill,
    problem: `Of the skill \`${path}\` only the text counts here, not ${keys}: it gives an agent no tools`,
  };
};
