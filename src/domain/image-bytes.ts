/** What a picture is by its own bytes: type and size, whatever its name and its sender say. Decodes nothing. */

export type Picture = {
  readonly mediaType: "image/png" | "image/jpeg" | "image/gif" | "image/webp";
  readonly width: number;
  readonly height: number;
};

type Read = { readonly ok: true; readonly picture: Picture } | { readonly ok: false; readonly reason: string };

/** The Messages API takes no longer side. https://platform.claude.com/docs/en/build-with-claude/vision */
const maxSide = 8_000;

export const readPicture = (bytes: Uint8Array): Read => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = (from: number, length: number) => String.fromCharCode(...bytes.subarray(from, from + length));
  const picture = png(view, text) ?? gif(view, text) ?? webp(view, text) ?? jpeg(view);
  if (!picture) return { ok: false, reason: reasonFor(text(0, 256)) };
  const { width, height } = picture;
  if (width < 1 || height < 1) return { ok: false, reason: "it has no size" };
  if (Math.max(width, height) > maxSide)
    return { ok: false, reason: `it is ${width} × ${height} pixels, and ${maxSide} are the most on a side` };
  return { ok: true, picture };
};

const reasonFor = (head: string): string =>
  /<svg|<\?xml|<!doctype svg/i.test(head)
    ? "it is an SVG, and only PNG, JPEG, GIF and WebP are given to the model"
    : "it is no PNG, JPEG, GIF or WebP";

type Text = (from: number, length: number) => string;

const png = (view: DataView, text: Text): Picture | undefined =>
  view.byteLength >= 24 && text(0, 8) === "\x89PNG\r\n\x1a\n" && text(12, 4) === "IHDR"
    ? { mediaType: "image/png", width: view.getUint32(16), height: view.getUint32(20) }
    : undefined;

const gif = (view: DataView, text: Text): Picture | undefined =>
  view.byteLength >= 10 && /^GIF8[79]a$/.test(text(0, 6))
    ? { mediaType: "image/gif", width: view.getUint16(6, true), height: view.getUint16(8, true) }
    : undefined;

/** https://developers.google.com/speed/webp/docs/riff_container */
const webp = (view: DataView, text: Text): Picture | undefined => {
  if (view.byteLength < 30 || text(0, 4) !== "RIFF" || text(8, 4) !== "WEBP") return undefined;
  const of = (width: number, height: number): Picture => ({ mediaType: "image/webp", width, height });
  const uint24 = (at: number) => view.getUint16(at, true) + view.getUint8(at + 2) * 65_536;
  switch (text(12, 4)) {
    case "VP8 ":
      return of(view.getUint16(26, true) & 0x3fff, view.getUint16(28, true) & 0x3fff);
    case "VP8L": {
      const bits = view.getUint32(21, true);
      return of((bits & 0x3fff) + 1, ((bits >>> 14) & 0x3fff) + 1);
    }
    case "VP8X":
      return of(uint24(24) + 1, uint24(27) + 1);
    default:
      return undefined;
  }
};

/** The size stands in the first frame header (SOF0 to SOF15, but DHT, JPG and DAC), behind segments of known length. */
const jpeg = (view: DataView): Picture | undefined => {
  if (view.byteLength < 4 || view.getUint16(0) !== 0xffd8) return undefined;
  for (let at = 2; at + 9 < view.byteLength && view.getUint8(at) === 0xff; ) {
    const marker = view.getUint8(at + 1);
    if (marker === 0xff) at += 1;
    else if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker))
      return { mediaType: "image/jpeg", height: view.getUint16(at + 5), width: view.getUint16(at + 7) };
    else at += 2 + Math.max(2, view.getUint16(at + 2));
  }
  return undefined;
};
