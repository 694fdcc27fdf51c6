/** `npm run demo`: from a labelled issue to a pull request and its review, on a local GitHub, without a key. */
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { resolve } from "node:path";
import { startApp } from "../../src/serve.ts";
import { fixture, startScene } from "../support/scene.ts";
import { createNarrator } from "./narrate.ts";
import { type DemoOptions, parseOptions, usage } from "./options.ts";
import { type DemoResult, play } from "./play.ts";

const untilInterrupted = () => new Promise<void>((done) => void process.once("SIGINT", done).once("SIGTERM", done));

const whereToLook = (home: string, { issue, pull, pages }: DemoResult, keep: boolean): string =>
  [
    `Repository, issue, pull request and its diff, in a browser: ${home}`,
    `  the issue          ${home}/issues/${issue.number}`,
    ...(pull ? [`  the pull request   ${home}/pull/${pull.number}`] : []),
    ...pages.map((page) => `  a run, as it went  ${page}`),
    keep ? "Ctrl-C ends it." : "These pages end with the demo; `npm run demo -- --keep` leaves them there.",
    "",
    "The same on your own GitHub: README.md, “On your own GitHub”. On a local repository: npm run architect -- run --help",
  ].join("\n");

/** The pages of runs have to be linked to before the App says where it listens. */
const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
};

const demo = async (options: DemoOptions): Promise<number> => {
  const narrator = createNarrator(options.json);
  const repo = options.repo === undefined ? undefined : resolve(options.repo);
  if (repo !== undefined && !existsSync(repo)) throw new TypeError(`--repo: there is no folder ${repo}`);
  const port = String(await freePort());
  const scene = await startScene({
    repository: repo ? { git: repo } : { files: fixture("shop") },
    env: { PORT: port, ARCHITECT_PUBLIC_URL: `http://127.0.0.1:${port}` },
  });
  const { emulator } = scene;
  const app = await startApp(scene.config, () => {});
  try {
    emulator.setWebhookUrl(`${app.url}/api/github/webhooks`);
    narrator.say(`A local GitHub is at ${emulator.url}; the App is installed on ${emulator.url}/acme/shop`);
    const result = await play({ scene, app, narrator, issue: options.issue });
    if (options.json) process.stdout.write(`${JSON.stringify(result)}\n`);
    else {
      narrator.show(whereToLook(`${emulator.url}/acme/shop`, result, options.keep));
      if (options.keep) await untilInterrupted();
    }
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
