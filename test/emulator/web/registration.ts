/** Registering an App from a manifest, as GitHub's form does it: a code goes back to the App, good for one conversion. */
import { randomBytes } from "node:crypto";
import type { Reply } from "../http.ts";
import type { World } from "../state.ts";
import { html } from "./html.ts";
import { page } from "./layout.ts";

/** What GitHub wants of a manifest at least. */
function problemOf(manifest: unknown): string | undefined {
  const { url, redirect_url: redirect } = (manifest ?? {}) as Record<string, unknown>;
  if (typeof url !== "string" || !URL.canParse(url)) return "the manifest needs a url";
  if (typeof redirect !== "string" || !URL.canParse(redirect)) return "the manifest needs a redirect_url";
  return undefined;
}

function parseManifest(form: string): unknown {
  const text = new URLSearchParams(form).get("manifest") ?? "";
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function register(world: World, url: URL, form: string): Reply {
  const manifest = parseManifest(form);
  const problem = problemOf(manifest);
  if (problem !== undefined) return page("Invalid manifest", html`<h1>Invalid manifest</h1><p>${problem}</p>`, 422);
  const code = randomBytes(20).toString("hex");
  world.manifests.set(code, manifest as Record<string, unknown>);
  const back = new URL((manifest as { redirect_url: string }).redirect_url);
  back.searchParams.set("code", code);
  const state = url.searchParams.get("state");
  if (state !== null) back.searchParams.set("state", state);
  return { status: 302, headers: { location: back.href } };
}
