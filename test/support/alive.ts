/** What a browser would make something of in a text of ours. */

/** Without what stands in code, where neither mention nor link nor tag is one. */
export const alive = (body: string): string => body.replace(/```[\s\S]*?```|(`+)[^`][\s\S]*?\1/g, "");
