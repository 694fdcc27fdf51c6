/** Which tests one lone endpoint gets. Pure. */
import { type Json, toPython } from "./rehearsal.ts";
import { testOf } from "./templates/tests.ts";
import type { Body, Ground, Suite } from "./test-cases.ts";

export const endpointSuite = (ground: Ground): Suite | undefined => {
  const { task, bed, format } = ground;
  const [endpoint] = task.endpoints;
  if (!endpoint || task.exact === undefined || task.endpoints.length > 1) return undefined;
  const exact = toPython(JSON.parse(task.exact) as Json);
  const name = endpoint.path
    .split("/")
    .filter((part) => part !== "")
    .slice(2)
    .join("_")
    .replace(/\W+/g, "_");
  const { override } = bed;
  const asksDatabase = task.database;
  const bodies: Body[] = [
    {
      name: `test_${name}_answers_as_promised`,
      covers: "200 with the whole answer",
      lines: ["answer = CALL(get, PATH)", "assert answer.status_code == 200", `assert answer.json() == ${exact}`],
    },
    ...(asksDatabase && override
      ? [
          {
            name: `test_${name}_is_503_while_the_database_does_not_answer`,
            covers: "a database that cannot be opened: 503",
            imports: [
              override.app,
              override.dependency,
              { module: "sqlalchemy.ext.asyncio", name: "AsyncSession" },
              { module: "sqlalchemy.ext.asyncio", name: "create_async_engine" },
            ],
            lines: [
              'engine = create_async_engine("sqlite+aiosqlite:////no/such/folder/at.all")',
              "",
              "async def unreachable():",
              "    async with AsyncSession(engine) as session:",
              "        yield session",
              "",
              `${override.app.name}.dependency_overrides[${override.dependency.name}] = unreachable`,
              "answer = CALL(get, PATH)",
              "assert answer.status_code == 503",
              "await engine.dispose()",
            ],
          },
        ]
      : []),
  ];
  return {
    docstring: `Tests of ${endpoint.method} ${endpoint.path}.`,
    constants: [`PATH = ${JSON.stringify(endpoint.path)}`],
    fixtures: [],
    tests: bodies.map((body) => testOf(body, bed, format)),
    left:
      asksDatabase && !override
        ? ["A database that does not answer is not tested: the tests' client hides its own."]
        : [],
  };
};
