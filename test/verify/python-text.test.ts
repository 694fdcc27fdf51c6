import { describe, expect, test } from "vitest";
import { bodyOf, functionsIn } from "../../src/verify/python-text.ts";

const text = `import x


def one(a: int, b: str = ":") -> None:
    return a


class T:
    async def two(
        self,
        c,
    ):
        if c:

            return 1
        return 2

    def three(self): return 3


# the end
x = 1
`;

describe("functionsIn", () => {
  test("finds functions at every depth, with their lines", () => {
    expect(functionsIn(text).map(({ name, line }) => [name, line])).toEqual([
      ["one", 4],
      ["two", 9],
      ["three", 18],
    ]);
  });

  test("takes for a body what is indented deeper, over empty lines and a signature of several", () => {
    expect(bodyOf(text, "one")?.trim()).toBe("return a");
    expect(bodyOf(text, "two")).toContain("return 2");
    expect(bodyOf(text, "two")).not.toContain("return 3");
    expect(bodyOf(text, "three")).toContain("return 3");
    expect(bodyOf(text, "three")).not.toContain("x = 1");
    expect(bodyOf(text, "four")).toBeUndefined();
  });

  test("reads files with Windows line ends", () => {
    expect(bodyOf(text.replaceAll("\n", "\r\n"), "one")?.trim()).toBe("return a");
  });
});
