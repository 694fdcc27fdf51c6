import { describe, expect, test } from "vitest";
import { whyNotSent } from "../../src/domain/query-guard.ts";
import { createRedactor } from "../../src/domain/redact.ts";

const read = `     1\tfrom sqlalchemy import select
     2\t
     3\tasync def find_user(session: AsyncSession, email: str) -> User | None:
     4\t    statement = select(User).where(func.lower(User.email) == email.lower(), User.deleted_at.is_(None))
     5\t    return await session.scalar(statement)
`;
const key = "ctx7sk-0123456789abcdefXYZ";
const redactor = createRedactor([key]);
const refusal = (input: unknown) => whyNotSent(input, [read], (text) => redactor(text).text);

describe("a question goes out", () => {
  test.each([
    { query: "How do I make an async session dependency with SQLAlchemy 2 and FastAPI?" },
    { query: "select with func.lower on an indexed column", libraryId: "/sqlalchemy/sqlalchemy" },
    { query: "from sqlalchemy import select", page: 2 },
    {},
  ])("%j", (input) => {
    expect(refusal(input)).toBeUndefined();
  });
});

describe("the repository's text does not", () => {
  test.each([
    ["a line", { query: "statement = select(User).where(func.lower(User.email) == email.lower())" }],
    [
      "a line in other spacing and case",
      { query: "STATEMENT=select( user ).where( func.lower(user.email)==email.lower())" },
    ],
    [
      "a signature within a question",
      { query: "Why fails async def find_user(session: AsyncSession, email: str) -> User here?" },
    ],
    ["a line in pieces", { a: "statement = select(User)", b: ".where(func.lower(User.email) == email.lower()" }],
    ["a line in a list", { queries: [["statement = select(User).where(func.lower(User.email) == x"]] }],
    ["a line as a key", { "statement = select(User).where(func.lower(User.email) == email": true }],
    [
      "lines one after the other",
      { query: "email.lower(), User.deleted_at.is_(None)) return await session.scalar(statement)" },
    ],
  ])("%s", (_name, input) => {
    expect(refusal(input)).toMatch(/repeats text of the repository .*in words of your own/);
  });

  test.each([
    ["a secret of the App", { query: `why is ${key} refused` }, /looks like a secret/],
    ["a secret of somebody else", { query: "AKIAIOSFODNN7EXAMPLE is refused" }, /looks like a secret/],
    ["what is encoded", { query: Buffer.from(read).toString("base64").slice(0, 200) }, /as encoded text has/],
    ["a long text", { query: "word ".repeat(200) }, /of at most 600/],
  ])("nor does %s", (_name, input, reason) => {
    expect(refusal(input)).toMatch(reason);
  });
});
