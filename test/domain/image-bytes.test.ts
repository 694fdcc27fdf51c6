import { describe, expect, test } from "vitest";
import { readPicture } from "../../src/domain/image-bytes.ts";
import { gifOf, jpegOf, pngOf, webpOf } from "../support/pictures.ts";

describe("a picture by its bytes", () => {
  test.each([
    ["PNG", pngOf(640, 480), "image/png"],
    ["GIF", gifOf(640, 480), "image/gif"],
    ["JPEG behind other segments", jpegOf(640, 480), "image/jpeg"],
    ["lossy WebP", webpOf("VP8 ", 640, 480), "image/webp"],
    ["lossless WebP", webpOf("VP8L", 640, 480), "image/webp"],
    ["extended WebP", webpOf("VP8X", 640, 480), "image/webp"],
  ])("is %s with its size", (_, bytes, mediaType) => {
    expect(readPicture(bytes)).toEqual({ ok: true, picture: { mediaType, width: 640, height: 480 } });
  });

  test.each([
    ["an SVG", Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), /SVG/],
    ["an SVG behind a declaration", Buffer.from('<?xml version="1.0"?><svg/>'), /SVG/],
    ["a page", Buffer.from("<!doctype html><title>Sign in</title>"), /no PNG, JPEG, GIF or WebP/],
    ["nothing", Buffer.alloc(0), /no PNG/],
    ["the beginning of a PNG", pngOf(1, 1).subarray(0, 20), /no PNG/],
    ["a JPEG without a frame", Buffer.from("ffd8ffe000040000ffd9", "hex"), /no PNG/],
    [
      "a JPEG of segments that never end",
      Buffer.concat([Buffer.from("ffd8", "hex"), Buffer.alloc(1_000_000, 0xff)]),
      /no PNG/,
    ],
    ["a picture without a size", pngOf(0, 10), /no size/],
    ["a picture that is too wide", pngOf(8_001, 10), /8001 × 10 pixels, and 8000/],
  ])("is refused where it is %s", (_, bytes, reason) => {
    expect(readPicture(bytes)).toEqual({ ok: false, reason: expect.stringMatching(reason) });
  });
});
