/** SendMessage: a word to another member of the team. How it gets there is not known here. */
import { z } from "zod";
import { protocolSchema } from "../../domain/team-protocol.ts";
import { defineTool, type Tool } from "./tool.ts";

const input = z.strictObject({
  to: z.string().trim().min(1).max(64).describe("a member's name, or * for all"),
  message: z.union([z.string().trim().min(1).max(20_000), protocolSchema]),
  summary: z.string().trim().min(1).max(200).optional().describe("five to ten words"),
});

export type Letter = z.infer<typeof input>;

export const createSendMessage = (send: (letter: Letter, callId: string) => Promise<string>): Tool =>
  defineTool({
    name: "SendMessage",
    description:
      "Writes to a member of your team, by name; what you say otherwise reaches nobody. It wakes who rests. What frontend-dev is sent becomes the pull request's API contract: endpoints and schemas, best with an OpenAPI fragment in a ```yaml block; send it again when they change. Free.",
    input,
    readOnly: false,
    run: (letter, { callId }) => send(letter, callId),
  });
