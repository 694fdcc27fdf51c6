/** Forms as the App sends them, read by an independent parser: the one of `fetch`. */
import { describe, expect, test } from "vitest";
import { readTestCommand } from "../../../src/verify/commands/test-command.ts";

const files: Readonly<Record<string, string>> = { "backend/tests/photo.png": "\u0089PNG", "notes.txt": "a=1\r\nb" };

/** @returns the fields: text, or a file's name, type and content */
const parsed = async (command: string) => {
  const read = readTestCommand(command);
  if (read.kind !== "requests") throw new Error(JSON.stringify(read));
  const { headers = [], body = [], method } = read.steps[0]?.request ?? {};
  const pieces = body.map((piece) =>
    typeof piece === "string" ? piece : "file" in piece ? files[piece.file] : `$${piece.variable}`,
  );
  const type = headers.find(({ name }) => name === "Content-Type")?.value.join("") ?? "";
  const form = await new Response(pieces.join(""), { headers: { "content-type": type } }).formData();
  const fields = await Promise.all(
    [...form].map(async ([name, value]) =>
      typeof value === "string" ? [name, value] : [name, value.name, value.type, await value.text()],
    ),
  );
  return { method, fields };
};

describe("curl -F", () => {
  test("sends fields and files", async () => {
    expect(
      await parsed(
        `curl -sS localhost:8500/api/v1/photos -F title='A "photo"; of us' -F file=@backend/tests/photo.png --form n=@/repo/notes.txt`,
      ),
    ).toEqual({
      method: "POST",
      fields: [
        ["title", 'A "photo"; of us'],
        ["file", "photo.png", "image/png", "\u0089PNG"],
        ["n", "notes.txt", "text/plain", "a=1\r\nb"],
      ],
    });
  });

  test.each([
    ["-F 'f=@notes.txt;type=text/csv;filename=a.csv'", ["f", "a.csv", "text/csv", "a=1\r\nb"]],
    ["-F 'f=<notes.txt'", ["f", "a=1\r\nb"]],
    ["-F 'f=id,name;type=text/csv;filename=a.csv'", ["f", "a.csv", "text/csv", "id,name"]],
    ["-F 'f=$TOKEN'", ["f", "$TOKEN"]],
    ['-F "f=x$TOKEN"', ["f", "x$TOKEN"]],
    ["--form-string 'f=@a;type=b'", ["f", "@a;type=b"]],
    ["-F f=", ["f", ""]],
  ])("%s", async (options, field) => {
    expect((await parsed(`curl localhost:1/a ${options}`)).fields).toEqual([field]);
  });

  test("-X PUT keeps its method", async () => {
    expect((await parsed("curl -X PUT localhost:1/a -F f=1")).method).toBe("PUT");
  });
});
