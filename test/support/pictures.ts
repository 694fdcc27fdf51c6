/** The smallest pictures that have a size: headers as their formats have them. */

export const pngOf = (width: number, height: number): Buffer => {
  const bytes = Buffer.alloc(45);
  Buffer.from("89504e470d0a1a0a0000000d49484452", "hex").copy(bytes);
  bytes.writeUInt32BE(width, 16);
  bytes.writeUInt32BE(height, 20);
  return bytes;
};

export const gifOf = (width: number, height: number): Buffer => {
  const bytes = Buffer.concat([Buffer.from("GIF89a"), Buffer.alloc(10)]);
  bytes.writeUInt16LE(width, 6);
  bytes.writeUInt16LE(height, 8);
  return bytes;
};

/** An Exif segment and a Huffman table stand before the frame. */
export const jpegOf = (width: number, height: number): Buffer => {
  const frame = Buffer.from("ffc0001108000000000301110002110003110000", "hex");
  frame.writeUInt16BE(height, 5);
  frame.writeUInt16BE(width, 7);
  const segment = (marker: string, length: number) =>
    Buffer.concat([
      Buffer.from(marker, "hex"),
      Buffer.from([length >> 8, length & 255]),
      Buffer.alloc(length - 2, 0xff),
    ]);
  return Buffer.concat([Buffer.from("ffd8", "hex"), segment("ffe1", 300), segment("ffc4", 30), frame, Buffer.alloc(8)]);
};

const riff = (chunk: string, payload: Buffer): Buffer =>
  Buffer.concat([Buffer.from("RIFF\0\0\0\0WEBP"), Buffer.from(chunk), Buffer.alloc(4), payload, Buffer.alloc(8)]);

export const webpOf = (form: "VP8 " | "VP8L" | "VP8X", width: number, height: number): Buffer => {
  const payload = Buffer.alloc(12);
  if (form === "VP8 ") {
    payload.writeUInt16LE(width, 6);
    payload.writeUInt16LE(height, 8);
  } else if (form === "VP8L") payload.writeUInt32LE((width - 1) | ((height - 1) << 14), 1);
  else {
    payload.writeUIntLE(width - 1, 4, 3);
    payload.writeUIntLE(height - 1, 7, 3);
  }
  return riff(form, payload);
};
