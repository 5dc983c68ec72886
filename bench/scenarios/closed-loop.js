// N workers, each of which waits for the body of its request before it makes the next, for a given time.

/**
 * @returns {Promise<number>} requests completed; it resolves when the last worker has finished its last one
 */
export async function closedLoop(client, path, workers, milliseconds, use = 'bytes') {
  let going = true;
  const timer = setTimeout(() => (going = false), milliseconds);
  const keepGoing = () => going;
  try {
    const counts = await Promise.all(Array.from({ length: workers }, () => client.loop(path, keepGoing, use)));
    return counts.reduce((sum, count) => sum + count, 0);
  } finally {
    clearTimeout(timer);
  }
}
