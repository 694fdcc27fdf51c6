/** How the database is used: SQLAlchemy 2 models, asynchronous sessions, indexes on foreign keys, no SQL put together from text. */
import { children, field, type Node, textOf } from "../python/node.ts";
import { type Call, type Code, type CodeFile, isOperations } from "./code.ts";
import { constantOf } from "./constant.ts";
import { enclosing } from "./place.ts";
import { once } from "./routes.ts";
import { type Hit, hitAt, type Standards } from "./standard.ts";

const classText = (file: CodeFile, line: number): string => {
  const found = file.classes.find((one) => one.line === line || one.parent?.line === line);
  return found ? textOf(found) : "";
};

const isIndexed = (file: CodeFile, name: string, model: string, line: number): boolean => {
  const column = new RegExp(
    `\\b(Index|UniqueConstraint|PrimaryKeyConstraint)\\((?:[^()]|\\([^()]*\\))*(["']${name}["']|\\b${name}\\b)`,
  );
  return column.test(classText(file, line)) || new RegExp(`\\bIndex\\([^)]*\\b${model}\\.${name}\\b`).test(file.text);
};

/** Started by hand or in a process that answers no request. */
const isOffline = (path: string): boolean =>
  isOperations(path) || /(^|\/)(workers?|tasks?|jobs?|celery\w*|backups?|management|commands)(\/|\.py$)/.test(path);

const syncFactory = /^(sqlalchemy(\.\w+)*|sqlmodel)\.(create_engine|sessionmaker|scoped_session)$/;

const makesAsync = (file: CodeFile, { node, keywords }: Call): boolean =>
  /\bAsync(Session|Engine)\b/.test(textOf(node)) || (keywords.has("sync_session_class") && /Async/.test(file.text));

const runs =
  /(^|\.)(execute|exec_driver_sql|text|exec|scalar|scalars|fetch|fetchrow|fetchval|fetchall|from_statement)$/;
/** `SET` is left out: a session's settings take no bound parameters. */
const statement = /^\s*(select|insert|update|delete|alter|drop|create|truncate|with)\b/i;

/** The text that is run: its own, or what the same function gave its name before. */
const sqlOf = (node: Node | undefined): Node | undefined => {
  if (node?.type !== "identifier") return node;
  const fn = enclosing(node, /^function_definition$/);
  const body = fn && field(fn, "body");
  if (!body) return node;
  const given = children(body)
    .flatMap((one) => (one.type === "expression_statement" ? children(one) : []))
    .filter((one) => one.type === "assignment" && one.start < node.start)
    .findLast((one) => textOf(field(one, "left") ?? one) === textOf(node));
  return (given && field(given, "right")) ?? node;
};

/** Names of tables and constants: no input of a client gets in. */
const isFixed = (node: Node, file: CodeFile, code: Code): boolean =>
  constantOf(node, file, code) !== undefined ||
  /(^|\.)(__tablename__|__table__|[A-Z][A-Z0-9_]+|tablename|table_name|(__table__|table)\.(name|fullname|schema))$/.test(
    textOf(node),
  ) ||
  /^(int|float|bool|quote\w*|\w*identifier\w*)\(/.test(textOf(node));

/** A sum of more than this is no statement that somebody wrote. */
const maxTerms = 200;

/** What is put into a text; undefined where it is none. */
const insertions = (node: Node, depth = 0): readonly Node[] | undefined => {
  if (depth > maxTerms) return undefined;
  if (node.type === "string" || node.type === "concatenated_string") {
    const strings = node.type === "string" ? [node] : children(node);
    return strings
      .flatMap(children)
      .filter(({ type }) => type === "interpolation")
      .flatMap((one) => field(one, "expression") ?? []);
  }
  if (node.type === "binary_operator") {
    const operator = textOf(field(node, "operator") ?? node);
    const left = field(node, "left");
    const right = field(node, "right");
    if (!left || !right || (operator !== "+" && operator !== "%")) return undefined;
    const parts = right.type === "tuple" ? children(right) : [right];
    return [...(insertions(left, depth + 1) ?? [left]), ...parts.flatMap((one) => insertions(one, depth + 1) ?? [one])];
  }
  if (node.type === "call") {
    const of = field(node, "function");
    const text = of?.type === "attribute" ? field(of, "object") : undefined;
    if (text?.type !== "string" || !textOf(of ?? node).endsWith(".format")) return undefined;
    return children(field(node, "arguments") ?? node).map((one) => field(one, "value") ?? one);
  }
  return undefined;
};

const firstText = (node: Node): string => textOf(node).replace(/^[\s(]*[rfbuRFBU]*["']+/, "");

const isOpenSql = (node: Node | undefined, file: CodeFile, code: Code): boolean => {
  const sql = sqlOf(node);
  if (!sql || !statement.test(firstText(sql))) return false;
  return (insertions(sql) ?? []).some((one) => one.type !== "string" && !isFixed(one, file, code));
};

export const databaseStandards: Standards<
  "legacy-column" | "sync-database" | "legacy-query" | "unindexed-foreign-key" | "sql-by-string"
> = {
  "legacy-column": {
    severity: "error",
    check: (file) =>
      file.models
        .filter(({ style }) => style === "sqlalchemy-1")
        .flatMap(({ name, fields }): Hit[] => {
          const legacy = fields.filter(
            (one) => one.file === file.path && /\bColumn\(/.test(one.value ?? "") && !/\bMapped\b/.test(one.type ?? ""),
          );
          if (legacy.length === 0) return [];
          return [
            {
              message: `${name}: ${legacy.map((one) => one.name).join(", ")} in SQLAlchemy 1 style: name: Mapped[…] = mapped_column(…)`,
              spans: legacy.map(({ line }) => ({ file: file.path, from: line, to: line })),
            },
          ];
        }),
  },
  "sync-database": {
    severity: "concern",
    check: (file) =>
      isOffline(file.path)
        ? []
        : file.calls
            .filter((call) => syncFactory.test(call.name) && !makesAsync(file, call))
            .map(({ name, node }) =>
              hitAt(
                file,
                node,
                `${name.split(".").at(-1)}() is synchronous and blocks the event loop: use create_async_engine and async_sessionmaker`,
              ),
            ),
  },
  "legacy-query": {
    severity: "concern",
    check: (file, code) =>
      !isOperations(file.path) && code.mentions(/\b(sqlalchemy|sqlmodel)\b/)
        ? file.calls
            .filter(({ name, args }) => /(^|\.)(\w*session|db)\w*\.query$/i.test(name) && args[0]?.type !== "string")
            .map(({ node }) =>
              hitAt(file, node, "session.query() is SQLAlchemy 1 style: await session.execute(select(…))"),
            )
        : [],
  },
  "unindexed-foreign-key": {
    severity: "concern",
    check: (file) =>
      file.models.flatMap((model) =>
        model.fields
          .filter(({ value, name, file: where }) => {
            const text = value ?? "";
            return (
              where === file.path &&
              /\bForeignKey\(|\bforeign_key\s*=/.test(text) &&
              !/\b(index|unique|primary_key)\s*=\s*True/.test(text) &&
              !isIndexed(file, name, model.name, model.line)
            );
          })
          .map(({ name, line }) => ({
            message: `${model.name}.${name} is a foreign key without an index: mapped_column(ForeignKey(…), index=True)`,
            spans: [{ file: file.path, from: line, to: line }],
          })),
      ),
  },
  "sql-by-string": {
    severity: "concern",
    check: (file, code) =>
      isOperations(file.path)
        ? []
        : file.calls
            .filter(({ name, args }) => runs.test(name) && isOpenSql(args[0], file, code))
            .map(({ node }) =>
              hitAt(file, node, "puts SQL together from text: use select(…), or text(…) with bound parameters"),
            ),
  },
};

const touches =
  /^(self\.)?\w*(session|db)\w*\.(add|add_all|commit|flush|execute|exec|scalar|scalars|delete|merge|refresh|query|get|stream)$/i;
const harmless = /\bSELECT 1\b/i;

/** Calls in a body, not those of functions inside it. */
const callsIn = (file: CodeFile, fn: Node): readonly Call[] =>
  file.calls.filter(({ node }) => enclosing(node, /^(function_definition|lambda)$/)?.index === fn.index);

const isProbe = (path: string): boolean => /(^|\/)(health\w*|ready\w*|readiness|live\w*|ping|status)(\/|$)/i.test(path);

export const sessionStandards: Standards<"database-in-route" | "session-not-injected"> = {
  "database-in-route": {
    severity: "concern",
    check: (file) =>
      once(file).flatMap(({ handlerNode, method, path }): Hit[] => {
        if (!handlerNode || isProbe(path)) return [];
        const calls = callsIn(file, handlerNode).filter(
          ({ name, node }) => touches.test(name) && !harmless.test(textOf(node)),
        );
        const [first] = calls;
        if (!first) return [];
        return [
          {
            message: `${method} ${path} works on the database itself: that is a service's (\`await UserService(db).create(…)\`)`,
            spans: calls.flatMap(({ node }) => hitAt(file, node, "").spans),
          },
        ];
      }),
  },
  "session-not-injected": {
    severity: "concern",
    check: (file) =>
      once(file).flatMap(({ handlerNode, method, path }) =>
        handlerNode && !isProbe(path)
          ? callsIn(file, handlerNode)
              .filter(
                ({ name }) =>
                  /(^|[._])(async_?)?session_?(local|maker|factory)?$/i.test(name) && makesSession(name, file),
              )
              .map(({ node }) =>
                hitAt(
                  file,
                  node,
                  `${method} ${path} opens its session itself: take it as Depends(get_db), so that tests can give another`,
                ),
              )
          : [],
      ),
  },
};

const makesSession = (name: string, file: CodeFile): boolean =>
  /^(sqlalchemy|sqlmodel)\b.*\b(Async)?Session$/.test(name) ||
  (/(Session_?(Local|Maker|Factory)|^async_session(_maker|_factory)?|\.async_session(_maker|_factory)?)$/i.test(name) &&
    !file.functions.some((fn) => textOf(field(fn, "name") ?? fn) === name));
