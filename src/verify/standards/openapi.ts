/** The version of OpenAPI that describes an API: set by hand, or decided by a FastAPI that is too old to write it. */
import type { Parameters } from "../../domain/standards.ts";
import type { Manifest } from "./code.ts";
import { constantOf } from "./constant.ts";
import type { Hit, Standards } from "./standard.ts";

const number = (text: string): number => {
  const [major = "0", minor = "0"] = text.split(".");
  return Number(major) * 1_000 + Number(minor);
};

export const openapiStandards: Standards<"old-openapi"> = {
  "old-openapi": {
    severity: "error",
    check(file, code, { version: wanted }) {
      const set = [
        ...file.calls.flatMap(({ keywords }) => keywords.get("openapi_version") ?? []),
        ...file.assignments.filter(({ name }) => name === "openapi_version").map(({ value }) => value),
      ];
      return set.flatMap((node) => {
        const value = constantOf(node, file, code);
        if (typeof value !== "string" || number(value) >= number(wanted)) return [];
        return [
          {
            message: `describes the API in OpenAPI ${value}: ${wanted} is what FastAPI itself writes, so leave it out`,
            spans: [{ file: file.path, from: node.line, to: node.line }],
          },
        ];
      });
    },
  },
};

export const isManifest = (path: string): boolean =>
  /(^|\/)(requirements[^/]*\.(txt|in)|requirements\/[^/]*\.(txt|in)|pyproject\.toml)$/.test(path);

/** The first FastAPI that writes OpenAPI 3.1: https://fastapi.tiangolo.com/release-notes/#0990-2023-06-30 */
const firstWith31 = number("0.99");

/** A FastAPI below 1.0 is meant: `^0.95` and `~=0.95.1` go up to the next minor version. */
const tooOld = /^(==|===)\s*0\.(\d+)|^(<=?)\s*0\.(\d+)|^(\^|~|~=)\s*0\.(\d+)/;

const holdsBack = (clause: string): boolean => {
  const found = tooOld.exec(clause.trim());
  if (!found) return false;
  const minor = Number(found[2] ?? found[4] ?? found[6]);
  return found[3] === "<" ? minor <= firstWith31 : minor < firstWith31;
};

/** `fastapi[all]>=0.68,<0.69`, quoted or not, and Poetry's `fastapi = "^0.95"`. */
const requirement =
  /^\s*["']?fastapi(?:\[[\w,\s-]*\])?\s*(?:=\s*(?:\{[^}]*?version\s*=\s*)?["'])?((?:[<>=!~^]=?=?\s*|(?<=["']))[\d.,<>=!~^*\s]+)/i;

export const checkManifest = ({ path, text }: Manifest, { version }: Parameters["old-openapi"]): readonly Hit[] =>
  text.split(/\r?\n/).flatMap((line, index) => {
    const clauses = requirement.exec(line)?.[1]?.split(",") ?? [];
    const exact = clauses.length === 1 && /^\d/.test(clauses[0] ?? "") ? [`==${clauses[0]}`] : clauses;
    if (number(version) < number("3.1") || !exact.some(holdsBack)) return [];
    const message = `holds FastAPI back to one that describes the API in OpenAPI 3.0: ${version} comes with fastapi>=0.99`;
    return [{ message, spans: [{ file: path, from: index + 1, to: index + 1 }] }];
  });
