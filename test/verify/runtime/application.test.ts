/** Which application a command serves, and what its import says, told from text. */
import { describe, expect, it } from "vitest";
import { applicationIn, importCommand, readImported } from "../../../src/verify/runtime/application.ts";

describe("the application of a command", () => {
  it.each([
    ["uvicorn main:app", "", "main", "app", false],
    ["cd '/repo/backend' && exec python3 -m uvicorn app.main:app --port 8500", "backend", "app.main", "app", false],
    [
      "cd backend && cd api && uvicorn app.main:create_app --factory --port 8000",
      "backend/api",
      "app.main",
      "create_app",
      true,
    ],
    ["uvicorn --app-dir backend app.main:app", "backend", "app.main", "app", false],
    ["gunicorn -w 2 'app.main:create_app()' -b :8000", "", "app.main", "create_app", true],
    ["cd '/repo/it'\\''s' && uvicorn main:app", "it's", "main", "app", false],
  ])("is read from %s", (command, folder, module, variable, factory) => {
    expect(applicationIn(command)).toEqual({ folder, module, variable, factory });
  });

  it.each(["exec python3 server.py 8500", "fastapi run main.py", "uvicorn", "echo a:b"])(
    "is not guessed from %s",
    (command) => {
      expect(applicationIn(command)).toBeUndefined();
    },
  );

  it("is imported from its folder, whatever that is called", () => {
    expect(importCommand({ folder: "it's", module: "main", variable: "app", factory: false })).toMatch(
      /^cd 'it'\\''s' && exec python3 -c '[^']+' main app application$/,
    );
  });
});

describe("what an import says", () => {
  const read = (output: string, exitCode = 0) => readImported({ output, exitCode });

  it("is its operations, whatever was printed before", () => {
    const line = 'architect-openapi {"operations": [["GET", "/items", true]]}';
    expect(read(`starting…\n${line}\n`)).toEqual({
      ok: true,
      operations: [{ method: "GET", path: "/items", secured: true }],
    });
  });

  it.each([
    ['architect-openapi {"missing": "redis"}', "package redis is missing"],
    ['architect-openapi {"error": "RuntimeError: no\\n DATABASE_URL"}', "RuntimeError: no DATABASE_URL"],
    ["architect-openapi {", "what it answered is no list of operations"],
    ['architect-openapi {"operations": [1]}', "what it answered is no list of operations"],
  ])("is why there are none: %s", (output, reason) => {
    expect(read(output)).toEqual({ ok: false, reason });
  });

  it("is how it ended where it said nothing", () => {
    expect(read("bash: python3: command not found\n", 127)).toEqual({
      ok: false,
      reason: "it ended with exit code 127: bash: python3: command not found",
    });
    expect(readImported({ output: "", exitCode: 137, ended: "timeout" })).toEqual({
      ok: false,
      reason: "the App ended it: timeout",
    });
  });
});
