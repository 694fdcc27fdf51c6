import { describe, expect, test } from "vitest";
import {
  boundaryFor,
  isLabelOf,
  parseRepositoryConfig,
  readRepositoryConfig,
} from "../../src/domain/repository-config.ts";
import { whyNotBy } from "../../src/domain/repository-rules.ts";
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

describe("the owner's defaults", () => {
  const defaults = { name: "acme/.github: architect.yml" };
  const names = { agents };
  const merged = (own: string | undefined, above: string) => {
    const read = readRepositoryConfig({ text: own }, { ...defaults, text: above }, names);
    if (!read.ok) throw new Error(read.problem);
    return read.config;
  };

  test("count where the repository says nothing", () => {
    expect(merged(undefined, "label: design\ntest: pytest\n")).toEqual({ label: "design", test: ["pytest"] });
    expect(readRepositoryConfig({}, undefined, names)).toEqual({ ok: true, config: {} });
  });

  test("give way key by key, and entry by entry where entries stand for themselves", () => {
    expect(
      merged(
        "label: build\nbudget: { run: 1 }\nenv: { A: own }\nwho: { people: [maintainer] }\n",
        "label: design\nbudget: { run: 2, day: 20 }\nenv: { A: above, B: above }\nwho: { permission: admin }\n",
      ),
    ).toEqual({
      label: "build",
      budget: { run: { usd: 1 }, day: { usd: 20 } },
      env: { A: "own", B: "above" },
      who: { permission: "admin", people: ["maintainer"] },
    });
  });

  test("mix nothing into what belongs together: a set-up, a server, the choice of models", () => {
    expect(
      merged(
        "setup: pip install .\nserve: { command: run }\nmodel: a-1\n",
        "setup: { commands: x, files: [y] }\nserve: { command: y, port: 9000 }\nmodel: { test-generator: b-2 }\n",
      ),
    ).toEqual({
      setup: { commands: ["pip install ."] },
      serve: { command: "run", port: 8000, health: "/" },
      model: { default: "a-1" },
    });
  });

  test("that are wrong are named by their file, and the repository's own mistake comes first", () => {
    const problemOf = (own: string, above: string) => {
      const read = readRepositoryConfig({ text: own }, { ...defaults, text: above }, names);
      return read.ok ? "accepted" : read.problem;
    };
    expect(problemOf("", "lable: x\n")).toMatch(
      /^acme\/\.github: architect\.yml: unknown key `lable`; did you mean `label`\?/,
    );
    expect(problemOf("rots: x\n", "lable: x\n")).toMatch(/^\.github\/architect\.yml: unknown key `rots`/);
  });

  test("and a file that is too large to be read are no defaults and no configuration", () => {
    expect(readRepositoryConfig({ tooLarge: true }, undefined, names)).toEqual({
      ok: false,
      problem: ".github/architect.yml: is larger than 64 KiB",
      label: undefined,
    });
  });
});

describe("how runs come to be", () => {
  const read = (text: string, models?: readonly string[]) =>
    readRepositoryConfig({ text }, undefined, { agents, models });
  const said = (text: string, models?: readonly string[]): string => {
    const parsed = read(text, models);
    return parsed.ok ? "accepted" : parsed.problem;
  };

  test("the repository's label counts in place of the operator's, in any case", () => {
    const usual = { name: "architect", usual: true };
    const other = { name: "Design", usual: false };
    expect([isLabelOf(read(""), usual), isLabelOf(read(""), other)]).toEqual([true, false]);
    expect([isLabelOf(read("label: design\n"), usual), isLabelOf(read("label: design\n"), other)]).toEqual([
      false,
      true,
    ]);
  });

  test("the label counts also where something else in the file is wrong, so that somebody is told what", () => {
    expect(isLabelOf(read("label: design\nsetp: x\n"), { name: "design", usual: false })).toBe(true);
    expect(isLabelOf(read("label: [design]\n"), { name: "design", usual: false })).toBe(false);
  });

  test("a model is one for all, or one for each agent", () => {
    expect(read("model: a-1\n", ["a-1"])).toMatchObject({ config: { model: { default: "a-1" } } });
    expect(read("model: { default: a-1, test-generator: b-2 }\n", ["a-1", "b-2"])).toMatchObject({
      config: { model: { default: "a-1", "test-generator": "b-2" } },
    });
  });

  test.each([
    [
      "a model that is not the operator's",
      "model: c-3\n",
      "at `model`: c-3 is none of the models that the App's operator allows; there are: a-1, b-2",
    ],
    ["one of an agent", "model: { test-generator: c-3 }\n", "at `model.test-generator`: c-3 is none of"],
    [
      "an agent that is none",
      "model: { test-generater: a-1 }\n",
      "at `model.test-generater`: no such agent; did you mean `test-generator`?",
    ],
    [
      "a permission below write",
      "who: { permission: triage }\n",
      "at `who.permission`: must be write, maintain or admin: nobody below write is ever heard",
    ],
    [
      "a mention",
      "who: { people: ['@maintainer'] }\n",
      "at `who.people.0`: must be a login such as octocat, without an @",
    ],
    ["nobody", "who: { people: [] }\n", "at `who.people`: must name somebody"],
    ["a team", "who: { teams: [core] }\n", "at `who`: unknown key `teams`"],
    ["a label without a name", "label: ''\n", "at `label`: must be the name of a label"],
  ])("%s is refused", (_name, text, expected) => {
    expect(said(text, ["a-1", "b-2"])).toContain(expected);
  });

  test("who may start a run is said by permission and by name, in any case", () => {
    const by = (who: Parameters<typeof whyNotBy>[0], permission: "write" | "maintain") =>
      whyNotBy(who, { login: "Maintainer" }, permission);
    expect(by(undefined, "write")).toBeUndefined();
    expect(by({ permission: "maintain" }, "maintain")).toBeUndefined();
    expect(by({ permission: "maintain" }, "write")).toBe(
      "@Maintainer has the permission `write` here, and `who.permission` asks for `maintain`",
    );
    expect(by({ people: ["maintainer"] }, "write")).toBeUndefined();
    expect(by({ people: ["colleague"] }, "write")).toBe("@Maintainer is not among `who.people`");
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

  test("hand-offs are filed or not, under labels of their own by whose they are", () => {
    const text = "handoffs: { file: true, labels: { frontend-ui-developer: ' ui ', llm-integrator: 'Team: AI' } }\n";
    expect(read(text).handoffs).toEqual({
      file: true,
      labels: { "frontend-ui-developer": "ui", "llm-integrator": "Team: AI" },
    });
  });

  test("failed checks are on or off", () => {
    expect(read("ci: off\n").ci).toBe("off");
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
    ["something else than on or off", "ci: maybe\n", /`ci`: must be on or off/],
    [
      "a label of nobody who takes hand-offs",
      "handoffs: { file: true, labels: { database-enginer: db } }\n",
      /`handoffs\.labels`: unknown key `database-enginer`; did you mean `database-engineer`\?/,
    ],
    [
      "a label without a name",
      "handoffs: { file: true, labels: { llm-integrator: '' } }\n",
      /`handoffs\.labels\.llm-integrator`: must be the name of a label/,
    ],
    ["hand-offs without a word on filing", "handoffs: {}\n", /`handoffs\.file`: must be true or false/],
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
