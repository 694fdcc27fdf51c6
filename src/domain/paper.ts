/** A design without code: service boundaries, contracts between services and decisions, as the agent hands them in. Judges nothing. */
import { z } from "zod";
import { reportSchema, statuses } from "./report.ts";

const text = z.string().trim().min(1).max(4_000);
const short = z.string().trim().min(1).max(300);

const service = z.object({
  name: z
    .string()
    .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, "kebab-case, such as order-service")
    .max(60),
  exists: z.boolean().describe("true for what this repository has already"),
  responsibility: text,
  owns: z.array(short).max(40).describe("tables or aggregates that no other service writes"),
});

const fieldOf = z.object({ name: short, type: short, required: z.boolean() });

const contract = z.object({
  kind: z.enum(["http", "event", "rpc"]),
  name: short.describe("METHOD /path of http, a dotted name such as order.placed of an event, Service.Method of rpc"),
  exists: z.boolean().describe("true for an endpoint that the code has already"),
  provider: short.describe("the service that answers it, or that emits the event"),
  consumers: z.array(short).max(30),
  request: z.array(fieldOf).max(60).describe("fields of the request, or of the event"),
  response: z.array(fieldOf).max(60),
  errors: z.array(z.object({ code: short, when: text })).max(30),
  guarantees: text.describe("idempotency, ordering, time-outs, retries: what both sides may rely on"),
});

const [decision] = [reportSchema.shape.decisions.element];

const record = z.object({
  ...decision.pick({ title: true, category: true, impact: true }).shape,
  context: text.describe("the forces: what makes this a decision"),
  decision: text,
  consequences: text.describe("what becomes easier and what becomes harder"),
  alternatives: decision.shape.alternatives.min(2).describe("two at least, each with why not"),
});

export const paperSchema = z.strictObject({
  status: z.enum(statuses),
  feature: reportSchema.shape.feature,
  summary: text.describe("two or three sentences for the reviewer"),
  services: z.array(service).max(30),
  contracts: z.array(contract).max(60),
  decisions: z.array(record).max(15),
  concerns: reportSchema.shape.concerns,
  blockers: reportSchema.shape.blockers,
  questions: reportSchema.shape.questions,
  handoffs: reportSchema.shape.handoffs,
  threads: reportSchema.shape.threads,
});

export type Paper = { readonly kind: "paper" } & z.infer<typeof paperSchema>;
export type ServiceContract = Paper["contracts"][number];
export type DecisionRecord = Paper["decisions"][number];

const wishes = [
  /\b(design|contracts?|decisions?|architecture)[- ]only\b/i,
  /(^|[.;:(!,\n]\s*)no (code|implementation)( yet| please|, please| changes)?\s*([.;!,)\n]|$)/i,
  /\bwithout (implementing|implementation|writing (any )?code|any code)\b/i,
  /\b(do not|don't|don’t) (write (any )?code|implement( (it|this|anything|any of (it|this)))?( yet)?\s*([.;!,)\n]|$))/i,
];
const works = /\b(implement|build|code|migrate|refactor|fix|add an? endpoint|create an? endpoint)\b/i;

/** Whether people ask for code in so many words. */
export const asksForCode = (request: string): boolean => works.test(request);

const papers = [
  /\b(write|draft|record|create|propose|prepare)\b[^.\n]{0,40}\b(ADRs?|architecture decision records?)\b/i,
  /\b(design|define|draft|propose|draw|agree on|decide on|find)\b[^.\n]{0,60}\b(service boundar(y|ies)|bounded contexts?|inter-?service (contracts?|communication)|service contracts?)\b/i,
];

/** Whether people ask for decisions and contracts alone: in so many words, or for what is no code and without asking for some. */
export const asksForPaper = (request: string): boolean =>
  wishes.some((one) => one.test(request)) || (papers.some((one) => one.test(request)) && !asksForCode(request));
