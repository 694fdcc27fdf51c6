import Anthropic from "@anthropic-ai/sdk";
import { afterEach, describe, expect, it } from "vitest";
import { ConfigError } from "../../src/domain/errors.ts";
import { createAnthropic } from "../../src/model/anthropic.ts";
import { type Access, createConnect, type Load } from "../../src/model/client.ts";
import { leastCapabilities } from "../../src/model/known-models.ts";
import { type MessagesApi, startMessagesApi } from "../support/messages-api.ts";

let api: MessagesApi | undefined;
afterEach(async () => {
  await api?.close();
  api = undefined;
});

const missing: Load = async (name) => {
  throw Object.assign(new Error(`Cannot find package '${name}' imported from client.ts`), {
    code: "ERR_MODULE_NOT_FOUND",
  });
};

const bedrock: Access = { provider: "bedrock", region: "eu-central-1" };
const vertex: Access = { provider: "vertex", region: "global", project: "a-project" };

/** A package of a cloud whose client speaks to the double, and the options that it was made with. */
const cloudOf = (double: MessagesApi) => {
  const made: Readonly<Record<string, unknown>>[] = [];
  class Client extends Anthropic {
    constructor(options: Readonly<Record<string, unknown>>) {
      super({ apiKey: double.apiKey, authToken: null, baseURL: double.url, maxRetries: 0 });
      made.push(options);
    }
  }
  return { made, load: async () => ({ AnthropicBedrock: Client, AnthropicVertex: Client }) };
};

describe("a cloud", () => {
  it.each([
    [bedrock, "@anthropic-ai/bedrock-sdk"],
    [vertex, "@anthropic-ai/vertex-sdk"],
  ] as const)("whose SDK is not installed says what to install", async (access, name) => {
    const connect = createConnect(access, { load: missing });
    await expect(connect.load()).rejects.toThrow(ConfigError);
    await expect(connect.open()).rejects.toThrow(`run \`npm install ${name}@1\``);
  });

  it("whose SDK is broken is not called missing", async () => {
    const broken: Load = async () => {
      throw Object.assign(new Error("Cannot find package 'something-below'"), { code: "ERR_MODULE_NOT_FOUND" });
    };
    await expect(createConnect(bedrock, { load: broken }).load()).rejects.toThrow(/^Cannot find package 'something/);
  });

  it("whose SDK has no such client is of another version", async () => {
    await expect(createConnect(vertex, { load: async () => ({}) }).load()).rejects.toThrow(
      "install @anthropic-ai/vertex-sdk@1",
    );
  });

  it.each<[Access, object]>([
    [
      bedrock,
      { awsRegion: "eu-central-1", apiKey: null, baseURL: "https://bedrock-runtime.eu-central-1.amazonaws.com" },
    ],
    [
      { ...bedrock, apiKey: "key", baseURL: "https://proxy" },
      { apiKey: "key", baseURL: "https://proxy" },
    ],
    [vertex, { region: "global", projectId: "a-project", baseURL: "https://aiplatform.googleapis.com/v1" }],
    [
      { provider: "vertex", region: "eu" },
      { projectId: null, baseURL: "https://aiplatform.eu.rep.googleapis.com/v1" },
    ],
    [
      { provider: "vertex", region: "us-east5" },
      { region: "us-east5", baseURL: "https://us-east5-aiplatform.googleapis.com/v1" },
    ],
  ])("is asked where it is set to be, and looks for no address itself (%#)", async (access, options) => {
    api = await startMessagesApi(() => ({ text: "Done." }));
    const { made, load } = cloudOf(api);
    await createConnect(access, { load }).open();
    expect(made).toEqual([expect.objectContaining({ ...options, maxRetries: 0 })]);
  });

  it("answers a turn as Anthropic's own API does", async () => {
    api = await startMessagesApi(() => ({ text: "Done.", pings: { count: 2, everyMs: 5 } }));
    const connect = createConnect(bedrock, { load: cloudOf(api).load });
    const model = createAnthropic({ connect, model: "claude-opus-5-5", capabilities: leastCapabilities });
    const turn = await model.turn(
      {
        system: "You are a test.",
        tools: [],
        messages: [{ role: "user", content: [{ type: "text", text: "Go." }] }],
        maxOutputTokens: 1_000,
        effort: "low",
      },
      new AbortController().signal,
    );
    expect(turn.message.content).toMatchObject([{ type: "text", text: "Done." }]);
  });
});

describe("a client", () => {
  it("is the same one until it is dropped", async () => {
    api = await startMessagesApi(() => ({ text: "Done." }));
    const { made, load } = cloudOf(api);
    const connect = createConnect(bedrock, { load });
    const one = await connect.open();
    expect(await connect.open()).toBe(one);
    connect.drop();
    expect(await connect.open()).not.toBe(one);
    expect(made).toHaveLength(2);
  });
});
