/** Examples of what stands round the routes, of layers and of the event loop. */
import type { Examples, Files } from "./example.ts";

const main = (code = "", more: Files = {}): Files => ({
  "app/main.py": `from fastapi import FastAPI, HTTPException\nfrom fastapi.responses import JSONResponse\n\napp = FastAPI()\n${code}\n`,
  ...more,
});
const cache = (code: string, path = "app/services/products.py"): Files => ({
  [path]: `from redis.asyncio import Redis\n\nredis = Redis()\n\n\nasync def product(key, value):\n    ${code.replaceAll("\n", "\n    ")}\n`,
});
const handler = `async def on_error(request, error):\n    return JSONResponse({}, media_type="application/problem+json")\n\n\napp.add_exception_handler(HTTPException, on_error)`;
const layers = (from: string, line: string): Files => ({
  "app/__init__.py": "",
  "app/api/routes/users.py": "def get_db(): ...\n",
  "app/services/user_service.py": "class UserService: ...\n",
  "app/models/user.py": "class User: ...\n",
  "app/core/security.py": "def hash_password(x): ...\n",
  [from]: `${line}\n`,
});

export const applicationExamples: Examples = {
  "no-problem-details": {
    bad: [
      ["no handler", main(), /application\/problem\+json \(RFC 9457\)/],
      [
        "handlers of another form",
        main(
          "async def on_error(request, error):\n    return JSONResponse({})\n\n\napp.add_exception_handler(HTTPException, on_error)",
        ),
        /problem\+json/,
      ],
    ],
    good: [
      ["a handler", main(handler)],
      [
        "a script that makes an application",
        { "scripts/openapi.py": "from fastapi import FastAPI\napp = FastAPI()\n" },
      ],
    ],
  },
  "no-request-log": {
    bad: [["nothing", main(), /logs no requests of its own/]],
    good: [
      ["a middleware", main("class RequestLogMiddleware: ...\n\n\napp.add_middleware(RequestLogMiddleware)")],
      [
        "an instrument",
        main("from prometheus_fastapi_instrumentator import Instrumentator\nInstrumentator().instrument(app)"),
      ],
    ],
  },
  "cache-without-ttl": {
    bad: [
      [
        "a value for ever",
        cache("found = await redis.get(key)\nawait redis.set(key, value)\nreturn found"),
        /is cached for ever/,
      ],
    ],
    good: [
      ["seconds", cache("found = await redis.get(key)\nawait redis.set(key, value, ex=60)")],
      ["seconds by place", cache("found = await redis.get(key)\nawait redis.setex(key, 60, value)")],
      [
        "a life given afterwards",
        cache("found = await redis.get(key)\nawait redis.set(key, value)\nawait redis.expire(key, 60)"),
      ],
      ["a mark that is there to stay", cache('await redis.set("plugins:changed", "yes")')],
      ["a dictionary", { "app/x.py": "def keep(cache, key):\n    cache.get(key)\n    cache.set(key, 1)\n" }],
    ],
  },
  "cache-without-invalidation": {
    bad: [
      [
        "nothing takes it out",
        cache("found = await redis.get(key)\nawait redis.set(key, value, ex=60)"),
        /nothing takes it out when it changes/,
      ],
    ],
    good: [
      [
        "it is deleted",
        {
          ...cache("found = await redis.get(key)\nawait redis.set(key, value, ex=60)"),
          "app/services/write.py": "async def write(redis, key):\n    await redis.delete(key)\n",
        },
      ],
      ["a token, which is no copy of anything", cache('await redis.set(f"refresh_token:{key}", value, ex=60)')],
      ["a lock", cache('await redis.set("lock:" + key, "1", ex=60, nx=True)')],
    ],
  },
  "upward-import": {
    bad: [
      [
        "a service that imports a route",
        layers("app/services/mail.py", "from app.api.routes.users import get_db"),
        /services know nothing of the routes/,
      ],
      [
        "a model that imports a service",
        layers("app/models/order.py", "from app.services.user_service import UserService"),
        /models and schemas know nothing of services/,
      ],
      [
        "models of one subject that import another's service",
        {
          "app/orders/models.py": "from app.users.service import find\n",
          "app/orders/router.py": "x = 1\n",
          "app/users/service.py": "def find(): ...\n",
          "app/users/router.py": "x = 1\n",
        },
        /models and schemas know nothing of services: app\.users\.service/,
      ],
      [
        "a relative import",
        layers("app/services/mail.py", "from ..api.routes import users"),
        /services know nothing of the routes/,
      ],
    ],
    good: [
      [
        "a route that imports a service",
        layers("app/api/routes/orders.py", "from app.services.user_service import UserService"),
      ],
      ["a service that imports a model", layers("app/services/mail.py", "from app.models.user import User")],
      ["a model that imports the core", layers("app/models/order.py", "from app.core.security import hash_password")],
      [
        "for types alone",
        layers(
          "app/services/mail.py",
          "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from app.api.routes.users import get_db",
        ),
      ],
      [
        "a folder of one subject, whatever that is called",
        {
          "app/service/models.py": "class Read: ...\n",
          "app/service/views.py": "x = 1\n",
          "app/orders/models.py": "from app.service.models import Read\n",
          "app/orders/views.py": "from app.orders.models import Read\n",
        },
      ],
      [
        "a package of others that is called as a service is",
        { "app/services/mail.py": "x = 1\n", "app/models/order.py": "from mail import Address\n" },
      ],
      [
        "a module at the root that is called as a file of the routes",
        {
          "config/__init__.py": "KEY = 1\n",
          "endpoints/responses/config.py": "x = 1\n",
          "adapters/services/games.py": "from config import KEY\n",
        },
      ],
      ["a package of others with such a name", layers("app/services/mail.py", "from vendor.routes.users import x")],
    ],
  },
  "blocking-call": {
    bad: [
      [
        "requests in an async function",
        { "app/x.py": "import requests\n\n\nasync def read():\n    return requests.get('x')\n" },
        /requests\.get\(\) stops every other request/,
      ],
      [
        "sleep under another name",
        { "app/x.py": "from time import sleep as nap\n\n\nasync def read():\n    nap(1)\n" },
        /time\.sleep\(\)/,
      ],
    ],
    good: [
      ["in a plain function", { "app/x.py": "import requests\n\n\ndef read():\n    return requests.get('x')\n" }],
      [
        "in a thread",
        {
          "app/x.py":
            "import time\n\n\nasync def read(loop):\n    await loop.run_in_executor(None, lambda: time.sleep(1))\n    await to_thread(time.sleep, 1)\n",
        },
      ],
      ["asyncio's sleep", { "app/x.py": "from asyncio import sleep\n\n\nasync def read():\n    await sleep(1)\n" }],
      ["in a script", { "scripts/x.py": "import time\n\n\nasync def main():\n    time.sleep(1)\n" }],
    ],
  },
  "naive-utcnow": {
    bad: [
      [
        "a call",
        { "app/x.py": "from datetime import datetime\nnow = datetime.utcnow()\n" },
        /datetime\.utcnow\(\) has no time zone/,
      ],
      [
        "a default of a column",
        { "app/x.py": "import datetime\nx = Column(default=datetime.datetime.utcnow)\n" },
        /datetime\.datetime\.utcnow\(\) has no time zone/,
      ],
    ],
    good: [["a time zone", { "app/x.py": "from datetime import UTC, datetime\nnow = datetime.now(UTC)\n" }]],
  },
};
