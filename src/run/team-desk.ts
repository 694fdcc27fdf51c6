/** A member's place in the team: making it, writing to others, reading its files. Everything lies in the run's events. */
import { ToolError } from "../domain/errors.ts";
import type { RunEvent } from "../domain/event.ts";
import type { Spend } from "../domain/outcome.ts";
import { documentOf, leadName, type Mail, membersOf, type Team } from "../domain/team.ts";
import { teamIn } from "../domain/team-events.ts";
import { taskAssignment, writeProtocol } from "../domain/team-protocol.ts";
import type { Clock } from "../ports.ts";
import type { TeamDesk } from "./context.ts";
import type { Letter } from "./tools/send-message.ts";

export type DeskDeps = {
  /** Agents whose definitions are there. */
  readonly agents: readonly string[];
  /** The run's events so far. */
  readonly log: () => readonly RunEvent[];
  /** @param spend of the member's conversation */
  readonly record: (events: readonly RunEvent[], spend: Spend) => Promise<void>;
  readonly clock: Clock;
};

/** A run in which more is written is lost. */
const maxMails = 200;

export const createDesk = (deps: DeskDeps, self: string): TeamDesk => {
  const team = () => teamIn(deps.log());
  const post = async (mails: readonly Omit<Mail, "from" | "at">[], spend: Spend): Promise<void> => {
    const at = deps.clock().toISOString();
    const known = new Set(team()?.mails.map(({ id, to }) => JSON.stringify([id, to])));
    const fresh = mails.filter(({ id, to }) => !known.has(JSON.stringify([id, to])));
    if (fresh.length === 0) return;
    await deps.record(
      fresh.map((mail) => ({ type: "mail", at, mail: { ...mail, from: self, at } })),
      spend,
    );
  };
  return {
    self,
    members: () => team()?.members ?? [],
    create: self === leadName ? (wanted, { spend }) => create(deps, wanted, spend) : undefined,
    send: async (letter, { callId, spend }) => {
      const id = `${self}:${callId}`;
      const sent = team()?.mails.filter((mail) => mail.id === id) ?? [];
      if (sent.length > 0) return receipt(sent.map(({ to }) => to));
      const { to, text } = address(team(), self, letter, deps.clock().toISOString());
      await post(
        to.map((name) => ({
          id,
          to: name,
          text,
          ...(letter.summary === undefined ? {} : { summary: letter.summary }),
        })),
        spend,
      );
      return receipt(to);
    },
    assign: async (task, { callId, spend }) => {
      const text = taskAssignment(task, self, deps.clock().toISOString());
      await post([{ id: `${self}:${callId}:task-${task.id}`, to: task.owner ?? leadName, text }], spend);
    },
    document: (path, tasks) => {
      const made = team();
      return made && documentOf(made, path, tasks);
    },
  };
};

const create = async (
  { agents, log, record, clock }: DeskDeps,
  wanted: { readonly team_name: string; readonly description?: string | undefined; readonly agent_type: string },
  spend: Spend,
): Promise<string> => {
  const known = teamIn(log());
  if (known && known.name !== wanted.team_name)
    throw new ToolError(`A run has one team, and this one's is ${known.name}: ${known.members.join(", ")}.`);
  const { team_name: name, description, agent_type: agentType } = wanted;
  const members = membersOf(agents);
  if (!known) await record([{ type: "team", at: clock().toISOString(), name, description, agentType, members }], spend);
  return `The team ${name} is there, with you as ${leadName} and ${members.slice(1).join(", ")}. Its files: ~/.claude/teams/${name}/config.json. Write to them with SendMessage: say what the work is, and which files; they see nothing of this conversation.`;
};

const receipt = (to: readonly string[]): string => `Sent to ${to.join(", ")}.`;

/** To whom, and the text as it lies in an inbox. */
const address = (team: Team | undefined, self: string, { to: name, message }: Letter, at: string) => {
  if (!team) throw new ToolError("There is no team yet: make one with TeamCreate first.");
  if (name === self) throw new ToolError("That is you. A message to yourself reaches nobody: go on with the work.");
  if (name !== "*" && !team.members.includes(name))
    throw new ToolError(
      `There is no member ${JSON.stringify(name)}. There are: ${team.members.join(", ")}, or * for all.`,
    );
  const why = team.ended.get(name);
  if (why !== undefined) throw new ToolError(`${name} reads nothing any more: ${why}. Do what is left without it.`);
  const others = team.members.filter((one) => one !== self && !team.ended.has(one));
  const to = name === "*" ? others : [name];
  if (team.mails.length + to.length > maxMails)
    throw new ToolError(`A team writes at most ${maxMails} messages, and these were. Finish the work, and submit.`);
  if (typeof message === "string") return { to, text: message };
  if (to.length !== 1) throw new ToolError(`A ${message.type} goes to one member, by name.`);
  const written = writeProtocol(message, self, name, at);
  if (!written.ok) throw new ToolError(written.reason);
  return { to, text: written.text };
};
