/** The Python programs of a migration: what the models have that the migrations lack, and whether a new one goes up and down. Each works on a database that it makes and forgets. */
import type { Alembic } from "./alembic.ts";
import { notTried } from "./rehearsal.ts";
import { py } from "./templates/py.ts";

/** The line that the answer stands on. */
const mark = "COMPARED ";

const inFolder = (folder: string): string => (folder === "" ? "" : `cd ${folder} && `);

const head = ({ ini, root, asynchronous, variable }: Alembic, imports: readonly string[]): string => py`
  import json, os, sys, tempfile
  from datetime import datetime, timezone

  sys.path.append(sys.path.pop(0))
  folder = tempfile.TemporaryDirectory()
  url = f"sqlite${asynchronous ? "+aiosqlite" : ""}:///{folder.name}/try.db"
  ${variable && `os.environ[${JSON.stringify(variable)}] = url`}
  try:
      from alembic import command
      from alembic.config import Config
      ${imports}
      ${asynchronous && "import aiosqlite"}
  except ImportError as error:
      print(f"the package {error.name} is not installed here")
      sys.exit(${notTried})
  config = Config(${JSON.stringify(root === "" ? ini : ini.slice(root.length + 1))})
  config.set_main_option("sqlalchemy.url", url)
`;

/** @param baseline the revision to compare at; undefined where there is none yet */
export const compareCommand = (alembic: Alembic, baseline: string | undefined): string => {
  const imports = [
    "from alembic.autogenerate import compare_metadata",
    "from alembic.migration import MigrationContext",
    "from sqlalchemy import CheckConstraint, ForeignKeyConstraint, UniqueConstraint, create_engine, inspect",
  ];
  const program = py`
    ${head(alembic, imports)}
    try:
        command.upgrade(config, ${JSON.stringify(baseline ?? "base")})
    except Exception as error:
        print(f"the migrations that are there do not run on SQLite: {error}")
        sys.exit(${notTried})
    ${alembic.metadata.imports}

    metadata = ${alembic.metadata.expression}


    def column(c):
        default = getattr(c.default, "arg", None)
        plain = default if isinstance(default, (str, int, float, bool)) else None
        ours = type(c.type).__module__.startswith("sqlalchemy.sql")
        return {"name": c.name, "type": repr(c.type) if ours else None, "nullable": bool(c.nullable), "key": c.primary_key, "default": plain}


    def part(p):
        extra = {"unique": bool(getattr(p, "unique", False)), "columns": [c.name for c in p.columns]}
        if isinstance(p, CheckConstraint):
            extra = {"sql": str(p.sqltext), "columns": []}
        if isinstance(p, ForeignKeyConstraint):
            extra["to"] = [e.target_fullname for e in p.elements]
            extra["ondelete"] = p.ondelete
        return {"name": p.name and str(p.name), "table": p.table.name, **extra}


    def whole(t):
        def parts(kind):
            return [part(c) for c in sorted(t.constraints, key=lambda c: str(c.name)) if isinstance(c, kind)]

        return {
            "columns": [column(c) for c in sorted(t.columns, key=lambda c: not c.primary_key)],
            "foreign": parts(ForeignKeyConstraint),
            "unique": parts(UniqueConstraint),
            "checks": parts(CheckConstraint),
            "indexes": [part(i) for i in sorted(t.indexes, key=lambda i: i.name)],
        }


    def describe(kind, *rest):
        if kind.endswith("_table"):
            return {"table": rest[0].name, **whole(metadata.tables.get(rest[0].name, rest[0]))}
        if kind.endswith("_column"):
            return {"table": rest[1], **column(rest[2])}
        if kind.startswith("modify_"):
            was = repr(rest[4]) if kind == "modify_type" else None
            return {"table": rest[1], **column(metadata.tables[rest[1]].c[rest[2]]), "was": was}
        return part(rest[0])


    changes = []
    with create_engine(url.replace("+aiosqlite", "")).connect() as connection:
        for diff in compare_metadata(MigrationContext.configure(connection), metadata):
            for one in diff if isinstance(diff, list) else [diff]:
                changes.append({"kind": one[0], **describe(*one)})
        there = inspect(connection)
        for table in metadata.sorted_tables:
            if there.has_table(table.name):
                before = {c["name"]: c["sqltext"] for c in there.get_check_constraints(table.name)}
                after = {str(c.name): str(c.sqltext) for c in table.constraints if isinstance(c, CheckConstraint)}
                for name in sorted({*before, *after}, key=str):
                    if before.get(name) != after.get(name):
                        sql = {"was": before.get(name), "sql": after.get(name)}
                        changes.append({"kind": "modify_check", "table": table.name, "name": name, **sql})
    order = [table.name for table in metadata.sorted_tables]
    now = datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M:%S")
    print("${mark}" + json.dumps({"changes": changes, "order": order, "now": now}))
  `;
  return `# What do the models have that the migrations lack?\n${inFolder(alembic.root)}python3 -B -W ignore - <<'COMPARE'\n${program}\nCOMPARE`;
};

export const comparedIn = (output: string): string | undefined =>
  output
    .split("\n")
    .find((line) => line.startsWith(mark))
    ?.slice(mark.length);

/** @param drifted do models and migrations differ in other tables, so that Alembic's own check cannot pass? */
export const proofCommand = (alembic: Alembic, drifted: boolean): string => {
  const program = py`
    ${head(alembic, [])}


    def step(name, *arguments):
        getattr(command, name)(config, *arguments)
        print("ok  ", name, *arguments)


    step("upgrade", "head")
    ${drifted ? undefined : 'step("check")'}
    step("downgrade", "-1")
    step("upgrade", "head")
  `;
  return `# Apply the migration${drifted ? "" : ", compare it with the models"}, take it back and apply it again, on a throw-away database\n${inFolder(alembic.root)}python3 -B -W ignore - <<'TRY_MIGRATION'\n${program.replace("import json, os", "import os").replace("from datetime import datetime, timezone\n", "")}\nTRY_MIGRATION`;
};
