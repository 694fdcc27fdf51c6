/** The Pydantic v2 schemas of a resource: what clients send, what they get. */
import { type Context, type Entity, idAnnotation, stringLength } from "../entity.ts";
import { type Field, isNumeric, isTextual } from "../fields.ts";
import type { Import } from "../layout.ts";
import { fold, grouped, literal, type Piece, py } from "./py.ts";

const pydantic = (name: string): Import => ({ module: "pydantic", name });

type Typed = { readonly input: string; readonly output: string; readonly imports: readonly Import[] };

export type EmailStyle = "email-str" | "pattern";

const enumName = (field: Field, entity: Entity): string =>
  `${entity.names.type}${field.name
    .split("_")
    .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))
    .join("")}`;

const typeOf = (field: Field, entity: Entity, email: EmailStyle): Typed => {
  const { type } = field;
  switch (type.kind) {
    case "str":
    case "text":
      return { input: "str", output: "str", imports: [] };
    case "email":
      return email === "email-str"
        ? { input: "EmailStr", output: "str", imports: [pydantic("EmailStr")] }
        : { input: "str", output: "str", imports: [] };
    case "decimal":
      return { input: "Decimal", output: "Decimal", imports: [{ module: "decimal", name: "Decimal" }] };
    case "date":
      return { input: "date", output: "date", imports: [{ module: "datetime", name: "date" }] };
    case "datetime":
      return {
        input: "AwareDatetime",
        output: "datetime",
        imports: [pydantic("AwareDatetime"), { module: "datetime", name: "datetime" }],
      };
    case "uuid":
      return { input: "UUID", output: "UUID", imports: [{ module: "uuid", name: "UUID" }] };
    case "enum":
      return {
        input: enumName(field, entity),
        output: enumName(field, entity),
        imports: [{ module: "typing", name: "Literal" }],
      };
    case "ref": {
      const id = idAnnotation(entity.references.get(field.name)?.id ?? "int");
      return { input: id, output: id, imports: id === "UUID" ? [{ module: "uuid", name: "UUID" }] : [] };
    }
    default:
      return { input: type.kind, output: type.kind, imports: [] };
  }
};

const int32 = { min: "-2147483648", max: "2147483647" };

/** Arguments of `Field(…)` for what a client may send. */
const constraintsOf = (field: Field, entity: Entity, email: EmailStyle): string[] => {
  const { type } = field;
  if (isTextual(type)) {
    const pattern = type.kind === "email" && email === "pattern" ? [`pattern=r"^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$"`] : [];
    const min = field.min?.value ?? (type.kind === "str" ? "1" : undefined);
    const max = type.kind === "text" ? (field.max?.value ?? "10000") : String(stringLength(field));
    return [...(min && type.kind !== "email" ? [`min_length=${min}`] : []), `max_length=${grouped(max)}`, ...pattern];
  }
  if (type.kind === "ref" && entity.references.get(field.name)?.id === "str") return ["min_length=1", "max_length=64"];
  if (!isNumeric(type)) return [];
  const integer = type.kind === "int";
  const low = field.min ?? (integer ? { value: int32.min, exclusive: false } : undefined);
  const high = field.max ?? (integer ? { value: int32.max, exclusive: false } : undefined);
  return [
    ...(low ? [`${low.exclusive ? "gt" : "ge"}=${grouped(low.value)}`] : []),
    ...(high ? [`${high.exclusive ? "lt" : "le"}=${grouped(high.value)}`] : []),
    ...(type.kind === "decimal" ? [`max_digits=${type.digits}`, `decimal_places=${type.places}`] : []),
    ...(type.kind === "float" ? ["allow_inf_nan=False"] : []),
  ];
};

const fallbackOf = (field: Field): string | undefined => {
  if (field.fallback === undefined) return field.optional ? "None" : undefined;
  if (field.type.kind === "bool") return /^true$/i.test(field.fallback) ? "True" : "False";
  if (field.type.kind === "decimal") return `Decimal(${literal(field.fallback)})`;
  return isNumeric(field.type) ? field.fallback : literal(field.fallback);
};

type Line = { readonly code: string; readonly imports: readonly Import[] };

const assigned = (
  name: string,
  annotation: string,
  fallback: string | undefined,
  constraints: readonly string[],
  width: number,
): Line => {
  const head = `${name}: ${annotation}`;
  if (constraints.length === 0) return { code: fallback === undefined ? head : `${head} = ${fallback}`, imports: [] };
  const args = [...(fallback === undefined ? [] : [`default=${fallback}`]), ...constraints];
  return { code: fold(width, 4, `${head} = Field(`, args, ")"), imports: [pydantic("Field")] };
};

export const createLine = (field: Field, entity: Entity, email: EmailStyle, width: number): Line => {
  const type = typeOf(field, entity, email);
  const line = assigned(
    field.name,
    `${type.input}${field.optional ? " | None" : ""}`,
    fallbackOf(field),
    constraintsOf(field, entity, email),
    width,
  );
  return { code: line.code, imports: [...line.imports, ...type.imports] };
};

export const updateLine = (field: Field, entity: Entity, email: EmailStyle, width: number): Line => {
  const type = typeOf(field, entity, email);
  const line = assigned(field.name, `${type.input} | None`, "None", constraintsOf(field, entity, email), width);
  return { code: line.code, imports: [...line.imports, ...type.imports] };
};

export const responseLine = (field: Field, entity: Entity, email: EmailStyle): Line => {
  const type = typeOf(field, entity, email);
  const imports = type.imports.filter((one) => one.name !== "AwareDatetime" && one.name !== "EmailStr");
  return { code: `${field.name}: ${type.output}${field.optional ? " | None" : ""}`, imports };
};

const stampLines = (entity: Entity): Line[] =>
  entity.columns.stamps.map(({ name }) => ({
    code: `${name}: datetime`,
    imports: [{ module: "datetime", name: "datetime" }],
  }));

const idLine = (entity: Entity): Line => ({
  code: `id: ${idAnnotation(entity.columns.id.type)}`,
  imports: entity.columns.id.type === "uuid" ? [{ module: "uuid", name: "UUID" }] : [],
});

const code = (lines: readonly Line[]): string[] => lines.map((line) => line.code);
const imports = (...lists: readonly (readonly Line[])[]): Import[] => lists.flat().flatMap((line) => line.imports);

export const literalLines = (entity: Entity, width: number): string[] =>
  entity.fields.flatMap((field) =>
    field.type.kind === "enum"
      ? [fold(width, 0, `${enumName(field, entity)} = Literal[`, field.type.values.map(literal), "]")]
      : [],
  );

export const nullGuard = (fields: readonly Field[], width: number): string => {
  const guarded = fields.filter((field) => !field.optional).map((field) => literal(field.name));
  if (guarded.length === 0) return "";
  return py`
    ${fold(width, 4, "@field_validator(", guarded, ")")}
    @classmethod
    def reject_null(cls, value: object) -> object:
        """A field may be left out to keep it; null is no value for it."""
        if value is None:
            raise ValueError("may be left out, but not null")
        return value
  `;
};

/** Create, Update, Response and Page of a CRUD resource. */
export const resourceSchemas = ({ entity, format }: Context, email: EmailStyle): Piece => {
  const { names, fields, output } = entity;
  const create = fields.map((field) => createLine(field, entity, email, format.width));
  const update = fields.map((field) => updateLine(field, entity, email, format.width));
  const response = [
    idLine(entity),
    ...fields.map((field) => responseLine(field, entity, email)),
    ...stampLines(entity),
  ];
  const guard = nullGuard(fields, format.width);
  const aliases = literalLines(entity, format.width);
  const body = py`
    class ${names.type}Create(BaseModel):
        """What a client sends to add ${names.article}."""

        ${code(create)}


    class ${names.type}Update(BaseModel):
        """Changes to ${names.article}: only the fields that are sent."""

        ${code(update)}

        ${guard}


    class ${names.type}${output}(BaseModel):
        """${names.article.slice(0, 1).toUpperCase()}${names.article.slice(1)} as clients see it."""

        model_config = ConfigDict(from_attributes=True)

        ${code(response)}


    class ${names.type}Page(BaseModel):
        """One page of ${names.labels}, and how many there are in all."""

        items: list[${names.type}${output}]
        total: int
        limit: int
        offset: int
  `.replace(/\n{4,}/g, "\n\n\n");
  return {
    code: aliases.length > 0 ? `${aliases.join("\n")}\n\n\n${body}` : body,
    imports: [
      pydantic("BaseModel"),
      pydantic("ConfigDict"),
      ...(guard ? [pydantic("field_validator")] : []),
      ...imports(create, update, response),
    ],
  };
};

/** UserCreate and UserResponse of a registration. */
export const userSchemas = (
  { entity, format }: Context,
  email: EmailStyle,
  passwordBytes: number | undefined,
): Piece => {
  const address: Field = { name: "email", type: { kind: "email" }, optional: false, unique: true, index: true };
  const emailLine = createLine(address, entity, email, format.width);
  const response = [
    idLine(entity),
    responseLine(address, entity, email),
    { code: "created_at: datetime", imports: [{ module: "datetime", name: "datetime" }] },
  ];
  const bytes =
    passwordBytes !== undefined &&
    py`
      @field_validator("password")
      @classmethod
      def fit_bcrypt(cls, password: str) -> str:
          """bcrypt reads ${passwordBytes} bytes and no more: a longer password is refused, not cut."""
          if len(password.encode()) > ${passwordBytes}:
              raise ValueError("may be at most ${passwordBytes} bytes long")
          return password
    `;
  return {
    code: py`
      class UserCreate(BaseModel):
          """What a person sends to register."""

          ${emailLine.code}
          password: str = Field(min_length=8, max_length=${passwordBytes ?? 128}, repr=False)

          ${bytes}


      class User${entity.output}(BaseModel):
          """A user as clients see it: never with the password or its hash."""

          model_config = ConfigDict(from_attributes=True)

          ${code(response)}
    `.replace(/\n{4,}/g, "\n\n\n"),
    imports: [
      pydantic("BaseModel"),
      pydantic("ConfigDict"),
      pydantic("Field"),
      ...(bytes ? [pydantic("field_validator")] : []),
      ...imports([emailLine], response),
    ],
  };
};
