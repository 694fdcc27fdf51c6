import { describe, expect, it } from "vitest";
import {
  children,
  field,
  fieldNameOf,
  fields,
  type Node,
  rootOf,
  textOf,
  unwrapType,
  walk,
} from "../../../src/verify/python/node.ts";
import { parser } from "../../support/facts.ts";

const { parse } = await parser;

const rootIn = (text: string): Node => rootOf(parse(text));

const typesIn = (root: Node): string[] => {
  const types: string[] = [];
  walk(root, (node) => types.push(node.type));
  return types;
};

describe("a tree", () => {
  const source =
    'import a\n\n# é\n@app.get("/x")\nasync def f(q: Annotated[int, Query()] = 1) -> X | None:\n    return q not in b\n';
  const root = rootIn(source);
  const decorated = children(root)[1]!;
  const definition = field(decorated, "definition")!;

  it("holds named nodes in their order, with lines from 1 and their text", () => {
    expect(children(root).map((node) => [node.type, node.line])).toEqual([
      ["import_statement", 1],
      ["decorated_definition", 4],
    ]);
    expect(textOf(field(definition, "name")!)).toBe("f");
    expect(definition.line).toBe(5);
    expect(textOf(field(definition, "return_type")!)).toBe("X | None");
  });

  it("leaves comments out and keeps operators that have a field", () => {
    const types = typesIn(root);
    expect(types).not.toContain("comment");
    expect(types).toContain("not in");
  });

  it("gives the same object for the same node", () => {
    expect(children(decorated)[1]).toBe(definition);
    expect(definition.parent).toBe(decorated);
    expect(fieldNameOf(definition)).toBe("definition");
  });

  it("gives all nodes of a field", () => {
    const [statement] = children(rootIn("from x import a, b as c\n"));
    expect(fields(statement!, "name").map(textOf)).toEqual(["a", "b as c"]);
  });

  it("says what stands inside an annotation", () => {
    const parameter = children(field(definition, "parameters")!)[0]!;
    expect(unwrapType(field(parameter, "type")!).type).toBe("generic_type");
  });

  it("does not enter what a visitor refuses", () => {
    const seen: string[] = [];
    walk(root, (node) => {
      seen.push(node.type);
      return node.type !== "decorated_definition";
    });
    expect(seen).toEqual(["module", "import_statement", "dotted_name", "identifier", "decorated_definition"]);
  });

  it("counts UTF-16 code units, as JavaScript's texts do", () => {
    const [, second] = children(rootIn('a = "😀é"\nb = "ü"\n'));
    expect(textOf(second!)).toBe('b = "ü"');
    expect(second!.line).toBe(2);
  });
});

describe("the parser", () => {
  it("names the lines of syntax errors and goes on behind them", () => {
    const tree = parse("x = 1\ndef (:\n    pass\n\n\ny = 2\n");
    expect(tree.errors).toContain(2);
    expect(children(rootOf(tree)).map((node) => node.line)).toContain(6);
  });

  it("reads the syntax of new Python", () => {
    const text = [
      "type Pair[T] = tuple[T, T]",
      "class Box[T]:",
      "    def get[K: int](self, key: K, /) -> T: ...",
      "try:",
      "    pass",
      "except* (A, B) as group:",
      "    pass",
      "match point:",
      "    case {'x': [1, *rest], **others} if rest: pass",
      "with (open(a) as b, open(c) as d): pass",
      "if (n := 10) > 5: print(f'{f'{n!r:>{n}}'}')",
      "",
    ].join("\n");
    expect(parse(text).errors).toEqual([]);
  });

  it.each([
    ["deep nesting", `x = ${"(".repeat(20_000)}1${")".repeat(20_000)}\n`],
    ["a long sum", `x = ${"1 + ".repeat(20_000)}1\n`],
    ["unclosed brackets", "[".repeat(50_000)],
    [
      "binary rubbish",
      Array.from({ length: 50_000 }, (_, index) => String.fromCharCode((index * 7919) % 256)).join(""),
    ],
    ["lone surrogates and NUL", `x = "\ud800\0"\r\n\ufeffy = 1`],
    ["nothing", ""],
  ])("takes %s", (_, text) => {
    const tree = parse(text);
    expect(rootOf(tree).end).toBeLessThanOrEqual(text.length);
    expect(typesIn(rootOf(tree)).length).toBe(tree.cells.length / 5);
  });
});
