import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadLibrary } from "../../src/app/library.ts";
import { ConfigError, DefinitionError } from "../../src/domain/errors.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "library-"));
});
afterEach(() => rm(folder, { recursive: true }));

const put = async (path: string, text: string): Promise<void> => {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), text);
};

const agent = (name: string, skills: string): string => `---
name: ${name}
description: d
model: inherit
effort: low
maxTurns: 5
tools: [Read]
skills: [${skills}]
boundary: { allowed: [], forbidden: [] }
budgets: { single-endpoint: 1, crud: 2, microservice: 3, authentication: 4 }
---
Do it.
`;
const skill = (name: string): string => `---\nname: ${name}\ndescription: d\n---\nRules.\n`;

describe("loadLibrary", () => {
  it("reads agents, skills and the status protocol", async () => {
    await put("one.md", agent("one", "api-design"));
    await put("two.md", agent("two", ""));
    await put("skills/api-design/SKILL.md", skill("api-design"));
    await put("shared/status-protocol.md", "# Protocol\n");
    const library = await loadLibrary(folder);
    expect([...library.definitions.keys()]).toEqual(["one", "two"]);
    expect(library.skills.get("api-design")?.body).toBe("Rules.");
    expect(library.statusProtocol).toBe("# Protocol\n");
  });

  it("reads the agents that come with the App, the architect with everything that the specification names", async () => {
    const library = await loadLibrary(join(import.meta.dirname, "../../agents"));
    const architect = library.definitions.get("backend-system-architect");
    expect(architect?.budgets).toEqual({ "single-endpoint": 15, crud: 40, microservice: 80, authentication: 60 });
    expect(architect?.boundary.allowed).toEqual([
      "backend/app/api",
      "backend/app/services",
      "backend/app/models",
      "backend/app/core",
      "backend/app/schemas",
    ]);
    expect(architect?.boundary.forbidden).toContain("frontend");
  });

  it("names a skill that an agent asks for and that there is not", async () => {
    await put("one.md", agent("one", "api-design"));
    await put("shared/status-protocol.md", "x");
    await expect(loadLibrary(folder)).rejects.toThrow(/one\.md:8: `skills\.0` names no skill/);
  });

  it("says that a skill's folder has no SKILL.md, and that the status protocol is missing", async () => {
    await put("one.md", agent("one", ""));
    await expect(loadLibrary(folder)).rejects.toThrow(/status-protocol\.md:1: is missing or empty/);
    await put("skills/empty/notes.txt", "x");
    await expect(loadLibrary(folder)).rejects.toThrow(DefinitionError);
    await expect(loadLibrary(folder)).rejects.toThrow(/empty\/SKILL\.md:1: is missing/);
  });

  it("says that a folder cannot be read, or holds no agent", async () => {
    await expect(loadLibrary(join(folder, "none"))).rejects.toThrow(ConfigError);
    await expect(loadLibrary(folder)).rejects.toThrow(/holds no agent/);
  });
});
