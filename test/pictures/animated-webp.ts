/** What is in front of the chunks of a WebP file: `RIFF`, the length, `WEBP`. */
const HEAD_BYTES = 12;
const HAS_ANIMATION = 0b10;
const NO_BLENDING = 0b10;

interface Chunk {
  type: string;
  data: Buffer;
}

/**
 * One animation of several pictures, which plays for ever (WebP Container Specification, "Animation").
 * @param frames WebP files without transparency, all of one size
 */
export function animatedWebp(frames: { webp: Buffer; shownMs: number }[], width: number, height: number): Buffer {
  const size = Buffer.concat([uint(3, width - 1), uint(3, height - 1)]);
  const pictures = frames.map(({ webp, shownMs }): Chunk => {
    const picture = chunksOf(webp).filter(({ type }) => type === 'VP8 ' || type === 'VP8L');
    const place = Buffer.concat([uint(6, 0), size, uint(3, shownMs), uint(1, NO_BLENDING)]);
    return { type: 'ANMF', data: Buffer.concat([place, ...picture.map(written)]) };
  });
  const chunks = [
    { type: 'VP8X', data: Buffer.concat([uint(4, HAS_ANIMATION), size]) },
    // White behind, and no end.
    { type: 'ANIM', data: Buffer.concat([uint(4, 0xffffffff), uint(2, 0)]) },
    ...pictures,
  ];
  const content = Buffer.concat([Buffer.from('WEBP', 'latin1'), ...chunks.map(written)]);
  return written({ type: 'RIFF', data: content });
}

function chunksOf(webp: Buffer): Chunk[] {
  const chunks: Chunk[] = [];
  for (let at = HEAD_BYTES; at < webp.length;) {
    const length = webp.readUInt32LE(at + 4);
    chunks.push({ type: webp.toString('latin1', at, at + 4), data: webp.subarray(at + 8, at + 8 + length) });
    at += 8 + length + (length % 2);
  }
  return chunks;
}

function written({ type, data }: Chunk): Buffer {
  return Buffer.concat([Buffer.from(type, 'latin1'), uint(4, data.length), data, Buffer.alloc(data.length % 2)]);
}

function uint(bytes: number, value: number): Buffer {
  const buffer = Buffer.alloc(bytes);
  buffer.writeUIntLE(value, 0, bytes);
  return buffer;
}
