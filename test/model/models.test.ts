import { afterEach, describe, expect, it } from "vitest";
import { ConfigError } from "../../src/domain/errors.ts";
import { createConnect } from "../../src/model/client.ts";
import { type Models, type ModelsOptions, openModels } from "../../src/model/models.ts";
import { catalogueOf, modelInfo, usualCatalogue } from "../support/messages-api/catalogue.ts";
import { type MessagesApi, type MessagesApiOptions, startMessagesApi } from "../support/messages-api.ts";

let api: MessagesApi | undefined;
afterEach(async () => {
  await api?.close();
  api = undefined;
});

const architect = { name: "backend-system-architect", model: "inherit", effort: "medium" } as const;

type Given = MessagesApiOptions & {
  readonly options?: Partial<ModelsOptions>;
  readonly apiKey?: string;
  readonly url?: string;
};

const open = async (given: Given = {}): Promise<{ models: Models; lines: string[] }> => {
  api = await startMessagesApi(() => ({ text: "Done." }), given);
  const lines: string[] = [];
  const { apiKey = api.apiKey, url: baseURL = api.url } = given;
  const models = await openModels({
    connect: createConnect({ provider: "anthropic", apiKey, baseURL }),
    model: "claude-opus-5-5",
    agents: [architect],
    usdCap: 5,
    log: (line) => lines.push(line),
    asking: { timeoutMs: 2_000, maxDelayMs: 1 },
    ...given.options,
  });
  return { models, lines };
};

/** What is said at the start. */
const problemOf = async (given: Given): Promise<string> => {
  const error = await open(given).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ConfigError);
  return (error as ConfigError).message;
};

describe("at the start", () => {
  it("a model's sizes and thinking are read from the models endpoint", async () => {
    const info = modelInfo("claude-opus-5-5", { max_tokens: 96_000, thinking: ["enabled"] });
    const { models, lines } = await open({ catalogue: catalogueOf(info) });
    expect(models.model).toMatchObject({
      name: "claude-opus-5-5",
      maxOutputTokens: 96_000,
      thinking: { type: "enabled", budget_tokens: 16_000 },
    });
    expect(lines).toEqual([]);
  });

  it("a model that is not there is refused with those that are", async () => {
    const options = { model: "claude-opus-9", prices: { "claude-opus-9": { input: 1, output: 1 } } };
    expect(await problemOf({ options })).toBe(
      'there is no model "claude-opus-9" here; there are: claude-opus-5-5, claude-sonnet-5-5',
    );
  });

  it("a retired model is refused, one that will be is named in the log", async () => {
    const retired = catalogueOf(modelInfo("claude-opus-5-5", { lifecycle: "retired" }));
    expect(await problemOf({ catalogue: retired })).toMatch(/"claude-opus-5-5" is retired/);
    await api?.close();
    const deprecated = modelInfo("claude-opus-5-5", { lifecycle: "deprecated", retires_at: "2027-02-01T00:00:00Z" });
    const { lines } = await open({ catalogue: catalogueOf(deprecated) });
    expect(lines).toEqual(["claude-opus-5-5 is deprecated and goes on 2027-02-01: choose another soon"]);
  });

  it("a model that takes too little is refused", async () => {
    const small = catalogueOf(modelInfo("claude-opus-5-5", { max_input_tokens: 32_000 }));
    expect(await problemOf({ catalogue: small })).toMatch(/takes conversations of 32000 tokens; an agent needs 100000/);
  });

  it("an effort that a model does not have is refused, for each agent that would have to work with it", async () => {
    const catalogue = {
      ...usualCatalogue,
      ...catalogueOf(modelInfo("claude-sonnet-5-5", { efforts: ["low", "high"] })),
    };
    const agents = [
      architect,
      { name: "test-generator", model: "claude-sonnet-5-5", effort: "xhigh" },
      { name: "database-engineer", model: "claude-sonnet-5-5", effort: "high" },
    ] as const;
    expect(await problemOf({ catalogue, options: { agents } })).toBe(
      "test-generator is to work with the effort xhigh, which claude-sonnet-5-5 does not have: it has low, high",
    );
    await api?.close();
    expect(await problemOf({ catalogue, options: { fallback: "claude-sonnet-5-5" } })).toMatch(
      /^backend-system-architect is to work with the effort medium, which claude-sonnet-5-5 does not have/,
    );
  });

  it("a model without any setting of effort is taken, and the log says what is left out", async () => {
    const plain = catalogueOf(modelInfo("claude-opus-5-5", { efforts: [] }));
    const { lines } = await open({ catalogue: plain });
    expect(lines).toEqual(["claude-opus-5-5 has no setting of effort: what definitions say of it is left out"]);
  });

  it("a wrong key is said as such, and not shown", async () => {
    const problem = await problemOf({ apiKey: "sk-wrong-and-secret" });
    expect(problem).toMatch(/status 401 \(authentication_error\).*look at ANTHROPIC_API_KEY/);
    expect(problem).not.toContain("sk-wrong");
  });

  it("an address where nobody answers is said with the system's reason", async () => {
    const closed = await startMessagesApi(() => ({}));
    await closed.close();
    expect(await problemOf({ url: closed.url })).toMatch(
      /^the model API cannot be reached to ask about "claude-opus-5-5": .*ECONNREFUSED.*ANTHROPIC_BASE_URL/,
    );
  });

  it("an address that does not answer in time is not waited for any longer", async () => {
    const { createServer } = await import("node:http");
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(silent.address() as { port: number }).port}`;
    const problem = await problemOf({ url, options: { asking: { timeoutMs: 50, attempts: 1 } } });
    silent.closeAllConnections();
    await new Promise((resolve) => silent.close(resolve));
    expect(problem).toMatch(/cannot be reached/);
  });

  const busy = { code: 529, type: "overloaded_error" };

  it("an overloaded endpoint is asked again, and then what was published is taken", async () => {
    expect((await open({ modelFailures: [busy, busy] })).lines).toEqual([]);
    await api?.close();
    const { models, lines } = await open({ modelFailures: [busy, busy, busy] });
    expect(models.model.maxOutputTokens).toBe(128_000);
    expect(lines[0]).toMatch(
      /^claude-opus-5-5: the list of models could not be had \(status 529 .*\); what was published about it is taken$/,
    );
  });

  it("a server without a list of models is taken with what was published", async () => {
    const { models, lines } = await open({ catalogue: "none" });
    expect(models.model).toMatchObject({ maxOutputTokens: 128_000, thinking: { type: "adaptive" } });
    expect(lines).toEqual(["claude-opus-5-5: the server has no list of models; what was published about it is taken"]);
  });

  it("a model that nobody knows is asked for what every server can give", async () => {
    const options = { model: "some-local-model", prices: { "some-local-model": { input: 0, output: 0 } } };
    const { models, lines } = await open({ catalogue: "none", options });
    expect(models.model).toMatchObject({ maxOutputTokens: 32_000, thinking: { type: "none" } });
    expect(lines[0]).toMatch(/nothing is known of it, so it is asked for messages of 32000 tokens/);
  });

  it("every problem is named at once", async () => {
    const agents = [architect, { name: "test-generator", model: "claude-opus-8", effort: "low" }] as const;
    expect((await problemOf({ options: { agents, model: "claude-opus-9" } })).split("\n")).toEqual([
      expect.stringMatching(/price of the model "claude-opus-9" is not known.*ARCHITECT_PRICES=claude-opus-9=/),
      expect.stringMatching(/price of the model "claude-opus-8" is not known/),
    ]);
  });

  it("a price is asked for only where there is a cap to hold to", async () => {
    const options = { model: "some-local-model", usdCap: 0 };
    expect((await open({ catalogue: "none", options })).models.model.name).toBe("some-local-model");
  });
});

describe("an agent", () => {
  it("has the operator's model, or the one that its definition names", async () => {
    const agents = [architect, { name: "test-generator", model: "claude-sonnet-5-5", effort: "low" }] as const;
    const { models } = await open({ options: { agents } });
    expect(agents.map((agent) => models.modelFor(agent).name)).toEqual(["claude-opus-5-5", "claude-sonnet-5-5"]);
    expect(models.fallback).toBeUndefined();
  });

  it("on a cloud has what was published about its model", async () => {
    const connect = createConnect(
      { provider: "vertex", region: "global" },
      { load: async () => ({ AnthropicVertex: class {} }) },
    );
    const lines: string[] = [];
    const models = await openModels({
      connect,
      model: "claude-opus-5-5@20261001",
      fallback: "claude-sonnet-5-5",
      agents: [architect],
      usdCap: 5,
      log: (line) => lines.push(line),
    });
    expect(models.model).toMatchObject({ name: "claude-opus-5-5@20261001", maxOutputTokens: 128_000 });
    expect(models.fallback?.name).toBe("claude-sonnet-5-5");
    expect(lines).toHaveLength(2);
  });
});
