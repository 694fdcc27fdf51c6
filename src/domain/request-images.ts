/** The images of a request as blocks of a message, and as words where there are none. */
import type { ImageBlock, Message, TextBlock, UserBlock } from "./message.ts";

export type RequestImage = {
  readonly alt: string;
  readonly mediaType: ImageBlock["source"]["media_type"];
  /** Base64. */
  readonly data: string;
};

export type RequestImages = {
  readonly given: readonly RequestImage[];
  /** Each a sentence: which one, and why. */
  readonly leftOut: readonly string[];
};

/** Each behind a line that says what it is: material like the text that it stood in. */
export const imageBlocks = (images: readonly RequestImage[]): readonly UserBlock[] =>
  images.flatMap(({ alt, mediaType, data }, index): (TextBlock | ImageBlock)[] => [
    {
      type: "text",
      text: `Image ${index + 1} of the request${alt === "" ? "" : `, called ${JSON.stringify(alt).replaceAll("<", "\\u003c")}`}:`,
    },
    { type: "image", source: { type: "base64", media_type: mediaType, data } },
  ]);

/** Those of a conversation's first message, with their lines: for another one that takes its work up. */
export const imagesOfBrief = ([first]: readonly Message[]): readonly UserBlock[] => {
  if (first?.role !== "user") return [];
  const last = first.content.findLastIndex(({ type }) => type === "image");
  return first.content.slice(1, last + 1);
};
