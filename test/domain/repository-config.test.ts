import { describe, expect, test } from "vitest";
import { boundaryFor, parseRepositoryConfig } from "../../src/domain/repository-config.ts";
import { repositoryJsonSchema } from "../../src/domain/repository-schema.ts";

const agents = ["backend-system-architect", "test-generator"];
const problem = (text: string): string => {
  const parsed = parseRepositoryConfig(text, agents);
  return parsed.ok ? "accepted" : parsed.problem;
};

describe("parseRepositoryConfig", () => {
  test("no file and an empty file set nothing", () => {
    expect(parseRepositoryConfig(undefined, agents)).toEqual({ ok: true, config: {} });
    expect(parseRepositoryConfig("# nothing yet\n", agents)).toEqual({ ok: true, config: {} });
  });

  test("other folders for an agent replace its own, forbidden ones add up", () => {
    const parsed = parseRepositoryConfig(
      "boundaries:\n  backend-system-architect:\n    allowed: [src/shop/api/, 'src/shop/models/**']\n    forbidden: [src/shop/api/legacy]\n",
      agents,
    );
    if (!parsed.ok) throw new Error(parsed.problem);
    expect(
      boundaryFor("backend-system-architect", { allowed: ["backend/app/api"], forbidden: ["frontend"] }, parsed.config),
    ).toEqual({ allowed: ["src/shop/api", "src/shop/models"], forbidden: ["frontend", "src/shop/api/legacy"] });
  });

  test.each([
    ["an unknown key is named", "sandbox: off\n", /unknown key `sandbox`; allowed here: .*boundaries/],
    [
      "a misspelt key is named with what is meant",
      "buget: { run: 2 }\n",
      /`buget`; did you mean `budget`\? allowed here: /,
    ],
    ["the same of a key inside", "budget: { isue: 2 }\n", /`budget`: unknown key `isue`; did you mean `issue`\?/],
    [
      "an unknown agent is named with those that exist",
      "boundaries:\n  designer:\n    allowed: [a]\n",
      /boundaries\.designer.*test-generator/,
    ],
    [
      "the whole repository is no folder",
      "boundaries:\n  test-generator:\n    allowed: ['**']\n",
      /boundaries\.test-generator\.allowed\.0/,
    ],
    ["CI files stay closed", "boundaries:\n  test-generator:\n    allowed: ['.github/workflows']\n", /\.github/],
    ["a way out of the repository is refused", "boundaries:\n  test-generator:\n    allowed: ['../x']\n", /\.\.\/x/],
    ["an alias is refused", "a: &a [1]\nboundaries: *a\n", /alias/i],
    ["an alias of itself is refused", "a: &a [*a]\n", /alias/i],
    ["two documents are refused", "boundaries: {}\n---\nb: 2\n", /document/i],
    ["a key given twice is refused", "boundaries: {}\nboundaries: {}\n", /unique/i],
    ["a large file is refused before it is parsed", `# ${"x".repeat(65 * 1024)}\n`, /64 KiB/],
  ])("%s", (_name, text, expected) => {
    expect(problem(text)).toMatch(expected);
  });
});

describe("the keys of a repository's configuration", () => {
  const read = (text: string) => {
    const parsed = parseRepositoryConfig(text, agents);
    if (!parsed.ok) throw new Error(parsed.problem);
    return parsed.config;
  };

  test("one test command is a list of one; a server has a port and a path to ask", () => {
    expect(read("test: pytest -q\nserve:\n  command: uvicorn app.main:app\n")).toEqual({
      test: ["pytest -q"],
      serve: { command: "uvicorn app.main:app", port: 8000, health: "/" },
    });
    expect(read("test: [make lint, pytest]\n").test).toEqual(["make lint", "pytest"]);
  });

  test("a set-up is a command, a list of them, or both what runs and what it depends on", () => {
    const commands = ["pip install -r requirements.txt"];
    expect(read("setup: pip install -r requirements.txt\n").setup).toEqual({ commands });
    expect(read("setup: [pip install -r requirements.txt]\n").setup).toEqual({ commands });
    expect(
      read("setup:\n  commands: pip install -r requirements.txt\n  files: [requirements.txt, vendor/]\n").setup,
    ).toEqual({ commands, files: ["requirements.txt", "vendor"] });
  });

  test("a budget is in dollars", () => {
    expect(read("budget: { run: 2.5, day: 20 }\n").budget).toEqual({ run: { usd: 2.5 }, day: { usd: 20 } });
  });

  test("variables become texts", () => {
    expect(read("env:\n  DEBUG: true\n  WORKERS: 2\n  DATABASE_URL: sqlite:///./test.db\n").env).toEqual({
      DEBUG: "true",
      WORKERS: "2",
      DATABASE_URL: "sqlite:///./test.db",
    });
  });

  test("a setting that only speaks of tokens is no secret", () => {
    expect(read("env: { ACCESS_TOKEN_EXPIRE_MINUTES: 15, MAX_TOKENS: 100, KEYBOARD: de }").env).toHaveProperty(
      "ACCESS_TOKEN_EXPIRE_MINUTES",
    );
  });

  test.each([
    [
      "an unknown key says which there are",
      "tests: pytest\n",
      /unknown key `tests`; did you mean `test`\? allowed here: .*\btest\b/,
    ],
    ["an unknown key of a part, too", "serve: { command: x, prt: 1 }\n", /`serve`: unknown key `prt`; .*\bport\b/],
    ["a list where a mapping belongs", "- a\n", /must be a mapping; allowed here:/],
    ["a number among commands", "test: [1]\n", /`test\.0`: must be a command/],
    ["something else than commands", "test: { a: 1 }\n", /`test`: must be a command or a list/],
    ["an unknown key of a set-up", "setup: { command: x }\n", /`setup`: unknown key `command`; .*\bcommands, files/],
    ["a set-up without commands", "setup: { files: [a] }\n", /`setup\.commands`: must be a command or a list/],
    ["a file outside", "setup: { commands: x, files: [../a] }\n", /`setup\.files\.0`: .*no file or folder/],
    ["a budget of nothing", "budget: { run: 0 }\n", /`budget\.run`: must be more than 0/],
    ["a budget in words", "budget: { day: '$5' }\n", /`budget\.day`: must be an amount in US dollars/],
    ["another span of a budget", "budget: { week: 5 }\n", /unknown key `week`; allowed here: run, issue, day/],
    ["an empty command", "test: ' '\n", /`test`: must not be empty/],
    ["a privileged port", "serve: { command: x, port: 80 }\n", /`serve\.port`: must be a port from 1024/],
    ["a URL for a path", "serve: { command: x, health: 'http://a' }\n", /`serve\.health`: must be a path such as/],
    ["no root at all", "roots: []\n", /`roots`: must name a folder/],
    ["a root twice", "roots: [a, a/]\n", /`roots`: names a folder twice/],
    ["a fraction", "env: { RATE: 1.50 }\n", /`env\.RATE`: .*quote/],
    ["what is no name", "env: { A-B: x }\n", /`env\.A-B`: is no name/],
  ])("%s is refused", (_name, text, expected) => {
    expect(problem(text)).toMatch(expected);
  });

  test.each(["PATH", "HOME", "GIT_DIR", "LD_PRELOAD", "BASH_ENV", "https_proxy", "PIP_INDEX_URL"])(
    "%s is the sandbox's own",
    (name) => {
      expect(problem(`env: { ${name}: x }\n`)).toMatch(/is set by the sandbox itself/);
    },
  );

  test.each(["SECRET_KEY", "JWT_SECRET", "GITHUB_TOKEN", "DB_PASSWORD", "AWS_SECRET_ACCESS_KEY", "STRIPE_API_KEY"])(
    "%s looks like a secret",
    (name) => {
      expect(problem(`env: { ${name}: x }\n`)).toMatch(/looks like a secret.*throw-away value/);
    },
  );

  test("a secret under a harmless name is seen by its form", () => {
    expect(problem(`env: { HARMLESS: ghp_${"Ab3dE7gH1jK9".repeat(3)} }\n`)).toMatch(/holds what looks like a secret/);
  });

  test("each root stands for the backend in the agents' own boundaries; the top is one, too", () => {
    const defined = { allowed: ["backend/app/api", "tests"], forbidden: ["frontend", "backend/alembic"] };
    expect(boundaryFor("test-generator", defined, read("roots: [services/shop, .]\n"))).toEqual({
      allowed: ["services/shop/app/api", "app/api", "tests"],
      forbidden: ["frontend", "services/shop/alembic", "alembic"],
    });
  });

  test("a boundary of one's own is taken as it is written, whatever the roots are", () => {
    const config = read("roots: [a]\nboundaries: { test-generator: { allowed: [backend/tests] } }\n");
    expect(boundaryFor("test-generator", { allowed: ["backend/x"], forbidden: [] }, config).allowed).toEqual([
      "backend/tests",
    ]);
  });

  test("the schema for editors is in step with what is read (vitest -u writes it anew)", async () => {
    await expect(`${JSON.stringify(repositoryJsonSchema(), null, 2)}\n`).toMatchFileSnapshot(
      "../../architect.schema.json",
    );
  });
});
