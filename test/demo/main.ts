/** `npm run demo`: from a labelled issue to a pull request and its review, on a local GitHub, without a key. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { startApp } from "../../src/serve.ts";
import { fixture, startScene } from "../support/scene.ts";
import { createNarrator } from "./narrate.ts";
import { type DemoOptions, parseOptions, usage } from "./options.ts";
import { play } from "./play.ts";

const untilInterrupted = () => new Promise<void>((done) => void process.once("SIGINT", done).once("SIGTERM", done));

const demo = async (options: DemoOptions): Promise<number> => {
  const narrator = createNarrator(options.json);
  const repo = options.repo === undefined ? undefined : resolve(options.repo);
  if (repo !== undefined && !existsSync(repo)) throw new TypeError(`--repo: there is no folder ${repo}`);
  const scene = await startScene({ repository: repo ? { git: repo } : { files: fixture("shop") } });
  const { emulator } = scene;
  const app = await startApp(scene.config, () => {});
  try {
    emulator.setWebhookUrl(`${app.url}/api/github/webhooks`);
    narrator.say(`A local GitHub is at ${emulator.url}; the App is installed on ${emulator.url}/acme/shop`);
    const result = await play({ scene, app, narrator, issue: options.issue });
    if (options.json) process.stdout.write(`${JSON.stringify(result)}\n`);
    else if (options.keep) {
      narrator.show(
        [
          `Look at it in a browser:    ${emulator.url}/acme/shop`,
          `  the issue                 ${emulator.url}/acme/shop/issues/${result.issue.number}`,
          ...(result.pull ? [`  the pull request          ${emulator.url}/acme/shop/pull/${result.pull.number}`] : []),
          "Ctrl-C ends it.",
        ].join("\n"),
      );
      await untilInterrupted();
    } else
      narrator.show(
        [
          "To look at repository, issue, pull request and diff in a browser: npm run demo -- --keep",
          "To do the same on GitHub: see “On your own GitHub” in README.md",
        ].join("\n"),
      );
    const accepted = result.report?.status === "DONE" || result.report?.status === "DONE_WITH_CONCERNS";
    return result.pull && accepted ? 0 : 1;
  } finally {
    await app.close();
    await scene.close();
  }
};

const main = async (): Promise<number> => {
  const options = parseOptions(process.argv.slice(2));
  if (options !== "help") return demo(options);
  console.log(usage);
  return 0;
};

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    console.error(error instanceof TypeError ? `${error.message}\n\n${usage}` : error);
    process.exitCode = error instanceof TypeError ? 2 : 1;
  },
);
