/** What `architect --help` and each command's own say. */

export const usage = `Backend Architect: a team's backend architect on GitHub issues and pull requests, and on local repositories.

Usage
  architect start               serve the GitHub App; its settings come from the environment (see README.md)
  architect run --task "…"      design in a local git repository; the result is a branch of it, nothing is pushed
  architect run --continue      go on with a run that was interrupted
  architect replay [RUN]        list the runs that are stored, or show one turn by turn
  architect facts DIR           what the Python of a folder shows: endpoints, models, and what can't be known
  architect check --base REF    what a branch changed, held against its base and the house standards; for any CI
  architect COMMAND --help      all options of a command
  architect --version

Exit codes
  0  done: of run, an accepted report and a branch    2  a wrong option or setting
  1  anything else                                    130  interrupted
`;

const checkHelp = `architect check: holds what HEAD changed since its common commit with REF against the house standards, and a report
against the code. Runs no model and nothing of the repository; uncommitted changes are not seen.

Usage
  architect check [--repo DIR] --base REF [--report FILE] [--json] [--sarif FILE]

Options
  --repo DIR      the repository (default: this folder)
  --base REF      the branch, tag or commit that the change is proposed to, such as origin/main
  --report FILE   a report as JSON, or the description of a pull request that carries one: each claim is checked
  --json          one JSON object on stdout: base, head, findings, claims, contract, deviations
  --sarif FILE    write the findings there as SARIF 2.1.0

Rules that the repository sets otherwise stand in its .github/architect.yml at the base.

Exit codes: 0 no error was found, 1 errors, or claims that the code contradicts, 2 a wrong option, folder or file.
`;

export const help: Readonly<Record<"start" | "run" | "replay" | "facts" | "check", string>> = {
  start: `architect start: serves the GitHub App until Ctrl-C. Work in hand is kept and goes on with the next start.

It takes no options: APP_ID, PRIVATE_KEY_PATH, WEBHOOK_SECRET and all other settings come from the environment (README.md).
`,
  run: `architect run: the agent works on a local git repository, from the last commit of the branch that is checked out.
It leaves a branch architect/…; files, index and other branches stay as they are, and nothing is pushed.

Usage
  architect run [--repo DIR] --task "…" [--model NAME] [--budget USD] [--json]
  architect run [--repo DIR] "…"
  architect run [--repo DIR] --continue [RUN]

Options
  --repo DIR        the repository (default: this folder)
  --task TEXT       what to design; the first line is its title
  --model NAME      blueprint (needs no key and no network; the default without ANTHROPIC_API_KEY), or a model id such
                    as claude-opus-5-5
  --budget USD      stop before this is spent: 2, 2.50 or '$2' (quoted, or the shell takes $2 for a variable)
  --continue [RUN]  go on with the newest interrupted run of the repository, or with RUN (the first characters of its
                    id are enough): no turn of it is asked again
  --json            print one JSON object on stdout and nothing else: run, outcome, branch, report, findings, evidence,
                    files, body; texts for people go to stderr

Ctrl-C stops after keeping what is done; a second one ends at once. On a terminal the task list is drawn in place, on a
pipe each change is a line. NO_COLOR=1 leaves colours out.

Exit codes: 0 an accepted report and a branch, 1 anything else, 2 a wrong option or setting, 130 interrupted.
`,
  replay: `architect replay: shows runs as they are stored; changes nothing, and works while nothing else uses the store.

Usage
  architect replay [--data DIR] [--json]        the newest runs: id, when, status, turns, spend, request
  architect replay RUN [--data DIR] [--json]    one run, turn by turn; the first characters of its id are enough

Options
  --data DIR   the data folder of an App (its ARCHITECT_DATA) instead of the store of local runs
  --json       one JSON value on stdout, with inputs and results in full
`,
  facts: `architect facts: what the Python of a folder shows, read without running it. Changes nothing, and needs no key.

Usage
  architect facts DIR [--json]

It shows endpoints with their full paths, authentication and rate limits, GraphQL fields, models with their tables, and
whatever can't be known from the code alone. Environments, node_modules, folders whose names begin with a dot, links and
files of more than 1 MB are not read.

Options
  --json   one JSON object on stdout: endpoints, graphql, models, schemas, middleware, handlers, settings, imports,
           unknown

Exit codes: 0 the facts are shown, 1 the code could not be read, 2 a wrong option or folder.
`,
  check: checkHelp,
};
