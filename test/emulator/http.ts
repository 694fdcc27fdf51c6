/** A request as routes see it, the reply they give, and the table that leads from one to the other. */
import type { Need } from "./access.ts";
import { notFound } from "./http-error.ts";
import type { Author, Repository, World } from "./state.ts";

export type Call = {
  readonly world: World;
  /** Path parameters, decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** Parsed JSON that has passed the contract; `{}` for none. */
  readonly body: Readonly<Record<string, unknown>>;
  readonly accept: string;
  /** As the client asked: what `Link` headers are made from. */
  readonly url: URL;
};

export type AuthorCall = Call & { readonly author: Author };
export type RepositoryCall = AuthorCall & { readonly repository: Repository };

export type Reply = {
  readonly status: number;
  readonly body?: unknown;
  /** In place of JSON. */
  readonly text?: string | Buffer;
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
};

type Answer = Reply | Promise<Reply>;

export type Route = {
  readonly method: string;
  readonly path: string;
  readonly pattern: RegExp;
} & (
  | { readonly by: "anyone"; readonly handle: (call: Call) => Answer }
  | { readonly by: "app"; readonly handle: (call: Call) => Answer }
  | { readonly by: "author"; readonly handle: (call: AuthorCall) => Answer }
  | { readonly by: "repository"; readonly need: Need; readonly handle: (call: RepositoryCall) => Answer }
);

/** `POST /repos/{owner}/{repo}/issues`; `{path*}` spans slashes. */
function parseLine(line: string): { method: string; path: string; pattern: RegExp } {
  const [method, path] = line.split(" ") as [string, string];
  const pattern = path
    .replace(/[.]/g, "\\.")
    .replace(/\{(\w+)\*\}/g, "(?<$1>.+)")
    .replace(/\{(\w+)\}/g, "(?<$1>[^/]+)");
  return { method, path, pattern: new RegExp(`^${pattern}$`) };
}

export const forAnyone = (line: string, handle: (call: Call) => Answer): Route => ({
  ...parseLine(line),
  by: "anyone",
  handle,
});
/** With a JWT. */
export const forApp = (line: string, handle: (call: Call) => Answer): Route => ({
  ...parseLine(line),
  by: "app",
  handle,
});
export const forAuthor = (line: string, handle: (call: AuthorCall) => Answer): Route => ({
  ...parseLine(line),
  by: "author",
  handle,
});
/** Below `/repos/{owner}/{repo}`, given without it. */
export const inRepository = (line: string, need: Need, handle: (call: RepositoryCall) => Answer): Route => ({
  ...parseLine(line.replace(" ", " /repos/{owner}/{repo}")),
  by: "repository",
  need,
  handle,
});

export const ok = (body: unknown): Reply => ({ status: 200, body });
export const created = (body: unknown): Reply => ({ status: 201, body });
export const noContent = (): Reply => ({ status: 204 });

/** One page of a list and the `Link` header to the others; `wrap` puts the page in an object, as search-like lists do. */
export async function paginate<T>(
  { query, url }: Pick<Call, "query" | "url">,
  items: readonly T[],
  render: (item: T) => unknown,
  wrap: (page: unknown[]) => unknown = (page) => page,
): Promise<Reply> {
  const size = Math.min(Math.max(Number(query.get("per_page") ?? 30), 1), 100);
  const page = Math.max(Number(query.get("page") ?? 1), 1);
  const last = Math.max(Math.ceil(items.length / size), 1);
  const link = (to: number, rel: string): string => {
    const target = new URL(url);
    target.searchParams.set("page", String(to));
    return `<${target}>; rel="${rel}"`;
  };
  const links = [
    ...(page > 1 ? [link(page - 1, "prev")] : []),
    ...(page < last ? [link(page + 1, "next"), link(last, "last")] : []),
    ...(page > 1 ? [link(1, "first")] : []),
  ];
  const shown = await Promise.all(items.slice((page - 1) * size, page * size).map(render));
  return { status: 200, body: wrap(shown), ...(links.length > 0 ? { headers: { link: links.join(", ") } } : {}) };
}

/** Looks one thing up, or is a 404. */
export function found<T>(thing: T | undefined): T {
  if (thing === undefined) throw notFound();
  return thing;
}
