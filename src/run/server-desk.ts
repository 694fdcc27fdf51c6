/** The operator's tool servers as one run has them: what was listed when it began, and what failed since, for people. */
import { ToolError } from "../domain/errors.ts";
import type { ToolSpec } from "../domain/message.ts";
import type { ToolAnswer, ToolServers } from "../ports.ts";

export type ServerDesk = {
  readonly specs: readonly ToolSpec[];
  /** @throws ToolError where there is no answer */
  call(tool: string, input: Readonly<Record<string, unknown>>, signal: AbortSignal): Promise<string>;
  /** One sentence for each server that is missing or failed. */
  problems(): readonly string[];
};

/** So often a server may fail in one run before it is not asked any more. */
const maxFailures = 3;

type Failures = { count: number; last: string };

/** @param signal of the App's end: else it takes as long as the servers' bounds allow */
export const openServerDesk = async (
  servers: ToolServers | undefined,
  signal: AbortSignal,
): Promise<ServerDesk | undefined> => {
  if (!servers) return undefined;
  const { tools, problems } = await servers.list(signal);
  const failures = new Map<string, Failures>();
  return {
    specs: tools,
    problems: () => [
      ...problems.map((problem) => `${problem}.`),
      ...[...failures].map(
        ([server, { count, last }]) => `${server} failed ${times(count)} when it was asked: ${last}.`,
      ),
    ],
    async call(tool, input, called) {
      const server = tool.split("__")[1] ?? tool;
      const before = failures.get(server);
      if (before && before.count >= maxFailures)
        throw new ToolError(`${server} failed ${times(before.count)}, so it is not asked any more. Go on without it.`);
      const answer = await servers.call(tool, input, called);
      if (answer.kind === "failed")
        failures.set(answer.server, { count: (before?.count ?? 0) + 1, last: answer.reason });
      return textOf(answer);
    },
  };
};

const times = (count: number): string => (count === 1 ? "once" : `${count} times`);

const textOf = (answer: ToolAnswer): string => {
  if (answer.kind === "failed")
    throw new ToolError(`${answer.server} gave no answer: ${answer.reason}. Go on without it.`);
  if (answer.failed) throw new ToolError(answer.text);
  return answer.text;
};
