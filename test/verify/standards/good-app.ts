/** A small backend to the letter of the house: no standard has anything to say about it. */
export const goodApp: Readonly<Record<string, string>> = {
  "backend/app/__init__.py": "",
  "backend/app/core/__init__.py": "",
  "backend/app/core/config.py": `
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_file=".env")

    API_PREFIX: str = "/api/v1"
    SECRET_KEY: str
    REDIS_URL: str = "redis://localhost:6379/0"
    ACCESS_TOKEN_EXPIRE_MINUTES: int = 15
    REFRESH_TOKEN_EXPIRE_DAYS: int = 7


settings = Settings()
`,
  "backend/app/core/security.py": `
from datetime import UTC, datetime, timedelta

import bcrypt
import jwt

from app.core.config import settings

ALGORITHM = "HS256"


def hash_password(password: str) -> str:
    """Callers refuse more than 72 bytes."""
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(rounds=12)).decode()


def create_access_token(subject: str) -> str:
    lifetime = timedelta(minutes=settings.ACCESS_TOKEN_EXPIRE_MINUTES)
    claims = {"sub": subject, "exp": datetime.now(UTC) + lifetime}
    return jwt.encode(claims, settings.SECRET_KEY, algorithm=ALGORITHM)


def read_token(token: str) -> dict[str, str]:
    return jwt.decode(token, settings.SECRET_KEY, algorithms=[ALGORITHM])
`,
  "backend/app/core/errors.py": `
from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse


async def handle_http_error(request: Request, error: HTTPException) -> JSONResponse:
    body = {"type": "about:blank", "title": str(error.detail), "status": error.status_code}
    return JSONResponse(body, status_code=error.status_code, media_type="application/problem+json")


def install(app: FastAPI) -> None:
    app.add_exception_handler(HTTPException, handle_http_error)
`,
  "backend/app/core/limiter.py": `
from slowapi import Limiter
from slowapi.util import get_remote_address

from app.core.config import settings

limiter = Limiter(
    key_func=get_remote_address,
    default_limits=["100/minute"],
    storage_uri=settings.REDIS_URL,
)
`,
  "backend/app/core/request_log.py": `
import logging
import time

from starlette.middleware.base import BaseHTTPMiddleware

logger = logging.getLogger(__name__)


class RequestLogMiddleware(BaseHTTPMiddleware):
    async def dispatch(self, request, call_next):
        start = time.perf_counter()
        response = await call_next(request)
        logger.info("%s %s %s %.3f", request.method, request.url.path, response.status_code, time.perf_counter() - start)
        return response
`,
  "backend/app/core/cache.py": `
from redis.asyncio import Redis

from app.core.config import settings

redis = Redis.from_url(settings.REDIS_URL)


async def cached_user(user_id: int, load) -> bytes:
    key = f"user:{user_id}"
    found = await redis.get(key)
    if found is None:
        found = await load(user_id)
        await redis.set(key, found, ex=300)
    return found


async def forget_user(user_id: int) -> None:
    await redis.delete(f"user:{user_id}")
`,
  "backend/app/core/db.py": `
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase

engine = create_async_engine("postgresql+asyncpg:///app")
SessionLocal = async_sessionmaker(engine, expire_on_commit=False, class_=AsyncSession)


class Base(DeclarativeBase):
    pass
`,
  "backend/app/models/__init__.py": "",
  "backend/app/models/user.py": `
from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base


class User(Base):
    __tablename__ = "users"
    __table_args__ = (Index("ix_users_team_id_email", "team_id", "email"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(320), unique=True, index=True)
    password_hash: Mapped[str] = mapped_column(String(128))
    org_id: Mapped[int] = mapped_column(ForeignKey("orgs.id"), index=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id"))
`,
  "backend/app/schemas/__init__.py": "",
  "backend/app/schemas/user.py": `
from typing import Annotated

from pydantic import BaseModel, ConfigDict, EmailStr, Field, field_validator

Name = Annotated[str, Field(min_length=1, max_length=80)]


class UserCreate(BaseModel):
    email: EmailStr
    name: Name
    password: str = Field(min_length=8, max_length=72)

    @field_validator("password")
    @classmethod
    def fit_bcrypt(cls, password: str) -> str:
        if len(password.encode()) > 72:
            raise ValueError("may be at most 72 bytes long")
        return password


class LoginRequest(BaseModel):
    email: str = Field(max_length=254)
    password: str = Field(max_length=128)


class UserResponse(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    email: str
    name: str


class TokenPair(BaseModel):
    access_token: str
    token_type: str = "bearer"
`,
  "backend/app/services/__init__.py": "",
  "backend/app/services/user_service.py": `
from fastapi.concurrency import run_in_threadpool
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.security import hash_password
from app.models.user import User
from app.schemas.user import UserCreate

TABLE = "users"


class UserService:
    def __init__(self, db: AsyncSession) -> None:
        self.db = db

    async def create(self, user_in: UserCreate) -> User:
        password_hash = await run_in_threadpool(hash_password, user_in.password)
        user = User(email=user_in.email, password_hash=password_hash)
        self.db.add(user)
        await self.db.commit()
        return user

    async def find(self, email: str) -> User | None:
        return await self.db.scalar(select(User).where(User.email == email))

    async def count(self) -> int:
        return await self.db.scalar(text(f"SELECT count(*) FROM {TABLE} WHERE id > :least"), {"least": 0})
`,
  "backend/app/api/__init__.py": "",
  "backend/app/api/deps.py": `
from typing import Annotated

from fastapi import Depends
from fastapi.security import OAuth2PasswordBearer

from app.core.db import SessionLocal

oauth2 = OAuth2PasswordBearer(tokenUrl="/api/v1/auth/login")


async def get_db():
    async with SessionLocal() as session:
        yield session


async def get_current_user(token: Annotated[str, Depends(oauth2)]): ...
`,
  "backend/app/api/v1/__init__.py": "",
  "backend/app/api/v1/routes/__init__.py": "",
  "backend/app/api/v1/routes/auth.py": `
from fastapi import APIRouter, Depends, Request, status
from sqlalchemy.ext.asyncio import AsyncSession

from app.api.deps import get_current_user, get_db
from app.core.limiter import limiter
from app.models.user import User
from app.schemas.user import LoginRequest, TokenPair, UserCreate, UserResponse
from app.services.user_service import UserService

router = APIRouter(prefix="/auth", tags=["auth"])


@router.post("/register", response_model=UserResponse, status_code=status.HTTP_201_CREATED)
@limiter.limit("5/minute")
async def register(request: Request, user_in: UserCreate, db: AsyncSession = Depends(get_db)) -> User:
    """Register a user."""
    return await UserService(db).create(user_in)


@router.post("/login", response_model=TokenPair)
@limiter.limit("10/minute")
async def login(request: Request, credentials: LoginRequest, db: AsyncSession = Depends(get_db)) -> TokenPair:
    """Exchange an address and a password for tokens."""
    user = await UserService(db).find(credentials.email)
    return TokenPair(access_token=str(user.id))


@router.get("/me", response_model=UserResponse)
async def me(user: User = Depends(get_current_user)) -> User:
    """Who is logged in."""
    return user


@router.delete("/me", status_code=status.HTTP_204_NO_CONTENT)
async def delete_me(user: User = Depends(get_current_user)) -> None:
    """Close the account."""
`,
  "backend/app/main.py": `
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

from app.api.v1.routes import auth
from app.core.config import settings
from app.core.errors import install
from app.core.limiter import limiter
from app.core.request_log import RequestLogMiddleware

app = FastAPI()
app.state.limiter = limiter
app.add_middleware(CORSMiddleware, allow_origins=["https://shop.example"], allow_credentials=True)
app.add_middleware(RequestLogMiddleware)
install(app)
app.include_router(auth.router, prefix=settings.API_PREFIX)


@app.get("/health")
async def health() -> dict[str, str]:
    """Whether the process answers."""
    return {"status": "ok"}
`,
};
