// SPDX-License-Identifier: Apache-2.0
// Wire numbers of document kinds, as in verify/qr/payload.py (a test compares them).  Never reused.

export const KINDS = new Map([
  [1, "credit_sheet"],
  [2, "construction_permit"],
]);
