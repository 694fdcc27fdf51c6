/** A small backend that keeps no standard of the house: each rule has something to say about it. */
export const badApp: Readonly<Record<string, string>> = {
  "app/__init__.py": "",
  "app/main.py": `
import hashlib
import time

import bcrypt
import jwt
from datetime import datetime
from fastapi import APIRouter, FastAPI
from fastapi.middleware.cors import CORSMiddleware
from passlib.context import CryptContext
from pydantic import BaseModel, validator
from redis.asyncio import Redis
from slowapi import Limiter
from slowapi.util import get_remote_address
from sqlalchemy import Column, ForeignKey, Integer, create_engine, text
from sqlalchemy.orm import Session, declarative_base, sessionmaker

SECRET_KEY = "s3cr3t-Value-9981-xyz"
ACCESS_TOKEN_EXPIRE_MINUTES = 60
REFRESH_TOKEN_EXPIRE_DAYS = 30
engine = create_engine("postgresql:///app")
SessionLocal = sessionmaker(engine)
Base = declarative_base()
redis = Redis()
sha_context = CryptContext(schemes=["sha512_crypt"])
limiter = Limiter(key_func=get_remote_address)


class User(Base):
    __tablename__ = "users"

    id = Column(Integer, primary_key=True)
    org_id = Column(Integer, ForeignKey("orgs.id"))


class UserCreate(BaseModel):
    email: str
    password: str
    name: str

    @validator("name")
    def strip(cls, name):
        return name.strip()


class ItemCreate(BaseModel):
    title: str


def digest_of(password: str) -> str:
    return hashlib.md5(password.encode()).hexdigest()


app = FastAPI()
app.openapi_version = "3.0.2"
app.add_middleware(CORSMiddleware, allow_origins=["*"], allow_credentials=True)
router = APIRouter()


@router.post("/create-user")
async def create_user(user_in: UserCreate, session: Session = None):
    time.sleep(1)
    digest = digest_of(user_in.password)
    hashed = bcrypt.hashpw(user_in.password.encode(), bcrypt.gensalt(4))
    session.execute(text(f"SELECT * FROM users WHERE email = '{user_in.email}'"))
    session.query(User).all()
    jwt.decode("x", SECRET_KEY)
    now = datetime.utcnow()
    await redis.set(f"cache:{user_in.email}", digest)


@router.post("/items")
async def create_item(item_in: ItemCreate):
    session = SessionLocal()
    return session


@router.post("/login")
async def login(body: dict): ...


app.include_router(router)
`,
  "app/routes/__init__.py": "",
  "app/routes/items.py": "limit = 3\n",
  "app/services/__init__.py": "",
  "app/services/items.py": "from app.routes.items import limit\n",
};
