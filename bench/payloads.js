// Owns the bodies that are sent and received, which both sides check.

export const SMALL_BODY = 'Hello world\n';
export const BIG_BYTES = 100_000_000;

/** An order, 1 KB as JSON, and the answer to it, 2 KB: objects in a list, texts, numbers, as an API has them. */
export const ORDER = document(1024, 8);
export const ANSWER = document(2048, 16);
export const ORDER_TEXT = JSON.stringify(ORDER);
export const ANSWER_TEXT = JSON.stringify(ANSWER);

function document(bytes, items) {
  const made = {
    id: '7c1f0a52-3b7e-4f0e-9a55-1c2f4b8d9e10',
    created: '2026-02-03T04:05:06.789Z',
    customer: { name: 'Zoë Quinn', tier: 3, verified: true },
    items: Array.from({ length: items }, (_, i) => ({ sku: `SKU-${1000 + i}`, quantity: 1 + (i % 4), price: 12.5 + i, note: i % 3 === 0 ? null : 'as usual' })),
    remark: '',
  };
  made.remark = 'x'.repeat(bytes - Buffer.byteLength(JSON.stringify(made)));
  return made;
}
