/** How an example of a rule is written: Python files, and for a bad one what is said about them. */
import type { CodeRule } from "../../../src/verify/standards/standard.ts";

export type Files = Readonly<Record<string, string>>;
export type Bad = readonly [name: string, files: Files, message: RegExp];
export type Good = readonly [name: string, files: Files];
export type Examples = { readonly [R in CodeRule]?: { readonly bad: readonly Bad[]; readonly good: readonly Good[] } };

/** An application of one file with one router. */
export const app = (code: string, prefix = "/api/v1", imports = ""): Files => ({
  "app/main.py": `from typing import Annotated, Any
from fastapi import APIRouter, Depends, FastAPI, Request, status
from fastapi.responses import JSONResponse
from pydantic import BaseModel, EmailStr, Field, SecretStr, field_validator
${imports}

app = FastAPI()
router = APIRouter()


class Out(BaseModel):
    id: int


${code}


app.include_router(router, prefix="${prefix}")
`,
});

export const edited = (files: Files, path: string, change: (text: string) => string): Files => ({
  ...files,
  [path]: change(files[path] ?? ""),
});

/** An endpoint that reads a schema as its body. */
export const body = (schema: string, code: string, path = "/users"): Files =>
  app(`${code}\n\n\n@router.post("${path}", status_code=201)\nasync def handle(given: ${schema}) -> Out:\n    """x"""`);
