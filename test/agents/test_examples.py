"""The Python that agents are shown: every block is taken out of its Markdown, imported, and where it has a promise, held to it."""

import asyncio
import re
import sys
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from uuid import uuid4

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

AGENTS = Path(__file__).parents[2] / "agents"
FENCE = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)


NAMED = re.compile(r"# backend/(app/\S+\.py)\n")


def blocks_of(path: Path) -> list[str]:
    return FENCE.findall(path.read_text())


def whole_modules(path: Path) -> list[str]:
    """Without the blocks that are files of one backend, which are tried together."""
    return [block for block in blocks_of(path) if not NAMED.match(block)]


SKILLS = {path.parent.name: whole_modules(path) for path in sorted(AGENTS.glob("skills/*/SKILL.md"))}


def load(skill: str) -> ModuleType:
    (block,) = SKILLS[skill]
    module = ModuleType(skill.replace("-", "_"))
    sys.modules[module.__name__] = module
    exec(compile(block, f"{skill}/SKILL.md", "exec"), module.__dict__)
    return module


async def sessions(base: type) -> async_sessionmaker[AsyncSession]:
    engine = create_async_engine("sqlite+aiosqlite://")
    async with engine.begin() as connection:
        await connection.run_sync(base.metadata.create_all)
    return async_sessionmaker(engine, expire_on_commit=False)


@pytest.mark.parametrize("skill", [name for name, blocks in SKILLS.items() if blocks])
def test_a_skills_example_is_one_module_that_imports(skill: str) -> None:
    assert load(skill).__dict__


def test_a_cursor_comes_back_as_it_was_and_a_made_up_one_is_refused() -> None:
    api = load("api-design")
    now, order_id = datetime.now(UTC), uuid4()
    assert api.decode_cursor(api.encode_cursor(now, order_id)) == (now, order_id)
    orders = [api.OrderOut(id=uuid4(), created_at=now) for _ in range(3)]

    async def fetch(after: object, limit: int) -> list[object]:
        return orders[:limit] if after is None else orders[2:]

    api.fetch_orders = fetch
    app = FastAPI()
    app.include_router(api.router)
    client = TestClient(app)
    page = client.get("/orders?limit=2").json()
    assert [item["id"] for item in page["items"]] == [str(order.id) for order in orders[:2]]
    assert client.get("/orders", params={"limit": 2, "cursor": page["next_cursor"]}).json()["next_cursor"] is None
    assert client.get("/orders?cursor=bm9uc2Vuc2U=").status_code == 422


def test_constraints_have_the_names_that_the_rules_give_them() -> None:
    database = load("database-patterns")
    constraints = {constraint.name for constraint in database.OrderLine.__table__.constraints}
    assert {"ck_order_lines_quantity", "fk_order_lines_orders", "pk_order_lines"} <= constraints
    assert {index.name for index in database.Order.__table__.indexes} == {"idx_orders_customer_id_created_at"}


def test_orders_come_with_their_lines() -> None:
    database = load("database-patterns")

    async def scenario() -> None:
        make = await sessions(database.Base)
        customer = uuid4()
        async with make() as db:
            line = database.OrderLine(quantity=1, price=Decimal("9.90"))
            db.add(database.Order(customer_id=customer, lines=[line]))
            await db.commit()
        async with make() as db:
            (order,) = await database.recent_orders(db, customer, 10)
            assert [found.price for found in order.lines] == [Decimal("9.90")]

    asyncio.run(scenario())


def test_a_message_is_relayed_and_has_its_effect_once() -> None:
    systems = load("distributed-systems")

    async def scenario() -> None:
        make = await sessions(systems.Base)
        sent: list[object] = []
        effects: list[int] = []

        async def publish(message: object) -> None:
            sent.append(message)

        async def effect(db: AsyncSession) -> None:
            effects.append(1)

        async with make() as db:
            db.add(systems.OutboxMessage(topic="orders", payload={"a": 1}))
            await db.commit()
            assert await systems.relay(db, publish) == 1
            assert await systems.relay(db, publish) == 0
        message_id = uuid4()
        for expected in (True, False):
            async with make() as db:
                assert await systems.consume(db, message_id, effect) is expected
        assert (len(sent), len(effects)) == (1, 1)

    asyncio.run(scenario())


def test_a_declined_payment_leaves_no_order() -> None:
    patterns = load("architecture-patterns")

    class Orders:
        def __init__(self) -> None:
            self.added: list[object] = []

        async def add(self, order: object) -> None:
            self.added.append(order)

    orders = Orders()
    service = patterns.CheckoutService(orders, patterns.DecliningGateway(limit=Decimal(100)))
    order = asyncio.run(service.check_out(uuid4(), Decimal(99), "key"))
    assert orders.added == [order]
    with pytest.raises(patterns.PaymentDeclined):
        asyncio.run(service.check_out(uuid4(), Decimal(101), "key"))
    assert orders.added == [order]


def test_a_refresh_token_that_comes_back_revokes_its_family() -> None:
    security = load("security-patterns")

    async def scenario() -> None:
        make = await sessions(security.Base)
        user = uuid4()
        async with make() as db:
            first = await security.issue(db, user)
            await db.commit()
        async with make() as db:
            assert (await security.rotate(db, first))[0] == user
            second = (await db.scalars(select(security.RefreshToken.token_hash))).all()
            assert len(second) == 2
        async with make() as db:
            fresh = await security.issue(db, user)
            await db.commit()
            rotated = (await security.rotate(db, fresh))[1]
        async with make() as db:
            with pytest.raises(security.InvalidRefreshToken):
                await security.rotate(db, fresh)
        async with make() as db:
            with pytest.raises(security.InvalidRefreshToken):
                await security.rotate(db, rotated)
        async with make() as db:
            with pytest.raises(security.InvalidRefreshToken):
                await security.rotate(db, "unknown")

    asyncio.run(scenario())


def test_every_answer_carries_a_well_formed_request_id() -> None:
    monitoring = load("monitoring-observability")
    app = FastAPI()
    monitoring.install_access_log(app)
    client = TestClient(app)
    assert client.get("/", headers={"X-Request-ID": "request-12345"}).headers["x-request-id"] == "request-12345"
    assert re.fullmatch(r"[0-9a-f]{32}", client.get("/", headers={"X-Request-ID": "a b"}).headers["x-request-id"])


def test_the_cache_loads_once_and_survives_a_store_that_is_down() -> None:
    performance = load("performance")
    from pydantic import BaseModel

    class Profile(BaseModel):
        name: str

    class Store:
        def __init__(self) -> None:
            self.values: dict[str, str] = {}
            self.down = False

        async def get(self, name: str) -> str | None:
            if self.down:
                raise OSError("down")
            return self.values.get(name)

        async def set(self, name: str, value: str, *, ex: int) -> object:
            assert 60 <= ex <= 66
            self.values[name] = value
            return True

        async def delete(self, *names: str) -> object:
            for name in names:
                self.values.pop(name, None)
            return 1

    async def scenario() -> None:
        store = Store()
        cache = performance.CacheAside(store, Profile, "profile", 60)
        loads: list[int] = []

        async def fetch() -> Profile:
            loads.append(1)
            await asyncio.sleep(0)
            return Profile(name="x")

        found = await asyncio.gather(*(cache.get("1", fetch) for _ in range(5)))
        assert [profile.name for profile in found] == ["x"] * 5
        assert len(loads) == 1
        await cache.forget("1")
        await cache.get("1", fetch)
        assert len(loads) == 2
        store.down = True
        assert (await cache.get("1", fetch)).name == "x"
        assert len(loads) == 3

    asyncio.run(scenario())


def test_errors_become_problem_details_with_one_line_in_main() -> None:
    backend = load("python-backend")
    app = FastAPI(lifespan=backend.lifespan)
    backend.install(app)

    @app.get("/things/{number}")
    async def thing(number: int, db: backend.Db) -> None:
        assert isinstance(db, AsyncSession)
        raise backend.NotFound(f"no thing {number}")

    with TestClient(app) as client:
        missing = client.get("/things/5")
        assert missing.headers["content-type"] == "application/problem+json"
        assert missing.json() == {
            "type": "about:blank",
            "title": "Not found",
            "status": 404,
            "instance": "/things/5",
            "detail": "no thing 5",
        }
        assert client.get("/things/x").json()["errors"][0]["loc"] == ["path", "number"]


def test_a_job_that_fails_is_tried_again_later_and_at_most_five_times() -> None:
    jobs = load("async-jobs")

    async def scenario() -> None:
        make = await sessions(jobs.Base)
        runs: list[str] = []

        async def mail(arguments: dict[str, str]) -> None:
            runs.append(arguments["id"])
            raise ValueError("refused")

        async with make() as db:
            job = jobs.enqueue(db, "mail-1", "mail", {"id": "1"})
            await db.commit()
            for _ in range(jobs.MAX_TRIES):
                assert await jobs.run_next(db, {"mail": mail})
                assert not await jobs.run_next(db, {"mail": mail})
                job.due_at = datetime.now(UTC) - timedelta(seconds=1)
                await db.commit()
            assert not await jobs.run_next(db, {"mail": mail})
            assert job.error == "ValueError('refused')"
        assert len(runs) == jobs.MAX_TRIES

    asyncio.run(scenario())


def test_an_invoice_keeps_its_rules() -> None:
    domain = load("domain-driven-design")
    invoice = domain.Invoice(uuid4(), "EUR")
    with pytest.raises(domain.RuleBroken, match="without lines"):
        invoice.issue()
    invoice.add_line(domain.Money(Decimal(5), "EUR"))
    invoice.issue()
    assert invoice.pull_events() == [domain.InvoiceIssued(invoice.id, domain.Money(Decimal(5), "EUR"))]
    with pytest.raises(domain.RuleBroken, match="credit note"):
        invoice.add_line(domain.Money(Decimal(5), "EUR"))
    with pytest.raises(domain.RuleBroken, match="cannot be added"):
        domain.Money(Decimal(1), "EUR").plus(domain.Money(Decimal(1), "USD"))


SURROUNDINGS = {
    "app/models/base.py": "from sqlalchemy.orm import DeclarativeBase\n\n\nclass Base(DeclarativeBase):\n    pass\n",
    "app/core/config.py": 'class settings:\n    token_issuer = "app"\n    token_secret = "s" * 32\n',
    "app/core/problems.py": "class ConflictError(Exception):\n    pass\n",
    "app/core/rate_limit.py": (
        "from slowapi import Limiter\nfrom slowapi.util import get_remote_address\n\n"
        "limiter = Limiter(key_func=get_remote_address)\n"
    ),
    "app/api/deps.py": "async def get_db():\n    yield\n",
}


@pytest.fixture
def feature_backend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The blocks of python-backend as the files that their first lines name, in the surroundings that they speak of."""
    files = dict(SURROUNDINGS)
    for block in blocks_of(AGENTS / "skills/python-backend/SKILL.md"):
        named = NAMED.match(block)
        if named:
            files[named[1]] = block
    assert len(files) == len(SURROUNDINGS) + 5
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    for module in [name for name in sys.modules if name == "app" or name.startswith("app.")]:
        del sys.modules[module]
    return tmp_path


@pytest.mark.usefixtures("feature_backend")
def test_the_feature_of_python_backend_registers_users() -> None:
    from app.api.deps import get_db
    from app.api.v1.routes.users import router
    from app.core.problems import ConflictError
    from app.core.rate_limit import limiter
    from app.models.base import Base
    from fastapi import Request
    from fastapi.responses import JSONResponse
    from slowapi import _rate_limit_exceeded_handler
    from slowapi.errors import RateLimitExceeded

    app = FastAPI()
    app.state.limiter = limiter
    app.add_exception_handler(RateLimitExceeded, _rate_limit_exceeded_handler)

    @app.exception_handler(ConflictError)
    async def conflict(request: Request, error: ConflictError) -> JSONResponse:
        return JSONResponse({"detail": str(error)}, status_code=409)

    app.include_router(router, prefix="/api/v1")
    made: list[async_sessionmaker[AsyncSession]] = []

    async def db():
        if not made:
            made.append(await sessions(Base))
        async with made[0]() as session:
            yield session

    app.dependency_overrides[get_db] = db
    user = {"email": "User@example.com", "password": "a-long-password"}
    with TestClient(app) as client:
        created = client.post("/api/v1/users", json=user)
        assert created.status_code == 201, created.text
        assert set(created.json()) == {"id", "email", "created_at"}
        assert client.post("/api/v1/users", json=user).status_code == 409
        assert client.post("/api/v1/users", json={**user, "password": "short"}).status_code == 422
        answers = [client.post("/api/v1/users", json=user).status_code for _ in range(5)]
        assert answers[-1] == 429


@pytest.mark.usefixtures("feature_backend")
def test_a_token_is_read_back_only_as_the_kind_that_it_is() -> None:
    import jwt
    from app.core.security import ACCESS_TOKEN_LIFETIME, create_token, read_token

    token = create_token("7", "access", ACCESS_TOKEN_LIFETIME)
    assert read_token(token, "access")["sub"] == "7"
    with pytest.raises(jwt.InvalidTokenError):
        read_token(token, "refresh")
    with pytest.raises(jwt.ExpiredSignatureError):
        read_token(create_token("7", "access", timedelta(seconds=-1)), "access")
