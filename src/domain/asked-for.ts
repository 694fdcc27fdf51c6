/** What somebody asked for, in a few words: for lists of what waits and what was done. */
import { code } from "./render/safe.ts";
import type { CommandTrigger, Trigger } from "./trigger.ts";

export type AskedFor = {
  /** As Markdown, on one line. */
  readonly what: string;
  /** Login. */
  readonly by: string;
};

const maxWords = 80;

export const askedFor = (trigger: Trigger): AskedFor => ({ what: wordsOf(trigger), by: trigger.sender.login });

/** Its login stands in a code span: a mention would notify people of every queue. */
export const renderAskedFor = ({ what, by }: AskedFor): string => `${what}, asked for by ${code(by, 64)}`;

const wordsOf = (trigger: Trigger): string => {
  switch (trigger.kind) {
    case "label":
      return "The label";
    case "command":
      return code(commandWords(trigger), maxWords);
    case "review":
      return "A review";
    default:
      return `A ${trigger.kind}`;
  }
};

export const commandWords = ({ command }: CommandTrigger): string => {
  if (command.verb === "answer") {
    const answers = command.answers.map(({ question, option, text }) =>
      [`${question}${option ?? ""}`, ...(text === undefined ? [] : [text])].join(": "),
    );
    return ["answer", ...answers].join(" ");
  }
  const words = "request" in command ? (command.request.split("\n")[0] ?? "") : "";
  return [command.verb, ...(words === "" ? [] : [words])].join(" ");
};
