/** Examples of tokens, passwords, secrets and limits. */
import { app, type Examples, type Files } from "./example.ts";

const core = (code: string): Files => ({ "app/core/security.py": `${code}\n` });
const settings = (fields: string): Files => ({
  "app/core/config.py": `from pydantic import Field\nfrom pydantic_settings import BaseSettings\n\n\nclass Settings(BaseSettings):\n    ${fields.replaceAll("\n", "\n    ")}\n\n\nsettings = Settings()\n`,
});
const login = (decorators = "", extra = "", parameters = ""): Files =>
  app(`${extra}\n\n\n@router.post("/auth/login")\n${decorators}async def login(${parameters}) -> Out:\n    """x"""`);
const limiter = (args: string): Files =>
  core(`from slowapi import Limiter\nREDIS = "redis://redis:6379"\nlimiter = Limiter(key_func=address${args})`);

export const securityExamples: Examples = {
  "access-token-lifetime": {
    bad: [
      ["an hour", core("ACCESS_TOKEN_EXPIRE_MINUTES = 60"), /lives 1 hour, not 15 minutes/],
      [
        "a timedelta",
        core("from datetime import timedelta\nACCESS_TOKEN_LIFETIME = timedelta(hours=2)"),
        /lives 2 hours/,
      ],
      [
        "a setting's default",
        settings("ACCESS_TOKEN_EXPIRE_SECONDS: int = Field(default=60 * 60 * 24)"),
        /lives 1 day/,
      ],
      [
        "a fallback of the environment",
        core('import os\nJWT_EXPIRE_MINUTES = int(os.getenv("X", "30"))'),
        /lives 30 minutes/,
      ],
      [
        "a figure in the function",
        core("from datetime import timedelta\n\n\ndef create_access_token(sub, lasts=timedelta(days=1)): ..."),
        /create_access_token: .*1 day/,
      ],
    ],
    good: [
      ["15 minutes", core("ACCESS_TOKEN_EXPIRE_MINUTES = 15")],
      ["900 seconds", settings("access_token_ttl_seconds: int = 900")],
      ["a timedelta", core("from datetime import timedelta\nACCESS_TOKEN_EXPIRE = timedelta(minutes=15)")],
      ["another token's life", core("EMAIL_RESET_TOKEN_EXPIRE_HOURS = 48\nINVITE_TOKEN_EXPIRE_DAYS = 3")],
      ["how often old ones are deleted", core("TOKEN_PURGE_INTERVAL_MINUTES = 60")],
      ["a figure without its unit", core("ACCESS_TOKEN_EXPIRE = 3600")],
      ["a value that can't be known", core("ACCESS_TOKEN_EXPIRE_MINUTES = load()")],
    ],
  },
  "refresh-token-lifetime": {
    bad: [
      ["a month", core("REFRESH_TOKEN_EXPIRE_DAYS = 30"), /the refresh token lives 30 days, not 7 days/],
      [
        "a figure in the function",
        core("from datetime import timedelta\n\n\ndef create_refresh_token(sub):\n    return timedelta(days=90)"),
        /90 days/,
      ],
    ],
    good: [
      ["a week", core("REFRESH_TOKEN_EXPIRE_DAYS = 7")],
      ["a week in minutes", core("REFRESH_TOKEN_EXPIRE_MINUTES = 60 * 24 * 7")],
      ["the wait before one is tried again", core("OAUTH_REFRESH_RETRY_MAX_SECONDS = 0.1")],
      [
        "a lifetime that is compared with nothing",
        core(
          "from datetime import timedelta\n\n\ndef create_refresh_token(sub, lives):\n    return lives > timedelta(0)",
        ),
      ],
      ["the grace in which one may be used twice", core("REFRESH_TOKEN_REUSE_GRACE_SECONDS = 10")],
    ],
  },
  "unverified-jwt": {
    bad: [
      ["no algorithms", core("import jwt\njwt.decode(token, key)"), /own word for its algorithm/],
      [
        "no signature",
        core('from jose import jwt\njwt.decode(token, key, algorithms=["HS256"], options={"verify_signature": False})'),
        /without checking its signature/,
      ],
    ],
    good: [
      ["algorithms", core('import jwt\njwt.decode(token, key, algorithms=["HS256"])')],
      ["algorithms by place", core('import jwt\njwt.decode(token, key, ["HS256"])')],
      ["another decode", core("import base64\nbase64.decode(a, b)")],
      ["in a test", { "tests/test_auth.py": 'import jwt\njwt.decode(t, options={"verify_signature": False})\n' }],
    ],
  },
  "weak-bcrypt-cost": {
    bad: [
      ["ten rounds", core("import bcrypt\nbcrypt.gensalt(10)"), /bcrypt costs 10 rounds: at least 12/],
      ["a constant", core("import bcrypt\nROUNDS = 4\nbcrypt.gensalt(rounds=ROUNDS)"), /costs 4 rounds/],
      [
        "passlib",
        core('from passlib.context import CryptContext\nCryptContext(schemes=["bcrypt"], bcrypt__rounds=8)'),
        /costs 8 rounds/,
      ],
    ],
    good: [
      ["twelve", core("import bcrypt\nbcrypt.gensalt(rounds=12)")],
      ["the library's default, which is twelve", core("import bcrypt\nbcrypt.gensalt()")],
      ["more", core("import bcrypt\nbcrypt.gensalt(14)")],
    ],
  },
  "bcrypt-truncation": {
    bad: [
      [
        "bcrypt",
        core(
          "import bcrypt\n\n\ndef hash_password(password):\n    return bcrypt.hashpw(password.encode(), bcrypt.gensalt())",
        ),
        /72 bytes and no more/,
      ],
      [
        "passlib",
        core('from passlib.context import CryptContext\npassword_context = CryptContext(schemes=["bcrypt"])'),
        /72 bytes/,
      ],
    ],
    good: [
      [
        "a bound in the schema",
        {
          ...core("import bcrypt\nbcrypt.hashpw(password, salt)"),
          "app/schemas.py":
            "from pydantic import BaseModel, Field\n\n\nclass UserCreate(BaseModel):\n    password: str = Field(min_length=8, max_length=72)\n",
        },
      ],
      [
        "a check of the bytes",
        core(
          "import bcrypt\n\n\ndef hash_password(password):\n    if len(password.encode()) > 72:\n        raise ValueError\n    return bcrypt.hashpw(password.encode(), bcrypt.gensalt())",
        ),
      ],
      ["Argon2id", core("from argon2 import PasswordHasher\nhasher = PasswordHasher()")],
      [
        "old hashes read beside Argon2id",
        core(
          "from pwdlib.hashers.argon2 import Argon2Hasher\nfrom pwdlib.hashers.bcrypt import BcryptHasher\npassword_hash = PasswordHash((Argon2Hasher(), BcryptHasher()))",
        ),
      ],
      [
        "a digest first",
        core(
          "import base64, bcrypt, hashlib\n\n\ndef hash_password(password):\n    return bcrypt.hashpw(base64.b64encode(hashlib.sha256(password).digest()), bcrypt.gensalt())",
        ),
      ],
    ],
  },
  "fast-password-hash": {
    bad: [
      [
        "SHA-256",
        core("import hashlib\n\n\ndef keep(password):\n    return hashlib.sha256(password.encode()).hexdigest()"),
        /hashlib\.sha256 is no password hash/,
      ],
    ],
    good: [
      ["a digest of a file", core("import hashlib\nhashlib.sha256(content).hexdigest()")],
      [
        "a digest before bcrypt",
        core(
          "import bcrypt, hashlib\n\n\ndef keep(password):\n    return bcrypt.hashpw(hashlib.sha256(password).digest(), bcrypt.gensalt())",
        ),
      ],
      ["a token for a new password", core("import hashlib\nhashlib.sha256(password_reset_token.encode())")],
    ],
  },
  "other-password-hash": {
    bad: [
      [
        "PBKDF2",
        core("import hashlib\nhashlib.pbkdf2_hmac('sha256', password, salt, 1000)"),
        /otherwise than with Argon2id or bcrypt/,
      ],
      [
        "another scheme first",
        core('from passlib.context import CryptContext\nCryptContext(schemes=["pbkdf2_sha256", "bcrypt"])'),
        /otherwise than/,
      ],
    ],
    good: [
      [
        "bcrypt first",
        core('from passlib.context import CryptContext\nCryptContext(schemes=["bcrypt", "pbkdf2_sha256"])'),
      ],
      ["Argon2", core('from passlib.context import CryptContext\nCryptContext(schemes=["argon2"])')],
      [
        "a scheme that a setting names",
        core("from passlib.context import CryptContext\nCryptContext(schemes=[settings.HASH_SCHEME])"),
      ],
    ],
  },
  "secret-in-code": {
    bad: [
      ["a constant", core('SECRET_KEY = "9f86d081884c7d659a2f"'), /SECRET_KEY stands in the code/],
      ["a setting's default", settings('jwt_secret: str = "hunter2hunter2"'), /jwt_secret stands in the code/],
      [
        "a fallback of the environment",
        core('import os\nSECRET_KEY = os.getenv("SECRET_KEY", "sup3r-s3cret-key")'),
        /SECRET_KEY/,
      ],
      [
        "a key where it is used",
        core('import jwt\njwt.encode(claims, "k3y-0f-the-house", algorithm="HS256")'),
        /the key that signs tokens/,
      ],
    ],
    good: [
      ["a place that a build fills", core('ANALYTICS_API_KEY = "__ANALYTICS_API_KEY__"')],
      ["a setting without a default", settings("SECRET_KEY: str")],
      ["the environment", core('import os\nSECRET_KEY = os.environ["SECRET_KEY"]')],
      ["a placeholder", settings('SECRET_KEY: str = "change-me-in-production"')],
      ["the name of a field", core('password = "user.password"')],
      ["a path", core('private_key = "/run/secrets/key.pem"')],
      ["a sentence", core('invalid_password = "The password is wrong 3 times"')],
      ["in a test", { "tests/conftest.py": 'SECRET_KEY = "9f86d081884c7d659a2f"\n' }],
    ],
  },
  "cors-any-origin": {
    bad: [
      [
        "everybody, with cookies",
        app(
          "app.add_middleware(CORSMiddleware, allow_origins=['*'], allow_credentials=True)",
          "/api/v1",
          "from fastapi.middleware.cors import CORSMiddleware",
        ),
        /every website/,
      ],
      [
        "a constant",
        app(
          "ORIGINS = ['*']\napp.add_middleware(CORSMiddleware, allow_origins=ORIGINS, allow_credentials=True)",
          "/api/v1",
          "from fastapi.middleware.cors import CORSMiddleware",
        ),
        /every website/,
      ],
      [
        "every origin by a pattern",
        app(
          "app.add_middleware(CORSMiddleware, allow_origin_regex='.*', allow_credentials=True)",
          "/api/v1",
          "from fastapi.middleware.cors import CORSMiddleware",
        ),
        /every website/,
      ],
      [
        "everybody, asked for and let in with cookies",
        app(
          "ORIGINS = ['*']\nif ORIGINS == ['*']:\n    app.add_middleware(CORSMiddleware, allow_origins=ORIGINS, allow_credentials=True)\nelse:\n    app.add_middleware(CORSMiddleware, allow_origins=ORIGINS)",
          "/api/v1",
          "from fastapi.middleware.cors import CORSMiddleware",
        ),
        /every website/,
      ],
    ],
    good: [
      [
        "cookies only where it is not everybody",
        app(
          "ORIGINS = ['*']\nif ORIGINS == ['*']:\n    app.add_middleware(CORSMiddleware, allow_origins=ORIGINS)\nelse:\n    app.add_middleware(CORSMiddleware, allow_origins=ORIGINS, allow_credentials=True)",
          "/api/v1",
          "from fastapi.middleware.cors import CORSMiddleware",
        ),
      ],
      [
        "named origins",
        app(
          "app.add_middleware(CORSMiddleware, allow_origins=['https://shop.example'], allow_credentials=True)",
          "/api/v1",
          "from fastapi.middleware.cors import CORSMiddleware",
        ),
      ],
      [
        "everybody, without cookies",
        app(
          "app.add_middleware(CORSMiddleware, allow_origins=['*'])",
          "/api/v1",
          "from fastapi.middleware.cors import CORSMiddleware",
        ),
      ],
    ],
  },
  "unlimited-auth-route": {
    bad: [["a login", login(), /POST \/api\/v1\/auth\/login can be tried as often as one likes/]],
    good: [
      [
        "a limit",
        login(
          '@limiter.limit("5/minute")\n',
          "from slowapi import Limiter\nlimiter = Limiter(key_func=address)",
          "request: Request",
        ),
      ],
      ["a dependency", login("", "async def rate_limit(request: Request): ...", "_: None = Depends(rate_limit)")],
      [
        "a limit for the whole application",
        login("", "from slowapi.middleware import SlowAPIMiddleware\napp.add_middleware(SlowAPIMiddleware)"),
      ],
      [
        "a limiter that the handler asks",
        app('@router.post("/auth/login")\nasync def login() -> Out:\n    """x"""\n    await rate_limiter.check()'),
      ],
      [
        "a door behind a login",
        app(
          'from fastapi.security import HTTPBearer\nbearer = HTTPBearer()\n\n\n@router.post("/auth/verify")\nasync def verify(token: str = Depends(bearer)) -> Out:\n    """x"""',
        ),
      ],
      ["a GET", app('@router.get("/auth/login")\nasync def login() -> Out:\n    """x"""')],
      [
        "a resource with a door's name in it",
        app('@router.post("/tokens-of-love")\nasync def add() -> Out:\n    """x"""'),
      ],
    ],
  },
  "limiter-in-memory": {
    bad: [
      ["no storage", limiter(', default_limits=["100/minute"]'), /counts in each process by itself/],
      ["memory", limiter(', storage_uri="memory://"'), /counts in each process/],
    ],
    good: [
      ["Redis", limiter(", storage_uri=REDIS")],
      [
        "the environment, with memory where it says nothing",
        limiter(', storage_uri=os.environ.get("STORAGE", "memory://")'),
      ],
      ["a setting", limiter(", storage_uri=settings.REDIS_URL")],
      ["another library's limiter", core("from aiolimiter import AsyncLimiter as Limiter\nlimiter = Limiter(100, 60)")],
    ],
  },
  "limiter-default": {
    bad: [
      ["no default", limiter(", storage_uri=REDIS"), /default_limits=\["100\/minute"\]/],
      [
        "another rate",
        limiter(', default_limits=["1000 per hour"]'),
        /limits to 1000\/hour by default, not 100\/minute/,
      ],
    ],
    good: [
      ["100 a minute", limiter(', default_limits=["100/minute"]')],
      ["written otherwise", limiter(', default_limits=["100 per 1 minute", "5000/day"]')],
      ["a setting that can't be known", limiter(", default_limits=[settings.RATE]")],
    ],
  },
};
