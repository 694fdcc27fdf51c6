/** TeamCreate: makes the run's one team. Who can be in it is not the model's choice. */
import { z } from "zod";
import { defineTool, type Tool } from "./tool.ts";

const input = z.strictObject({
  team_name: z
    .string()
    .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, "must be kebab-case, such as invoices")
    .max(64)
    .describe("kebab-case"),
  description: z.string().trim().min(1).max(1_000).optional().describe("what it is for"),
  agent_type: z.string().trim().min(1).max(64).default("team-lead").describe("your role in its config.json"),
});

export type WantedTeam = z.infer<typeof input>;

export const createTeamCreate = (create: (wanted: WantedTeam, callId: string) => Promise<string>): Tool =>
  defineTool({
    name: "TeamCreate",
    description:
      "Makes the run's one team, with you as team-lead and the teammates that there are. They see nothing of this conversation and begin to work when you write to them (SendMessage) or give them a task (TaskUpdate owner), between two of your turns. A team costs more than a subagent: use it where review and tests go back and forth. Free.",
    input,
    readOnly: false,
    run: (wanted, { callId }) => create(wanted, callId),
  });
