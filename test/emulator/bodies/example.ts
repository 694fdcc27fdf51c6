/** Bodies that have a hundred fields start from GitHub's own example, made local; our facts are laid over it. */
import type { Contract } from "../contract/contract.ts";

export type Json = Record<string, unknown>;

/** @returns the example with texts replaced in all its strings (URLs, mostly), fresh at every call */
export type Examples = (operationId: string, replacements: Readonly<Record<string, string>>) => Json;

export function createExamples(contract: Contract): Examples {
  const texts = new Map<string, string>();
  return (operationId, replacements) => {
    let text = texts.get(operationId);
    if (text === undefined) {
      text = JSON.stringify(contract.exampleOf(operationId));
      texts.set(operationId, text);
    }
    for (const [from, to] of Object.entries(replacements)) text = text.replaceAll(from, to);
    return JSON.parse(text) as Json;
  };
}
