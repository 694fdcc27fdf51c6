/** Whom the operator lets in besides people with write access: settings as they are written, and what they come to. */
import { z } from "zod";

/** Of a GitHub App: its bot user. */
export type KnownBot = { readonly login: string; readonly id: number };

/** By both: a login can be given to another App, and a number says nothing to whoever reads the setting. */
const entry = /^([a-z0-9][a-z0-9-]{0,99}\[bot\])=([1-9]\d{0,14})$/i;

const bots = z.string().transform((text, context) =>
  text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "")
    .flatMap((part): KnownBot[] => {
      const [, login, id] = entry.exec(part) ?? [];
      if (login !== undefined) return [{ login, id: Number(id) }];
      context.addIssue({
        code: "custom",
        message: `has "${part}": it must be a list of bots with their ids such as helper[bot]=1234567; https://api.github.com/users/helper%5Bbot%5D shows the id`,
      });
      return [];
    }),
);

export const visitorSettings = z.object({
  ARCHITECT_BOTS: bots.default([]),
});
