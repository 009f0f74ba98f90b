// SPDX-License-Identifier: Apache-2.0
// SM2 signatures (GB/T 32918.2-2016) with SM3 and the fixed user id of GB/T 35276, for a software key that a
// person opened in this page.  The server is the only verifier whose answer counts; verify() here checks our own
// output before it leaves.
//
// Big integers of the language are not constant-time.  The scalar multiplication runs the same sequence of
// complete additions for every nonce (Renes, Costello, Batina 2016, algorithm 4, a = -3), which removes the
// coarse leak; a hardware token remains the stronger choice, and the page says so.

import { concat, toBytes32, toInteger } from "./bytes.js";
import { sm3 } from "./sm3.js";

const P = 0xfffffffeffffffffffffffffffffffffffffffff00000000ffffffffffffffffn;
const N = 0xfffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123n;
const B = 0x28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93n;
const GX = 0x32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7n;
const GY = 0xbc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0n;
const A = P - 3n;
const USER_ID = new TextEncoder().encode("1234567812345678");

const mod = (value, modulus) => {
  const rest = value % modulus;
  return rest < 0n ? rest + modulus : rest;
};

function power(base, exponent, modulus) {
  let result = 1n;
  for (let square = mod(base, modulus); exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) result = (result * square) % modulus;
    square = (square * square) % modulus;
  }
  return result;
}

const invert = (value, modulus) => power(value, modulus - 2n, modulus); // both moduli are prime

// Complete addition for prime-order short Weierstrass curves with a = -3, homogeneous coordinates.
function add([x1, y1, z1], [x2, y2, z2]) {
  const m = (u, v) => (u * v) % P;
  let t0 = m(x1, x2);
  let t1 = m(y1, y2);
  let t2 = m(z1, z2);
  let t3 = mod(m(x1 + y1, x2 + y2) - t0 - t1, P);
  const t4 = mod(m(y1 + z1, y2 + z2) - t1 - t2, P);
  let y3 = mod(m(x1 + z1, x2 + z2) - t0 - t2, P);
  let z3 = m(B, t2);
  let x3 = mod(y3 - z3, P);
  x3 = mod(3n * x3, P);
  z3 = mod(t1 - x3, P);
  x3 = mod(t1 + x3, P);
  y3 = m(B, y3);
  t2 = mod(3n * t2, P);
  y3 = mod(3n * mod(y3 - t2 - t0, P), P);
  t0 = mod(3n * t0 - t2, P);
  t1 = m(t4, y3);
  t2 = m(t0, y3);
  y3 = mod(m(x3, z3) + t2, P);
  x3 = mod(m(t3, x3) - t1, P);
  z3 = mod(m(t4, z3) + m(t3, t0), P);
  return [x3, y3, z3];
}

function multiply(scalar, point) {
  let low = [0n, 1n, 0n];
  let high = point;
  for (let bit = 255n; bit >= 0n; bit -= 1n) {
    const sum = add(low, high);
    if ((scalar >> bit) & 1n) {
      low = sum;
      high = add(high, high);
    } else {
      high = sum;
      low = add(low, low);
    }
  }
  return low;
}

function affine([x, y, z]) {
  if (z === 0n) throw new Error("SM2: point at infinity");
  const inverse = invert(z, P);
  return [(x * inverse) % P, (y * inverse) % P];
}

const onCurve = (x, y) =>
  x < P && y < P && mod(y * y - x * x * x + 3n * x - B, P) === 0n;

/** The 65-byte uncompressed public key of a private scalar (BigInt). */
export function publicKeyOf(d) {
  if (d < 1n || d > N - 2n) throw new Error("SM2: private key outside [1, n-2]");
  const [x, y] = affine(multiply(d, [GX, GY, 1n]));
  return concat(Uint8Array.of(4), toBytes32(x), toBytes32(y));
}

/** e = SM3(ZA ‖ message), GB/T 32918.2 clause 6.1 A1 and A2. */
export function messageDigest(publicKey, message) {
  const header = Uint8Array.of((USER_ID.length * 8) >> 8, (USER_ID.length * 8) & 0xff);
  const za = sm3(
    concat(header, USER_ID, toBytes32(A), toBytes32(B), toBytes32(GX), toBytes32(GY), publicKey.subarray(1)),
  );
  return sm3(concat(za, message));
}

function derInteger(value) {
  let bytes = toBytes32(value);
  while (bytes.length > 1 && bytes[0] === 0 && bytes[1] < 0x80) bytes = bytes.subarray(1);
  if (bytes[0] >= 0x80) bytes = concat(Uint8Array.of(0), bytes);
  return concat(Uint8Array.of(2, bytes.length), bytes);
}

/** DER SEQUENCE { r, s } with minimal integers. */
export function encodeSignature(r, s) {
  const body = concat(derInteger(r), derInteger(s));
  return concat(Uint8Array.of(0x30, body.length), body);
}

function randomScalar() {
  const bytes = new Uint8Array(32);
  for (;;) {
    globalThis.crypto.getRandomValues(bytes);
    const k = toInteger(bytes);
    if (k >= 1n && k < N) return k;
  }
}

/** Sign a message (Uint8Array) with the scalar d; `nonce` is for the standard's own vectors only. */
export function sign(d, message, { nonce } = {}) {
  const publicKey = publicKeyOf(d);
  const e = toInteger(messageDigest(publicKey, message));
  for (;;) {
    const k = nonce ?? randomScalar();
    const [x1] = affine(multiply(k, [GX, GY, 1n]));
    const r = mod(e + x1, N);
    const s = mod(invert(1n + d, N) * (k - r * d), N);
    if (r !== 0n && r + k !== N && s !== 0n) {
      if (!verify(publicKey, message, r, s)) throw new Error("SM2: self-check of the signature failed");
      return encodeSignature(r, s);
    }
    if (nonce !== undefined) throw new Error("SM2: unusable nonce");
  }
}

/** GB/T 32918.2 clause 7.1 for integers r and s. */
export function verify(publicKey, message, r, s) {
  if (publicKey.length !== 65 || publicKey[0] !== 4) return false;
  const x = toInteger(publicKey.subarray(1, 33));
  const y = toInteger(publicKey.subarray(33));
  if (!onCurve(x, y) || r < 1n || r >= N || s < 1n || s >= N) return false;
  const t = mod(r + s, N);
  if (t === 0n) return false;
  const sum = add(multiply(s, [GX, GY, 1n]), multiply(t, [x, y, 1n]));
  if (sum[2] === 0n) return false;
  return mod(toInteger(messageDigest(publicKey, message)) + affine(sum)[0], N) === r;
}
