/** Reads `agents/` at start: definitions, skills and the status protocol. Checks everything, so that a run never meets a broken file. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { childNames } from "../domain/child-report.ts";
import { type Library, parseDefinition, parseSkill } from "../domain/definition.ts";
import { ConfigError, DefinitionError } from "../domain/errors.ts";

/** @throws DefinitionError with file and line; ConfigError where the folder holds no agents */
export const loadLibrary = async (folder: string): Promise<Library> => {
  const entries = await listFolder(folder);
  const files = entries.filter((entry) => entry.isFile() && entry.name.endsWith(".md")).map((entry) => entry.name);
  if (files.length === 0)
    throw new ConfigError(`${folder} holds no agent: an agent is a file such as ${folder}/backend-system-architect.md`);
  const skills = await loadSkills(join(folder, "skills"));
  const names = new Set(skills.map((skill) => skill.name));
  const startable = new Set<string>(childNames.filter((name) => files.includes(`${name}.md`)));
  const definitions = await Promise.all(
    files.sort().map(async (file) => {
      const path = join(folder, file);
      return parseDefinition(path, await readFile(path, "utf8"), names, startable);
    }),
  );
  return {
    definitions: new Map(definitions.map((definition) => [definition.name, definition])),
    skills: new Map(skills.map((skill) => [skill.name, skill])),
    statusProtocol: await loadStatusProtocol(join(folder, "shared", "status-protocol.md")),
  };
};

const listFolder = async (folder: string) => {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    throw new ConfigError(`the folder of agents cannot be read: ${folder}`, { cause: error });
  }
};

const loadSkills = async (folder: string) => {
  const entries = await readdir(folder, { withFileTypes: true }).catch(whenMissing([]));
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return Promise.all(
    names.sort().map(async (name) => {
      const path = join(folder, name, "SKILL.md");
      const text = await readFile(path, "utf8").catch(whenMissing(undefined));
      if (text === undefined) throw new DefinitionError(path, 1, "is missing: a skill's folder holds a SKILL.md");
      return parseSkill(path, text);
    }),
  );
};

const loadStatusProtocol = async (path: string): Promise<string> => {
  const text = await readFile(path, "utf8").catch(whenMissing(""));
  if (text.trim() === "") throw new DefinitionError(path, 1, "is missing or empty: every agent's report follows it");
  return text;
};

/** A value in the place of a file that is not there; every other failure goes on. */
const whenMissing =
  <T>(value: T) =>
  (error: unknown): T => {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return value;
    throw error;
  };
