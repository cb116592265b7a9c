import { inflateRawSync } from 'node:zlib';

// unzip reads the files of a ZIP from its directory, as an object of buffers.
export function unzip(zip) {
  const files = {};
  let end = zip.length - 22;
  while (end >= 0 && zip.readUInt32LE(end) !== 0x06054b50) end--;
  if (end < 0) throw new Error('no ZIP');
  let at = zip.readUInt32LE(end + 16);
  for (let n = zip.readUInt16LE(end + 10); n > 0; n--) {
    const [method, size, name, extra, comment] = [10, 20, 28, 30, 32].map((o, i) => (i === 1 ? zip.readUInt32LE(at + o) : zip.readUInt16LE(at + o)));
    const local = zip.readUInt32LE(at + 42);
    const from = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
    const data = zip.subarray(from, from + size);
    files[zip.toString('utf8', at + 46, at + 46 + name)] = method ? inflateRawSync(data) : data;
    at += 46 + name + extra + comment;
  }
  return files;
}
