/** The command line of the demo. */
import { parseArgs } from "node:util";

export type DemoOptions = {
  /** First line: the issue's title; the rest its body. */
  readonly issue: { readonly title: string; readonly body: string };
  /** A local git repository to work on instead of the demo's shop. */
  readonly repo: string | undefined;
  readonly json: boolean;
  /** Leaves the local GitHub running until Ctrl-C. */
  readonly keep: boolean;
};

/** The worked example of the agent's specification. */
const workedExample = {
  title: "Create user registration endpoint",
  body: "Register with email and password; limit it to 5 requests a minute.",
};

export const usage = `npm run demo -- [--issue TEXT] [--repo DIR] [--json] [--keep]

  --issue TEXT  what to ask for; the first line is the title (default: the worked example, user registration)
  --repo DIR    a local git repository to work on (default: a small FastAPI shop); nothing is written to it
  --json        one JSON object on stdout and nothing else (with npm: npm run --silent demo -- --json)
  --keep        leave the local GitHub running, to look at it in a browser
`;

export const parseOptions = (argv: readonly string[]): DemoOptions | "help" => {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      issue: { type: "string" },
      repo: { type: "string" },
      json: { type: "boolean", default: false },
      keep: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return "help";
  const [title = "", ...body] = (values.issue ?? "").trim().split("\n");
  if (values.issue !== undefined && title === "") throw new TypeError("--issue must say what to ask for");
  return {
    issue: values.issue === undefined ? workedExample : { title, body: body.join("\n") },
    repo: values.repo,
    json: values.json,
    keep: values.keep,
  };
};
