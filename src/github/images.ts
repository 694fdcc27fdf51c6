/** Bytes of images that people attached to a thread: from GitHub's own hosts alone, and a token for none but GitHub itself. */
import type { Octokit } from "@octokit/rest";
import { imagesIn } from "../domain/image-links.ts";
import type { AttachedTo, FetchedImage } from "../ports.ts";
import { unless } from "./client.ts";
import type { Place } from "./shapes.ts";

export type ImageSource = {
  /** `https://github.com`, or the server's own. */
  readonly webUrl: string;
  readonly fetch: typeof fetch;
  /** Good for `webUrl`. */
  readonly token: () => Promise<string>;
};

/** The Messages API takes 5 MiB of base64. */
const maxBytes = 3_750_000;
const maxRedirects = 3;
const timeoutMs = 15_000;

/** Where github.com keeps attachments: what its pages link to and what those links lead to. */
const attachmentHosts: ReadonlySet<string> = new Set([
  "user-images.githubusercontent.com",
  "private-user-images.githubusercontent.com",
  "objects.githubusercontent.com",
  "media.githubusercontent.com",
  "github-production-user-asset-6210df.s3.amazonaws.com",
]);

const uuid = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}";
const assetPath = new RegExp(
  `^/(?:user-attachments/assets|[\\w.-]+/[\\w.-]+/assets/\\d+|storage/user/\\d+/files)/(${uuid})$`,
);

/** The id that an attachment keeps in every one of its URLs. */
const idOf = (url: URL): string | undefined => new RegExp(uuid).exec(url.pathname)?.[0];

/** Names only, never addresses; plain HTTP only where GitHub itself is configured so. */
const placeOf = (url: URL, webUrl: string): "github" | "attachments" | undefined => {
  const web = new URL(webUrl);
  if (url.username !== "" || url.password !== "") return undefined;
  if (url.origin === web.origin) return "github";
  if (url.protocol !== "https:" || url.port !== "") return undefined;
  if (web.hostname === "github.com") return attachmentHosts.has(url.hostname) ? "attachments" : undefined;
  return /[a-z]/i.test(web.hostname) && url.hostname.endsWith(`.${web.hostname}`) ? "attachments" : undefined;
};

/** Whether a text's link is to an attachment at all. */
const isAttachment = (url: URL, webUrl: string): boolean => {
  const place = placeOf(url, webUrl);
  return place === "attachments" || (place === "github" && assetPath.test(url.pathname));
};

const refused = (reason: string): FetchedImage => ({ ok: false, reason });

/** @returns one for each URL, in their order: what can't be had is left out with a reason and fails nothing */
export const fetchImages = async (
  client: Octokit,
  place: Place,
  source: ImageSource,
  { from, urls }: { readonly from: AttachedTo; readonly urls: readonly string[] },
): Promise<FetchedImage[]> => {
  const wanted = urls.map((text) => (URL.canParse(text) ? new URL(text) : undefined));
  const some = wanted.some((url) => url !== undefined && isAttachment(url, source.webUrl));
  const signed = some ? await signedLinks(client, place, from) : new Map<string, string>();
  return Promise.all(
    wanted.map((url) => {
      if (!url || !isAttachment(url, source.webUrl))
        return refused("it is not attached here: images of other sites are not fetched");
      const link = signed.get(idOf(url) ?? "");
      return fetchFrom(source, link !== undefined && URL.canParse(link) ? new URL(link) : url);
    }),
  );
};

/**
 * An App's token opens no attachment of a private repository; the rendered text links to each with a signature of its own.
 * Only the ids of the delivery are looked up in it, so a text that was edited meanwhile adds nothing.
 */
const signedLinks = async (
  client: Octokit,
  place: Place,
  { number, commentId }: AttachedTo,
): Promise<ReadonlyMap<string, string>> => {
  const headers = { accept: "application/vnd.github.full+json" };
  const texts = await Promise.all([
    unless([403, 404, 410], () => client.rest.issues.get({ ...place, issue_number: number, headers })),
    ...(commentId === undefined
      ? []
      : [unless([403, 404], () => client.rest.issues.getComment({ ...place, comment_id: commentId, headers }))]),
  ]);
  const links = texts.flatMap((answer) => imagesIn(`<div>\n${answer?.data.body_html ?? ""}`));
  return new Map(
    links.flatMap(({ url }) => {
      const id = URL.canParse(url) ? idOf(new URL(url)) : undefined;
      return id === undefined ? [] : [[id, url] as const];
    }),
  );
};

const fetchFrom = async (source: ImageSource, first: URL): Promise<FetchedImage> => {
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    let url = first;
    for (let hop = 0; hop <= maxRedirects; hop += 1) {
      const at = placeOf(url, source.webUrl);
      if (!at) return refused(`it leads to ${url.hostname}, which is none of GitHub's own hosts`);
      const authorization = at === "github" ? { authorization: `Bearer ${await source.token()}` } : {};
      const answer = await source.fetch(url.href, { redirect: "manual", signal, headers: authorization });
      const location = answer.headers.get("location");
      if (answer.status >= 300 && answer.status < 400 && location !== null && URL.canParse(location, url.href)) {
        await answer.body?.cancel();
        url = new URL(location, url);
        continue;
      }
      if (answer.status !== 200) {
        await answer.body?.cancel();
        return refused(`GitHub does not give it (${answer.status})`);
      }
      return await readBounded(answer);
    }
    return refused(`it is redirected more than ${maxRedirects} times`);
  } catch (error) {
    if (signal.aborted) return refused(`it did not come within ${timeoutMs / 1_000} seconds`);
    return refused(`it could not be fetched: ${error instanceof Error ? error.message : String(error)}`);
  }
};

const readBounded = async (answer: Response): Promise<FetchedImage> => {
  const tooLarge = refused(`it is larger than ${maxBytes / 1_000_000} MB`);
  if (Number(answer.headers.get("content-length") ?? 0) > maxBytes) {
    await answer.body?.cancel();
    return tooLarge;
  }
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of answer.body ?? []) {
    length += chunk.byteLength;
    // Leaving the loop cancels the rest.
    if (length > maxBytes) return tooLarge;
    chunks.push(chunk);
  }
  return { ok: true, bytes: Buffer.concat(chunks) };
};
