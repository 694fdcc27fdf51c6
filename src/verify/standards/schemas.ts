/** Pydantic schemas: version 2, and bounds on what a client may send. Inputs are told by their use as a body, not by their name. */
import { children, field, type Node, textOf } from "../python/node.ts";
import type { Code, CodeFile, Input } from "./code.ts";
import { dottedOf } from "./names.ts";
import { enclosing } from "./place.ts";
import { type Hit, hitAt, type Standards } from "./standard.ts";

const constraint =
  /\b(min_length|max_length|pattern|regex|gt|ge|lt|le|multiple_of|max_digits|min_items|max_items)\s*=|\b(constr|conint|StringConstraints|AfterValidator|BeforeValidator|WrapValidator|PlainValidator)\b/;

/** Source of a field with the source of the aliases that its type names: `Password = Annotated[str, Field(min_length=8)]`. */
const fullText = ({ field: { type, value } }: Input, file: CodeFile, code: Code): string => {
  const own = `${type ?? ""} ${value ?? ""}`;
  const names = own.match(/\b[A-Za-z_]\w*\b/g) ?? [];
  const aliases = [...new Set(names)].flatMap((name) => {
    const local = file.assignments.find((one) => one.name === name && one.within === "module")?.value;
    const found = local ?? code.definitionOf(file.names.get(name) ?? "")?.value;
    return found ? [textOf(found)] : [];
  });
  return [own, ...aliases].join(" ");
};

const classOf = (file: CodeFile, { field: { line } }: Input): Node | undefined =>
  file.classes.findLast((one) => one.line <= line && one.end >= lineStart(file, line));

const lineStart = ({ text }: CodeFile, line: number): number => {
  let at = 0;
  for (let passed = 1; passed < line; passed += 1) at = text.indexOf("\n", at) + 1;
  return at;
};

/** A validator of the class looks at the field, or at all of them. */
const isValidated = (file: CodeFile, input: Input): boolean => {
  const owner = classOf(file, input);
  if (!owner) return false;
  const text = textOf(owner);
  return new RegExp(`validator\\([^)]*["'](${input.field.name}|\\*)["']`).test(text);
};

const spans = (file: CodeFile, inputs: readonly Input[]) =>
  inputs.map(({ field: { line } }) => ({ file: file.path, from: line, to: line }));

const fieldHit = (file: CodeFile, input: Input, message: string): Hit => ({
  message: `${input.schema.name}.${input.field.name} ${message}`,
  spans: spans(file, [input]),
});

/** What is held against a stored password or a mailed code is not chosen here. */
const presents =
  /login|log_in|signin|sign_in|auth(?!or)|credential|config|token|history|verify|confirm|current|erase|delete|deactivate|disable|connection|smtp/i;

const bound = (text: string, name: string): number | undefined => {
  const found = new RegExp(`\\b${name}\\s*=\\s*([\\d_]+)`).exec(text)?.[1];
  return found === undefined ? undefined : Number(found.replaceAll("_", ""));
};

const passwordProblem = (text: string, min: number, max: number): string | undefined => {
  const low = bound(text, "min_length");
  const high = bound(text, "max_length");
  const hasLow = /\b(min_length|pattern|regex)\s*=/.test(text);
  const hasHigh = /\bmax_length\s*=/.test(text);
  if (!hasLow && !hasHigh) return "has no bounds";
  if (!hasLow) return "may be empty";
  if (!hasHigh) return "may be of any length, which costs the hash its time";
  if (low !== undefined && low < min) return `may be ${low} characters short`;
  if (high !== undefined && high > max) return `may be ${high} characters long`;
  return undefined;
};

const isString = (type: string | null): boolean =>
  /^["']?((typing\.)?Optional\[str\]|str|str\s*\|\s*None|None\s*\|\s*str)["']?$/.test((type ?? "").trim());

const v1Call = /\.(parse_obj|parse_raw|from_orm|schema_json|update_forward_refs)$/;

const byClass = (file: CodeFile, inputs: readonly Input[]): Input[][] => {
  const groups = new Map<Node | undefined, Input[]>();
  for (const input of inputs) {
    const owner = classOf(file, input);
    groups.set(owner, [...(groups.get(owner) ?? []), input]);
  }
  return [...groups.values()];
};

export const schemaStandards: Standards<"pydantic-v1" | "unconstrained-field" | "unbounded-password" | "plain-email"> =
  {
    "pydantic-v1": {
      severity: "concern",
      check(file, code) {
        const schemas = new Set(code.facts.schemas.filter((one) => one.file === file.path).map(({ line }) => line));
        const configs = file.classes.filter((one) => {
          const owner = enclosing(one, /^class_definition$/);
          return (
            textOf(field(one, "name") ?? one) === "Config" &&
            owner !== undefined &&
            (schemas.has(owner.line) || /\bBaseSettings\b/.test(textOf(field(owner, "superclasses") ?? one)))
          );
        });
        const validators = file.functions
          .flatMap((fn) => (fn.parent?.type === "decorated_definition" ? children(fn.parent) : []))
          .filter(({ type }) => type === "decorator")
          .filter((one) => {
            const [call] = children(one);
            const name = dottedOf(call?.type === "call" ? field(call, "function") : call, file.names);
            return /^pydantic(\.\w+)*\.(validator|root_validator)$/.test(name);
          });
        const imports = file.imports.filter(({ module }) => /^pydantic\.v1(\.|$)/.test(module));
        return [
          ...configs.map((node) =>
            hitAt(file, node, "`class Config` is Pydantic v1: write model_config = ConfigDict(…)"),
          ),
          ...validators.map((node) =>
            hitAt(file, node, "is a validator of Pydantic v1: use field_validator or model_validator"),
          ),
          ...imports.map(({ node }) => hitAt(file, node, "imports pydantic.v1: schemas are Pydantic v2")),
          ...file.calls
            .filter(({ name }) => v1Call.test(name) && !isOwnMethod(file, name))
            .map(({ name, node }) => hitAt(file, node, `${v1Call.exec(name)?.[1]}() is Pydantic v1: ${v2Of(name)}`)),
        ];
      },
    },
    "unconstrained-field": {
      severity: "concern",
      check: (file, code) =>
        byClass(
          file,
          file.inputs.filter(
            (input) =>
              isString(input.field.type) &&
              !/^(e_?mail|email_address|password)$/.test(input.field.name) &&
              !constraint.test(fullText(input, file, code)) &&
              !isValidated(file, input),
          ),
        ).map((inputs) => ({
          message: `${inputs[0]?.schema.name}: ${inputs.map((one) => one.field.name).join(", ")} may be of any length: give a str that clients send Field(min_length=…, max_length=…)`,
          spans: spans(file, inputs),
        })),
    },
    "unbounded-password": {
      severity: "error",
      check: (file, code, { min, max }) =>
        file.inputs.flatMap((input) => {
          const { name, type } = input.field;
          if (
            !/^(new_?)?(password|passwd|pwd)1?$/.test(name) ||
            !/\b(str|SecretStr|Password\w*|constr)\b/.test(type ?? "")
          )
            return [];
          if (presents.test(input.schema.name) || isValidated(file, input)) return [];
          const problem = passwordProblem(fullText(input, file, code), min, max);
          return problem
            ? [fieldHit(file, input, `${problem}: Field(min_length=${min}, max_length=${max}), or 72 with bcrypt`)]
            : [];
        }),
    },
    "plain-email": {
      severity: "concern",
      check: (file, code) =>
        file.inputs
          .filter(
            (input) =>
              /^(e_?mail|email_address)$/.test(input.field.name) &&
              isString(input.field.type) &&
              !presents.test(input.schema.name) &&
              !/\b(pattern|regex)\s*=|Validator\(/.test(fullText(input, file, code)) &&
              !isValidated(file, input),
          )
          .map((input) => fieldHit(file, input, "takes any text: EmailStr checks that it is an address")),
    },
  };

/** `cls.from_orm(…)` of a class that has such a method itself, Pydantic or not. */
const isOwnMethod = (file: CodeFile, name: string): boolean =>
  file.functions.some((fn) => textOf(field(fn, "name") ?? fn) === name.split(".").at(-1));

const v2Names: Readonly<Record<string, string>> = {
  parse_obj: "use model_validate()",
  parse_raw: "use model_validate_json()",
  from_orm: "use model_validate() with from_attributes=True",
  schema_json: "use model_json_schema()",
  update_forward_refs: "use model_rebuild()",
};
const v2Of = (name: string): string => v2Names[name.split(".").at(-1) ?? ""] ?? "see Pydantic's migration guide";
