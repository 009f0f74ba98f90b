// SPDX-License-Identifier: Apache-2.0
// QR codes in a picture or in front of the camera: by the browser's BarcodeDetector where it has one, otherwise by
// zxing-wasm, which is kept beside this file and loaded only then.  No picture leaves the device.

let ready = null;

/** A function that reads the texts of the QR codes in a picture (Blob or video element). */
function reader() {
  ready ??= (async () => (await detector()) ?? zxing())();
  return ready;
}

async function detector() {
  if (!("BarcodeDetector" in globalThis)) return null;
  const formats = await globalThis.BarcodeDetector.getSupportedFormats().catch(() => []);
  if (!formats.includes("qr_code")) return null;
  const own = new globalThis.BarcodeDetector({ formats: ["qr_code"] });
  return async (source) => {
    const picture = source instanceof Blob ? await createImageBitmap(source) : source;
    return (await own.detect(picture)).map((one) => one.rawValue);
  };
}

async function zxing() {
  const { readBarcodes } = await import("./zxing/reader/index.js");
  const options = { formats: ["QRCode"], tryHarder: true, maxNumberOfSymbols: 8 };
  return async (source) => {
    const found = await readBarcodes(source instanceof Blob ? source : frameOf(source), options);
    return found.filter((one) => one.isValid).map((one) => one.text);
  };
}

function frameOf(video) {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(video, 0, 0);
  return context.getImageData(0, 0, canvas.width, canvas.height);
}

/** The texts in a picture file; the address of a document first. */
export async function readPicture(blob) {
  const texts = await (await reader())(blob);
  return texts.sort((a, b) => Number(/\/r\//i.test(b)) - Number(/\/r\//i.test(a)));
}

/** Look through the camera until a code is seen or `stopped()`; resolves to its text, or null. */
export async function watch(video, stopped) {
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" }, audio: false });
  try {
    video.srcObject = stream;
    await video.play();
    const read = await reader();
    while (!stopped()) {
      const [text] = video.videoWidth ? await read(video).catch(() => []) : [];
      if (text) return text;
      await new Promise((resolve) => setTimeout(resolve, 150));
    }
    return null;
  } finally {
    for (const track of stream.getTracks()) track.stop();
    video.srcObject = null;
  }
}

export const hasCamera = () => Boolean(navigator.mediaDevices?.getUserMedia);
