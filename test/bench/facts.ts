/** Facts of a generated backend of 1,000 files, in a process of its own: cold, with one file changed, and what that weighs. */
import { execFileSync } from "node:child_process";
import { createAnalysis } from "../../src/analysis/analysis.ts";
import { blobSha } from "../../src/domain/changeset.ts";
import type { SourceFile } from "../../src/ports.ts";
import { median } from "./stats.ts";

export type FactsFigures = {
  readonly files: number;
  readonly megabytes: number;
  readonly endpoints: number;
  readonly coldMs: number;
  /** One file changed. */
  readonly warmMs: number;
  /** CPU time of the same, which does not depend on what else the machine does. */
  readonly warmCpuMs: number;
  /** Peak, MiB. */
  readonly rssMiB: number;
};

export const benchFacts = (rounds: number): FactsFigures =>
  JSON.parse(
    execFileSync(process.execPath, [import.meta.filename, String(rounds)], { encoding: "utf8" }),
  ) as FactsFigures;

const fields = ["title", "slug", "summary", "amount", "currency", "state", "owner", "note", "origin", "weight"];

const model = (at: number): string => `"""Thing ${at} as a table."""
from datetime import datetime
from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.models.base import Base


class Thing${at}(Base):
    __tablename__ = "things_${at}"

    id: Mapped[int] = mapped_column(primary_key=True)
    created_at: Mapped[datetime] = mapped_column(index=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("things_${at}.id"), index=True)
${fields.map((name) => `    ${name}: Mapped[str] = mapped_column(String(200), default="${name} ${at}")`).join("\n")}
    parent: Mapped["Thing${at} | None"] = relationship(remote_side=[id])
`;

const schema = (at: number): string => `"""What clients send and get of thing ${at}."""
from pydantic import BaseModel, ConfigDict, Field


class Thing${at}Base(BaseModel):
${fields.map((name) => `    ${name}: str = Field(min_length=1, max_length=200, description="The ${name} of thing ${at}")`).join("\n")}


class Thing${at}Create(Thing${at}Base):
    parent_id: int | None = None


class Thing${at}Read(Thing${at}Base):
    model_config = ConfigDict(from_attributes=True)
    id: int
`;

const verbs = ["get", "post", "put", "delete"];

const route = (at: number): string => `"""Endpoints of thing ${at}."""
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, status

from app.core.security import current_user
from app.schemas.thing${at} import Thing${at}Create, Thing${at}Read
from app.services.thing${at} import Thing${at}Service

router = APIRouter(prefix="/things-${at}", tags=["things"])
Service = Annotated[Thing${at}Service, Depends(Thing${at}Service)]

${verbs
  .map(
    (verb) => `
@router.${verb}("/{thing_id}", response_model=Thing${at}Read, status_code=status.HTTP_200_OK)
async def ${verb}_thing(thing_id: int, service: Service, user: Annotated[dict, Depends(current_user)]) -> Thing${at}Read:
    """Does it."""
    found = await service.${verb}(thing_id)
    if found is None:
        raise HTTPException(status_code=404, detail="There is no such thing")
    return found
`,
  )
  .join("\n")}`;

const service = (at: number): string => `"""What is done with thing ${at}."""
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from fastapi import Depends

from app.core.database import session
from app.models.thing${at} import Thing${at}


class Thing${at}Service:
    def __init__(self, db: AsyncSession = Depends(session)) -> None:
        self.db = db
${verbs
  .map(
    (verb) => `
    async def ${verb}(self, thing_id: int) -> Thing${at} | None:
        """Reads, and changes where it must."""
        rows = await self.db.execute(select(Thing${at}).where(Thing${at}.id == thing_id).limit(1))
        found = rows.scalar_one_or_none()
        for name, value in (("title", "a"), ("slug", "b"), ("summary", "c")):
            if found is not None and getattr(found, name) != value:
                setattr(found, name, f"{value} {thing_id}")
        await self.db.flush()
        return found
`,
  )
  .join("")}`;

const things = 249;

const backend = (): Map<string, string> =>
  new Map([
    [
      "app/core/security.py",
      'from fastapi.security import OAuth2PasswordBearer\nscheme = OAuth2PasswordBearer("/token")\ndef current_user(token: str = Depends(scheme)): ...\nfrom fastapi import Depends\n',
    ],
    ["app/core/database.py", "async def session(): ...\n"],
    ["app/models/base.py", "from sqlalchemy.orm import DeclarativeBase\nclass Base(DeclarativeBase): ...\n"],
    [
      "app/main.py",
      `from fastapi import FastAPI\n${Array.from({ length: things }, (_, at) => `from app.routes.thing${at} import router as router${at}\n`).join("")}app = FastAPI()\n${Array.from({ length: things }, (_, at) => `app.include_router(router${at}, prefix="/api/v1")\n`).join("")}`,
    ],
    ...Array.from({ length: things }, (_, at): [string, string][] => [
      [`app/models/thing${at}.py`, model(at)],
      [`app/schemas/thing${at}.py`, schema(at)],
      [`app/services/thing${at}.py`, service(at)],
      [`app/routes/thing${at}.py`, route(at)],
    ]).flat(),
  ]);

const measure = async (rounds: number): Promise<FactsFigures> => {
  const files = backend();
  const analysis = createAnalysis();
  const inspect = async (): Promise<{ readonly ms: number; readonly endpoints: number }> => {
    const sources = [...files].map(([path, text]): SourceFile => ({ path, sha: blobSha(Buffer.from(text)) }));
    const start = performance.now();
    const inspection = await analysis.inspect(
      sources,
      async (wanted) => new Map(wanted.map(({ path, sha }) => [sha, files.get(path) ?? ""])),
    );
    if (!inspection.ok) throw new Error(inspection.reason);
    return { ms: performance.now() - start, endpoints: inspection.facts.endpoints.length };
  };
  const cold = await inspect();
  const warm: number[] = [];
  const before = process.cpuUsage();
  for (let round = 0; round < rounds; round += 1) {
    files.set("app/services/thing7.py", `${service(7)}\n# ${round}\n`);
    warm.push((await inspect()).ms);
  }
  const { user, system } = process.cpuUsage(before);
  await analysis.close();
  return {
    files: files.size,
    megabytes: [...files.values()].reduce((sum, text) => sum + text.length, 0) / 1e6,
    endpoints: cold.endpoints,
    coldMs: cold.ms,
    warmMs: median(warm),
    warmCpuMs: (user + system) / 1e3 / rounds,
    rssMiB: process.resourceUsage().maxRSS / 1024,
  };
};

if (import.meta.main) console.log(JSON.stringify(await measure(Number(process.argv[2]))));
