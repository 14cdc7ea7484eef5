// Written out because React Native has neither `btoa` nor `TextEncoder` in all supported versions, and because
// `btoa` refuses characters above U+00FF.

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** Half a surrogate pair has no UTF-8 form. */
const LONE_SURROGATE = /^[\uD800-\uDFFF]$/;

function utf8Bytes(text: string): number[] {
  // A text is iterated by code points: whole pairs stay together, lone halves come alone.
  const wellFormed = Array.from(text, (point) => (LONE_SURROGATE.test(point) ? "\uFFFD" : point)).join("");
  const bytes: number[] = [];
  const escaped = encodeURIComponent(wellFormed);
  for (let i = 0; i < escaped.length; i++) {
    if (escaped[i] === "%") {
      bytes.push(parseInt(escaped.substr(i + 1, 2), 16));
      i += 2;
    } else {
      bytes.push(escaped.charCodeAt(i));
    }
  }
  return bytes;
}

/** Encodes `text` as UTF-8 and that as base64 with padding. @internal */
export function base64(text: string): string {
  const bytes = utf8Bytes(text);
  let encoded = "";
  for (let i = 0; i < bytes.length; i += 3) {
    const [a = 0, b, c] = bytes.slice(i, i + 3);
    const group = (a << 16) | ((b ?? 0) << 8) | (c ?? 0);
    encoded += ALPHABET.charAt(group >> 18) + ALPHABET.charAt((group >> 12) & 63);
    encoded += b === undefined ? "=" : ALPHABET.charAt((group >> 6) & 63);
    encoded += c === undefined ? "=" : ALPHABET.charAt(group & 63);
  }
  return encoded;
}
