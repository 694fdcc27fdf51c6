/** The objects that members of a team send one another beside prose: shutting down, approving plans, being idle. */
import { z } from "zod";
import { contractMailbox, leadName } from "./team.ts";

export const protocolSchema = z.strictObject({
  type: z.enum(["shutdown_request", "shutdown_response", "plan_approval_request", "plan_approval_response"]),
  request_id: z.string().min(1).max(200).optional(),
  approve: z.boolean().optional(),
  text: z.string().max(20_000).optional().describe("reason, feedback or plan"),
});

type Protocol = z.infer<typeof protocolSchema>;

export type Written = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly reason: string };

const refuse = (reason: string): Written => ({ ok: false, reason });

/** As it lies in an inbox. @param at when it is sent */
export const writeProtocol = (message: Protocol, from: string, to: string, at: string): Written => {
  const byLead = message.type === "shutdown_request" || message.type === "plan_approval_response";
  if (byLead !== (from === leadName))
    return refuse(`${message.type} is sent by ${byLead ? `${leadName} alone` : "teammates, to the lead"}.`);
  if (!byLead && to !== leadName) return refuse(`${message.type} goes to ${leadName}.`);
  if (to === contractMailbox) return refuse(`${to} is a mailbox: nobody there answers a ${message.type}.`);
  const { type, request_id: requestId, approve, text } = message;
  const head = { from, timestamp: at };
  const json = (value: object): Written => ({ ok: true, text: JSON.stringify(value) });
  if (type === "shutdown_request")
    return json({ type, requestId: `shutdown-${Date.parse(at)}@${to}`, ...head, reason: text ?? "" });
  if (type === "plan_approval_request")
    return text === undefined
      ? refuse("plan_approval_request needs the plan in text.")
      : json({ type, requestId: requestId ?? `plan-${Date.parse(at)}@${from}`, ...head, planContent: text });
  if (requestId === undefined || approve === undefined)
    return refuse(`${type} needs request_id, as the request has it, and approve.`);
  if (type === "plan_approval_response") return json({ type, requestId, ...head, approve, feedback: text ?? "" });
  return approve
    ? json({ type: "shutdown_approved", requestId, ...head, paneId: "in-process", backendType: "in-process" })
    : json({ type: "shutdown_rejected", requestId, ...head, reason: text ?? "" });
};

/** Of our own code, at a teammate's every rest. @param failure why it cannot go on */
export const idleNotification = (from: string, at: string, failure?: string): string =>
  JSON.stringify({
    ...{
      type: "idle_notification",
      from,
      timestamp: at,
      idleReason: failure === undefined ? "available" : "interrupted",
    },
    ...(failure === undefined ? {} : { failureReason: failure }),
  });

export const taskAssignment = (task: { id: string; subject: string; description: string }, by: string, at: string) =>
  JSON.stringify({
    ...{ type: "task_assignment", taskId: task.id, subject: task.subject, description: task.description },
    ...{ assignedBy: by, timestamp: at },
  });

const typeOf = (text: string): unknown => (/^\{"type":"([a-z_]+)"/.exec(text) ?? [])[1];

export const isShutdownApproval = (text: string): boolean => typeOf(text) === "shutdown_approved";
