import { describe, expect, test } from "vitest";
import type { StandardsConfig } from "../../src/domain/standards.ts";
import { checkForeign } from "../../src/verify/check-foreign.ts";

const found = (
  path: string,
  text: string,
  base?: string,
  migrationFolders: readonly string[] = [],
  standards: StandardsConfig = {},
) =>
  checkForeign({ path, text }, base, { migrationFolders, standards }).map(
    ({ rule, line, severity }) => `${rule}:${line}${severity === "error" ? "" : ` ${severity}`}`,
  );
const inService = (text: string, base?: string) => found("backend/app/services/a.py", text, base);

describe("what belongs to the agents for models, workflows and embeddings", () => {
  test.each([
    ["a module", "import os\nfrom openai import OpenAI\n", ["forbidden-import:2"]],
    ["a submodule", "import langgraph.graph\n", ["forbidden-import:1"]],
    ["one of several", "import os, json, anthropic as a\n", ["forbidden-import:1"]],
    ["a name of a namespace", "from google import genai\n", ["forbidden-import:1"]],
    ["a member of a family", "from langchain_openai import ChatOpenAI\n", ["forbidden-import:1"]],
    ["a store of embeddings", "from qdrant_client.http import models\n", ["forbidden-import:1"]],
    ["an import inside a function", "def f():\n    import litellm\n", ["forbidden-import:2"]],
    ["an import behind a colon", "try: import litellm\nexcept ImportError: pass\n", ["forbidden-import:1"]],
    ["an import behind a semicolon", "x = 1; import litellm\n", ["forbidden-import:1"]],
    ["names in brackets", "from google import (\n    auth,\n    genai,  # the model\n)\n", ["forbidden-import:1"]],
    ["a joined line", "x = 1\nfrom google import \\\n    genai\n", ["forbidden-import:2"]],
    ["letters that Python takes for others", "import ｏｐｅｎａｉ\n", ["forbidden-import:1"]],
    ["importlib", 'import importlib\nx = importlib.import_module("openai.types")\n', ["forbidden-import:2"]],
    ["__import__", "x = __import__(\n    'sentence_transformers'\n)\n", ["forbidden-import:1"]],
    ["code in a string", 'exec("import os; import crewai")\n', ["forbidden-import:1"]],
    ["a call of the service", 'await client.post("https://api.anthropic.com/v1/messages")\n', ["forbidden-call:1"]],
    ["embeddings", "v = await client.embeddings.create(input=text)\n", ["forbidden-call:1"]],
    ["each only once", "import openai\nimport openai\n", ["forbidden-import:1"]],
  ])("%s is found", (_name, text, expected) => {
    expect(inService(text)).toEqual(expected);
  });

  test.each([
    ["a name that only begins alike", "import openai_mock\nimport langchainer\n"],
    ["a module of the repository itself", "from . import openai\nfrom app.services import anthropic\n"],
    ["a comment", "# import openai\nx = 1  # calls import_module('openai')\n"],
    ["a docstring", 'def f():\n    """Once did\n    import openai\n    """\n'],
    ["a string", 'x = "; import openai"\n'],
    ["what a file imported before", "import os\n"],
    ["a relative name", 'import_module(".users", __package__)\n'],
    ["a function of that name", "def import_module(name: str) -> None: ...\n"],
  ])("%s is not", (_name, text) => {
    expect(inService(text)).toEqual([]);
  });

  test("an import whose name is computed is for a person to see", () => {
    expect(inService('m = importlib.import_module("open" + "ai")\n')).toEqual(["computed-import:1 concern"]);
    expect(inService("m = import_module(settings.plugin)\n", "m = import_module(settings.plugin)\n")).toEqual([]);
  });

  test("what stood in the file before is nobody's doing", () => {
    const base = "import openai\n";
    expect(inService("from openai import AsyncOpenAI\nimport cohere\n", base)).toEqual(["forbidden-import:2"]);
  });

  test("a repository may let everybody use a library, or turn the rule off", () => {
    const text = 'import openai.types\nimport langgraph\nx = "https://api.openai.com"\n';
    const rules = (path: string, body: string, standards: StandardsConfig) =>
      found(path, body, undefined, [], standards);
    const own = { "forbidden-import": { allowed: ["openai"], reason: "its product" } };
    expect(rules("backend/app/core/a.py", text, own)).toEqual(["forbidden-import:2"]);
    expect(rules("requirements.txt", "openai\ncohere\n", own)).toEqual(["forbidden-requirement:2"]);
    expect(
      rules("backend/app/core/a.py", text, { "forbidden-import": { enabled: false, reason: "its product" } }),
    ).toEqual([]);
  });

  test("a text that is made to be slow is read in time", () => {
    const started = performance.now();
    inService(`${"from a import (\n".repeat(20_000)}${'x = import_module("""\n'.repeat(20_000)}`);
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});

describe("requirements", () => {
  test.each([
    ["requirements.txt", "fastapi>=0.115\nOpenAI==1.0  # for the chat\n", ["forbidden-requirement:2"]],
    ["backend/requirements/base.txt", "langchain-community[all]\n", ["forbidden-requirement:1"]],
    ["backend/requirements-dev.in", "Sentence.Transformers ~= 3.0\n", ["forbidden-requirement:1"]],
    ["backend/pyproject.toml", 'dependencies = ["fastapi", "llama-index-core>=0.11"]\n', ["forbidden-requirement:1"]],
    ["backend/pyproject.toml", '[tool.poetry.dependencies]\nanthropic = "^0.40"\n', ["forbidden-requirement:2"]],
    [
      "backend/setup.cfg",
      "install_requires =\n    litellm @ https://example.com/litellm.whl\n",
      ["forbidden-requirement:2"],
    ],
    ["backend/pyproject.toml", 'name = "openai-proxy"\ndescription = "speaks of openai and others"\n', []],
    ["backend/app/notes.txt", "openai\n", []],
    ["requirements.txt", "alembic==1.14\nopenapi-core\n", []],
  ])("%s: %j", (path, text, expected) => {
    expect(found(path, text)).toEqual(expected);
  });
});

describe("migrations", () => {
  const migration =
    'from alembic import op\n\nrevision: str = "1"\ndown_revision = None\n\n\ndef upgrade() -> None: ...\n';

  test.each([
    ["a migration under any name", "backend/app/core/later.py", migration, ["foreign-migration:3"]],
    [
      "a file in a folder of migrations",
      "backend/app/models/alembic/versions/1.sql",
      "SELECT 1;\n",
      ["foreign-migration:1"],
    ],
    ["an import of alembic", "backend/app/core/db.py", "import alembic.op\n", ["foreign-migration:1"]],
    ["alembic's operations in a test", "backend/tests/test_db.py", "from alembic import op\n", ["foreign-migration:1"]],
    ["a test that runs migrations is none", "backend/tests/conftest.py", "from alembic import command\n", []],
    ["a resource called versions is none", "backend/app/api/versions/routes.py", "revision = 1\n", []],
  ])("%s", (_name, path, text, expected) => {
    expect(found(path, text)).toEqual(expected);
  });

  test("are free where the agent for them was at work", () => {
    expect(found("db/alembic/versions/1.py", migration, undefined, ["db/alembic"])).toEqual([]);
  });

  test("one that was there before may be mended", () => {
    expect(found("backend/app/core/later.py", `${migration}x = 1\n`, migration)).toEqual([]);
  });
});
