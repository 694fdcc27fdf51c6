/** The blueprint at work on real backends: whole conversations over the real tools, and the code it writes run by real FastAPI. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Boundary } from "../../../src/domain/policy.ts";
import { createBlueprint } from "../../../src/model/blueprint/blueprint.ts";
import type { ModelRequest } from "../../../src/ports.ts";
import {
  bashOf,
  briefMessage,
  type Child,
  commitAll,
  counted,
  type Drive,
  diffOf,
  drive,
  driveChild,
  openWorkbench,
  runIn,
  type Workbench,
} from "../../support/blueprint-driver.ts";
import { pythonOrSkip } from "../../support/python.ts";

const python = pythonOrSkip();

const registration = "Create user registration endpoint";
const invoices = "CRUD for invoices (number: str unique, amount: Decimal, due_date: date, paid: bool)";
const everyType =
  "CRUD for shipments (code: str unique max 20, note: text?, weight: float > 0, pieces: int >= 1 <= 99, price: Decimal(10,2) >= 0 default 0, fragile: bool default false, sent_on: date?, arrives_at: datetime, tracking: UUID indexed, contact: EmailStr, state: packed|sent|lost default packed)";

const only = (folder: string): Boundary => ({ allowed: [folder], forbidden: ["frontend"] });

/** Layout by fixture: the boundary under which it can be worked on, where ruff has to run, and where tests lie. */
const shop = ["shop", undefined, "backend", "backend/tests"] as const;
const unwired = ["unwired", undefined, "backend", "backend/tests"] as const;
const singleFile = ["single-file", only("backend/app"), "backend", "backend/tests"] as const;
const srcPackage = ["src-package", only("src/fleet"), ".", "tests"] as const;
const rootPackage = ["root-package", only("tracker"), ".", "tests"] as const;

const options = (boundary: Boundary | undefined) => ({ python, ...(boundary ? { boundary } : {}) });

const failedCalls = (driven: Pick<Drive, "calls">): string[] =>
  driven.calls.filter((call) => call.failed).map((call) => `${call.name}: ${call.result}`);

const passes = (child: Child) => ({
  status: child.report.status,
  findings: child.back.findings,
  failed: child.calls.filter((call) => call.failed).map((call) => call.result),
});

const tried = (driven: Pick<Drive, "calls">): string =>
  driven.calls
    .filter((call) => call.name === "Bash")
    .map((call) => call.result)
    .join("\n");

/** As the repository's own formatter and linter see it. */
const lint = async (bench: Workbench, root: string): Promise<string> => {
  if (!python) return "";
  const ruff = join(dirname(python), "ruff");
  const format = await runIn(bench, ruff, ["format", "--check", "."], root).catch((error: { stdout: string }) => error);
  const check = await runIn(bench, ruff, ["check", "--select", "E,F,I,UP,B", "."], root).catch(
    (error: { stdout: string }) => error,
  );
  return `${format.stdout}${check.stdout}`;
};

const clean = /^\d+ files already formatted\nAll checks passed!\n$/;

/** Its tests run every promise of the code; where they do, the design itself need not be tried as well. */
const tested = async (
  bench: Workbench,
  title: string,
  boundary: Boundary | undefined,
  tests: string,
): Promise<{ driven: Drive; child: Child }> => {
  const driven = await drive(bench, title, "", boundary ? { boundary } : {});
  const task = driven.report.handoffs.find(({ to }) => to === "test-generator")?.task ?? "";
  const child = await driveChild(bench, "test-generator", task, {
    boundary: { allowed: [tests], forbidden: [] },
    python,
  });
  return { driven, child };
};

describe.each([shop, unwired, srcPackage])("in the layout of %s", (name, boundary, root, tests) => {
  it.skipIf(!python)(
    "writes a registration that answers as it reports, and that a formatter leaves alone",
    async () => {
      using bench = await openWorkbench(name);
      const driven = await drive(bench, registration, "", options(boundary));
      expect(failedCalls(driven)).toEqual([]);
      expect(driven.report.status).toBe("DONE_WITH_CONCERNS");
      expect(tried(driven)).toContain("ok   POST /api/v1/auth/register 201");
      expect(tried(driven)).toContain("ok   POST /api/v1/auth/register 409");
      expect(tried(driven)).not.toContain("FAIL");
      expect(driven.report.endpoints_created).toMatchObject([
        { method: "POST", path: "/api/v1/auth/register", auth: "none" },
      ]);
      expect(driven.report.models_created[0]?.fields).toEqual(["id", "email", "password_hash", "created_at"]);
      expect(await lint(bench, root)).toMatch(clean);
      expect(counted(driven)).toBeLessThanOrEqual(40);
    },
  );

  it.skipIf(!python)("writes a resource of every type, and tests that it passes", async () => {
    using bench = await openWorkbench(name);
    const { driven, child } = await tested(bench, everyType, boundary, tests);
    expect(failedCalls(driven)).toEqual([]);
    expect(driven.report.endpoints_created.map((one) => one.method)).toEqual(["POST", "GET", "GET", "PATCH", "DELETE"]);
    expect(counted(driven)).toBeLessThanOrEqual(40);
    expect(passes(child)).toEqual({ status: "DONE", findings: [], failed: [] });
    expect(await lint(bench, root)).toMatch(clean);
  });
});

describe.each([singleFile, rootPackage])("in the layout of %s", (name, boundary, root, tests) => {
  it.skipIf(!python)("writes a registration, and tests that it passes", async () => {
    using bench = await openWorkbench(name);
    const { child } = await tested(bench, registration, boundary, tests);
    const hidden = name === "root-package";
    expect(passes(child)).toEqual({ status: hidden ? "DONE_WITH_CONCERNS" : "DONE", findings: [], failed: [] });
    expect(child.report.concerns).toEqual(hidden ? [expect.stringContaining("hides its database")] : []);
    expect(await lint(bench, root)).toMatch(clean);
  });

  it.skipIf(!python)("writes a resource of every type that answers as it reports", async () => {
    using bench = await openWorkbench(name);
    const driven = await drive(bench, everyType, "", options(boundary));
    expect(failedCalls(driven)).toEqual([]);
    expect(driven.report.status).toBe("DONE_WITH_CONCERNS");
    expect(tried(driven).match(/^ok {3}(POST|GET|PATCH|DELETE)/gm)?.length).toBeGreaterThan(10);
    expect(tried(driven)).not.toContain("FAIL");
    expect(await lint(bench, root)).toMatch(clean);
    expect(counted(driven)).toBeLessThanOrEqual(40);
  });
});

describe.each([shop, rootPackage])("in the layout of %s", (name, boundary, root) => {
  it.skipIf(!python)("writes a readiness check that asks the database", async () => {
    using bench = await openWorkbench(name);
    const driven = await drive(bench, "GET /api/v1/health/ready returns {status: str}", "", options(boundary));
    expect(failedCalls(driven)).toEqual([]);
    expect(tried(driven)).toContain("ok   GET /api/v1/health/ready 200");
    expect(await lint(bench, root)).toMatch(clean);
    expect(counted(driven)).toBeLessThanOrEqual(15);
  });
});

describe.each([shop, singleFile, srcPackage])("in the layout of %s", (name, boundary, root) => {
  it.skipIf(!python)("follows a review of its resource", async () => {
    using bench = await openWorkbench(name);
    const first = await drive(bench, invoices, "", boundary ? { boundary } : {});
    await commitAll(bench);
    const say = [
      "rename `number` to `code`",
      "`code` should be at most 32 characters",
      "make `due_date` optional",
      "`amount` must be >= 0",
      "add a field `status: draft|sent|paid default draft`",
      "add a field `reference: str unique`",
      "`paid` should be indexed",
      "split this into two services",
    ];
    const review = { body: "", comments: say.map((body, at) => ({ id: at + 1, path: "README.md", body })) };
    const driven = await drive(bench, invoices, "", {
      ...options(boundary),
      kind: "follow-up",
      report: first.report,
      review,
    });
    expect(failedCalls(driven)).toEqual([]);
    expect(driven.report.threads.map((thread) => thread.outcome)).toEqual([...Array(7).fill("changed"), "declined"]);
    expect(driven.report.threads.at(-1)?.answer).toContain("language model");
    expect(driven.report.models_created[0]?.fields).toEqual(expect.arrayContaining(["code", "status", "reference"]));
    expect(tried(driven)).not.toContain("FAIL");
    expect(tried(driven)).toMatch(/ok {3}POST .*409/);
    expect(await lint(bench, root)).toMatch(clean);
  });
});

describe("where limiter and handlers are wired", () => {
  it.skipIf(!python)("claims the limit it saw in force, and hashes with what is at hand", async () => {
    using bench = await openWorkbench("shop");
    const { report, ...driven } = await drive(bench, registration, "", options(undefined));
    expect(report.endpoints_created[0]?.rate_limit).toBe("5/min");
    expect(tried(driven)).toContain("ok   POST /api/v1/auth/register 429");
    expect(report.security_measures[0]).toContain("Argon2id");
    expect(report.handoffs.map((handoff) => handoff.to)).toEqual(["database-engineer", "test-generator"]);
    const diff = await diffOf(bench);
    expect(diff).toContain("+from app.api.v1.routes import auth, health, products");
    expect(diff).not.toContain("core/problems.py");
  });

  it.skipIf(!python)("changes a limit on review and reports the new one", async () => {
    using bench = await openWorkbench("shop");
    const first = await drive(bench, registration);
    await commitAll(bench);
    const comments = [
      { id: 11, path: "backend/app/api/v1/routes/auth.py", line: 17, body: "limit to 3/min" },
      { id: 12, path: "backend/app/schemas/user.py", line: 11, body: "rename `email` to `contact_email`" },
      { id: 13, path: "backend/app/schemas/user.py", line: 12, body: "The password should be at least 12 characters." },
    ];
    const driven = await drive(bench, registration, "", {
      ...options(undefined),
      kind: "follow-up",
      report: first.report,
      review: { body: "", comments },
    });
    expect(driven.report.threads.map((thread) => [thread.comment_id, thread.outcome])).toEqual([
      [11, "changed"],
      [12, "changed"],
      [13, "changed"],
    ]);
    expect(driven.report.endpoints_created[0]?.rate_limit).toBe("3/min");
    expect(driven.report.security_measures).toContain("Rate limit of 3/min for each client address on registration");
    expect(driven.report.security_measures.join()).toContain("12 to 128 characters");
    expect(driven.report.decisions.find(({ title }) => title.startsWith("Limit"))).toMatchObject({
      title: "Limit registration to 3/min",
      alternatives: expect.arrayContaining([{ option: "5/min", rejected_because: "a review asked for 3/min" }]),
    });
    const tests = driven.report.handoffs.find(({ to }) => to === "test-generator")?.task ?? "";
    expect(tests).toContain("429 after 3/min");
    expect(tests).toContain("201 with id, contact_email, created_at");
    expect(tests).toContain("a password of 11 and of 129 characters");
    expect(JSON.stringify({ ...driven.report, decisions: [] })).not.toMatch(/\b5\/min|\b8 to 128/);
    expect(tried(driven)).toContain("ok   POST /api/v1/auth/register 429 after 3");
    expect(await lint(bench, "backend")).toMatch(clean);
  });
});

describe("a limit that a review changes for one route of several", () => {
  it.skipIf(!python)("is told apart from that of the others, and from the next review on, too", async () => {
    using bench = await openWorkbench("shop");
    const first = await drive(bench, invoices);
    const answer = async (report: Drive["report"], body: string, line?: number) => {
      await commitAll(bench);
      const path = "backend/app/api/v1/routes/invoices.py";
      const comments = [{ id: 1, path, ...(line ? { line } : {}), body }];
      const review = { body: "Nice work. That is generous for a public endpoint.", comments };
      return drive(bench, invoices, "", { ...options(undefined), kind: "follow-up", report, review });
    };
    const limits = ({ report }: Drive) => ({
      endpoints: report.endpoints_created.map((one) => one.rate_limit),
      measures: report.security_measures.filter((measure) => measure.startsWith("Rate limit")),
      decisions: report.decisions.map(({ title }) => title).filter((title) => title.startsWith("Limit")),
    });

    const one = await answer(first.report, "Limit this to 3/min, please.", 16);
    expect(limits(one)).toEqual({
      endpoints: ["3/min", "100/min", "100/min", "100/min", "100/min"],
      measures: [
        "Rate limit of 100/min for each client address on every other route",
        "Rate limit of 3/min for each client address on POST /api/v1/invoices",
      ],
      decisions: ["Limit routes of invoices to 100/min by default", "Limit POST /api/v1/invoices to 3/min"],
    });
    expect(one.report.concerns).toEqual(first.report.concerns);
    expect(tried(one)).not.toContain("FAIL");

    const all = await answer(one.report, "limit to 20/min");
    expect(limits(all)).toEqual({
      endpoints: Array(5).fill("20/min"),
      measures: ["Rate limit of 20/min for each client address on every route"],
      decisions: ["Limit routes of invoices to 20/min by default"],
    });
    expect(all.report.summary.match(/Follow-up/g)).toHaveLength(1);
    expect(tried(all)).toContain("ok   GET /api/v1/invoices 429 after 20");
  });
});

describe("where no line length is set", () => {
  it.skipIf(!python)("folds at 88 columns, as the formatters do by themselves", async () => {
    using bench = await openWorkbench("shop");
    const project = join(bench.root, "backend/pyproject.toml");
    await writeFile(project, (await readFile(project, "utf8")).replace(/^line-length.*\n/m, ""));
    await runIn(bench, join(dirname(python ?? ""), "ruff"), ["format", "-q", "."], "backend");
    const fields =
      "external_reference: str unique max 64, price_difference: Decimal(14,4) >= 0 <= 100000 default 0, approval: requested|approved|withdrawn default requested";
    await drive(bench, `CRUD for subscription_plans (${fields})`);
    expect(await lint(bench, "backend")).toMatch(clean);
  });
});

describe("login and refresh", () => {
  const title = "Create user registration, login and refresh endpoints";

  it.skipIf(!python)("give tokens, tell their kinds apart, and are limited", async () => {
    using bench = await openWorkbench("shop");
    const driven = await drive(bench, title, "", options(undefined));
    expect(tried(driven)).not.toContain("FAIL");
    expect(tried(driven)).toContain("ok   POST /api/v1/auth/refresh 401");
    expect(driven.report.endpoints_created.map((one) => [one.path, one.rate_limit])).toEqual([
      ["/api/v1/auth/register", "5/min"],
      ["/api/v1/auth/login", "10/min"],
      ["/api/v1/auth/refresh", "30/min"],
    ]);
    expect(driven.report.handoffs[0]).toMatchObject({ to: "maintainer", task: expect.stringContaining("JWT_SECRET") });
    expect(await lint(bench, "backend")).toMatch(clean);
    await commitAll(bench);
    const review = { body: "", comments: [{ id: 1, path: "README.md", body: "rename `email` to `contact`" }] };
    const after = await drive(bench, title, "", {
      ...options(undefined),
      kind: "follow-up",
      report: driven.report,
      review,
    });
    expect(after.report.threads[0]).toMatchObject({
      outcome: "declined",
      answer: expect.stringContaining("uses `email` as well"),
    });
    expect(await diffOf(bench)).toBe("");
  });

  it("ask for the package that signs tokens where it is missing", async () => {
    using bench = await openWorkbench("unwired");
    const { report } = await drive(bench, title);
    expect(report.status).toBe("NEEDS_CONTEXT");
    expect(report.questions[0]?.question).toContain("pyjwt is not among the dependencies in backend/pyproject.toml");
  });
});

describe("where nothing is wired", () => {
  it.skipIf(!python)("claims no limit and hands over patches that git applies and that put it in force", async () => {
    using bench = await openWorkbench("unwired");
    const { report } = await drive(bench, registration);
    expect(report.endpoints_created[0]?.rate_limit).toBeNull();
    expect(report.middleware_added).toEqual([]);
    expect(report.security_measures.join()).not.toMatch(/rate limit/i);
    const patches = report.handoffs.flatMap((handoff) => (handoff.patch ? [handoff.patch] : []));
    expect(patches.map((patch) => patch.path)).toEqual(["backend/app/main.py", "backend/pyproject.toml"]);
    await writeFile(join(bench.root, "all.patch"), patches.map((patch) => patch.diff).join(""));
    await runIn(bench, "git", ["apply", "all.patch"]);
    const { output } = await bashOf(bench, python, `cd backend && python -W ignore - <<'EOF'\n${afterPatch}\nEOF`);
    expect(output).toBe("[201, 409, 409, 409, 409, 429, 429]\napplication/problem+json\n");
  });

  it.skipIf(!python)("imports and answers without the limiter's package", async () => {
    using bench = await openWorkbench("unwired");
    await drive(bench, registration);
    const { output } = await bashOf(
      bench,
      python,
      `cd backend && python -W ignore - <<'EOF'\nimport sys\nsys.modules["slowapi"] = None\nfrom app.main import app\nprint("/api/v1/auth/register" in app.openapi()["paths"])\nEOF`,
    );
    expect(output).toBe("True\n");
  });
});

/** Seven registrations of one address, against the application as the patches leave it. */
const afterPatch = `
import asyncio, os, tempfile
folder = tempfile.TemporaryDirectory()
os.environ["DATABASE_URL"] = os.environ["LIBRARY_DATABASE_URL"] = f"sqlite+aiosqlite:///{folder.name}/x.db"
os.chdir(folder.name)
import sys
sys.path.insert(0, os.environ["OLDPWD"] + "/backend" if os.path.isdir(os.environ.get("OLDPWD", "") + "/backend") else ".")
import httpx
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from app.core.database import get_db
from app.main import app
from app.models import Base

async def main():
    engine = create_async_engine(f"sqlite+aiosqlite:///{folder.name}/y.db")
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    sessions = async_sessionmaker(engine)
    async def session():
        async with sessions() as one:
            yield one
    app.dependency_overrides[get_db] = session
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://x") as client:
        answers = [await client.post("/api/v1/auth/register", json={"email": "a@example.com", "password": "long enough"}) for _ in range(7)]
    print([answer.status_code for answer in answers])
    print(answers[-1].headers["content-type"])

asyncio.run(main())
`;

describe("a reference to another table", () => {
  it.skipIf(!python)("is a foreign key with an index, and a row that is not there is refused", async () => {
    using bench = await openWorkbench("shop");
    const driven = await drive(
      bench,
      "CRUD for reviews (product_id: ref products, stars: int >= 1 <= 5)",
      "",
      options(undefined),
    );
    expect(tried(driven)).not.toContain("FAIL");
    expect(driven.report.status).toBe("DONE_WITH_CONCERNS");
    const diff = await diffOf(bench);
    expect(diff).toContain('product_id: Mapped[str] = mapped_column(ForeignKey("products.id"), index=True)');
    expect(await lint(bench, "backend")).toMatch(clean);
  });

  it("to a table that does not exist is asked about", async () => {
    using bench = await openWorkbench("shop");
    const { report } = await drive(bench, "CRUD for reviews (customer_id: ref customers)");
    expect(report.status).toBe("NEEDS_CONTEXT");
    expect(report.questions[0]?.question).toContain("I saw products");
  });
});

describe("what is not there or not clear is asked, and nothing is written", () => {
  const asks = async (
    bench: Workbench,
    title: string,
    body = "",
    extra: Parameters<typeof drive>[3] = {},
  ): Promise<string> => {
    const { report, calls } = await drive(bench, title, body, extra);
    expect(report.status).toBe("NEEDS_CONTEXT");
    expect(calls.filter((call) => /Write|Edit|Bash/.test(call.name))).toEqual([]);
    expect(report.endpoints_created).toEqual([]);
    expect(await diffOf(bench)).toBe("");
    return report.questions.map((one) => one.question).join("\n");
  };

  const files = async (bench: Workbench, tree: Readonly<Record<string, string>>): Promise<void> => {
    for (const [path, text] of Object.entries(tree)) {
      await mkdir(dirname(join(bench.root, path)), { recursive: true });
      await writeFile(join(bench.root, path), text);
    }
    await commitAll(bench);
  };

  it("a request in another language, without a look at the repository", async () => {
    using bench = await openWorkbench("shop");
    const { calls } = await drive(bench, "Erstelle eine Benutzerregistrierung");
    expect(calls.map((call) => call.name)).toEqual(["SubmitReport"]);
  });

  it.each([
    ["single-file", "backend/app", ["- backend/app"]],
    ["src-package", "src/fleet", ["- src/fleet"]],
    ["root-package", "tracker", ["- tracker"]],
  ])("the layout of %s outside the boundary, with the lines that would allow it", async (name, found, lines) => {
    using bench = await openWorkbench(name);
    const question = await asks(bench, invoices);
    expect(question).toContain(`I found the backend in ${found}`);
    expect(question).toContain(
      ["boundaries:", "  backend-system-architect:", "    allowed:", ...lines.map((line) => `      ${line}`)].join(
        "\n",
      ),
    );
  });

  it("a repository without an application", async () => {
    using bench = await openWorkbench("shop");
    await runIn(bench, "rm", ["-r", "backend"]);
    await commitAll(bench);
    expect(await asks(bench, invoices)).toContain("no line that makes a FastAPI application");
  });

  it("models of SQLModel or of SQLAlchemy 1", async () => {
    using bench = await openWorkbench("shop");
    await files(bench, {
      "backend/app/models/base.py": "from sqlalchemy.orm import declarative_base\n\nBase = declarative_base()\n",
    });
    expect(await asks(bench, invoices)).toContain("`declarative_base()`");
    await files(bench, { "backend/app/models/base.py": "from sqlmodel import SQLModel\n\nBase = SQLModel\n" });
    expect(await asks(bench, invoices)).toContain("SQLModel");
  });

  it("a resource that is there already", async () => {
    using bench = await openWorkbench("shop");
    expect(await asks(bench, "CRUD for products (name: str)")).toContain("There is a model Product (table products)");
  });

  it("a decision that speaks against it, until the issue settles it", async () => {
    using bench = await openWorkbench("shop");
    const decisions = [{ id: "DEC-1", title: "Paginate lists by cursor", rationale: "" }];
    expect(await asks(bench, invoices, "", { decisions })).toContain("DEC-1");
    const { report } = await drive(bench, invoices, "Pagination: offset", { decisions });
    expect(report.status).not.toBe("NEEDS_CONTEXT");
  });
});

describe("without Python at hand", () => {
  it("reports that nothing was run instead of saying it works", async () => {
    using bench = await openWorkbench("shop");
    const { report } = await drive(bench, registration, "", { python: "/nowhere/python" });
    expect(report.status).toBe("DONE_WITH_CONCERNS");
    expect(report.concerns.join("\n")).toMatch(/, but was not run: the package \w+ is not installed here/);
  });

  it("reports the same where there is no Python at all", async () => {
    using bench = await openWorkbench("shop");
    const { report } = await drive(bench, registration, "", { path: "/nowhere" });
    expect(report.status).toBe("DONE_WITH_CONCERNS");
    expect(report.concerns.join("\n")).toMatch(/, but was not run: .*python3: command not found/);
  });
});

describe("the conversation", () => {
  const request = (messages: ModelRequest["messages"]): ModelRequest => ({
    system: "",
    tools: [],
    messages,
    maxOutputTokens: 1_000,
    effort: "medium",
  });
  const signal = new AbortController().signal;

  it("is the same whoever asks: each turn is found again from the transcript alone", async () => {
    using bench = await openWorkbench("shop");
    const { messages } = await drive(bench, invoices, "", {});
    for (const [at, message] of messages.entries()) {
      if (message.role !== "assistant") continue;
      const turn = await createBlueprint().turn(request(messages.slice(0, at)), signal);
      expect(turn.message).toEqual(message);
      expect(turn.usd).toBe(0);
      expect(turn.usage.outputTokens).toBeGreaterThan(0);
    }
    const over = await createBlueprint().turn(request(messages), signal);
    expect(over.stopReason).toBe("end_turn");
  });

  it("of another version ends blocked, once", async () => {
    const other = [
      briefMessage(registration, "", {}),
      { role: "assistant", content: [{ type: "tool_use", id: "toolu_bp_1_1", name: "Glob", input: { pattern: "*" } }] },
      { role: "user", content: [{ type: "tool_result", tool_use_id: "toolu_bp_1_1", content: "x.py" }] },
    ] as const;
    const { message, stopReason } = await createBlueprint().turn(request(other), signal);
    expect(stopReason).toBe("tool_use");
    expect(message.content.at(-1)).toMatchObject({ name: "SubmitReport", input: { status: "BLOCKED" } });
    const again = await createBlueprint().turn(request([...other, message, { role: "user", content: [] }]), signal);
    expect(again.stopReason).toBe("end_turn");
  });

  it("without a brief ends blocked and says so", async () => {
    const { message } = await createBlueprint().turn(
      request([{ role: "user", content: [{ type: "text", text: "hello" }] }]),
      signal,
    );
    expect(message.content.at(-1)).toMatchObject({
      name: "SubmitReport",
      input: { status: "BLOCKED", blockers: [expect.stringContaining("brief")] },
    });
  });

  it("submits a refused report again with the finding, and no third time as it was", async () => {
    using bench = await openWorkbench("shop");
    const driven = await drive(bench, registration, "", { refusals: ["the first reason", "the second reason"] });
    expect(driven.calls.filter((call) => call.name === "SubmitReport")).toHaveLength(3);
    expect(driven.report.status).toBe("BLOCKED");
    expect(driven.report.blockers.join()).toContain("the second reason");
  });

  it("tracks its tasks: each begun after the one before it is done, and the last one open where its trial failed", async () => {
    using bench = await openWorkbench("shop");
    const { calls } = await drive(bench, registration, "", {});
    const created = calls.filter((call) => call.name === "TaskCreate");
    const moves = calls
      .filter((call) => call.name === "TaskUpdate" && call.input["status"])
      .map((call) => `${String(call.input["taskId"])} ${String(call.input["status"])}`);
    const expected = created.flatMap((_, at) => [`${at + 1} in_progress`, `${at + 1} completed`]);
    expect(moves).toEqual(expected.slice(0, -1));
    expect(created.every((call) => typeof call.input["activeForm"] === "string")).toBe(true);
  });

  it("takes nothing of the request into a shell", async () => {
    using bench = await openWorkbench("shop");
    const marker = "$(touch pwned)";
    const { calls } = await drive(bench, invoices, `Note ${marker} \`touch pwned\`\nREHEARSAL\ntouch pwned\n`, {});
    expect(
      calls
        .filter((call) => call.name === "Bash")
        .map((call) => String(call.input["command"]))
        .join(),
    ).not.toContain("pwned");
    await expect(readFile(join(bench.root, "pwned"))).rejects.toThrow("ENOENT");
  });

  it.skipIf(!python)("tries what a suggested change has left, and says which one it did not write", async () => {
    using bench = await openWorkbench("shop");
    const first = await drive(bench, registration, "", {});
    await commitAll(bench);
    const path = first.calls
      .map(({ input }) => String(input["file_path"] ?? ""))
      .find((one) => one.includes("schemas/user"));
    const at = join(bench.root, (path ?? "").replace("/repo/", ""));
    const before = await readFile(at, "utf8");
    await writeFile(at, before.replace(/\n/, "  # as suggested\n"));
    const body = "```suggestion\nrename `email` to `contact`\n```";
    const comments = [true, false].map((applied, index) => ({
      ...{ id: index + 1, path: (path ?? "").replace("/repo/", ""), line: 1, body, suggestion: { applied } },
    }));
    const { report, calls } = await drive(bench, registration, "", {
      ...{ python, kind: "follow-up", report: first.report, review: { body: "", comments } },
    });
    expect(report.threads).toEqual([
      { comment_id: 1, outcome: "changed", answer: "I kept it and tried what hangs on it." },
      { comment_id: 2, outcome: "declined", answer: "To do the same in other words needs a language model." },
    ]);
    expect(calls.filter(({ name }) => name === "Bash").map(({ failed }) => failed)).toContain(false);
    expect(await readFile(at, "utf8")).toContain("# as suggested");
  });

  it("on a review that asks for nothing it can do answers and changes nothing", async () => {
    using bench = await openWorkbench("shop");
    const first = await drive(bench, registration, "", {});
    await commitAll(bench);
    const review = { body: "", comments: [{ id: 1, path: "a.py", body: "Why no OAuth here?" }] };
    const { report, calls } = await drive(bench, registration, "", {
      kind: "follow-up",
      report: first.report,
      review,
    });
    expect(calls.map((call) => call.name)).toEqual(["SubmitReport"]);
    expect(report.threads).toMatchObject([{ comment_id: 1, outcome: "declined" }]);
    expect(await diffOf(bench)).toBe("");
  });
});
