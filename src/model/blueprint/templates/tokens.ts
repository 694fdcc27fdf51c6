/** Login and refresh: signed tokens, the service that gives them, and their routes. */
import { type Context, idAnnotation } from "../entity.ts";
import type { Import } from "../layout.ts";
import { fold, type Piece, py } from "./py.ts";
import { type Limit, type RouteStyle, tokenRoute } from "./routes.ts";
import type { EmailStyle } from "./schemas.ts";

const pydantic = (name: string): Import => ({ module: "pydantic", name });

/** `create_token` and `read_token`, with a key that only the environment knows. */
export const tokenModule = (utc: boolean): Piece => ({
  code: py`
    ALGORITHM = "HS256"
    ACCESS_TOKEN_LIFETIME = timedelta(minutes=15)
    REFRESH_TOKEN_LIFETIME = timedelta(days=7)

    Kind = Literal["access", "refresh"]


    def _secret() -> str:
        """The key has no default: one that is forgotten must not sign anything."""
        secret = os.environ.get("JWT_SECRET", "")
        if len(secret.encode()) < 32:
            raise RuntimeError("JWT_SECRET must be set to at least 32 random bytes")
        return secret


    def create_token(subject: str, kind: Kind) -> str:
        lifetime = ACCESS_TOKEN_LIFETIME if kind == "access" else REFRESH_TOKEN_LIFETIME
        now = datetime.now(${utc ? "UTC" : "timezone.utc"})
        claims = {
            "sub": subject,
            "type": kind,
            "iat": now,
            "exp": now + lifetime,
            "jti": uuid4().hex,
        }
        return jwt.encode(claims, _secret(), algorithm=ALGORITHM)


    def read_token(token: str, kind: Kind) -> str | None:
        """The subject of a valid token of this kind; nothing for any other."""
        required = {"require": ["sub", "exp", "type"]}
        try:
            claims = jwt.decode(token, _secret(), algorithms=[ALGORITHM], options=required)
        except jwt.InvalidTokenError:
            return None
        return claims["sub"] if claims["type"] == kind else None
  `,
  imports: [
    { module: "os", name: "" },
    { module: "datetime", name: "datetime" },
    { module: "datetime", name: "timedelta" },
    { module: "datetime", name: utc ? "UTC" : "timezone" },
    { module: "typing", name: "Literal" },
    { module: "uuid", name: "uuid4" },
    { module: "jwt", name: "" },
  ],
});

export const tokenSchemas = (email: EmailStyle, refresh: boolean): Piece => ({
  code: [
    py`
      class UserLogin(BaseModel):
          """What a person sends to log in."""

          email: ${email === "email-str" ? "EmailStr" : "str"} = Field(max_length=254)
          password: str = Field(min_length=1, max_length=128, repr=False)
    `,
    ...(refresh ? [refreshSchema()] : []),
    py`
      class TokenPair(BaseModel):
          """An access token for 15 minutes and a refresh token for 7 days."""

          access_token: str
          refresh_token: str
          token_type: Literal["bearer"] = "bearer"
    `,
  ].join("\n\n\n"),
  imports: [
    pydantic("BaseModel"),
    pydantic("Field"),
    ...(email === "email-str" ? [pydantic("EmailStr")] : []),
    { module: "typing", name: "Literal" },
  ],
});

const refreshSchema = (): string => py`
  class TokenRefresh(BaseModel):
      """What a client sends for new tokens."""

      refresh_token: str = Field(min_length=1, max_length=4096, repr=False)
`;

export type TokenModules = {
  readonly tokens: string;
  readonly schemas: string;
  readonly hash: Import;
  readonly verify: Import;
};

const subjectId = (id: "int" | "str" | "uuid"): string => (id === "str" ? "subject" : `${idAnnotation(id)}(subject)`);

export const authService = ({ entity, modules, session }: Context, from: TokenModules, refresh: boolean): Piece => {
  const id = entity.columns.id.type;
  const refreshing =
    refresh &&
    py`
    async def refresh(self, token: str) -> TokenPair | None:
        """New tokens for a valid refresh token of a user who still exists."""
        subject = read_token(token, "refresh")
        if subject is None or await self.${session}.get(User, ${subjectId(id)}) is None:
            return None
        return self._pair(subject)
  `;
  return {
    code: py`
      @cache
      def _hash_of_nobody() -> str:
          """What a password is held against when nobody has the address."""
          return ${from.hash.name}("no password of anybody")


      class AuthService:
          """Who somebody is, on one database session."""

          def __init__(self, ${session}: AsyncSession) -> None:
              self.${session} = ${session}

          async def login(self, credentials: UserLogin) -> TokenPair | None:
              """Tokens for an address and its password.

              Nothing where either is wrong, after as much work for an unknown address.
              """
              query = select(User).where(User.email == credentials.email.lower())
              user = await self.${session}.scalar(query)
              known = user.password_hash if user else await run_in_threadpool(_hash_of_nobody)
              matches = await run_in_threadpool(${from.verify.name}, credentials.password, known)
              return self._pair(str(user.id)) if user and matches else None

          ${refreshing}

          def _pair(self, subject: str) -> TokenPair:
              return TokenPair(
                  access_token=create_token(subject, "access"),
                  refresh_token=create_token(subject, "refresh"),
              )
    `.replace(/\n{3,}(?= {4})/g, "\n\n"),
    imports: [
      { module: "functools", name: "cache" },
      { module: "fastapi.concurrency", name: "run_in_threadpool" },
      { module: "sqlalchemy", name: "select" },
      { module: "sqlalchemy.ext.asyncio", name: "AsyncSession" },
      from.hash,
      from.verify,
      { module: from.tokens, name: "create_token" },
      ...(refresh ? [{ module: from.tokens, name: "read_token" }] : []),
      ...(refresh && id === "uuid" ? [{ module: "uuid", name: "UUID" }] : []),
      { module: modules.model, name: "User" },
      { module: from.schemas, name: "TokenPair" },
      { module: from.schemas, name: "UserLogin" },
    ],
  };
};

const refused = (detail: string, width: number): string =>
  fold(
    width,
    8,
    "raise HTTPException(",
    ["status.HTTP_401_UNAUTHORIZED", `"${detail}"`, 'headers={"WWW-Authenticate": "Bearer"}'],
    ")",
  );

/** POST /login and POST /refresh. */
export const tokenRoutes = (
  context: Context,
  style: RouteStyle,
  from: Pick<TokenModules, "schemas"> & { readonly service: string },
  limits: { readonly login: Limit; readonly refresh: Limit | "none" },
): Piece[] => {
  const { width } = context.format;
  const service = `AuthService(${style.session.parameter})`;
  const route = (
    name: string,
    schema: string,
    argument: string,
    docstring: string,
    detail: string,
    call: string,
    limit: Limit,
  ): Piece => {
    const piece = tokenRoute(
      {
        name,
        parameter: { code: `${argument}: ${schema}`, imports: [{ module: from.schemas, name: schema }] },
        returns: "TokenPair",
        body: py`
          """${docstring}"""
          tokens = await ${service}.${call}
          if tokens is None:
              ${refused(detail, width)}
          return tokens
        `,
      },
      style,
      limit,
      width,
    );
    return {
      code: piece.code,
      imports: [
        ...piece.imports,
        { module: "fastapi", name: "HTTPException" },
        { module: "fastapi", name: "status" },
        { module: from.schemas, name: "TokenPair" },
        { module: from.service, name: "AuthService" },
      ],
    };
  };
  const login = route(
    "login",
    "UserLogin",
    "credentials",
    "Log in with an e-mail address and a password.",
    "The address or the password is wrong",
    "login(credentials)",
    limits.login,
  );
  if (limits.refresh === "none") return [login];
  const renewed = route(
    "refresh",
    "TokenRefresh",
    "token_in",
    "Exchange a refresh token for new tokens.",
    "The refresh token is not valid",
    "refresh(token_in.refresh_token)",
    limits.refresh,
  );
  return [login, renewed];
};
