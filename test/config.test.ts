import { generateKeyPairSync } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { readConfig, readRunConfig } from "../src/config.ts";
import { ConfigError } from "../src/domain/errors.ts";
import { cacheFolder, defaultDataFolder } from "../src/environment.ts";

const folder = mkdtempSync(join(tmpdir(), "architect-config-"));
afterAll(() => rmSync(folder, { recursive: true }));

const encoding = { type: "pkcs1", format: "pem" } as const;
const pem = generateKeyPairSync("rsa", { modulusLength: 1024 }).privateKey.export(encoding) as string;
const secret = "0123456789abcdef0123456789abcdef";
const least = { APP_ID: "4711", PRIVATE_KEY: pem, WEBHOOK_SECRET: secret, HOME: folder };

const read = (env: Env) => readConfig({ ...least, ...env }, false);

type Env = Readonly<Record<string, string | undefined>>;

const problemsOf = (env: Env): string => {
  try {
    readConfig(env, false);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as ConfigError).message;
  }
  throw new Error("the settings were taken");
};
const problemWith = (env: Env) => problemsOf({ ...least, ...env });

test("three settings are enough, the rest has defaults that need no key of a model", () => {
  expect(readConfig(least, false)).toEqual({
    appId: 4711,
    privateKey: pem,
    webhookSecret: secret,
    apiUrl: "https://api.github.com",
    githubUrl: "https://github.com",
    host: "127.0.0.1",
    port: 3000,
    dataFolder: join(folder, ".local/share/backend-architect"),
    label: "architect",
    bots: [],
    concurrency: 4,
    quietSeconds: 60,
    signOff: false,
    model: { kind: "blueprint" },
    budget: { usd: 5, tokens: 5_000_000, minutes: 90 },
    runBounds: { day: 400, person: 100, issue: 40 },
    sharedCaps: { day: { usd: 50, tokens: 200_000_000 }, issue: { usd: 25, tokens: 100_000_000 } },
    sandbox: "bubblewrap",
    setup: { hosts: [], cacheBytes: 10 * 1024 ** 3 },
    warnings: [],
  });
});

test("every setting that is wrong is named at once, with what would be right", () => {
  expect(
    problemsOf({ HOME: folder, WEBHOOK_SECRET: "short", PORT: "70000", ARCHITECT_CONCURRENCY: "0" }),
  ).toMatchInlineSnapshot(`
    "5 settings are wrong:
      - APP_ID is missing: it must be the App's numeric id, which its settings page shows
      - WEBHOOK_SECRET must be at least 32 bytes long; make one with \`openssl rand -hex 32\`
      - PORT must be a whole number from 0 to 65535
      - ARCHITECT_CONCURRENCY must be a whole number from 1 to 256
      - PRIVATE_KEY_PATH is missing: it must be the .pem file that the App's settings page gave you (or PRIVATE_KEY its text)"
  `);
});

test("the settings of a run alone need no App", () => {
  expect(readRunConfig({ HOME: folder }, false)).toMatchObject({
    model: { kind: "blueprint" },
    sandbox: "bubblewrap",
  });
  expect(() => readRunConfig({ HOME: folder, ARCHITECT_MAX_USD: "-1" }, false)).toThrow(/ARCHITECT_MAX_USD must be/);
});

test("a setting that is empty counts as not set", () => {
  expect(read({ PORT: "", ARCHITECT_LABEL: "", ANTHROPIC_API_KEY: "", PRIVATE_KEY_PATH: "" }).port).toBe(3000);
});

describe("the public address", () => {
  test("is where people reach the server, also below a path", () => {
    expect(read({}).publicUrl).toBeUndefined();
    expect(read({ ARCHITECT_PUBLIC_URL: "https://ci.example.com/architect/" }).publicUrl).toBe(
      "https://ci.example.com/architect",
    );
    expect(read({ ARCHITECT_PUBLIC_URL: "http://127.0.0.1:3000" }).publicUrl).toBe("http://127.0.0.1:3000");
  });

  test.each([
    [
      "http://ci.example.com",
      "must start with https:// (http:// is for this machine alone: 127.0.0.1, ::1, localhost)",
    ],
    ["ci.example.com", "is no URL"],
    ["https://ci.example.com/?run=", "must not carry a user, a query or a fragment"],
  ])("%s is refused", (text, problem) => {
    expect(problemWith({ ARCHITECT_PUBLIC_URL: text })).toBe(
      `wrong setting: ARCHITECT_PUBLIC_URL ${problem}; right would be https://architect.example.com`,
    );
  });
});

describe("bots", () => {
  test("are named with their ids", () => {
    expect(read({ ARCHITECT_BOTS: "helper[bot]=1234567, Other-1[bot]=8" }).bots).toEqual([
      { login: "helper[bot]", id: 1_234_567 },
      { login: "Other-1[bot]", id: 8 },
    ]);
  });

  test.each(["helper[bot]", "helper=12", "maintainer=5", "helper[bot]=0"])("%j is no bot with its id", (text) => {
    expect(problemWith({ ARCHITECT_BOTS: text })).toBe(
      `wrong setting: ARCHITECT_BOTS has "${text}": it must be a list of bots with their ids such as helper[bot]=1234567; https://api.github.com/users/helper%5Bbot%5D shows the id`,
    );
  });
});

describe("the webhook secret", () => {
  test.each([
    [undefined, /WEBHOOK_SECRET is missing: .*openssl rand -hex 32/],
    ["", /WEBHOOK_SECRET is missing/],
    ["development", /WEBHOOK_SECRET must not be the publicly known word/],
    ["0123456789abcdef0123456789abcde", /WEBHOOK_SECRET must be at least 32 bytes long/],
  ])("%j is refused", (value, problem) => {
    expect(problemWith({ WEBHOOK_SECRET: value })).toMatch(problem);
  });

  test("is counted in bytes and never shown", () => {
    expect(read({ WEBHOOK_SECRET: "ü".repeat(16) }).webhookSecret).toBe("ü".repeat(16));
    expect(problemWith({ WEBHOOK_SECRET: "too-short-to-show" })).not.toContain("too-short-to-show");
  });
});

describe("the App's key", () => {
  const file = join(folder, "app.pem");

  test("is taken with escaped line ends", () => {
    expect(read({ PRIVATE_KEY: pem.replaceAll("\n", "\\n") }).privateKey).toBe(pem);
  });

  test("is read from a file, with a warning where others can read it, too", () => {
    writeFileSync(file, pem, { mode: 0o600 });
    const { PRIVATE_KEY: _, ...rest } = least;
    expect(readConfig({ ...rest, PRIVATE_KEY_PATH: file }, false)).toMatchObject({ privateKey: pem, warnings: [] });
    const open = join(folder, "open.pem");
    writeFileSync(open, pem, { mode: 0o644 });
    expect(readConfig({ ...rest, PRIVATE_KEY_PATH: open }, false).warnings).toEqual([
      `PRIVATE_KEY_PATH: others on this machine can read ${open}; \`chmod 600\` it`,
    ]);
  });

  test.each([
    [{ PRIVATE_KEY: undefined }, /PRIVATE_KEY_PATH is missing/],
    [{ PRIVATE_KEY_PATH: file }, /both set: keep one/],
    [{ PRIVATE_KEY: undefined, PRIVATE_KEY_PATH: "/no/such.pem" }, /cannot be read \(ENOENT\): \/no\/such.pem/],
    [{ PRIVATE_KEY: "not a key at all" }, /PRIVATE_KEY holds no private key: it must be the RSA key in PEM format/],
    [{ PRIVATE_KEY: pem.slice(0, 200) }, /PRIVATE_KEY holds no private key/],
    [
      {
        PRIVATE_KEY: generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }) as string,
      },
      /PRIVATE_KEY holds a key of type ed25519/,
    ],
  ])("is refused where it is none (%#)", (env, problem) => {
    expect(problemWith(env)).toMatch(problem);
    expect(problemWith(env)).not.toContain("not a key at all");
  });
});

describe("GitHub's addresses", () => {
  test.each([
    ["https://api.github.com/", "https://api.github.com", "https://github.com"],
    ["https://api.acme.ghe.com", "https://api.acme.ghe.com", "https://acme.ghe.com"],
    ["https://git.example.com/api/v3", "https://git.example.com/api/v3", "https://git.example.com"],
    ["http://127.0.0.1:4010/api/v3/", "http://127.0.0.1:4010/api/v3", "http://127.0.0.1:4010"],
    ["http://[::1]:4010", "http://[::1]:4010", "http://[::1]:4010"],
  ])("%s leads to %s and %s", (given, apiUrl, githubUrl) => {
    expect(read({ GITHUB_API_URL: given })).toMatchObject({ apiUrl, githubUrl });
  });

  test.each([
    "http://api.github.com",
    "http://127.0.0.1.example.com",
    "https://user:pass@api.github.com",
    "https://api.github.com/repos",
    "https://api.github.com?x=1",
    "ftp://api.github.com",
    "api.github.com",
  ])("%s is refused", (url) => {
    expect(problemWith({ GITHUB_API_URL: url })).toMatch(/GITHUB_API_URL .*; right would be https:\/\/api.github.com/);
  });
});

describe("the model", () => {
  const key = "sk-ant-api03-of-a-test";

  test("is a language model as soon as there is a key, and the one that is named", () => {
    expect(read({ ANTHROPIC_API_KEY: key }).model).toEqual({ kind: "anthropic", id: "claude-opus-5-5", apiKey: key });
    expect(read({ ANTHROPIC_API_KEY: key, ARCHITECT_MODEL: "blueprint" }).model).toEqual({ kind: "blueprint" });
    expect(
      read({
        ANTHROPIC_API_KEY: key,
        ARCHITECT_MODEL: "claude-sonnet-5-5",
        ANTHROPIC_BASE_URL: "http://localhost:8080/proxy/",
      }).model,
    ).toEqual({ kind: "anthropic", id: "claude-sonnet-5-5", apiKey: key, baseUrl: "http://localhost:8080/proxy" });
  });

  test("is refused without its key, and without a sandbox", () => {
    expect(problemWith({ ARCHITECT_MODEL: "claude-opus-5-5" })).toMatch(
      /ANTHROPIC_API_KEY is missing: claude-opus-5-5 needs one; set it, or set ARCHITECT_MODEL=blueprint/,
    );
    expect(problemWith({ ANTHROPIC_API_KEY: key, ARCHITECT_SANDBOX: "none" })).toMatch(
      /ARCHITECT_SANDBOX=none is for the blueprint model alone/,
    );
    expect(read({ ARCHITECT_SANDBOX: "none" })).toMatchObject({
      sandbox: "none",
      warnings: [expect.stringContaining("ARCHITECT_SANDBOX=none")],
    });
  });

  test("may have another one to stand in for it, and prices of one's own", () => {
    const env = {
      ANTHROPIC_API_KEY: key,
      ARCHITECT_FALLBACK_MODEL: "claude-sonnet-5-5",
      ARCHITECT_PRICES: "my-model=3/15, other.model:v1=0/0",
    };
    expect(read(env).model).toEqual({
      ...{ kind: "anthropic", id: "claude-opus-5-5", apiKey: key, fallback: "claude-sonnet-5-5" },
      prices: { "my-model": { input: 3, output: 15 }, "other.model:v1": { input: 0, output: 0 } },
    });
    expect(problemWith({ ...env, ARCHITECT_FALLBACK_MODEL: "claude-opus-5-5" })).toMatch(
      /ARCHITECT_FALLBACK_MODEL must be another language model than claude-opus-5-5/,
    );
  });

  test.each(["my-model", "my-model=3", "=3/15", "my-model=3/x", "a=1/2;b=3/4", "my-model=3/15,"])(
    "a price of %j is refused",
    (prices) => {
      expect(problemWith({ ANTHROPIC_API_KEY: key, ARCHITECT_PRICES: prices })).toMatch(
        /ARCHITECT_PRICES must be MODEL=INPUT\/OUTPUT in US dollars for a million tokens/,
      );
    },
  );

  test("is asked at Amazon Bedrock, with a key or with what AWS finds itself", () => {
    const env = { ARCHITECT_PROVIDER: "bedrock", ARCHITECT_MODEL: "global.anthropic.claude-opus-5-5" };
    const known = { kind: "bedrock", id: "global.anthropic.claude-opus-5-5", region: "eu-central-1" };
    expect(read({ ...env, AWS_REGION: "eu-central-1", AWS_BEARER_TOKEN_BEDROCK: "token" }).model).toEqual({
      ...known,
      apiKey: "token",
    });
    const found = { AWS_SECRET_ACCESS_KEY: "secret", AWS_SESSION_TOKEN: "session" };
    const { model } = read({ ...env, AWS_REGION: "eu-central-1", ...found });
    expect(model).toEqual({ ...known, secrets: ["secret", "session"] });
    expect(problemWith(env)).toMatch(/AWS_REGION is missing: it must be the region in which Bedrock is asked/);
  });

  test("is asked at Google Vertex AI", () => {
    const env = { ARCHITECT_PROVIDER: "vertex", ARCHITECT_MODEL: "claude-opus-5-5@20261001" };
    const where = { CLOUD_ML_REGION: "global", ANTHROPIC_VERTEX_PROJECT_ID: "a-project" };
    expect(read({ ...env, ...where }).model).toEqual({
      ...{ kind: "vertex", id: "claude-opus-5-5@20261001", region: "global", project: "a-project" },
    });
    expect(problemWith(env)).toMatch(/CLOUD_ML_REGION is missing/);
  });

  test("of a cloud must be named, since each cloud spells it in its own way", () => {
    expect(problemWith({ ARCHITECT_PROVIDER: "vertex", CLOUD_ML_REGION: "global" })).toMatch(
      /ARCHITECT_MODEL is missing: with ARCHITECT_PROVIDER=vertex it must be a model id of that provider/,
    );
    expect(problemWith({ ARCHITECT_PROVIDER: "azure" })).toMatch(/must be anthropic, bedrock or vertex/);
  });

  test("that is the blueprint needs nothing of all this", () => {
    const env = { ARCHITECT_MODEL: "blueprint", ARCHITECT_PROVIDER: "bedrock", ARCHITECT_FALLBACK_MODEL: "x-1" };
    expect(read(env).model).toEqual({ kind: "blueprint" });
  });

  test.each(["0", "-1", "five", "1e9", "0.00001"])("a budget of %s dollars is refused", (usd) => {
    expect(problemWith({ ARCHITECT_MAX_USD: usd })).toMatch(/ARCHITECT_MAX_USD must be/);
  });
});

describe("names that are no setting", () => {
  test.each([
    ["ARCHITECT_LABLE", "ARCHITECT_LABEL"],
    ["ARCHITECT_CONCURENCY", "ARCHITECT_CONCURRENCY"],
    ["ARCHITECT_MAX_DOLLARS", "ARCHITECT_MAX_TOKENS"],
    ["ARCHITECT_DATA_FOLDER", "ARCHITECT_DATA"],
  ])("%s is refused with the nearest, %s", (name, nearest) => {
    expect(problemWith({ [name]: "x" })).toContain(`${name} is no setting: did you mean ${nearest}?`);
  });

  test("those of other programs are left alone", () => {
    expect(read({ ARCHITECTURE: "x86_64", PATH: "/usr/bin" }).port).toBe(3000);
  });
});

describe("folders", () => {
  test.each([
    [{ HOME: "/home/dev" }, true, "/var/lib/backend-architect"],
    [{ HOME: "/home/dev" }, false, "/home/dev/.local/share/backend-architect"],
    [{ HOME: "/home/dev", XDG_DATA_HOME: "/data" }, false, "/data/backend-architect"],
    [{ HOME: "/home/dev", XDG_DATA_HOME: "data" }, false, "/home/dev/.local/share/backend-architect"],
  ])("the data of %j, root: %j, is in %s", (env, isRoot, expected) => {
    expect(defaultDataFolder(env, isRoot)).toBe(expected);
  });

  test.each([
    [{ HOME: "/home/dev" }, true, "/var/cache/backend-architect"],
    [{ HOME: "/home/dev", ARCHITECT_CACHE: "/big" }, true, "/big/backend-architect"],
    [{ HOME: "/home/dev", ARCHITECT_CACHE: "" }, false, "/home/dev/.cache/backend-architect"],
    [{ HOME: "/home/dev", XDG_CACHE_HOME: "/scratch" }, false, "/scratch/backend-architect"],
    [{ HOME: "/home/dev", XDG_CACHE_HOME: "scratch" }, false, "/home/dev/.cache/backend-architect"],
    [{}, false, undefined],
  ])("what the command line keeps, by %j, root: %j, is in %s", (env, isRoot, expected) => {
    expect(cacheFolder(env, isRoot)).toBe(expected);
  });

  test("without a home folder the data folder must be named", () => {
    expect(() => defaultDataFolder({}, false)).toThrow(/ARCHITECT_DATA is missing/);
    expect(readConfig({ ...least, HOME: undefined, ARCHITECT_DATA: "/srv/data" }, false).dataFolder).toBe("/srv/data");
  });

  test("a Python environment is taken from the data folder when it is there, or from where it is said to be", () => {
    const data = join(folder, "data");
    expect(read({ ARCHITECT_DATA: data }).python).toBeUndefined();
    const made = join(data, "shared/toolchain/python");
    mkdirSync(join(made, "bin"), { recursive: true });
    expect(read({ ARCHITECT_DATA: data }).python).toBe(made);
    expect(problemWith({ ARCHITECT_PYTHON: made })).toMatch(/ARCHITECT_PYTHON has no bin\/python in it/);
    writeFileSync(join(made, "bin/python"), "");
    expect(read({ ARCHITECT_PYTHON: made }).python).toBe(made);
  });
});

test("a set-up reaches the hosts that are listed, on the web's ports or the one that is given", () => {
  const index = "https://packages.example.com:8443/simple";
  const env = {
    ARCHITECT_SETUP_HOSTS: "PyPI.org, files.pythonhosted.org,packages.example.com:8443",
    ARCHITECT_SETUP_INDEX: index,
    ARCHITECT_SETUP_CACHE_GB: "2",
  };
  expect(read(env).setup).toEqual({
    hosts: [
      { host: "pypi.org", ports: [443, 80] },
      { host: "files.pythonhosted.org", ports: [443, 80] },
      { host: "packages.example.com", ports: [8443] },
    ],
    index,
    cacheBytes: 2 * 1024 ** 3,
  });
});

test.each([
  "localhost",
  "127.0.0.1",
  "[::1]",
  "10.0.0.1:80",
  "*.example.com",
  "https://pypi.org",
  "pypi.org:0",
  "a.b:c",
  "registry",
])("a set-up cannot be let to %s", (host) => {
  expect(problemWith({ ARCHITECT_SETUP_HOSTS: `pypi.org,${host}` })).toContain(
    `ARCHITECT_SETUP_HOSTS has "${host}": it must be a list of host names such as pypi.org`,
  );
});

test("an index needs its host among the allowed ones, and has no user", () => {
  expect(problemWith({ ARCHITECT_SETUP_INDEX: "https://pypi.org/simple" })).toMatch(
    /is on pypi\.org, port 443, which ARCHITECT_SETUP_HOSTS does not allow/,
  );
  expect(
    problemWith({ ARCHITECT_SETUP_HOSTS: "pypi.org", ARCHITECT_SETUP_INDEX: "https://me:word@pypi.org/simple" }),
  ).toMatch(/ARCHITECT_SETUP_INDEX must be the URL of a package index .* without a user/);
});

test("servers of tools are named by a preset or a file, and what is wrong in it is a problem among the others", () => {
  const file = join(folder, "mcp.json");
  writeFileSync(file, '{"mcpServers": {"docs": {"url": "https://docs.example.com/mcp"}}}');
  expect(read({}).mcp).toBeUndefined();
  expect(read({ ARCHITECT_MCP: "context7" }).mcp?.servers.map(({ name }) => name)).toEqual(["context7"]);
  expect(problemWith({ ARCHITECT_MCP: file, PORT: "x" })).toMatch(
    /PORT must[\s\S]*mcp\.json: mcpServers\.docs\.tools must name/,
  );
  expect(problemWith({ ARCHITECT_MCP: join(folder, "nowhere.json") })).toContain("that can be read (ENOENT)");
});
