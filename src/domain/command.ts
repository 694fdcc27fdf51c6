/** The grammar of `/architect …`: what people may write at the start of a line. */

export type Command =
  | { readonly verb: "design"; readonly request: string }
  | { readonly verb: "unknown"; readonly word: string };
