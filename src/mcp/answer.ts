/** What a server's tool answered, as text for a model: bounded, without what is no text. */
import { truncateMiddle } from "../domain/truncate.ts";
import { withoutInvisible } from "../domain/visible-text.ts";

/** As much as a long file that is read. */
const maxChars = 40_000;

type Part = { readonly type: string; readonly [key: string]: unknown };

export const textOf = (result: {
  readonly content?: readonly Part[] | undefined;
  readonly structuredContent?: unknown;
}): string => {
  const parts = (result.content ?? []).map(partText);
  const text =
    parts.length === 0 && result.structuredContent !== undefined
      ? JSON.stringify(result.structuredContent)
      : parts.join("\n\n");
  return truncateMiddle(withoutInvisible(text), maxChars, "Ask for something narrower");
};

const partText = (part: Part): string => {
  if (part.type === "text") return String(part["text"]);
  const { resource, uri } = part as {
    readonly resource?: { readonly text?: unknown; readonly uri?: unknown };
    readonly uri?: unknown;
  };
  if (part.type === "resource" && typeof resource?.text === "string") return resource.text;
  const what = part.type === "resource_link" ? `link: ${String(uri)}` : `${part.type}, which is not shown`;
  return `[${what.slice(0, 300)}]`;
};
