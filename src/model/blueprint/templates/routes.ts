/** The routes: HTTP and nothing else. Signatures follow the session, guard and limiter that the repository uses. */
import { type Context, idAnnotation } from "../entity.ts";
import type { Guard, Import, Session } from "../layout.ts";
import { fold, type Piece, py } from "./py.ts";

const fastapi = (name: string): Import => ({ module: "fastapi", name });

/** How a route is limited: the decorator's expression, or nothing. */
export type Limit = { readonly decorator: string; readonly imports: readonly Import[] } | undefined;

export type RouteStyle = {
  readonly router: string;
  readonly session: Session;
  readonly guard: Guard | undefined;
  readonly rootPath: string;
  /** Of `APIRouter(…)`; empty where they are given with `include_router`. */
  readonly routerArgs: readonly string[];
};

type Parameter = { readonly code: string; readonly imports: readonly Import[] };

const depends = fastapi("Depends");
const annotated: Import = { module: "typing", name: "Annotated" };
const asyncSession: Import = { module: "sqlalchemy.ext.asyncio", name: "AsyncSession" };

const sessionParameter = ({ parameter, form, dependency }: Session): Parameter => {
  if (form.kind === "alias") return { code: `${parameter}: ${form.alias.name}`, imports: [form.alias] };
  if (form.kind === "annotated")
    return {
      code: `${parameter}: Annotated[AsyncSession, Depends(${dependency.name})]`,
      imports: [annotated, asyncSession, depends, dependency],
    };
  return {
    code: `${parameter}: AsyncSession = Depends(${dependency.name})`,
    imports: [asyncSession, depends, dependency],
  };
};

const numberQuery = (style: RouteStyle, name: string, bounds: string, fallback: number): Parameter =>
  style.session.form.kind === "default"
    ? { code: `${name}: int = Query(default=${fallback}, ${bounds})`, imports: [fastapi("Query")] }
    : { code: `${name}: Annotated[int, Query(${bounds})] = ${fallback}`, imports: [annotated, fastapi("Query")] };

type Route = {
  readonly decorator: readonly string[];
  readonly method: string;
  readonly name: string;
  readonly parameters: readonly Parameter[];
  readonly returns: string;
  readonly body: string;
};

/** Parameters without defaults come first, as Python demands. */
const ordered = (parameters: readonly Parameter[]): Parameter[] => [
  ...parameters.filter(({ code }) => !/\] = | = /.test(code)),
  ...parameters.filter(({ code }) => /\] = | = /.test(code)),
];

const renderRoute = (route: Route, style: RouteStyle, limit: Limit, width: number): Piece => {
  const request: Parameter[] = limit ? [{ code: "request: Request", imports: [fastapi("Request")] }] : [];
  const parameters = ordered([...request, ...route.parameters]);
  return {
    code: py`
      ${fold(width, 0, `@${style.router}.${route.method}(`, route.decorator, ")")}
      ${limit?.decorator}
      ${fold(
        width,
        0,
        `async def ${route.name}(`,
        parameters.map(({ code }) => code),
        `) -> ${route.returns}:`,
      )}
          ${route.body}
    `,
    imports: [...(limit?.imports ?? []), ...parameters.flatMap((one) => one.imports)],
  };
};

const guardArgs = (guard: Guard | undefined): Parameter[] =>
  guard?.kind === "dependency" ? [{ code: `dependencies=[Depends(${guard.name})]`, imports: [depends, guard] }] : [];

/** An alias (`CurrentUser`) cannot stand in `dependencies`: each route takes it as a parameter. */
const guardParameter = (guard: Guard | undefined): Parameter[] =>
  guard?.kind === "alias" ? [{ code: `_: ${guard.name}`, imports: [{ name: guard.name, module: guard.module }] }] : [];

const compose = (routes: readonly Piece[], style: RouteStyle, width: number, extra: readonly Parameter[]): Piece => ({
  code: [
    fold(width, 0, `${style.router} = APIRouter(`, [...style.routerArgs, ...extra.map(({ code }) => code)], ")"),
    ...routes.map(({ code }) => code),
  ].join("\n\n\n"),
  imports: [fastapi("APIRouter"), ...extra.flatMap((one) => one.imports), ...routes.flatMap((route) => route.imports)],
});

/** POST, GET of a page and of one, PATCH, DELETE. */
export const resourceRoutes = (context: Context, style: RouteStyle, limit: Limit): Piece => {
  const { entity, modules, format } = context;
  const { names, output } = entity;
  const db = sessionParameter(style.session);
  const guard = guardParameter(style.guard);
  const id: Parameter = { code: `${names.one}_id: ${idAnnotation(entity.columns.id.type)}`, imports: [] };
  const service = `${names.type}Service(${style.session.parameter})`;
  const root = `"${style.rootPath}"`;
  const one = `"/{${names.one}_id}"`;
  const shown = `response_model=${names.type}${output}`;
  const incoming = (kind: string): Parameter => ({
    code: `${names.one}_in: ${names.type}${kind}`,
    imports: [{ module: modules.schemas, name: `${names.type}${kind}` }],
  });
  const routes: Route[] = [
    {
      decorator: [root, shown, "status_code=status.HTTP_201_CREATED"],
      method: "post",
      name: `create_${names.one}`,
      parameters: [incoming("Create"), db, ...guard],
      returns: names.type,
      body: py`
        """Add ${names.article}."""
        ${fold(format.width, 4, `return await ${service}.create(`, [`${names.one}_in`], ")")}
      `,
    },
    {
      decorator: [root, `response_model=${names.type}Page`],
      method: "get",
      name: `list_${names.many}`,
      parameters: [
        db,
        ...guard,
        numberQuery(style, "limit", "ge=1, le=100", 50),
        numberQuery(style, "offset", "ge=0", 0),
      ],
      returns: `${names.type}Page`,
      body: py`
        """List ${names.labels}, a page at a time."""
        items, total = await ${service}.page(limit, offset)
        ${fold(format.width, 4, `return ${names.type}Page(`, [`items=[${names.type}${output}.model_validate(item) for item in items]`, "total=total", "limit=limit", "offset=offset"], ")")}
      `,
    },
    {
      decorator: [one, shown],
      method: "get",
      name: `get_${names.one}`,
      parameters: [id, db, ...guard],
      returns: names.type,
      body: py`
        """Fetch one ${names.label}."""
        ${fold(format.width, 4, `return await ${service}.get(`, [`${names.one}_id`], ")")}
      `,
    },
    {
      decorator: [one, shown],
      method: "patch",
      name: `update_${names.one}`,
      parameters: [id, incoming("Update"), db, ...guard],
      returns: names.type,
      body: py`
        """Change the fields of ${names.article} that are sent."""
        ${fold(format.width, 4, `return await ${service}.update(`, [`${names.one}_id`, `${names.one}_in`], ")")}
      `,
    },
    {
      decorator: [one, "status_code=status.HTTP_204_NO_CONTENT"],
      method: "delete",
      name: `delete_${names.one}`,
      parameters: [id, db, ...guard],
      returns: "None",
      body: py`
        """Remove ${names.article}."""
        ${fold(format.width, 4, `await ${service}.delete(`, [`${names.one}_id`], ")")}
      `,
    },
  ];
  const piece = compose(
    routes.map((route) => renderRoute(route, style, limit, format.width)),
    style,
    format.width,
    guardArgs(style.guard),
  );
  return {
    code: piece.code,
    imports: [
      ...piece.imports,
      ...(entity.columns.id.type === "uuid" ? [{ module: "uuid", name: "UUID" }] : []),
      fastapi("status"),
      { module: modules.model, name: names.type },
      { module: modules.schemas, name: `${names.type}Page` },
      { module: modules.schemas, name: `${names.type}${output}` },
      { module: modules.service, name: `${names.type}Service` },
    ],
  };
};

/** POST /register. */
export const registerRoute = (context: Context, style: RouteStyle, limit: Limit): Piece => {
  const { entity, modules, format } = context;
  const shown = `User${entity.output}`;
  const piece = renderRoute(
    {
      decorator: ['"/register"', `response_model=${shown}`, "status_code=status.HTTP_201_CREATED"],
      method: "post",
      name: "register",
      parameters: [
        { code: "user_in: UserCreate", imports: [{ module: modules.schemas, name: "UserCreate" }] },
        sessionParameter(style.session),
      ],
      returns: "User",
      body: py`
        """Register a user with an e-mail address and a password."""
        return await UserService(${style.session.parameter}).create(user_in)
      `,
    },
    style,
    limit,
    format.width,
  );
  return {
    code: piece.code,
    imports: [
      ...piece.imports,
      fastapi("status"),
      { module: modules.model, name: "User" },
      { module: modules.schemas, name: shown },
      { module: modules.service, name: "UserService" },
    ],
  };
};

/** A POST that answers with tokens. */
export const tokenRoute = (
  route: { readonly name: string; readonly parameter: Parameter; readonly returns: string; readonly body: string },
  style: RouteStyle,
  limit: Limit,
  width: number,
): Piece =>
  renderRoute(
    {
      decorator: [`"/${route.name}"`, `response_model=${route.returns}`],
      method: "post",
      name: route.name,
      parameters: [route.parameter, sessionParameter(style.session)],
      returns: route.returns,
      body: route.body,
    },
    style,
    limit,
    width,
  );

/** Routes in a file of their own. */
export const routerFile = (routes: readonly Piece[], style: RouteStyle, width: number): Piece =>
  compose(routes, style, width, []);

/** GET with fixed answers, or a health check. */
export const endpointRoute = (
  endpoint: {
    path: string;
    name: string;
    model: string;
    docstring: string;
    values: readonly string[];
    readiness: boolean;
  },
  style: Omit<RouteStyle, "session"> & { readonly session: Session | undefined },
  limit: Limit,
  width: number,
): Piece => {
  const db = endpoint.readiness && style.session ? [sessionParameter(style.session)] : [];
  const full = style as RouteStyle;
  const answer = fold(width, 4, `return ${endpoint.model}(`, endpoint.values, ")");
  const body = endpoint.readiness
    ? py`
        """${endpoint.docstring}"""
        try:
            await ${style.session?.parameter}.execute(text("SELECT 1"))
        except (SQLAlchemyError, OSError) as error:
            ${fold(width, 8, "raise HTTPException(", ["status.HTTP_503_SERVICE_UNAVAILABLE", '"The database does not answer"'], ") from error")}
        ${answer}
      `
    : py`
        """${endpoint.docstring}"""
        ${answer}
      `;
  const piece = renderRoute(
    {
      decorator: [`"${endpoint.path}"`, `response_model=${endpoint.model}`],
      method: "get",
      name: endpoint.name,
      parameters: db,
      returns: endpoint.model,
      body,
    },
    full,
    limit,
    width,
  );
  return {
    code: piece.code,
    imports: [
      ...piece.imports,
      ...(endpoint.readiness
        ? [
            fastapi("HTTPException"),
            fastapi("status"),
            { module: "sqlalchemy", name: "text" },
            { module: "sqlalchemy.exc", name: "SQLAlchemyError" },
          ]
        : []),
    ],
  };
};
