/** Paths as a model writes them, turned into canonical ones; a refusal is a ToolError. The walls check again by themselves. */
import { ToolError } from "../../domain/errors.ts";
import { type Boundary, canonPath, decideCreate, decideWrite } from "../../domain/policy.ts";

export const requireFile = (raw: string): string => {
  const canon = canonPath(raw);
  if (!canon.ok) throw new ToolError(canon.reason);
  return canon.path;
};

/** Undefined for the repository itself. */
export const requireFolder = (raw: string | undefined): string | undefined => {
  if (raw === undefined || raw === "" || /^(\/repo|\.)\/?$/.test(raw)) return undefined;
  return requireFile(raw.replace(/\/$/, ""));
};

export const requireWritable = (path: string, boundary: Boundary, exists: boolean): void => {
  const verdict = exists ? decideWrite(path, boundary) : decideCreate(path, boundary);
  if (!verdict.allowed) throw new ToolError(verdict.reason);
};

/** A glob below /repo: it can neither climb out nor hide what it is. */
export const requirePattern = (raw: string): string => {
  const pattern = raw.replace(/^\/repo\//, "");
  const problem =
    (pattern.length > 256 && "it is longer than 256 characters") ||
    (/[\p{Cc}\p{Cf}]/u.test(pattern) && "it has a control or invisible character") ||
    (/^[/~]/.test(pattern) && "it does not lie below /repo") ||
    (pattern.split(/[/\\,{}]/).includes("..") && 'it has a ".." segment');
  if (problem)
    throw new ToolError(
      `${JSON.stringify(raw.slice(0, 120))} cannot be searched: ${problem}. Give a pattern below /repo such as backend/**/*.py.`,
    );
  return pattern;
};
