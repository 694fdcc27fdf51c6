/** Which tests a resource of five routes gets. Pure. */
import type { Field } from "./fields.ts";
import { namesOf } from "./names.ts";
import type { PyClass } from "./python.ts";
import { payloadOf, toPython } from "./rehearsal.ts";
import { testOf, wrongValues } from "./templates/tests.ts";
import { type Body, constant, type Ground, parseLimit, problemLine, type Suite, short, untried } from "./test-cases.ts";

export type Resource = {
  readonly fields: readonly Field[];
  readonly response: PyClass;
  readonly type: string;
};

const unknownId: Readonly<Record<string, string>> = {
  int: "999999",
  UUID: "00000000-0000-4000-8000-000000000000",
};

export const resourceSuite = (ground: Ground, { fields, response, type }: Resource): Suite | undefined => {
  const { task, bed, format } = ground;
  const list = task.endpoints.find(({ method }) => method === "POST");
  if (!list) return undefined;
  const names = namesOf(type);
  const [ONE, TWO] = [names.one.toUpperCase(), `OTHER_${names.one.toUpperCase()}`];
  const stated = parseLimit(task.endpoints.find(({ method, path }) => method === "GET" && path === list.path)?.limit);
  const limit = short(stated);
  const unique = fields.find((field) => field.unique);
  const required = fields.filter((field) => !field.optional && field.fallback === undefined).map(({ name }) => name);
  const kept = fields.filter((field) => !field.optional).map(({ name }) => name);
  const wrong = fields.flatMap((field) => wrongValues(field).map((value) => `("${field.name}", ${value})`));
  const id = response.fields.find(({ name }) => name === "id")?.annotation ?? "str";
  const missing = unknownId[id] ?? "unknown";
  const changed = fields.find((field) => !field.unique) ?? fields[0];
  const zoned = fields.filter((field) => field.type.kind === "datetime").map(({ name }) => name);
  const item = (of: string): string => (list.path.endsWith("/") ? `f"{PATH}{${of}}"` : `f"{PATH}/{${of}}"`);
  const article = names.article.replaceAll(" ", "_");
  const unlike = changed && payloadOf([changed], 2)[changed.name];
  const bodies: Body[] = [
    {
      name: `test_${article}_is_created_and_found_again`,
      covers: "create: 201 with every field back; fetch: the same",
      lines: [
        `created = CALL(post, PATH, json=${ONE})`,
        "assert created.status_code == 201",
        ...(zoned.length === 0
          ? [`assert created.json() | ${ONE} == created.json()`]
          : [
              // SQLite keeps no time zone, so that a time comes back in another form.
              `for name in ${ONE}.keys() - {${zoned.map((name) => JSON.stringify(name)).join(", ")}}:`,
              `    assert created.json()[name] == ${ONE}[name]`,
            ]),
        `found = CALL(get, ${item("created.json()['id']")})`,
        "assert found.status_code == 200",
        "assert found.json() == created.json()",
      ],
    },
    ...(unique
      ? [
          {
            name: `test_a_taken_${unique.name}_is_a_conflict`,
            covers: `a ${unique.name} that is taken, on create and on change: 409`,
            lines: [
              `CALL(post, PATH, json=${ONE})`,
              `answer = CALL(post, PATH, json=${TWO} | {"${unique.name}": ${ONE}["${unique.name}"]})`,
              "assert answer.status_code == 409",
              ...problemLine(task),
              `other = CALL(post, PATH, json=${TWO})`,
              `change = {"${unique.name}": ${ONE}["${unique.name}"]}`,
              `answer = CALL(patch, ${item("other.json()['id']")}, json=change)`,
              "assert answer.status_code == 409",
            ],
          },
        ]
      : []),
    ...(required.length > 0
      ? [
          {
            name: "test_a_required_field_cannot_be_left_out",
            covers: "each required field left out: 422",
            cases: { name: "missing", values: required.map((name) => JSON.stringify(name)) },
            parameters: ["missing: str"],
            lines: [
              `body = {key: value for key, value in ${ONE}.items() if key != missing}`,
              "answer = CALL(post, PATH, json=body)",
              "assert answer.status_code == 422",
            ],
          },
        ]
      : []),
    {
      name: "test_a_value_that_does_not_fit_is_refused",
      covers: "values out of bounds and of another type: 422",
      cases: { name: "field, value", values: wrong },
      parameters: ["field: str", "value: object"],
      lines: [
        `answer = CALL(post, PATH, json=${ONE} | {field: value})`,
        "assert answer.status_code == 422",
        ...problemLine(task),
      ],
    },
    {
      name: `test_${names.many}_come_in_pages_of_a_stable_order`,
      covers: "list: every row once over the pages, in a stable order, and how many there are",
      lines: [
        `created = [(CALL(post, PATH, json=body)).json() for body in (${ONE}, ${TWO})]`,
        'pages = [(CALL(get, PATH, params={"limit": 1, "offset": at})).json() for at in (0, 1, 2)]',
        'assert [page["total"] for page in pages] == [2, 2, 2]',
        'items = [item for page in pages for item in page["items"]]',
        "assert sorted(items, key=str) == sorted(created, key=str)",
        "whole = (CALL(get, PATH)).json()",
        'assert whole["items"] == items',
      ],
    },
    {
      name: "test_a_page_has_bounds",
      covers: "list with limit 0 or 101, or an offset below 0: 422",
      cases: { name: "query", values: ['{"limit": 0}', '{"limit": 101}', '{"offset": -1}'] },
      parameters: ["query: dict[str, int]"],
      lines: ["answer = CALL(get, PATH, params=query)", "assert answer.status_code == 422"],
    },
    ...(changed && unlike !== undefined
      ? [
          {
            name: "test_a_change_leaves_other_fields_alone",
            covers: "change: 200, and fields that are not sent stay",
            lines: [
              `created = (CALL(post, PATH, json=${ONE})).json()`,
              `change = {"${changed.name}": ${toPython(unlike)}}`,
              `answer = CALL(patch, ${item("created['id']")}, json=change)`,
              "assert answer.status_code == 200",
              ...(fields.length > 1
                ? [
                    `others = [name for name in ${ONE} if name not in change]`,
                    "assert [answer.json()[name] for name in others] == [created[name] for name in others]",
                  ]
                : []),
              ...(changed.type.kind === "datetime"
                ? []
                : [`assert answer.json()["${changed.name}"] == change["${changed.name}"]`]),
            ],
          },
        ]
      : []),
    ...(kept.length > 0
      ? [
          {
            name: "test_null_is_no_value_of_a_required_field",
            covers: "change of a required field to null: 422",
            cases: { name: "field", values: kept.map((name) => JSON.stringify(name)) },
            parameters: ["field: str"],
            lines: [
              `created = (CALL(post, PATH, json=${ONE})).json()`,
              `answer = CALL(patch, ${item("created['id']")}, json={field: None})`,
              "assert answer.status_code == 422",
            ],
          },
        ]
      : []),
    {
      name: `test_a_deleted_${names.one}_is_gone`,
      covers: "delete: 204, then 404",
      lines: [
        `created = (CALL(post, PATH, json=${ONE})).json()`,
        `path = ${item("created['id']")}`,
        "assert (CALL(delete, path)).status_code == 204",
        "assert (CALL(get, path)).status_code == 404",
        "assert (CALL(delete, path)).status_code == 404",
      ],
    },
    {
      name: `test_an_unknown_${names.one}_is_not_found`,
      covers: "fetch and change of an unknown id: 404",
      lines: [
        list.path.endsWith("/") ? `path = f"{PATH}${missing}"` : `path = f"{PATH}/${missing}"`,
        "answer = CALL(get, path)",
        "assert answer.status_code == 404",
        ...problemLine(task),
        ...(changed && unlike !== undefined
          ? [`assert (CALL(patch, path, json={"${changed.name}": ${toPython(unlike)}})).status_code == 404`]
          : []),
      ],
    },
    ...(limit
      ? [
          {
            name: "test_more_requests_than_the_limit_are_refused",
            covers: `${limit.count} requests a ${limit.period} are let through, the next one is not: 429`,
            lines: [
              `for _ in range(${limit.count}):`,
              "    assert (CALL(get, PATH)).status_code == 200",
              "answer = CALL(get, PATH)",
              "assert answer.status_code == 429",
              ...problemLine(task),
            ],
          },
        ]
      : []),
  ];
  return {
    docstring: `Tests of ${list.path}.`,
    constants: [
      `PATH = ${JSON.stringify(list.path)}`,
      constant(ONE, payloadOf(fields, 0), format),
      constant(TWO, payloadOf(fields, 1), format),
    ],
    fixtures: [],
    tests: bodies.map((body) => testOf(body, bed, format)),
    left: untried(stated, list.path),
  };
};
