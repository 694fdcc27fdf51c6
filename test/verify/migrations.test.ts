/** Tables and their migrations: what is missing, what must not be changed, what takes data away. */
import { describe, expect, it } from "vitest";
import type { Changeset } from "../../src/domain/changeset.ts";
import type { Report } from "../../src/domain/report.ts";
import { checkMigrations } from "../../src/verify/migrations.ts";
import { factsOf } from "../support/facts.ts";

const model = (columns: string) => `
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
class Base(DeclarativeBase): ...
class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
${columns}
`;
const path = "backend/alembic/versions/0002_users.py";
const change = (text: string, kind: "added" | "modified" = "added"): Changeset => [
  { path, kind, mode: "100644", content: Buffer.from(text).toString("base64") },
];
const additive = `def upgrade():\n    op.add_column("users", x)\n\n\ndef downgrade():\n    op.drop_column("users", "x")\n`;

const rulesFor = async (
  changeset: Changeset,
  {
    columns = "    name: Mapped[str]",
    handoffs = [],
    added,
  }: { columns?: string; handoffs?: Report["handoffs"]; added?: string[] } = {},
): Promise<string[]> =>
  checkMigrations(changeset, {
    base: await factsOf({ "m.py": model("") }),
    head: await factsOf({ "m.py": model(columns) }),
    added: added ?? changeset.filter(({ kind }) => kind === "added").map((one) => one.path),
    handoffs,
  }).map(({ rule, severity, line }) => `${severity} ${rule}${line ? ` :${line}` : ""}`);

describe("a table with other columns", () => {
  it("needs a migration, or a hand-off to who writes it", async () => {
    expect(await rulesFor([])).toEqual(["error migration-missing"]);
    expect(await rulesFor(change(additive))).toEqual([]);
    expect(await rulesFor([], { handoffs: [{ to: "database-engineer", task: "Add name to users." }] })).toEqual([]);
  });

  it("has one where an earlier run of the pull request wrote it", async () => {
    expect(await rulesFor([], { added: [path] })).toEqual([]);
  });

  it("is none where its columns are as they were", async () => {
    expect(await rulesFor([], { columns: "" })).toEqual([]);
  });
});

describe("a migration", () => {
  it("that was there before is not changed", async () => {
    expect(await rulesFor(change(additive, "modified"), { columns: "" })).toEqual(["concern old-migration-changed"]);
  });

  it("of the same pull request may be written anew", async () => {
    expect(await rulesFor(change(additive, "modified"), { columns: "", added: [path] })).toEqual([]);
  });

  it("that takes data away when it is applied is told, at its line", async () => {
    const text = `def upgrade():\n    op.add_column("users", x)\n    op.drop_table("users")\n\n\ndef downgrade():\n    pass\n`;
    expect(await rulesFor(change(text), { columns: "" })).toEqual(["concern destructive-migration :3"]);
  });
});
