/** Which tests a registration gets, and the login and tokens beside it. Pure. */
import type { Field } from "./fields.ts";
import type { Import } from "./layout.ts";
import type { PyClass } from "./python.ts";
import { payloadOf } from "./rehearsal.ts";
import { listed, testOf, wrongValues } from "./templates/tests.ts";
import { type Body, constant, type Ground, parseLimit, problemLine, type Suite, short, untried } from "./test-cases.ts";
import type { TestTask } from "./test-task.ts";

export type Registration = {
  readonly fields: readonly Field[];
  readonly create: PyClass;
  readonly response: PyClass;
  readonly model: Import;
  /** Variable that tokens are signed with, where there is one. */
  readonly secret: string | undefined;
};

const strong = "correct horse battery staple";

const lengthOf = (create: PyClass, key: "min_length" | "max_length"): number | undefined => {
  const source = create.fields.find(({ name }) => name === "password")?.source ?? "";
  const found = new RegExp(`\\b${key}=([\\d_]+)`).exec(source)?.[1];
  return found === undefined ? undefined : Number(found.replaceAll("_", ""));
};

export const registrationSuite = (ground: Ground, user: Registration): Suite | undefined => {
  const { task, bed, format } = ground;
  const address = user.fields.find(({ type, unique }) => type.kind === "email" && unique)?.name;
  const endpoint = (end: string) => task.endpoints.find(({ path }) => path.endsWith(end));
  const register = endpoint("/register");
  if (address === undefined || !register) return undefined;
  const sent = user.create.fields.map(({ name }) => name);
  const others = user.fields.filter(({ name }) => sent.includes(name) && name !== address);
  const person = { [address]: "person@example.com", password: strong, ...payloadOf(others, 0) };
  const [least, most] = [lengthOf(user.create, "min_length"), lengthOf(user.create, "max_length")];
  const limit = short(parseLimit(register.limit));
  const hash = user.fields.find(({ name }) => /hash/.test(name))?.name;
  const wrong = [
    `{"${address}": "no address"}`,
    ...(least ? [`{"password": "x" * ${least - 1}}`] : []),
    ...(most ? [`{"password": "x" * ${most + 1}}`] : []),
    ...others.flatMap((field) => wrongValues(field).map((value) => `{"${field.name}": ${value}}`)),
  ];
  const required = user.create.fields
    .filter(({ value }) => value === "" || (value.startsWith("Field(") && !value.includes("default=")))
    .map(({ name }) => name);
  const shown = user.response.fields.map(({ name }) => name).filter((name) => name !== "model_config");
  const bodies: Body[] = [
    {
      name: "test_a_registration_answers_with_the_user_and_no_secret",
      covers: "a registration: 201 with the user, without the password or its hash",
      lines: [
        "answer = CALL(post, PATH, json=PERSON)",
        "assert answer.status_code == 201",
        `assert set(answer.json()) == ${listed(
          shown.map((name) => JSON.stringify(name)),
          4,
          format.width - 35,
          "{",
          "}",
        )}`,
        `assert answer.json()["${address}"] == PERSON["${address}"]`,
        'assert PERSON["password"] not in answer.text',
      ],
    },
    {
      name: "test_a_taken_address_is_a_conflict_in_any_spelling",
      covers: "an address that is taken, in the same and in another spelling: 409",
      lines: [
        "CALL(post, PATH, json=PERSON)",
        `for spelling in (PERSON["${address}"], PERSON["${address}"].title()):`,
        `    answer = CALL(post, PATH, json=PERSON | {"${address}": spelling})`,
        "    assert answer.status_code == 409",
        ...problemLine(task).map((line) => `    ${line}`),
      ],
    },
    {
      name: "test_what_does_not_fit_is_refused",
      covers: `a malformed address${least ? `, a password of ${least - 1}` : ""}${most ? ` or of ${most + 1}` : ""} characters: 422`,
      cases: { name: "change", values: wrong },
      parameters: ["change: dict[str, str]"],
      lines: [
        "answer = CALL(post, PATH, json=PERSON | change)",
        "assert answer.status_code == 422",
        ...problemLine(task),
      ],
    },
    {
      name: "test_every_field_is_required",
      covers: "each required field left out: 422",
      cases: { name: "missing", values: required.map((name) => JSON.stringify(name)) },
      parameters: ["missing: str"],
      lines: [
        "body = {key: value for key, value in PERSON.items() if key != missing}",
        "answer = CALL(post, PATH, json=body)",
        "assert answer.status_code == 422",
      ],
    },
    ...(bed.override && hash
      ? [
          {
            name: "test_the_password_is_kept_as_a_hash_alone",
            covers: "what is stored of a password is not the password",
            imports: [bed.override.app, bed.override.dependency, user.model, { module: "sqlalchemy", name: "select" }],
            lines: [
              "CALL(post, PATH, json=PERSON)",
              `async for session in ${bed.override.app.name}.dependency_overrides[${bed.override.dependency.name}]():`,
              `    user = (await session.scalars(select(${user.model.name}))).one()`,
              `assert user.${hash}`,
              `assert PERSON["password"] not in user.${hash}`,
            ],
          },
        ]
      : []),
    ...(limit
      ? [
          {
            name: "test_more_registrations_than_the_limit_are_refused",
            covers: `${limit.count} registrations a ${limit.period} are let through, the next one is not: 429`,
            lines: [
              `for number in range(${limit.count}):`,
              `    body = PERSON | {"${address}": f"person{number}@example.com"}`,
              "    assert (CALL(post, PATH, json=body)).status_code == 201",
              "answer = CALL(post, PATH, json=PERSON)",
              "assert answer.status_code == 429",
              ...problemLine(task),
            ],
          },
        ]
      : []),
    ...tokenBodies(endpoint("/login"), endpoint("/refresh"), address),
  ];
  const login = endpoint("/login");
  return {
    docstring: `Tests of ${login ? "registration and login" : `POST ${register.path}`}.`,
    constants: [
      `PATH = ${JSON.stringify(register.path)}`,
      ...(login ? [`LOGIN = ${JSON.stringify(login.path)}`] : []),
      ...(endpoint("/refresh") ? [`REFRESH = ${JSON.stringify(endpoint("/refresh")?.path)}`] : []),
      constant("PERSON", person, format),
    ],
    fixtures: user.secret && login ? [secretFixture(user.secret)] : [],
    tests: bodies.map((body) => testOf(body, bed, format)),
    left: [
      ...untried(parseLimit(register.limit), register.path),
      ...(bed.override || !hash
        ? []
        : ["What is stored of a password is not looked at: the tests' client hides its database."]),
    ],
  };
};

const secretFixture = (variable: string): Suite["fixtures"][number] => ({
  name: "signing_key",
  code: [
    "@pytest.fixture(autouse=True)",
    "def signing_key(monkeypatch: pytest.MonkeyPatch) -> None:",
    `    monkeypatch.setenv(${JSON.stringify(variable)}, "of these tests alone and nothing else")`,
  ].join("\n"),
  imports: [{ module: "pytest", name: "" }],
});

type Endpoint = TestTask["endpoints"][number] | undefined;

const tokenBodies = (login: Endpoint, refresh: Endpoint, address: string): Body[] => {
  const limit = short(parseLimit(login?.limit));
  return [
    ...(login
      ? [
          {
            name: "test_login_gives_tokens",
            covers: "login: 200 with tokens",
            lines: [
              "CALL(post, PATH, json=PERSON)",
              "answer = CALL(post, LOGIN, json=PERSON)",
              "assert answer.status_code == 200",
              'assert answer.json()["access_token"] != answer.json()["refresh_token"]',
            ],
          },
          {
            name: "test_a_wrong_password_and_an_unknown_address_are_answered_alike",
            covers: "login with a wrong password and with an unknown address: the same 401",
            lines: [
              "CALL(post, PATH, json=PERSON)",
              'wrong = CALL(post, LOGIN, json=PERSON | {"password": "another password"})',
              `unknown = CALL(post, LOGIN, json=PERSON | {"${address}": "nobody@example.com"})`,
              "assert wrong.status_code == unknown.status_code == 401",
              "assert wrong.json() == unknown.json()",
            ],
          },
        ]
      : []),
    ...(limit
      ? [
          {
            name: "test_more_logins_than_the_limit_are_refused",
            covers: `${limit.count} logins a ${limit.period} are let through, the next one is not: 429`,
            lines: [
              `for _ in range(${limit.count}):`,
              "    assert (CALL(post, LOGIN, json=PERSON)).status_code == 401",
              "assert (CALL(post, LOGIN, json=PERSON)).status_code == 429",
            ],
          },
        ]
      : []),
    ...(refresh
      ? [
          {
            name: "test_only_a_refresh_token_is_exchanged_for_new_ones",
            covers: "refresh: 200 for a refresh token, 401 for an access token and for none of ours",
            lines: [
              "CALL(post, PATH, json=PERSON)",
              "tokens = (CALL(post, LOGIN, json=PERSON)).json()",
              'answer = CALL(post, REFRESH, json={"refresh_token": tokens["refresh_token"]})',
              "assert answer.status_code == 200",
              'for token in (tokens["access_token"], "x.y.z"):',
              '    answer = CALL(post, REFRESH, json={"refresh_token": token})',
              "    assert answer.status_code == 401",
            ],
          },
        ]
      : []),
  ];
};
