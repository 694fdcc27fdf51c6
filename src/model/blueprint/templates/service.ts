/** The service of an entity: what can be done with it, on one session, with errors that name what happened. */
import { type Context, idAnnotation } from "../entity.ts";
import type { Field } from "../fields.ts";
import type { Import } from "../layout.ts";
import { fold, type Piece, py } from "./py.ts";

const sa = (name: string): Import => ({ module: "sqlalchemy", name });
const asyncSession: Import = { module: "sqlalchemy.ext.asyncio", name: "AsyncSession" };
const integrity: Import = { module: "sqlalchemy.exc", name: "IntegrityError" };

const takenCheck = (context: Context, field: Field): string => {
  const { names } = context.entity;
  const { session } = context;
  const filters = [`${names.type}.${field.name} == ${field.name}`, `${names.type}.id != own_id`];
  return py`
    ${fold(context.format.width, 12, `taken = select(${names.type}.id).where(`, filters, ")")}
    if await self.${session}.scalar(taken) is not None:
        ${fold(context.format.width, 16, `raise ${context.modules.errors.conflict.name}(`, [`"There is another ${names.label} with this ${field.name}"`], ") from error")}
  `;
};

export const saveMethod = (context: Context): string => {
  const { names, fields } = context.entity;
  const { session } = context;
  const unique = fields.filter((field) => field.unique);
  if (unique.length === 0)
    return py`
      ${fold(context.format.width, 4, "async def _save(", ["self", `${names.one}: ${names.type}`], ") -> None:")}
          await self.${session}.commit()
          await self.${session}.refresh(${names.one})
    `;
  return py`
    ${fold(context.format.width, 4, "async def _save(", ["self", `${names.one}: ${names.type}`], ") -> None:")}
        """Commit; the database decides what is taken, for two requests at once too."""
        own_id = ${names.one}.id
        ${unique.map((field) => `${field.name} = ${names.one}.${field.name}`)}
        try:
            await self.${session}.commit()
        except IntegrityError as error:
            await self.${session}.rollback()
            ${unique.map((field) => takenCheck(context, field))}
            raise
        await self.${session}.refresh(${names.one})
  `;
};

export const referenceMethod = (context: Context): string => {
  const { entity, modules, session } = context;
  const refs = entity.fields.filter((field) => entity.references.has(field.name));
  if (refs.length === 0) return "";
  const checks = refs.map((field) => {
    const reference = entity.references.get(field.name);
    return py`
      ${field.name} = values.get("${field.name}")
      if ${field.name} is not None and await self.${session}.get(${reference?.type}, ${field.name}) is None:
          raise ${modules.errors.conflict.name}(f"There is no ${field.name} {${field.name}}")
    `;
  });
  return py`
    async def _check_references(self, values: dict[str, Any]) -> None:
        ${checks}
  `;
};

/** Create, page, get, update, delete. */
export const resourceService = (context: Context): Piece => {
  const { entity, modules, format, session } = context;
  const { names } = entity;
  const id = idAnnotation(entity.columns.id.type);
  const references = referenceMethod(context);
  const order = `${names.type}.${entity.columns.stamps.some((stamp) => stamp.name === "created_at") ? "created_at" : "id"}`;
  const orders = order.endsWith(".id") ? [order] : [order, `${names.type}.id`];
  const create = fold(
    format.width,
    4,
    "async def create(",
    ["self", `${names.one}_in: ${names.type}Create`],
    `) -> ${names.type}:`,
  );
  const update = fold(
    format.width,
    4,
    "async def update(",
    ["self", `${names.one}_id: ${id}`, `${names.one}_in: ${names.type}Update`],
    `) -> ${names.type}:`,
  );
  const code = py`
    class ${names.type}Service:
        """What can be done with ${names.labels}, on one database session."""

        def __init__(self, ${session}: AsyncSession) -> None:
            self.${session} = ${session}

        ${create}
            """Add ${names.article}."""
            values = ${names.one}_in.model_dump()
            ${references && "await self._check_references(values)"}
            ${names.one} = ${names.type}(**values)
            self.${session}.add(${names.one})
            await self._save(${names.one})
            return ${names.one}

        ${fold(format.width, 4, "async def page(", ["self", "limit: int", "offset: int"], `) -> tuple[Sequence[${names.type}], int]:`)}
            """A page in a stable order, and the number of all ${names.labels}."""
            count = select(func.count()).select_from(${names.type})
            total = await self.${session}.scalar(count)
            ${fold(format.width, 8, `query = select(${names.type}).order_by(`, orders, ")")}
            items = await self.${session}.scalars(query.limit(limit).offset(offset))
            return items.all(), total or 0

        ${fold(format.width, 4, "async def get(", ["self", `${names.one}_id: ${id}`], `) -> ${names.type}:`)}
            """The ${names.label} with this id."""
            ${fold(format.width, 8, `${names.one} = await self.${session}.get(`, [names.type, `${names.one}_id`], ")")}
            if ${names.one} is None:
                ${fold(format.width, 12, `raise ${modules.errors.notFound.name}(`, [`f"There is no ${names.label} {${names.one}_id}"`], ")")}
            return ${names.one}

        ${update}
            """Change the fields that were sent, and leave the rest."""
            ${names.one} = await self.get(${names.one}_id)
            values = ${names.one}_in.model_dump(exclude_unset=True)
            ${references && "await self._check_references(values)"}
            for name, value in values.items():
                setattr(${names.one}, name, value)
            await self._save(${names.one})
            return ${names.one}

        async def delete(self, ${names.one}_id: ${id}) -> None:
            """Remove ${names.article}."""
            await self.${session}.delete(await self.get(${names.one}_id))
            await self.${session}.commit()

        ${references}

        ${saveMethod(context)}
  `.replace(/\n{3,}(?= {4})/g, "\n\n");
  return {
    code,
    imports: [
      { module: "collections.abc", name: "Sequence" },
      ...(references ? [{ module: "typing", name: "Any" }] : []),
      ...(id === "UUID" ? [{ module: "uuid", name: "UUID" }] : []),
      sa("func"),
      sa("select"),
      ...(entity.fields.some((field) => field.unique) ? [integrity] : []),
      asyncSession,
      modules.errors.notFound,
      ...(references || entity.fields.some((field) => field.unique) ? [modules.errors.conflict] : []),
      { module: modules.model, name: names.type },
      ...[...entity.references.values()].map((reference) => ({ module: reference.module, name: reference.type })),
      { module: modules.schemas, name: `${names.type}Create` },
      { module: modules.schemas, name: `${names.type}Update` },
    ],
  };
};

/** `UserService.create`. */
export const userService = ({ modules, format, session }: Context, hash: Import, hashField: string): Piece => ({
  code: py`
    class UserService:
        """What can be done with users, on one database session."""

        def __init__(self, ${session}: AsyncSession) -> None:
            self.${session} = ${session}

        async def create(self, user_in: UserCreate) -> User:
            """Register a user; the address is kept in lower case."""
            email = user_in.email.lower()
            ${fold(format.width, 8, `${hashField} = await run_in_threadpool(`, [hash.name, "user_in.password"], ")")}
            user = User(email=email, ${hashField}=${hashField})
            self.${session}.add(user)
            try:
                await self.${session}.commit()
            except IntegrityError as error:
                await self.${session}.rollback()
                taken = select(User.id).where(User.email == email)
                if await self.${session}.scalar(taken) is not None:
                    ${fold(format.width, 20, `raise ${modules.errors.conflict.name}(`, ['"This e-mail address is registered already"'], ") from error")}
                raise
            await self.${session}.refresh(user)
            return user
  `,
  imports: [
    { module: "fastapi.concurrency", name: "run_in_threadpool" },
    sa("select"),
    integrity,
    asyncSession,
    hash,
    modules.errors.conflict,
    { module: modules.model, name: "User" },
    { module: modules.schemas, name: "UserCreate" },
  ],
});
