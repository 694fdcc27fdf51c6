/** The images of a request: which of them its agent is given, and why not the others. */
import type { Brief } from "../domain/brief.ts";
import { readPicture } from "../domain/image-bytes.ts";
import { type ImageLink, imagesIn } from "../domain/image-links.ts";
import type { RequestImage, RequestImages } from "../domain/request-images.ts";
import type { Trigger } from "../domain/trigger.ts";
import type { FetchedImage, GitHubSession } from "../ports.ts";

const maxImages = 5;

/** @param known whether the issue's own text is read at all, and whether the model can see */
export const gatherImages = async (
  session: Pick<GitHubSession, "fetchImages">,
  trigger: Trigger,
  known: {
    readonly context: boolean;
    readonly model: { readonly name: string; readonly images?: boolean | undefined };
  },
): Promise<RequestImages> => {
  const links = linksOf(trigger, known.context);
  if (links.length === 0) return noImages;
  if (!known.model.images)
    return { given: [], leftOut: links.map((link) => `${named(link)}: ${known.model.name} takes no images`) };
  const wanted = links.slice(0, maxImages);
  const fetched = await session.fetchImages(
    { number: trigger.thread.number, ...(trigger.kind === "command" ? { commentId: trigger.commentId } : {}) },
    wanted.map(({ url }) => url),
  );
  const read = wanted.map((link, index) => readImage(link, fetched[index]));
  return {
    given: read.flatMap((one) => (typeof one === "string" ? [] : [one])),
    leftOut: [
      ...read.flatMap((one) => (typeof one === "string" ? [one] : [])),
      ...links.slice(maxImages).map((link) => `${named(link)}: ${maxImages} images are the most`),
    ].slice(0, 20),
  };
};

export const noImages: RequestImages = { given: [], leftOut: [] };

/** The brief says how many follow, and what does not. */
export const withImages = (brief: Brief, { given, leftOut }: RequestImages): Brief =>
  given.length + leftOut.length === 0 ? brief : { ...brief, images: { given: given.length, leftOut } };

const linksOf = (trigger: Trigger, context: boolean): readonly ImageLink[] => {
  if (!("body" in trigger)) return [];
  const own = trigger.kind === "command" && "request" in trigger.command ? trigger.command.request : "";
  const issue = trigger.kind === "label" || context ? trigger.body : "";
  const links = [...imagesIn(own), ...imagesIn(issue)];
  return links.filter(({ url }, index) => links.findIndex((one) => one.url === url) === index);
};

const named = ({ alt, url }: ImageLink): string => (alt.trim() === "" ? url.slice(0, 200) : alt.trim().slice(0, 100));

const readImage = (link: ImageLink, fetched: FetchedImage | undefined): RequestImage | string => {
  if (!fetched?.ok) return `${named(link)}: ${fetched?.reason ?? "it did not come"}`;
  const read = readPicture(fetched.bytes);
  if (!read.ok) return `${named(link)}: ${read.reason}`;
  const { mediaType } = read.picture;
  return { alt: link.alt.trim().slice(0, 100), mediaType, data: Buffer.from(fetched.bytes).toString("base64") };
};
