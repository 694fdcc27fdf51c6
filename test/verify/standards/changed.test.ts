import { expect, test } from "vitest";
import type { FileChange } from "../../../src/domain/changeset.ts";
import { onChangedLines } from "../../../src/verify/changed-lines.ts";
import { edited, type Files } from "./example.ts";
import { inspect } from "./support.ts";

const before: Files = {
  "app/main.py": `from fastapi import FastAPI
from app.routes import users

app = FastAPI()
app.include_router(users.router, prefix="/api/v1")
`,
  "app/routes/users.py": `from fastapi import APIRouter, Depends, Request
from app.core.limits import get_db, limiter

router = APIRouter(prefix="/auth")


@router.post("/login", response_model=int)
@limiter.limit("5/minute")
async def login(
    request: Request,
    db: AsyncSession = Depends(get_db),
) -> int:
    """Log in."""
    await db.execute(old)
    return 1


@router.get("/get-users")
async def users():
    return 1
`,
  "app/core/limits.py": "from slowapi import Limiter\nlimiter = Limiter(key_func=str)\n\n\nasync def get_db(): ...\n",
};

/** What counts of the breaches after an edit, as `rule path:line`. */
const counted = async (path: string, from: string, to: string): Promise<readonly string[]> => {
  const after = edited(before, path, (text) => text.replace(from, to));
  expect(after[path]).not.toBe(before[path]);
  const change: FileChange = {
    path,
    kind: "modified",
    mode: "100644",
    content: Buffer.from(after[path] ?? "").toString("base64"),
  };
  const found = onChangedLines(await inspect(after), [change], (one) => before[one]);
  return found.map((one) => `${one.rule} ${one.path}:${one.line}`);
};

const routes = "app/routes/users.py";

test("what was there before counts for nothing where something else is changed", async () => {
  expect(await counted(routes, "    return 1\n\n\n@router.get", "    return 2\n\n\n@router.get")).toEqual([]);
});

test("an endpoint counts when a line of its declaration or signature changes", async () => {
  expect(await counted(routes, '"/get-users"', '"/get-users", tags=["u"]')).toEqual([
    "verb-in-path app/routes/users.py:18",
    "untyped-response app/routes/users.py:18",
    "undocumented-endpoint app/routes/users.py:18",
  ]);
  expect(await counted(routes, "async def users():", "async def users(page: int = 1):")).toContain(
    "undocumented-endpoint app/routes/users.py:18",
  );
});

test("a limit that is taken off counts, though no line was added", async () => {
  expect(await counted(routes, '@limiter.limit("5/minute")\n', "")).toEqual([
    "unlimited-auth-route app/routes/users.py:7",
  ]);
});

test("a call in the body counts on its own line only", async () => {
  expect(await counted(routes, "execute(old)", "execute(new)")).toEqual(["database-in-route app/routes/users.py:14"]);
  expect(await counted(routes, '"""Log in."""', '"""Log somebody in."""')).toEqual([]);
});

test("a path counts when its router's prefix changes, there or where it is included", async () => {
  const all = ["unversioned-path app/routes/users.py:7", "unversioned-path app/routes/users.py:18"];
  expect(await counted("app/main.py", '"/api/v1"', '"/api"')).toEqual(expect.arrayContaining(all));
  expect(await counted(routes, 'prefix="/auth"', 'prefix="/users"')).toEqual(["verb-in-path app/routes/users.py:4"]);
});
