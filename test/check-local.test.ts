/** `architect check` as it is typed, on a real git repository. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { reportWith } from "./support/report.ts";

const folder = mkdtempSync(join(tmpdir(), "architect-check-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const repository = join(folder, "shop");
const write = (path: string, text: string): void => {
  mkdirSync(dirname(join(repository, path)), { recursive: true });
  writeFileSync(join(repository, path), text);
};
const git = (...args: string[]): void => {
  const identity = ["-c", "user.name=maintainer", "-c", "user.email=maintainer@localhost"];
  execFileSync("git", ["-C", repository, ...identity, ...args], { stdio: "pipe" });
};
const commit = (): void => {
  git("add", "-A");
  git("commit", "-qm", "change");
};

mkdirSync(repository);
git("init", "-q", "-b", "main");
write(
  "app/main.py",
  'from fastapi import FastAPI\nfrom app import items\napp = FastAPI()\napp.include_router(items.router, prefix="/api/v1")\n',
);
write("app/__init__.py", "");
const items = `from fastapi import APIRouter
router = APIRouter(prefix="/items")
@router.get("")
async def list_items() -> list[str]:
    """All of them."""
    return []
`;
write("app/items.py", items);
commit();
git("checkout", "-qb", "change");
write(
  "app/items.py",
  `${items}
@router.post("/create-item", status_code=201)
async def create_item(name: str) -> str:
    """Add one."""
    import time
    time.sleep(1)
    return name
`,
);
commit();
// As CI has it: no branch is checked out.
git("checkout", "-q", "--detach");

const check = (...args: string[]) => {
  const main = join(import.meta.dirname, "../src/main.ts");
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, "check", "--repo", repository, ...args], {
    encoding: "utf8",
    env: { PATH: process.env["PATH"] ?? "", HOME: folder, ARCHITECT_CACHE: folder, NO_COLOR: "1" },
  });
  return { status, stdout, stderr };
};

const route = { method: "POST", path: "/api/v1/items/create-item", auth: "none", rate_limit: null } as const;
const sound: Parameters<typeof reportWith>[0] = {
  endpoints_created: [route],
  ...{ models_created: [], middleware_added: [], security_measures: [], test_commands: [] },
};
const reportFile = (change: Parameters<typeof reportWith>[0]): string => {
  const file = join(folder, "report.json");
  writeFileSync(file, JSON.stringify(reportWith({ ...sound, ...change })));
  return file;
};

describe("architect check", () => {
  it("shows what changed lines break, and what of the API is new, without a report", () => {
    const { stdout, stderr } = check("--base", "main");
    expect(stderr).toBe("");
    expect(stdout).toMatch(/blocking-call app\/items\.py:12/);
    expect(stdout).toContain("added POST /api/v1/items/create-item");
    expect(stdout).not.toContain("Claims of the report");
  });

  it("tells a sound report from one that lies, by its exit code and its words", () => {
    const good = JSON.parse(check("--base", "main", "--json", "--report", reportFile({})).stdout);
    expect(good.claims[0]).toMatchObject({ verdict: "confirmed", where: { file: "app/items.py", line: 8 } });
    const lie = reportFile({ endpoints_created: [{ ...route, path: "/api/v1/items/other" }] });
    const { status, stdout } = check("--base", "main", "--report", lie);
    expect(status).toBe(1);
    expect(stdout).toMatch(/contradicted POST\s+\/api\/v1\/items\/other the application serves no such route/);
  });

  it("writes SARIF with a rule for each id and places in the repository", () => {
    const file = join(folder, "out.sarif");
    check("--base", "main", "--sarif", file);
    const { version, runs } = JSON.parse(readFileSync(file, "utf8"));
    const [{ tool, results }] = runs;
    expect(version).toBe("2.1.0");
    const ids = tool.driver.rules.map(({ id }: { id: string }) => id);
    expect(ids).toContain("blocking-call");
    expect(new Set(ids).size).toBe(ids.length);
    const found = results.find(({ ruleId }: { ruleId: string }) => ruleId === "blocking-call");
    expect(["warning", "error", "note"]).toContain(found.level);
    expect(found.locations[0].physicalLocation).toMatchObject({
      artifactLocation: { uri: "app/items.py", uriBaseId: "ROOT" },
      region: { startLine: 12 },
    });
  });

  it.each([
    [["--base", "gone"], /has no commit gone; fetch it first/],
    [[], /say what the change is proposed to: --base origin\/main/],
    [["--base", "main", "--report", "/nowhere.json"], /\/nowhere\.json can't be read/],
    [["--base", "main", "stray"], /takes no arguments, and "stray" is one/],
  ])("refuses %j with what would be right", (args, said) => {
    expect(check(...args)).toMatchObject({ status: 2, stderr: expect.stringMatching(said) });
  });

  it("takes people's own migrations and model libraries for what they are, and misses a migration without a word of agents", () => {
    git("checkout", "-q", "-B", "tables", "main");
    write("app/text.py", "import openai\n");
    write(
      "app/models.py",
      "from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column\nclass Base(DeclarativeBase): ...\nclass Item(Base):\n    __tablename__ = 'items'\n    id: Mapped[int] = mapped_column(primary_key=True)\n",
    );
    commit();
    const bare = check("--base", "main");
    expect(bare.stdout).toContain("concern migration-missing");
    expect(bare.stdout).not.toMatch(/database-engineer|llm-integrator|handoffs/);
    write("alembic/versions/0001_items.py", "from alembic import op\ndef upgrade():\n    op.create_table('items')\n");
    commit();
    const { status, stdout } = check("--base", "main");
    expect(stdout).not.toMatch(/^error|migration-missing/m);
    expect(status).toBe(0);
  });

  it("goes by what the base's configuration says", () => {
    git("checkout", "-q", "main");
    write(".github/architect.yml", 'standards:\n  blocking-call:\n    enabled: false\n    reason: "It is a toy."\n');
    commit();
    git("checkout", "-q", "change");
    git("rebase", "-q", "main");
    const { stdout } = check("--base", "main", "--json");
    const { findings, deviations } = JSON.parse(stdout);
    expect(findings.map(({ rule }: { rule: string }) => rule)).not.toContain("blocking-call");
    expect(deviations).toEqual([{ rule: "blocking-call", setting: "off", reason: "It is a toy." }]);
  });
});
