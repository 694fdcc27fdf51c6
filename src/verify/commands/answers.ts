/** What an answer means: for the request that was made, and for the endpoints that a report claims. */
import type { HttpAnswer } from "../../domain/http.ts";
import type { Report } from "../../domain/report.ts";
import type { RequestStep } from "./steps.ts";

type Endpoint = Pick<Report["endpoints_created"][number], "method" | "path">;

/** @returns what is wrong with it, as the end of a sentence; undefined where it is as it should be: a server's error never is */
export const faultOf = ({ expected, request }: RequestStep, answer: HttpAnswer): string | undefined => {
  const { status, problem, body } = answer;
  if (status === undefined) return problem ?? "there was no answer";
  if (status >= 500) return `it was answered ${status}${said(body)}`;
  if (expected !== undefined)
    return status === expected ? undefined : `it was answered ${status}, not ${expected}${said(body)}`;
  if (status >= 400) return `it was answered ${status}${said(body)}`;
  if (/problem\+json/i.test(answer.contentType)) return `it was answered ${status} with problem details${said(body)}`;
  if (isSlashRedirect(answer)) return `it was sent on to ${answer.location}: ask that path`;
  if (/^\/api\//.test(answer.path) && /text\/html/i.test(answer.contentType))
    return `it was answered ${status} with a web page, not by an endpoint`;
  return request.method !== "HEAD" && status < 200 ? `it was answered ${status}` : undefined;
};

const said = (body: string): string => {
  const text = body.replace(/\s+/g, " ").trim();
  return text === "" ? "" : `: ${text.length > 200 ? `${text.slice(0, 199)}…` : text}`;
};

/** The router's own: the endpoint was not reached. */
const isSlashRedirect = ({ status = 0, location, path }: HttpAnswer): boolean => {
  if (status < 300 || status >= 400) return false;
  const bare = (text: string): string => pathOf(text.replace(/^https?:\/\/[^/]*/, "")).replace(/\/$/, "");
  return bare(location) === bare(path);
};

const pathOf = (target: string): string => target.split(/[?#]/)[0] ?? "";

/** `{id}` stands for one segment, `{rest:path}` for any number. */
const patternOf = (template: string): RegExp =>
  new RegExp(
    `^${template
      .split(/(\{[^}]*\})/)
      .map((part) => {
        if (!part.startsWith("{")) return part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
        return part.endsWith(":path}") ? ".+" : "[^/]+";
      })
      .join("")}$`,
  );

const variablesIn = (template: string): number => template.match(/\{/g)?.length ?? 0;

/** The endpoint that a request reaches: of several that fit, the one that is spelled out most. */
export const endpointOf = <E extends Endpoint>(
  asked: { readonly method: string; readonly path: string },
  endpoints: readonly E[],
): E | undefined =>
  endpoints
    .filter(({ method, path }) => method === asked.method && patternOf(path).test(pathOf(asked.path)))
    .sort((a, b) => variablesIn(a.path) - variablesIn(b.path))[0];
