/** A change beyond the size of a pull request, cut so that each part stands on the ones below it. */
import { describe, expect, test } from "vitest";
import type { FileChange } from "../../src/domain/changeset.ts";
import { cutBySize } from "../../src/verify/stack.ts";
import { factsOf } from "../support/facts.ts";

const lines = (count: number, head = ""): string => head + "x = 1\n".repeat(count - head.split("\n").length + 1);
const added = (path: string, text: string): FileChange => ({
  ...{ path, kind: "added", mode: "100644" },
  content: Buffer.from(text).toString("base64"),
});
const model = "app/models/order.py";
const schema = "app/schemas/order.py";
const service = "app/services/order.py";
const route = "app/api/v1/orders.py";
const main = "app/main.py";
const spec = "tests/test_orders.py";

const cut = async (texts: Record<string, string>, limit: number, before: Record<string, string> = {}, gone = "") => {
  const changeset = [
    ...Object.entries(texts).map(([path, text]) =>
      path in before ? { ...added(path, text), kind: "modified" as const } : added(path, text),
    ),
    ...(gone === "" ? [] : [{ path: gone, kind: "deleted" as const }]),
  ] as FileChange[];
  const { imports } = await factsOf(texts);
  const parts = cutBySize(changeset, { before: (path) => before[path], imports, limit });
  return parts.map((part) => [part.layers.join("+"), part.lines, part.paths]);
};

describe("a change", () => {
  test("within the limit is one part", async () => {
    expect(await cut({ [model]: lines(40), [route]: lines(60) }, 100)).toEqual([
      ["models+services+routes", 100, [model, route]],
    ]);
  });

  test("beyond it is cut along the contract; neighbours that fit together stay together", async () => {
    const texts = {
      [route]: lines(90),
      [service]: lines(60),
      [schema]: lines(20),
      [model]: lines(70),
      [main]: lines(5),
    };
    expect(await cut(texts, 100)).toEqual([
      ["models", 70, [model]],
      ["services", 80, [service, schema]],
      ["routes", 95, [route, main]],
    ]);
    expect(await cut(texts, 150)).toEqual([
      ["models+services", 150, [model, service, schema]],
      ["routes", 95, [route, main]],
    ]);
  });

  test("keeps what a file imports in its own part or below, however the folders are named", async () => {
    const texts = {
      "app/core/deps.py": lines(30, "from app.services.users import current\n"),
      "app/services/users.py": lines(80, "from ..models import user\nimport app.domain.mail as mail\n"),
      "app/models/user.py": lines(60, "from .base import Base\n"),
      "app/models/base.py": lines(10),
      "app/domain/mail.py": lines(20, "from app.api.links import link\n"),
      "app/api/links.py": lines(50),
    };
    expect(await cut(texts, 100)).toEqual([
      ["models", 70, ["app/models/user.py", "app/models/base.py"]],
      ["routes", 180, ["app/core/deps.py", "app/services/users.py", "app/domain/mail.py", "app/api/links.py"]],
    ]);
  });

  test("has its migrations with the models, its tests last and for nothing, and what goes away last", async () => {
    const migration = "alembic/versions/0002_orders.py";
    const texts = { [spec]: lines(900), [migration]: lines(30), [model]: lines(80), [route]: lines(70) };
    expect(await cut(texts, 120, {}, "app/models/cart.py")).toEqual([
      ["models", 110, [migration, model]],
      ["routes", 70, [spec, route, "app/models/cart.py"]],
    ]);
  });

  test("counts what it changes of a file, not the file", async () => {
    const before = lines(500);
    expect(await cut({ [service]: `${before}y = 2\n` }, 10, { [service]: before })).toEqual([
      ["models+services+routes", 1, [service]],
    ]);
    expect(await cut({ [service]: lines(480), [model]: lines(30) }, 40, { [service]: before })).toEqual([
      ["models", 30, [model]],
      ["services", 20, [service]],
    ]);
  });

  test("that lies in one layer stays whole, whatever its size", async () => {
    expect(await cut({ [service]: lines(700), [spec]: lines(10) }, 600)).toEqual([
      ["services+routes", 700, [service, spec]],
    ]);
  });
});
