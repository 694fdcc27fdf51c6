/** The analysis in its real thread: what is read once, what hostile files cost, what ends it. */
import { createHash } from "node:crypto";
import { afterAll, describe, expect, it } from "vitest";
import { createAnalysis } from "../../src/analysis/analysis.ts";
import type { StandardsConfig } from "../../src/domain/standards.ts";
import type { Inspection, SourceFile } from "../../src/ports.ts";

const analysis = createAnalysis();
afterAll(() => analysis.close());

const shaOf = (text: string): string => createHash("sha1").update(text).digest("hex");

const inspect = async (
  files: Readonly<Record<string, string>>,
  by = analysis,
  standards: StandardsConfig = {},
): Promise<{ readonly inspection: Inspection; readonly read: readonly string[] }> => {
  const read: string[] = [];
  const sources = Object.entries(files).map(([path, text]) => ({ path, sha: shaOf(text) }));
  const inspection = await by.inspect(
    sources,
    async (wanted: readonly SourceFile[]) => {
      read.push(...wanted.map(({ path }) => path));
      return new Map(wanted.map(({ path, sha }) => [sha, files[path] ?? ""]));
    },
    standards,
  );
  return { inspection, read };
};

const app = `
from fastapi import FastAPI
from routes import router
app = FastAPI()
app.include_router(router, prefix="/api/v1")
`;
const routes = (path: string): string => `
from fastapi import APIRouter
router = APIRouter()
@router.get("${path}")
async def things(): ...
`;
const pathsOf = (inspection: Inspection): readonly string[] =>
  inspection.ok ? inspection.facts.endpoints.map(({ path }) => path) : [inspection.reason];

describe("an inspection", () => {
  it("reads a file once, and only the one that changed the next time", async () => {
    const first = await inspect({ "main.py": app, "routes.py": routes("/a") });
    expect(first.read).toEqual(["main.py", "routes.py"]);
    expect(pathsOf(first.inspection)).toEqual(["/api/v1/a"]);
    const second = await inspect({ "main.py": app, "routes.py": routes("/b") });
    expect(second.read).toEqual(["routes.py"]);
    expect(pathsOf(second.inspection)).toEqual(["/api/v1/b"]);
  });

  it("names what breaks the house standards, in Python and in what says which packages are installed", async () => {
    const files = { "main.py": app, "routes.py": routes("/a"), "requirements.txt": "fastapi==0.95.0\n" };
    const { inspection } = await inspect(files, analysis, { "no-request-log": { enabled: false, reason: "a test" } });
    const breaches = inspection.ok ? inspection.breaches : [];
    expect(breaches.map(({ path, line, rule }) => `${path}:${line} ${rule}`)).toEqual([
      "main.py:4 no-problem-details",
      "requirements.txt:1 old-openapi",
      "routes.py:4 untyped-response",
      "routes.py:4 undocumented-endpoint",
    ]);
    expect((await inspect(files)).read).toEqual([]);
  });

  it("knows what stands beside a file that it cannot follow", async () => {
    const deep = `x = ${"(".repeat(20_000)}1${")".repeat(20_000)}\n`;
    const { inspection } = await inspect({ "main.py": app, "routes.py": routes("/a"), "deep.py": deep });
    expect(pathsOf(inspection)).toEqual(["/api/v1/a"]);
  });

  it.each([
    ["a sum of 20,000 terms", `x = ${Array(20_000).fill("1").join(" + ")}\n`],
    ["a text that doubles forty times", `x = "ab"\n${"x = x + x\n".repeat(40)}`],
    [
      "thousands of names under thousands of conditions",
      Array.from({ length: 4_000 }, (_, at) => `n${at} = ${at}\nif unknown${at}:\n    m${at} = [n${at}]\n`).join(""),
    ],
    [
      "values that may each be one of many",
      `def f0(x): ...\n${Array.from({ length: 12 }, (_, at) => `def f${at + 1}(x):\n    if x.a: return f${at}(x)\n    if x.b: return [f${at}(x)]\n    if x.c: return {"k": f${at}(x)}\n    return f${at}(x) or f${at}(x.d)\n`).join("")}y = f12(z)\n`,
    ],
    ["functions that call one another six ways", functionsThatCall(12)],
    ["a pattern that would backtrack for ever", `import re\nx = re.sub(r"^(a+)+$", "", "${"a".repeat(60)}b")\n`],
    [
      "a dictionary of 60,000 keys",
      `x = {${Array.from({ length: 60_000 }, (_, at) => `"k${at}": ${at}`).join(", ")}}\n`,
    ],
    ["no Python", Buffer.from(Array.from({ length: 4_096 }, (_, at) => (at * 7) % 256)).toString("latin1")],
    ["a byte order mark, Windows line ends and a NUL", "\uFEFFx = 1\r\ny = '\u0000'\r\n"],
  ])("of %s comes to an end and leaves the rest known", async (_, hostile) => {
    const { inspection } = await inspect({ "main.py": app, "routes.py": routes("/a"), "hostile.py": hostile });
    expect(pathsOf(inspection)).toEqual(["/api/v1/a"]);
  });

  it("that takes too long is given up with the reason, and the next one works", async () => {
    const short = createAnalysis({ deadlineMs: 1 });
    const { inspection } = await inspect({ "main.py": app, "routes.py": routes("/a") }, short);
    expect(inspection).toEqual({
      ok: false,
      reason: "The Python code could not be read: it took longer than 0.001 seconds.",
    });
    await short.close();
    expect(pathsOf((await inspect({ "main.py": app, "routes.py": routes("/c") })).inspection)).toEqual(["/api/v1/c"]);
  });

  it("that needs too much memory is given up with the reason", async () => {
    const small = createAnalysis({ maxHeapMb: 8 });
    const many = Object.fromEntries(
      Array.from({ length: 300 }, (_, at) => [`m${at}.py`, `# ${at}\n${"class A:\n    x: int = 1\n".repeat(400)}`]),
    );
    const { inspection } = await inspect(many, small);
    expect(inspection).toMatchObject({ ok: false, reason: expect.stringMatching(/8 MB of memory/) });
    await small.close();
  });
});

function functionsThatCall(depth: number): string {
  const calls = (at: number): string =>
    Array(6)
      .fill(`f${at + 1}()`)
      .join(", ");
  const one = (at: number): string => `def f${at}():\n    return [${at < depth ? calls(at) : "1"}]\n`;
  return `${Array.from({ length: depth + 1 }, (_, at) => one(at)).join("")}x = f0()\n`;
}
