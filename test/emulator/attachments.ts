/** Images that people pasted into threads: the lasting link, and the signed one that it leads to and that rendered text has. */
import { randomBytes, randomUUID } from "node:crypto";
import type { Json } from "./bodies/example.ts";
import type { Reply } from "./http.ts";
import type { World } from "./state.ts";
import { escapeHtml } from "./web/html.ts";

export type Attachment = { readonly bytes: Buffer; readonly type: string; readonly private: boolean };

const asset = /\/user-attachments\/assets\/([0-9a-f-]{36})/g;

/** @returns the link that stands in a text */
export function attach(world: World, attachment: Attachment): string {
  const id = randomUUID();
  world.attachments.set(id, attachment);
  return `${world.web}/user-attachments/assets/${id}`;
}

function signedUrl(world: World, id: string): string {
  const jwt = randomBytes(16).toString("base64url");
  world.signatures.set(jwt, id);
  return `${world.web}/signed-user-images/${id}.png?jwt=${jwt}`;
}

/** In a private repository the lasting link is nobody's without a browser's session, whatever token comes with it. */
export function attachmentReply(world: World, { pathname, searchParams }: URL): Reply | undefined {
  const [, id = ""] = /^\/user-attachments\/assets\/([0-9a-f-]{36})$/.exec(pathname) ?? [];
  const lasting = world.attachments.get(id);
  if (lasting && !lasting.private) return { status: 302, headers: { location: signedUrl(world, id) } };
  const [, signedId = ""] = /^\/signed-user-images\/([0-9a-f-]{36})\.png$/.exec(pathname) ?? [];
  const signed = world.attachments.get(signedId);
  if (!signed || world.signatures.get(searchParams.get("jwt") ?? "") !== signedId) return undefined;
  return { status: 200, text: signed.bytes, type: signed.type };
}

/** What `application/vnd.github.full+json` adds: the text rendered, with a signed link for each attachment. */
export function fullText(world: World, accept: string, body: string | null): Json {
  if (!accept.includes("full")) return {};
  const images = [...(body ?? "").matchAll(asset)].map(
    ([, id = ""]) =>
      `<p dir="auto"><a href="#"><img src="${escapeHtml(signedUrl(world, id))}" alt="image" style="max-width: 100%;"></a></p>`,
  );
  return {
    body_html: [
      `<p dir="auto">${escapeHtml((body ?? "").replaceAll(/<[^>]*>|!\[[^\]]*\]\([^)]*\)/g, ""))}</p>`,
      ...images,
    ].join("\n"),
    body_text: body ?? "",
  };
}
