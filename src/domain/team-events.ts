/** The team of a run, from the run's events: they are all that there is of it. */
import type { RunEvent } from "./event.ts";
import { mateOfChild, type Team } from "./team.ts";

/** @returns undefined where no team was made */
export const teamIn = (events: readonly RunEvent[]): Team | undefined => {
  const made = events.find((event) => event.type === "team");
  if (made?.type !== "team") return undefined;
  const { at, name, description, agentType: leadType, members } = made;
  return {
    ...{ name, description, leadType, at, members },
    mails: events.flatMap((event) => (event.type === "mail" ? [event.mail] : [])),
    read: new Map(events.flatMap((event) => (event.type === "mail-read" ? [[event.reader, event.upTo] as const] : []))),
    ended: new Map(
      events.flatMap((event) => {
        const mate = mateOfChild(event.child);
        return event.type === "rested" && event.ended !== undefined && mate ? [[mate, event.ended] as const] : [];
      }),
    ),
  };
};
