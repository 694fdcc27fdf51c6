/** A limit that a review asks for: of the route that a comment stands at, or of every route of the file. */
import { type Method, type Rate, renderRate, shortRate } from "./request.ts";
import type { Files } from "./revise.ts";

/** A route as its decorator writes it: the path is what stands there, without any prefix. */
export type LimitedRoute = { readonly name: string; readonly method: Method; readonly path: string };

/** @param line of the comment, from 1 */
export const reviseRate = (
  files: Files,
  path: string,
  line: number | undefined,
  rate: Rate,
): { ok: true; files: Files; did: string; routes: readonly LimitedRoute[] } | { ok: false; reason: string } => {
  const text = files.get(path);
  if (text === undefined) return { ok: false, reason: `I could not read ${path}` };
  const lines = text.split("\n");
  const limits = lines.flatMap((code, at) => (/^@[\w.]*limit\(\s*["']\d+\/\w+["']\s*\)/.test(code) ? [at] : []));
  const blockOf = (at: number): readonly [number, number] => {
    let start = at;
    while (start > 0 && lines[start - 1] !== "") start--;
    let end = at;
    while (end + 1 < lines.length && !/^(@|class |def |async def )/.test(lines[end + 1] ?? "")) end++;
    while (end + 1 < lines.length && !/^@/.test(lines[end + 1] ?? "") && lines[end + 1] !== "") end++;
    return [start, bodyEnd(lines, end)];
  };
  const near =
    line === undefined ? [] : limits.filter((at) => blockOf(at)[0] <= line - 1 && line - 1 <= blockOf(at)[1]);
  const chosen = near.length > 0 ? near : limits;
  if (chosen.length === 0) return { ok: false, reason: `No route in ${path} has a limit that is written as text` };
  const next = lines.map((code, at) =>
    chosen.includes(at) ? code.replace(/(["'])\d+\/\w+\1/, `"${renderRate(rate)}"`) : code,
  );
  const names = chosen.map(
    (at) => /def (\w+)\(/.exec(lines.slice(at).find((code) => /def \w+\(/.test(code)) ?? "")?.[1] ?? "",
  );
  return {
    ok: true,
    files: new Map([...files, [path, next.join("\n")]]),
    routes: chosen.flatMap((at, index) => {
      const block = lines.slice(blockOf(at)[0], at + 1).join("\n");
      const route = /@\w+\.(get|post|put|patch|delete)\(\s*["']([^"']*)["']/.exec(block);
      return route
        ? [{ name: names[index] ?? "", method: (route[1] ?? "").toUpperCase() as Method, path: route[2] ?? "" }]
        : [];
    }),
    did: `the limit of ${names.join(", ")} is ${shortRate(rate)} now`,
  };
};

const bodyEnd = (lines: readonly string[], from: number): number => {
  let end = from;
  while (end + 1 < lines.length && (lines[end + 1] === "" || /^[ )]/.test(lines[end + 1] ?? ""))) end++;
  return end;
};
