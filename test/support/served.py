"""What FastAPI itself serves: a JSON object of folders, each with its application, on stdin; routes of each on stdout."""

import importlib
import json
import logging
import os
import sys
import warnings

import fastapi
from fastapi import routing
from starlette.routing import Mount, Route, WebSocketRoute



def walk(routes, before, found):
    for one in routing.iter_route_contexts(routes):
        route = one.original_route
        if isinstance(route, Mount):
            walk(route.routes or [], before + route.path, found)
        elif isinstance(route, WebSocketRoute):
            found.append(f"WEBSOCKET {before}{one.path}")
        elif isinstance(route, routing.APIRoute):
            found.extend(f"{method} {before}{one.path}" for method in one.methods)
        elif isinstance(route, Route) and route.endpoint.__module__ != "fastapi.applications":
            found.extend(f"{method} {before}{one.path}" for method in one.methods if method != "HEAD")


def served(folder, target):
    sys.path.insert(0, folder)
    os.chdir(folder)
    module, _, name = target.partition(":")
    app = importlib.import_module(module)
    for part in name.replace("()", "").split("."):
        app = getattr(app, part)
    if name.endswith("()"):
        app = app()
    routes = []
    walk(app.routes, "", routes)
    described = app.openapi()
    schema = {}
    for path, operations in described.get("paths", {}).items():
        for method, operation in operations.items():
            schema[f"{method.upper()} {path}"] = bool(operation.get("security"))
    return {"routes": sorted(set(routes)), "schema": schema}


def answer(folder, target):
    """In a process of its own: applications share no module."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        try:
            result = served(folder, target)
        except BaseException as error:
            result = {"error": f"{type(error).__name__}: {error}"}
        with os.fdopen(writing, "w") as stream:
            json.dump(result, stream)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as stream:
        text = stream.read()
    os.waitpid(child, 0)
    return json.loads(text)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    logging.disable()
    print(json.dumps({folder: answer(folder, target) for folder, target in json.load(sys.stdin).items()}))
