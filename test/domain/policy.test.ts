import { describe, expect, it } from "vitest";
import { type Boundary, canonPath, decideCreate, decideWrite, isProtected, isWithin } from "../../src/domain/policy.ts";

const boundary: Boundary = {
  allowed: ["backend/app/api", "backend/app/services", "backend/app/models", "backend/app/core", "backend/app/schemas"],
  forbidden: ["frontend", "backend/alembic", "backend/app/services/embeddings"],
};

/** What a Write would be told: the canonicaliser first, then the boundary. */
const decide = (raw: string) => {
  const canon = canonPath(raw);
  return canon.ok ? decideCreate(canon.path, boundary) : { allowed: false as const, reason: canon.reason };
};

describe("hostile paths", () => {
  const hostile: Record<string, string> = {
    "nothing at all": "",
    "PA-02 an allowed folder itself": "backend/app/api",
    "PA-03 a parent at the end": "backend/app/api/..",
    "a parent in the middle": "backend/app/api/../main.py",
    "PA-06 a double slash": "backend//app/api/x.py",
    "PA-07 a sibling with the same beginning": "backend/app/apiX/x.py",
    "PA-10 backslashes": "backend/app/api\\..\\..\\x",
    "PA-12 a newline": "backend/app/api/a\nb.py",
    "a NUL": "backend/app/api/a\0.py",
    "PA-13 a right-to-left override": "backend/app/api/x\u202e.py",
    "a zero-width space": "backend/app/api/x\u200b.py",
    "a no-break space": "backend/app/api/x\u00a0y.py",
    "a variation selector": "backend/app/api/x\ufe0f.py",
    "a Hangul filler": "backend/app/api/\u3164.py",
    "a tag character": "backend/app/api/x\u{e0041}.py",
    "a lone surrogate": "backend/app/api/x\ud800.py",
    "text that is not NFC": "backend/app/api/e\u0301.py",
    "PA-17 a Windows short name": "backend/app/api/GIT~1/config",
    "PA-18 .git and a space": "backend/app/api/.git /config",
    ".git": "backend/app/api/.git/hooks/post-checkout",
    ".GIT": "backend/app/api/.GIT/config",
    "full-width .git": "backend/app/api/.ｇｉｔ/config",
    "a one-dot leader": "backend/app/api/\u2024git/config",
    "PA-19 .gitmodules": "backend/app/api/.gitmodules",
    "PA-20 .gitattributes": "backend/app/api/.gitattributes",
    "PA-22 a trailing dot": "backend/app/api/x.py.",
    "a trailing space": "backend/app/api/x.py ",
    "PA-24 a stream": "backend/app/api/x:stream",
    "PA-25 a URL": "file:///etc/passwd",
    "PA-26 a home folder": "~/x",
    "a device": "backend/app/api/AUX.py",
    "PA-29 the frontend": "frontend/src/a.ts",
    "PA-32 a workflow": ".github/workflows/x.yml",
    "PA-33 a name of 256 bytes": `backend/app/api/${"a".repeat(253)}.py`,
    "a path of over 1,024 bytes": `backend/app/api/${"abcdefgh/".repeat(120)}x.py`,
    "PA-35 a Cyrillic letter in a folder": "backend/app/\u0430pi/x.py",
    "a new name outside ASCII": "backend/app/api/über.py",
    "PA-36 an option": "backend/app/api/-rf",
    "PA-37 percent-encoding": "backend/app/api/%2e%2e/x",
    "PA-39 a way up to .env": "backend/app/core/../../../.env",
    "an .env file": "backend/app/core/.env.production",
    "a memory file": ".claude/context/session/state.json",
    "an MCP configuration": "backend/app/core/.mcp.json",
    "an absolute path": "/etc/passwd",
    "PR-01 a process file": "/proc/self/environ",
    "the repository itself": "/repo",
    "a twofold prefix": "/repo//repo/backend/app/api/x.py",
    "a prefix and ./": "/repo/./backend/app/api/x.py",
    "a twofold ./": "././backend/app/api/x.py",
    "a sibling of /repo": "/repository/backend/app/api/x.py",
    "upper case": "Backend/App/Api/x.py",
    "a file next to the allowed folders": "backend/app/main.py",
    "a forbidden folder inside an allowed one": "backend/app/services/embeddings/x.py",
    "the same in upper case": "backend/app/services/Embeddings/x.py",
    "a Dockerfile in an allowed folder": "backend/app/core/Dockerfile",
    "a dot folder in an allowed folder": "backend/app/core/.vscode/settings.json",
  };
  it.each(Object.entries(hostile))("%s is refused with a sentence", (_, path) => {
    const verdict = decide(path);
    expect(verdict.allowed).toBe(false);
    if (!verdict.allowed) expect(verdict.reason).toMatch(/\.$/);
  });
});

describe("good paths", () => {
  it.each([
    ["backend/app/api/v1/routes/users.py", "backend/app/api/v1/routes/users.py"],
    ["./backend/app/services/user_service.py", "backend/app/services/user_service.py"],
    ["backend/app/core/__init__.py", "backend/app/core/__init__.py"],
    ["/repo/backend/app/schemas/user.py", "backend/app/schemas/user.py"],
    ["backend/app/models/with space.py", "backend/app/models/with space.py"],
    ["backend/app/core/.coveragerc", "backend/app/core/.coveragerc"],
  ])("%s may be written", (raw, path) => {
    expect(canonPath(raw)).toEqual({ ok: true, path });
    expect(decideCreate(path, boundary)).toEqual({ allowed: true });
  });

  it("lets a file with a name outside ASCII be read and changed where it exists", () => {
    expect(canonPath("backend/app/api/über.py")).toEqual({ ok: true, path: "backend/app/api/über.py" });
    expect(decideWrite("backend/app/api/über.py", boundary)).toEqual({ allowed: true });
  });
});

describe("reasons", () => {
  it("name the folders that may be written", () => {
    expect(decideWrite("backend/app/main.py", boundary)).toEqual({
      allowed: false,
      reason:
        "/repo/backend/app/main.py lies outside your boundary; it belongs to a maintainer. You may write below /repo/backend/app/api/, /repo/backend/app/services/, /repo/backend/app/models/, /repo/backend/app/core/, /repo/backend/app/schemas/. Put a change elsewhere under handoffs in your report.",
    });
  });

  it.each([
    ["frontend/src/a.ts", "frontend-ui-developer"],
    ["backend/alembic/versions/1.py", "database-engineer"],
    ["backend/tests/test_users.py", "test-generator"],
    ["backend/app/services/embeddings/a.py", "data-pipeline-engineer"],
  ])("of %s name its owner", (path, owner) => {
    const verdict = decideWrite(path, boundary);
    expect(verdict).toMatchObject({ allowed: false, reason: expect.stringContaining(owner) });
  });

  it("refuse a path that is not canonical even when it would resolve into an allowed folder", () => {
    expect(decideWrite("./backend/app/api/x.py", boundary).allowed).toBe(false);
    expect(decideWrite("/repo/backend/app/api/x.py", boundary).allowed).toBe(false);
  });

  it("say that nothing may be written where nothing is allowed", () => {
    expect(decideWrite("a/b.py", { allowed: [], forbidden: [] })).toMatchObject({
      allowed: false,
      reason: expect.stringContaining("You may write nothing."),
    });
  });
});

describe("protected paths", () => {
  it.each([
    ".github/workflows/ci.yml",
    ".GitHub/dependabot.yml",
    ".claude/context/session/state.json",
    ".circleci/config.yml",
    "backend/.devcontainer/devcontainer.json",
    ".gitlab-ci.yml",
    "azure-pipelines.yml",
    "Jenkinsfile",
    ".pre-commit-config.yaml",
    "backend/Dockerfile",
    "backend/Dockerfile.dev",
    "api.dockerfile",
    "docker-compose.override.yml",
    "compose.yaml",
    ".dockerignore",
    "poetry.lock",
    "backend/uv.lock",
    "package-lock.json",
    "pnpm-lock.yaml",
    "go.sum",
    "docs/CODEOWNERS",
  ])("%s is protected whatever the boundary allows", (path) => {
    expect(isProtected(path)).toBe(true);
    expect(decideWrite(path, { allowed: ["backend", "docs", ".github", ".claude"], forbidden: [] }).allowed).toBe(
      false,
    );
  });

  it.each([
    "backend/app/main.py",
    "backend/requirements.txt",
    "backend/pyproject.toml",
    "backend/app/services/compose_mail.py",
    "backend/app/core/lock.py",
    ".coveragerc",
  ])("%s is not protected", (path) => {
    expect(isProtected(path)).toBe(false);
  });
});

describe("isWithin", () => {
  it("matches whole folder names, case-sensitively", () => {
    expect(isWithin("src/api/x.py", ["src/api"])).toBe(true);
    expect(isWithin("src/apis/x.py", ["src/api"])).toBe(false);
    expect(isWithin("src/api", ["src/api"])).toBe(false);
    expect(isWithin("src/API/x.py", ["src/api"])).toBe(false);
  });
});
