import { describe, expect, test } from "vitest";
import { readTestCommand } from "../../../src/verify/commands/test-command.ts";

const requests = (command: string) => {
  const read = readTestCommand(command);
  if (read.kind !== "requests") throw new Error(`${read.kind}: ${JSON.stringify(read)}`);
  return read.steps;
};
const request = (command: string) => requests(command)[0]?.request;
const refusal = (command: string) => {
  const read = readTestCommand(command);
  return read.kind === "unreadable" ? read.reason : `not refused: ${read.kind}`;
};

const json = { name: "Content-Type", value: ["application/json"] };

describe("requests out of commands", () => {
  test("curl is read as curl would: method, address, headers, body", () => {
    expect(
      request(
        `curl -sS -X POST http://localhost:8500/api/v1/auth/register -H "Content-Type: application/json" -d '{"email": "user@example.com", "password": "a-long-password"}'`,
      ),
    ).toEqual({
      method: "POST",
      port: 8500,
      path: ["/api/v1/auth/register"],
      headers: [json],
      body: ['{"email": "user@example.com", "password": "a-long-password"}'],
      follow: false,
    });
  });

  test.each([
    ["curl localhost:8500", { method: "GET", port: 8500, path: ["/"] }],
    [
      "curl -isSXPATCH 'http://127.0.0.1:80/a?b=1&c=2' -d{}",
      { method: "PATCH", port: 80, path: ["/a?b=1&c=2"], body: ["{}"] },
    ],
    ["curl --json '{}' http://[::1]:9000/a", { method: "POST", port: 9000, body: ["{}"] }],
    [
      "curl -G localhost:1/a -d q=1 --data-urlencode 'r=a b'",
      { method: "GET", path: ["/a", "?", "q=1", "&", "r=a%20b"] },
    ],
    [
      "curl -L -u me:secret localhost:1/a#part",
      { follow: true, path: ["/a"], headers: [{ name: "Authorization", value: ["Basic bWU6c2VjcmV0"] }] },
    ],
    ["curl \\\n  -X DELETE \\\n  localhost:1/a/1", { method: "DELETE", path: ["/a/1"] }],
    [
      'curl -X DELETE "localhost:1/a/$ID" -H "Authorization: Bearer $TOKEN"',
      {
        path: ["/a/", { variable: "ID" }],
        headers: [{ name: "Authorization", value: ["Bearer ", { variable: "TOKEN" }] }],
      },
    ],
    [
      "http POST :8500/users name=ada age:=36 X-Key:abc page==2",
      {
        method: "POST",
        port: 8500,
        path: ["/users", "?page=2"],
        body: ['{"name": "ada", "age": 36}'],
        headers: [{ name: "X-Key", value: ["abc"] }, json],
      },
    ],
    ["http -f localhost:8500/token username=a password=b", { method: "POST", body: ["username=a&password=b"] }],
    ["wget -qO- http://localhost:8500/health", { method: "GET", path: ["/health"], follow: true }],
    [
      "wget -q -O - --method=POST --body-data='{}' --header='Content-Type: application/json' http://localhost:8500/a",
      { method: "POST", body: ["{}"], headers: [json] },
    ],
  ])("%s", (command, expected) => expect(request(command)).toMatchObject(expected));

  test("the expected status stands in a comment or in a grep behind it, and in nothing else", () => {
    const expected = (command: string) => requests(command)[0]?.expected;
    expect(expected("curl localhost:1/a # 409")).toBe(409);
    expect(expected("curl localhost:1/a # expect 422: no address")).toBe(422);
    expect(expected("curl localhost:1/a # → 401")).toBe(401);
    expect(expected("curl -so /dev/null -w '%{http_code}' localhost:1/a | grep -qx 404")).toBe(404);
    expect(expected("curl -so /dev/null -w '%{http_code}' localhost:1/a")).toBeUndefined();
    expect(expected("curl localhost:1/a # takes 500 ms")).toBeUndefined();
  });

  test("a value of one answer goes into the next request", () => {
    const steps = requests(
      `TOKEN=$(curl -s -X POST localhost:1/login -d '{}' | jq -r '.tokens[0].access_token')\ncurl localhost:1/me -H "Authorization: Bearer $TOKEN" | jq .`,
    );
    expect(steps.map(({ request: { path, capture } }) => [path, capture])).toEqual([
      [["/login"], { name: "TOKEN", path: ["tokens", 0, "access_token"] }],
      [["/me"], undefined],
    ]);
  });

  test.each([
    ["curl localhost:1/a || true", /`\|\|` hides what it was answered/],
    ["curl localhost:1/a?x=1&y=2", /must be quoted/],
    ["! curl localhost:1/a", /`!` hides/],
    ["curl localhost:1/a | sh", /`sh` behind it is not run/],
    ["curl localhost:1/a > backend/app/x.py", /redirection/],
    ["curl localhost:1/a; rm -rf /repo", /`rm` beside a request is not run/],
    ["curl https://example.com/a", /over https/],
    ["curl http://example.com/a", /asks example\.com/],
    ["curl http://localhost@example.com/a", /no URL|asks/],
    ["curl localhost:1/a -d @/etc/passwd", /by its path in the repository/],
    ["curl localhost:1/a -d @../key", /by its path in the repository/],
    ["curl localhost:1/a -d @-", /by its path in the repository/],
    ["curl localhost:1/a -F f=@/etc/passwd", /by its path in the repository/],
    ["curl localhost:1/a -F f", /name=value/],
    ["curl localhost:1/a -F 'f=a;headers=X'", /;headers= is not read/],
    ["curl localhost:1/a -F f=a -d b", /only one of them/],
    ["curl -G localhost:1/a -d @a.json", /in the query/],
    ["curl -K /tmp/x localhost:1/a", /reads options from a file/],
    ["curl localhost:1/$(cat /etc/passwd)", /an expansion that only a shell/],
    ["curl -x http://example.com localhost:1/a", /proxy/],
    ["curl localhost:1/a localhost:1/b", /more than one URL/],
    ["curl --unknown localhost:1/a", /option --unknown is not known/],
    ["X=$(curl localhost:1/a | python3 -c 'import os')", /jq -r \.field/],
    ["curl -X BREW localhost:1/a", /BREW is no method/],
    [
      "uvicorn app.main:app --port 8500 & sleep 2; curl localhost:8500/a; kill $!",
      /the App itself starts and ends the server/,
    ],
  ])("%s is not read", (command, reason) => expect(refusal(command)).toMatch(reason));
});

describe("servers out of commands", () => {
  test("every step is known, and quoted anew", () => {
    expect(
      readTestCommand(
        "cd backend && export A='x y' && B=1 alembic upgrade head && python -m uvicorn app.main:app --reload --port 8500 &",
      ),
    ).toMatchObject({
      kind: "server",
      server: {
        command:
          "cd /repo/backend && export A='x y' && B=1 alembic upgrade head && python -m uvicorn app.main:app --port 8500",
        port: 8500,
        module: "backend/app/main",
      },
    });
  });

  test.each([
    ["uvicorn app:app --app-dir src -p 90", 90, "src/app"],
    ["gunicorn -k uvicorn.workers.UvicornWorker -b 0.0.0.0:8080 shop.main:app", 8080, "shop/main"],
    ["fastapi run backend/app/main.py", 8000, undefined],
  ])("%s", (command, port, module) => {
    const read = readTestCommand(command);
    expect(read.kind === "server" && [read.server.port, read.server.module]).toEqual([port, module]);
  });

  test.each([
    ["printf 'import x' > /tmp/fake.py && uvicorn fake:app", /redirects/],
    ["PYTHONPATH=/tmp uvicorn app:app", /sets PYTHONPATH/],
    ["env LD_PRELOAD=x.so uvicorn app:app", /sets LD_PRELOAD/],
    ["cd /tmp && uvicorn app:app", /no folder of the repository/],
    ["cd ../.. && uvicorn app:app", /no folder of the repository/],
    ["python3 fake.py; uvicorn app:app", /joined by `&&`/],
    ["python3 fake.py && uvicorn app:app", /`python3` is neither/],
    ["uvicorn $APP", /expansion/],
    ["uvicorn app:app | tee log", /plain commands/],
  ])("%s is not started", (command, reason) => expect(refusal(command)).toMatch(reason));
});
