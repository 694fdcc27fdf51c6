import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { loadLibrary } from "../../src/app/library.ts";
import { composeSystem } from "../../src/domain/brief.ts";
import { pythonOrSkip } from "../support/python.ts";

const agents = join(import.meta.dirname, "../../agents");
const python = pythonOrSkip();

describe("the agents that come with the App", () => {
  it.skipIf(!python)(
    "are shown Python that imports and keeps its promises",
    async () => {
      const file = join(import.meta.dirname, "test_examples.py");
      const { stdout } = await promisify(execFile)(
        python ?? "",
        ["-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "ignore", file],
        { env: { PYTHONDONTWRITEBYTECODE: "1" } },
      ).catch((error: { stdout: string }) => error);
      expect(stdout).toMatch(/^\d+ passed/m);
      expect(stdout).not.toMatch(/failed|error/i);
    },
    120_000,
  );

  it("include every skill that the specification names, each in the architect's catalogue", async () => {
    const library = await loadLibrary(agents);
    const architect = library.definitions.get("backend-system-architect");
    expect(architect?.skills).toEqual([
      "api-design",
      "database-patterns",
      "distributed-systems",
      "architecture-decision-record",
      "architecture-patterns",
      "security-patterns",
      "monitoring-observability",
      "performance",
      "python-backend",
      "async-jobs",
      "domain-driven-design",
      "task-dependency-patterns",
      "remember",
      "memory",
      "mcp-patterns",
    ]);
    expect([...(architect?.skills ?? [])].sort()).toEqual(readdirSync(join(agents, "skills")).sort());
  });

  it("leave room in a prompt: the architect's system prompt is below 24 kB", async () => {
    const library = await loadLibrary(agents);
    const architect = library.definitions.get("backend-system-architect");
    if (!architect) throw new Error("no architect");
    expect(Buffer.byteLength(composeSystem(architect, library))).toBeLessThan(24_000);
  });
});
