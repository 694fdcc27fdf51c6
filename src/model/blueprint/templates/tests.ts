/** Tests as pytest reads them: what an API promises at its edge, in the style of the repository's own tests. */
import type { Field } from "../fields.ts";
import type { Import } from "../layout.ts";
import type { TestBed } from "../test-bed.ts";
import { type Format, fold, literal } from "./py.ts";

export type Test = {
  readonly name: string;
  readonly code: string;
  readonly imports: readonly Import[];
  /** The case in a few words, for the report. */
  readonly covers: string;
};

type Body = {
  readonly name: string;
  readonly covers: string;
  readonly lines: readonly string[];
  /** `name: type` after the client. */
  readonly parameters?: readonly string[];
  readonly cases?: { readonly name: string; readonly values: readonly string[] };
  readonly imports?: readonly Import[];
};

const pytest: Import = { module: "pytest", name: "" };

const indentOf = (text: string): number => /^ */.exec(text)?.[0].length ?? 0;

/** A list on one line where it fits, else one value a line. */
export const listed = (values: readonly string[], indent: number, width: number, open = "[", close = "]"): string =>
  fold(width, indent, open, values, close).replaceAll("\n", `\n${" ".repeat(indent)}`);

const parametrized = ({ name, values }: NonNullable<Body["cases"]>, width: number): string => {
  const line = `@pytest.mark.parametrize(${literal(name)}, [${values.join(", ")}])`;
  return line.length <= width
    ? line
    : ["@pytest.mark.parametrize(", `    ${literal(name)},`, `    ${listed(values, 4, width - 1)},`, ")"].join("\n");
};

/** `CALL(post, PATH)` in the lines becomes a call of the client, awaited where it is asynchronous. */
export const testOf = (body: Body, bed: TestBed, { width }: Format): Test => {
  const { fixture, type, asynchronous } = bed.client;
  const parameters = [`${fixture}: ${type.name}`, ...(body.parameters ?? [])];
  const lines = body.lines
    .map((line) =>
      asynchronous
        ? line.replaceAll("CALL(", "await CALL(")
        : line.replaceAll(/\(CALL\(((?:[^()]|\([^()]*\))*)\)\)(?=\.)/g, "CALL($1)"),
    )
    .map((line) => line.replaceAll(/\bCALL\((\w+), /g, `${fixture}.$1(`))
    .map((line) => broken(line, width));
  const signature = fold(width, 0, `${asynchronous ? "async " : ""}def ${body.name}(`, parameters, ") -> None:");
  return {
    name: body.name,
    covers: body.covers,
    code: [
      ...(body.cases ? [parametrized(body.cases, width)] : []),
      signature,
      ...lines.map((line) => (line === "" ? "" : `    ${line.replaceAll("\n", "\n    ")}`)),
    ].join("\n"),
    imports: [type, ...(body.cases ? [pytest] : []), ...(body.imports ?? [])],
  };
};

/** A call that is too long for its line, broken at its arguments as a formatter does. */
const broken = (line: string, width: number): string => {
  if (4 + line.length <= width) return line;
  const call = /^(\s*[^(]*\((?:await )?[\w.]+\(|\s*[^(]*\()(.*)(\)(?:\)\.\w+(?: == .*)?)?)$/.exec(line);
  return call
    ? `${call[1]}\n${" ".repeat(indentOf(line) + 4)}${call[2]}\n${" ".repeat(indentOf(line))}${call[3]}`
    : line;
};

/** Values that the field does not take, as Python writes them, each with what is wrong about it. */
export const wrongValues = (field: Field): readonly string[] => {
  const { type, min, max } = field;
  switch (type.kind) {
    case "str":
    case "text": {
      const most = Number(max?.value ?? (type.kind === "str" ? 255 : 10_000));
      const least = Number(min?.value ?? (type.kind === "str" ? 1 : 0));
      return [...(least > 0 ? [least === 1 ? '""' : `"x" * ${least - 1}`] : []), `"x" * ${most + 1}`];
    }
    case "email":
      return ['"no address"', '""'];
    case "int":
    case "float":
    case "decimal": {
      const places = type.kind === "decimal" ? type.places : undefined;
      const step = type.kind === "int" ? 1 : places === undefined ? 0.5 : 10 ** -places;
      const show = (value: number): string => (places === undefined ? String(value) : literal(value.toFixed(places)));
      return [
        ...(min ? [show(min.exclusive ? Number(min.value) : Number(min.value) - step)] : []),
        ...(max ? [show(max.exclusive ? Number(max.value) : Number(max.value) + step)] : []),
        '"many"',
      ];
    }
    case "bool":
      return ['"perhaps"'];
    case "date":
    case "datetime":
      return ['"some day"'];
    case "uuid":
      return ['"no id"'];
    case "enum":
      return ['"unknown"'];
    case "ref":
      return [];
  }
};
