/** What stands round the routes: errors as RFC 9457 problem details, the rate limiter, password hashing, and the one `install(app)`. */
import { type Piece, py } from "./py.ts";

/** Errors that services raise: with or without handlers installed they have the right status. */
export const errorClasses = (): Piece => ({
  code: py`
    class NotFoundError(HTTPException):
        """What was asked for does not exist."""

        def __init__(self, detail: str) -> None:
            super().__init__(status_code=404, detail=detail)


    class ConflictError(HTTPException):
        """What was asked for contradicts what is there."""

        def __init__(self, detail: str) -> None:
            super().__init__(status_code=409, detail=detail)
  `,
  imports: [{ module: "starlette.exceptions", name: "HTTPException" }],
});

/** Handlers that answer every error as application/problem+json. */
export const problemHandlers = (): Piece => ({
  code: py`
    def problem(
        request: Request,
        status: int,
        detail: str,
        headers: Mapping[str, str] | None = None,
        **extra: object,
    ) -> JSONResponse:
        """An error as RFC 9457 describes it."""
        body = {
            "type": "about:blank",
            "title": HTTPStatus(status).phrase,
            "status": status,
            "detail": detail,
            "instance": request.url.path,
            **extra,
        }
        return JSONResponse(
            body,
            status_code=status,
            headers=headers,
            media_type="application/problem+json",
        )


    async def handle_http_error(request: Request, error: HTTPException) -> JSONResponse:
        return problem(request, error.status_code, str(error.detail), error.headers)


    async def handle_invalid_request(
        request: Request,
        error: RequestValidationError,
    ) -> JSONResponse:
        """What was sent is left out of the answer: it may be a password."""
        errors = [{key: one[key] for key in ("loc", "msg", "type")} for one in error.errors()]
        return problem(request, 422, "The request is not valid", errors=errors)


    def install_problem_details(app: FastAPI) -> None:
        app.add_exception_handler(HTTPException, handle_http_error)
        app.add_exception_handler(RequestValidationError, handle_invalid_request)
  `,
  imports: [
    { module: "collections.abc", name: "Mapping" },
    { module: "http", name: "HTTPStatus" },
    { module: "fastapi", name: "FastAPI" },
    { module: "fastapi", name: "Request" },
    { module: "fastapi.exceptions", name: "RequestValidationError" },
    { module: "fastapi.responses", name: "JSONResponse" },
    { module: "starlette.exceptions", name: "HTTPException" },
  ],
});

/** SlowAPI where it is installed; without it routes are not limited, and the log says so. */
export const limiterModule = (): Piece => ({
  code: py`
    try:
        from slowapi import Limiter
        from slowapi.util import get_remote_address
    except ModuleNotFoundError:
        Limiter = None

    logger = logging.getLogger(__name__)

    Endpoint = TypeVar("Endpoint", bound=Callable[..., object])

    # A server with several processes needs a storage that they share, such as redis://host:6379.
    limiter = (
        None
        if Limiter is None
        else Limiter(
            key_func=get_remote_address,
            storage_uri=os.environ.get("RATE_LIMIT_STORAGE_URI", "memory://"),
            strategy="moving-window",
        )
    )


    def rate_limit(rate: str) -> Callable[[Endpoint], Endpoint]:
        """Limit a route for each client address, as in "5/minute"."""
        if limiter is None:
            return lambda endpoint: endpoint
        return limiter.limit(rate)


    def install_rate_limit(app: FastAPI) -> None:
        if limiter is None:
            logger.warning("slowapi is not installed: no rate limit is in force")
        app.state.limiter = limiter
  `,
  imports: [
    { module: "logging", name: "" },
    { module: "os", name: "" },
    { module: "collections.abc", name: "Callable" },
    { module: "typing", name: "TypeVar" },
    { module: "fastapi", name: "FastAPI" },
  ],
});

/** The one call that an application makes. */
export const installModule = (
  installers: readonly { name: string; module: string }[],
  limiter: { name: string; module: string } | undefined,
): Piece => ({
  code: py`
    def install(app: FastAPI) -> None:
        """Call once, right after the application is made."""
        ${installers.map((one) => `${one.name}(app)`)}
        ${limiter && `app.state.limiter = ${limiter.name}`}
  `,
  imports: [{ module: "fastapi", name: "FastAPI" }, ...installers, ...(limiter ? [limiter] : [])],
});

const argon2 = (): Piece => ({
  code: py`
    _hasher = PasswordHasher()


    def hash_password(password: str) -> str:
        """Argon2id with the parameters of RFC 9106, salted; the result names them."""
        return _hasher.hash(password)


    def verify_password(password: str, password_hash: str) -> bool:
        try:
            return _hasher.verify(password_hash, password)
        except (VerificationError, InvalidHashError):
            return False
  `,
  imports: [
    { module: "argon2", name: "PasswordHasher" },
    { module: "argon2.exceptions", name: "InvalidHashError" },
    { module: "argon2.exceptions", name: "VerificationError" },
  ],
});

const bcrypt = (): Piece => ({
  code: py`
    ROUNDS = 12


    def hash_password(password: str) -> str:
        """bcrypt, salted. Callers refuse passwords over 72 bytes: bcrypt reads no more."""
        return bcrypt.hashpw(password.encode(), bcrypt.gensalt(rounds=ROUNDS)).decode()


    def verify_password(password: str, password_hash: str) -> bool:
        try:
            return bcrypt.checkpw(password.encode(), password_hash.encode())
        except ValueError:
            return False
  `,
  imports: [{ module: "bcrypt", name: "" }],
});

const scrypt = (): Piece => ({
  code: py`
    COST, BLOCK_SIZE, PARALLELISM = 2**17, 8, 1
    MEMORY = 2 * 128 * COST * BLOCK_SIZE


    def _derive(password: str, salt: bytes, cost: int, block_size: int, parallelism: int) -> bytes:
        return hashlib.scrypt(
            password.encode(),
            salt=salt,
            n=cost,
            r=block_size,
            p=parallelism,
            maxmem=MEMORY,
        )


    def hash_password(password: str) -> str:
        """scrypt of the standard library, salted; the result names its parameters."""
        salt = secrets.token_bytes(16)
        key = _derive(password, salt, COST, BLOCK_SIZE, PARALLELISM)
        parts = (COST, BLOCK_SIZE, PARALLELISM, salt.hex(), key.hex())
        return "$".join(("scrypt", *map(str, parts)))


    def verify_password(password: str, password_hash: str) -> bool:
        try:
            name, cost, block_size, parallelism, salt, key = password_hash.split("$")
            numbers = int(cost), int(block_size), int(parallelism)
            derived = _derive(password, bytes.fromhex(salt), *numbers)
            return name == "scrypt" and hmac.compare_digest(derived, bytes.fromhex(key))
        except ValueError:
            return False
  `,
  imports: [
    { module: "hashlib", name: "" },
    { module: "hmac", name: "" },
    { module: "secrets", name: "" },
  ],
});

export const hashingModule = (kind: "argon2" | "bcrypt" | "scrypt"): Piece =>
  kind === "argon2" ? argon2() : kind === "bcrypt" ? bcrypt() : scrypt();
