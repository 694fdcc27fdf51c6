/** Answers one REST request: who asks, may he, does it fit GitHub's contract, and does our reply. */
import { authenticate, authorize } from "./access.ts";
import type { Contract } from "./contract/contract.ts";
import type { Call, Reply, Route } from "./http.ts";
import { HttpError, notFound } from "./http-error.ts";
import { repositoryOf } from "./routes/repositories.ts";
import type { World } from "./state.ts";

export type RestRequest = {
  readonly method: string;
  /** Without `/api/v3`. */
  readonly url: URL;
  readonly authorization: string | undefined;
  readonly accept: string;
  readonly body: unknown;
};

export type Rest = (request: RestRequest) => Promise<Reply>;

export function createRest(world: World, contract: Contract, routes: readonly Route[]): Rest {
  return async (request) => {
    const { method, url, body } = request;
    const exchange = { method, url: url.href, requestBody: body };
    const reply = await answer(request);
    const complaints = contract.checkExchange({
      ...exchange,
      status: reply.status,
      responseBody: reply.text === undefined ? reply.body : undefined,
    });
    world.violations.push(...complaints.map((complaint) => `${method} ${url.pathname}: ${complaint}`));
    return reply;
  };

  async function answer(request: RestRequest): Promise<Reply> {
    try {
      return await dispatch(request);
    } catch (error) {
      if (error instanceof HttpError) return refusal(error);
      // A fault of the emulator: the client sees a 500, the test that caused it sees why.
      world.violations.push(
        `${request.method} ${request.url.pathname}: ${error instanceof Error ? error.stack : error}`,
      );
      return refusal(new HttpError(500, "Server Error"));
    }
  }

  async function dispatch(request: RestRequest): Promise<Reply> {
    const { method, url, accept } = request;
    const path = decodeURIComponent(url.pathname);
    const route = routes.find((one) => one.method === method && one.pattern.test(path));
    if (route === undefined) {
      world.violations.push(`NOT EMULATED ${method} ${path}`);
      throw notFound();
    }
    const wrong = contract.checkExchange({ method, url: url.href, requestBody: request.body });
    const call: Call = {
      world,
      params: { ...route.pattern.exec(path)?.groups },
      query: url.searchParams,
      body: (request.body ?? {}) as Call["body"],
      accept,
      url: new URL(world.api + url.pathname + url.search),
    };
    if (route.by === "anyone" && request.authorization === undefined) return route.handle(call);
    const actor = authenticate(world, request.authorization);
    if (wrong.length > 0) throw new HttpError(422, `Invalid request.\n\n${wrong.join("\n")}`);
    if (route.by === "anyone") return route.handle(call);
    if (route.by === "app") {
      if (actor.kind !== "app") throw new HttpError(401, "A JSON web token could not be decoded");
      return route.handle(call);
    }
    if (actor.kind === "app") throw new HttpError(403, "Resource not accessible by integration");
    if (route.by === "author") return route.handle({ ...call, author: actor });
    const repository = repositoryOf(world, call.params["owner"] ?? "", call.params["repo"] ?? "");
    if (repository === undefined) throw notFound();
    authorize(world, actor, repository, route.need);
    return route.handle({ ...call, author: actor, repository });
  }
}

const refusal = ({ status, message, details }: HttpError): Reply => ({
  status,
  ...(status === 301 ? { headers: { location: String(details["url"]) } } : {}),
  body: { message, ...details, documentation_url: "https://docs.github.com/rest", status: String(status) },
});
